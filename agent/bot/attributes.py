"""Contact attributes, looked at before they are written: Amazon Connect's own refusal would not name the key.

Keys hold letters, digits, - and _; all keys and values stay within 32,768 bytes of UTF-8 [documented]. Values are
strings. A value is never shown: it may be a customer's words.
"""

import re
from collections.abc import Mapping

from agent.bot.durable import storable
from agent.bot.wording import called
from agent.errors import BotError

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MOST_BYTES = 32_768


def checked(where: str, attributes: object) -> Mapping[str, str]:
    """`attributes`, if they can be written.

    Raises:
        BotError: they are no mapping of strings, or break a limit of Amazon Connect.
    """
    if not isinstance(attributes, Mapping):
        raise BotError(f"{where}: attributes must be a mapping of strings, not {called(attributes)}.")
    for key, value in attributes.items():
        _refuse_unfit(where, key, value)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items())
    if size > _MOST_BYTES:
        largest = max(attributes, key=lambda key: len(attributes[key].encode()))
        raise BotError(
            f"{where}: attributes may have {_MOST_BYTES:,} bytes of UTF-8 in all, these have {size:,}; "
            f"the largest is {largest!r}."
        )
    return attributes


def _refuse_unfit(where: str, key: object, value: object) -> None:
    if not isinstance(key, str):
        raise BotError(f"{where}: an attribute's key must be a string, not {called(key)}.")
    if not _KEY.fullmatch(key):
        raise BotError(f"{where}: attribute {key!r} may have letters, digits, - and _ only in its key.")
    if not isinstance(value, str):
        raise BotError(f"{where}: attribute {key!r} must be a string, not {called(value)}; write str(...) around it.")
    if not storable(value):
        raise BotError(f"{where}: attribute {key!r} holds half of a surrogate pair, which UTF-8 cannot carry.")
