"""What a relay and its backend say to each other: the question's JSON, the replies' JSON, and the signature.

Two shapes: the relay's own, and that of Rasa's REST channel. Reading is strict about what it uses and blind to the
rest. It knows no HTTP and no chat.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Self

import pydantic

Text = Annotated[str, pydantic.StringConstraints(strict=True)]


class Shape(StrEnum):
    """Whose JSON is spoken."""

    PLAIN = "plain"
    RASA = "rasa"


class Rubbish(Exception):
    """The backend's answer is not of the agreed form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the customer said; `key` is the same whenever this very message is asked again."""

    conversation: str
    key: str
    text: str = field(repr=False)
    customer: str | None = field(default=None, repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)

    def body(self, shape: Shape) -> bytes:
        """The request's body."""
        about: dict[str, Any] = {"customer": self.customer, "attributes": dict(self.attributes)}
        if shape is Shape.RASA:
            fields: dict[str, Any] = {
                "sender": self.conversation,
                "message": self.text,
                "metadata": {**about, "key": self.key},
            }
        else:
            fields = {"conversation": self.conversation, "key": self.key, "text": self.text, **about}
        return json.dumps(fields, separators=(",", ":")).encode()


class Button(pydantic.BaseModel, frozen=True):
    """A choice: what the customer reads, and what the backend gets for it (its title unless given)."""

    title: Annotated[str, pydantic.StringConstraints(strict=True, min_length=1, max_length=200)]
    payload: Text | None = None


class Reply(pydantic.BaseModel, frozen=True):
    """One thing to do, in this order: write attributes, say something with buttons or without, hand off."""

    say: Text | None = None
    markdown: bool = False
    buttons: tuple[Button, ...] = ()
    attributes: dict[str, Text] = pydantic.Field(default_factory=dict)
    hand_off: bool = False

    @pydantic.model_validator(mode="after")
    def _asks_with_words(self) -> Self:
        if self.buttons and not (self.say or "").strip():
            raise ValueError("buttons without a text")
        return self


def replies(said: bytes, shape: Shape) -> Sequence[Reply]:
    """The replies in a JSON text: an object, or a list of such.

    Raises:
        Rubbish: it is neither.
    """
    try:
        found = json.loads(said)
        return [_reply(one, shape) for one in (found if isinstance(found, list) else [found])]
    except (ValueError, RecursionError) as error:
        raise Rubbish(type(error).__name__) from None


def _reply(fields: Any, shape: Shape) -> Reply:
    if not isinstance(fields, dict):
        raise Rubbish("no object")
    return Reply.model_validate(_of_rasa(fields) if shape is Shape.RASA else fields)


def _of_rasa(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Rasa's ``custom`` object may carry what its channel has no word for: markdown, attributes, hand_off."""
    custom = fields.get("custom")
    own = custom if isinstance(custom, dict) else {}
    said = fields.get("text") or fields.get("image") or fields.get("attachment")
    return {**own, "say": said, "buttons": fields.get("buttons") or ()}


def signature(secret: str, *, timestamp: int, key: str, body: bytes) -> str:
    """The value of ``Chat-Agent-Signature``: ``v1=`` and the HMAC-SHA256 of version, time, key and body."""
    signed = b":".join([b"v1", str(timestamp).encode(), key.encode(), body])
    return f"v1={hmac.digest(secret.encode(), signed, 'sha256').hex()}"
