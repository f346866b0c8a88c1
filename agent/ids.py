"""The identifiers of the project, each a type of its own, and secrets that mask themselves.

No identifier here is made of another's meaning, and nothing here knows a protocol.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import NewType, NoReturn

import msgspec

from agent.errors import InvalidSetting

InstanceId = NewType("InstanceId", str)
ContactId = NewType("ContactId", str)
ParticipantId = NewType("ParticipantId", str)
ItemId = NewType("ItemId", str)
ClientToken = NewType("ClientToken", str)
WorkerId = NewType("WorkerId", str)

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_INSTANCE = re.compile(rf"(?:arn:aws[a-z-]*:connect:[a-z0-9-]+:\d{{12}}:instance/)?({_UUID})(?:/.*)?")
_EXAMPLE = "12345678-1234-1234-1234-123456789012"


@dataclass(frozen=True, slots=True)
class Secret:
    """A string that never shows itself: ``str()``, ``repr()`` and formatting print a mask.

    `reveal()` is the only way to the value; call it where the value leaves the process, nowhere else. It cannot be
    pickled.
    """

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled; pass on where it is kept.")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, _: object) -> "Secret":
        return self


class ContactKey(msgspec.Struct, frozen=True, order=True):
    """A contact's identity: contact ids are only unique within an instance."""

    instance_id: InstanceId
    contact_id: ContactId

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.contact_id}"


def instance_id(text: str) -> InstanceId:
    """The instance id in `text`, which is an id or an instance ARN.

    Raises:
        InvalidSetting: `text` is neither; the sentence shows a right one.
    """
    if found := _INSTANCE.fullmatch(text.strip()):
        return InstanceId(found.group(1).lower())
    raise InvalidSetting(
        "instance",
        f"{text[:200]!r} is no instance id; give one like {_EXAMPLE} "
        f"or an ARN like arn:aws:connect:us-east-1:123456789012:instance/{_EXAMPLE}.",
    )


def client_token(*parts: object) -> ClientToken:
    """The idempotency token of one logical call: the same parts always give the same token.

    A digest, so that it has a legal length whatever the parts hold and shows nothing of them.
    """
    return client_tokens()(*parts)


def client_tokens(*parts: object) -> Callable[..., ClientToken]:
    """`client_token` for whatever shares its first `parts`: they are digested once."""
    begun = sha256("".join(f"{part}\x1f" for part in parts).encode())

    def token(*more: object) -> ClientToken:
        digest = begun.copy()
        digest.update("\x1f".join(map(str, more)).encode())
        return ClientToken(digest.hexdigest()[:40])

    return token
