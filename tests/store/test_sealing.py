"""Records sealed at rest: what opens them, what does not, and what is said then."""

import base64
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigurationError, InvalidSetting, StoreUnusable
from agent.ids import Secret
from agent.store import AesGcmSealer
from agent.store.sealing import SEALED
from agent.testing.conformance.records import key, record


def secret(number: int) -> Secret:
    return Secret(base64.b64encode(bytes([number]) * 32).decode())


ONE, TWO = secret(1), secret(2)


@given(st.binary())
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    """Any bytes, and not the same way twice."""
    sealer = AesGcmSealer([ONE])
    sealed = sealer.seal(plain, key())
    assert sealer.open(sealed, key()) == plain
    assert sealed != sealer.seal(plain, key())


def test_sealed_bytes_show_nothing_and_begin_with_a_byte_no_record_begins_with() -> None:
    """That byte tells sealed records from plain ones."""
    plain = record().encode()
    sealed = AesGcmSealer([ONE]).seal(plain, key())
    assert b"participant-token" in plain
    assert b"participant-token" not in sealed
    assert sealed.startswith(SEALED)
    assert not plain.startswith(SEALED)


def test_the_first_key_seals_and_all_keys_open() -> None:
    """Rotation without a stop."""
    old = AesGcmSealer([ONE]).seal(b"old", key())
    both = AesGcmSealer([TWO, ONE])
    assert both.open(old, key()) == b"old"
    assert AesGcmSealer([TWO]).open(both.seal(b"new", key()), key()) == b"new"


def test_a_record_sealed_for_one_contact_does_not_open_for_another() -> None:
    """The contact is bound in."""
    sealer = AesGcmSealer([ONE])
    with pytest.raises(StoreUnusable, match=r"contact-000002.*belongs to another contact; restore it"):
        sealer.open(sealer.seal(b"mine", key(1)), key(2))


def test_an_unknown_key_is_asked_for_by_its_id() -> None:
    """The operator learns which contact, and that the old key must come back."""
    sealed = AesGcmSealer([ONE]).seal(b"", key())
    with pytest.raises(StoreUnusable, match=r"contact-000001.*key [0-9a-f]{16}, .*add that key again behind the first"):
        AesGcmSealer([TWO]).open(sealed, key())


@given(st.data())
def test_no_damaged_byte_goes_unnoticed(data: st.DataObject) -> None:
    """Header, key id, nonce, text or tag: always StoreUnusable, never other bytes."""
    sealer = AesGcmSealer([ONE])
    sealed = bytearray(sealer.seal(b"what was said", key()))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StoreUnusable, match="contact-000001"):
        sealer.open(bytes(sealed), key())


@given(st.binary(max_size=60))
def test_rubbish_does_not_open(rubbish: bytes) -> None:
    """However short, and however it begins."""
    with pytest.raises(StoreUnusable, match="contact-000001"):
        AesGcmSealer([ONE]).open(SEALED + rubbish, key())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 bytes"),
        ("AAAA", "3 bytes"),
        ("not base64!", "not base64"),
        ("é" * 44, "not base64"),
        ("A" * 43, "base64"),
    ],
)
def test_a_bad_key_is_refused_without_being_shown(text: str, why: str) -> None:
    """Which key and why, and how to make a good one."""
    with pytest.raises(InvalidSetting, match=rf"encryption_keys: key 2 .*{why}.*openssl rand -base64 32") as refused:
        AesGcmSealer([ONE, Secret(text)])
    assert not text or text not in str(refused.value)


def test_no_key_at_all_is_refused() -> None:
    """An empty list is a mistake, not a wish for no encryption."""
    with pytest.raises(InvalidSetting, match="no key is given"):
        AesGcmSealer([])


def test_no_key_shows_in_a_repr() -> None:
    """Neither the text nor the bytes."""
    sealer = AesGcmSealer([ONE])
    shown = repr(sealer) + repr(sealer._keys)
    assert ONE.reveal() not in shown
    assert "x01" not in shown.replace(repr(sealer._keys[0].id), "")


def test_without_cryptography_the_operator_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that is missing is a sentence."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(ConfigurationError, match=r"pip install connect-chat-agent\[encryption\]"):
        AesGcmSealer([ONE])
