"""What may be asked and ordered, with its arguments. It knows no worker; how each is answered stands in `desk`."""

import secrets
from typing import Annotated

import msgspec

MOST_IN_A_PAGE = 200
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=16_384)]


def _new_id() -> str:
    return secrets.token_hex(8)


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing more need be said."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class Paged(Ask, frozen=True, kw_only=True):
    """A page of a list: what comes behind `after`, which is the last page's `next`."""

    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_IN_A_PAGE)] = MOST_IN_A_PAGE


class Find(Ask, frozen=True, kw_only=True):
    """Which contacts begin with `contact`; `stored`: also those that nobody here serves."""

    contact: Name
    stored: bool = False


class AboutContact(Ask, frozen=True, kw_only=True):
    """One contact, by its whole name ``instance/contact`` or the beginning of its id."""

    contact: Name


class Tail(Ask, frozen=True, kw_only=True):
    """What happens from now on; of one contact, or of all."""

    contact: str = ""


class AboutLetter(AboutContact, frozen=True, kw_only=True):
    """One dead letter of a contact."""

    letter: Name


class Ordered(AboutContact, frozen=True, kw_only=True):
    """An order in one chat; given again under the same `id` it is not done again."""

    id: Name = msgspec.field(default_factory=_new_id)


class AskSay(Ordered, frozen=True, kw_only=True):
    """Say `text`."""

    text: Text


class AskHandOff(Ordered, frozen=True, kw_only=True):
    """Hand the chat off."""

    attributes: dict[str, str] = {}
    text: str = ""


class AskLetter(Ordered, frozen=True, kw_only=True):
    """Retry or drop a dead letter."""

    letter: Name


class AskClose(AboutContact, frozen=True, kw_only=True):
    """The bot leaves the chat; `stop_contact` ends it for the customer as well."""

    stop_contact: bool = False


class AskMove(AboutContact, frozen=True, kw_only=True):
    """Another worker shall have the chat; `force`: release it even if there is no other."""

    force: bool = False


class AskDrain(Ask, frozen=True, kw_only=True):
    """Let go of all chats; `stay`: do not end. `undo`: take chats on again."""

    stay: bool = False
    undo: bool = False
