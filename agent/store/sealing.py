"""Records sealed at rest with AES-256-GCM, each bound to its contact.

A sealed record is ``C1 01 | key id (8) | nonce (12) | ciphertext and tag``; no MessagePack begins with C1, so plain
records written before a key was configured stay readable. Each contact is sealed with a key of its own, derived from
the configured one: a random 96-bit nonce must not be drawn more than 2^32 times under one key [NIST SP 800-38D], which
a busy daemon would reach within months. This module knows bytes and contact keys; no store and no record.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from agent.errors import ConfigurationError, InvalidSetting, StoreUnusable
from agent.ids import ContactKey, Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEALED = b"\xc1"
"""The first byte of every sealed record, whoever sealed it."""

_HEADER = SEALED + b"\x01"
_KEY_ID, _NONCE, _TAG = 8, 12, 16
_KEY_BYTES = 32


class Sealer(Protocol):
    """Encrypts records at rest. Sealed bytes begin with `SEALED`; both calls are quick and never wait."""

    def seal(self, plain: bytes, key: ContactKey) -> bytes: ...

    def open(self, sealed: bytes, key: ContactKey) -> bytes:
        """Raises StoreUnusable, naming the contact, when it cannot be opened."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    id: bytes
    value: bytes = field(repr=False)

    def cipher(self, key: ContactKey) -> "AESGCM":
        return _cipher()(hmac.digest(self.value, b"seal\0" + str(key).encode(), "sha256"))


class AesGcmSealer:
    """AES-256-GCM with rotation: the first key seals, every key opens."""

    def __init__(self, keys: Sequence[Secret], *, setting: str = "encryption_keys") -> None:
        """`keys` are the base64 of 32 bytes each; `setting` is what the operator calls them.

        To rotate, put the new key first and keep the old one until every live contact has been written again.

        Raises:
            InvalidSetting: no key is given, or one is no key.
            ConfigurationError: the package `cryptography` is not installed.
        """
        if not keys:
            raise InvalidSetting(setting, f"no key is given; {_HOW}")
        _cipher()
        self._keys = [_key(secret, number, setting) for number, secret in enumerate(keys, 1)]

    def seal(self, plain: bytes, key: ContactKey) -> bytes:
        """`plain` under the first key, readable for no other contact than `key`."""
        first, nonce = self._keys[0], os.urandom(_NONCE)
        return _HEADER + first.id + nonce + first.cipher(key).encrypt(nonce, plain, _bound(key))

    def open(self, sealed: bytes, key: ContactKey) -> bytes:
        """What was sealed for `key`, under any of the keys.

        Raises:
            StoreUnusable: the key is not among ours, or the record was damaged or belongs to another contact.
        """
        from cryptography.exceptions import InvalidTag

        known = self._key_of(sealed, key)
        start = len(_HEADER) + _KEY_ID
        nonce, body = sealed[start : start + _NONCE], sealed[start + _NONCE :]
        try:
            return known.cipher(key).decrypt(nonce, body, _bound(key))
        except InvalidTag as error:
            raise StoreUnusable(
                f"Contact {key}: its encrypted record was damaged or belongs to another contact; "
                "restore it from a backup or forget the contact."
            ) from error

    def key_id(self, body: bytes) -> str | None:
        """The id of the key that `body` was sealed with, in hexadecimal; None when it is not sealed."""
        return body[len(_HEADER) : len(_HEADER) + _KEY_ID].hex() if body.startswith(SEALED) else None

    def is_newest(self, body: bytes) -> bool:
        """Whether `body` is sealed with the first key."""
        return self.key_id(body) == self._keys[0].id.hex()

    def _key_of(self, sealed: bytes, key: ContactKey) -> _Key:
        if not sealed.startswith(_HEADER) or len(sealed) < len(_HEADER) + _KEY_ID + _NONCE + _TAG:
            raise StoreUnusable(
                f"Contact {key}: its record is encrypted in a form this version does not know; "
                "run the version that wrote it."
            )
        wanted = sealed[len(_HEADER) : len(_HEADER) + _KEY_ID]
        for known in self._keys:
            if known.id == wanted:
                return known
        raise StoreUnusable(
            f"Contact {key}: its record was encrypted with key {wanted.hex()}, which is not among those configured; "
            "add that key again behind the first."
        )


_HOW = "give the base64 of 32 random bytes, made by: openssl rand -base64 32"


def _bound(key: ContactKey) -> bytes:
    return _HEADER + str(key).encode()


def _key(secret: Secret, number: int, setting: str) -> _Key:
    """The key in `secret`; the sentence of a refusal shows its place, never its text."""
    try:
        value = base64.b64decode(secret.reveal().strip(), altchars=None, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidSetting(setting, f"key {number} is not base64; {_HOW}") from error
    if len(value) != _KEY_BYTES:
        raise InvalidSetting(setting, f"key {number} has {len(value)} bytes, not {_KEY_BYTES}; {_HOW}")
    return _Key(id=sha256(b"key id\0" + value).digest()[:_KEY_ID], value=value)


def _cipher() -> "type[AESGCM]":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise ConfigurationError(
            "Encryption of the store needs the package cryptography: pip install connect-chat-agent[encryption]"
        ) from error
    return AESGCM
