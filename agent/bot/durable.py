"""What an author gives to be kept, looked at before it is: a record that cannot be read again would lose the chat.

The durable form knows plain strings that UTF-8 can carry; whatever else is given is refused at the call, in a sentence
that says what to write. It knows no verb and no record.
"""

from agent.bot.wording import called
from agent.errors import BotError, DialogError

_TOO_MUCH = 2**63


def text(where: str, name: str, given: object, advice: str = "", *, error: type[BotError] = DialogError) -> str:
    """`given` as the plain string that is kept; strings of other types, such as enums, are made plain.

    Raises:
        DialogError: it is no string, or none that can be stored; or another `error`.
    """
    if not isinstance(given, str):
        then = f"; {advice}" if advice else ""
        raise error(f"{where}: {name} must be a string, not {called(given)}{then}.")
    plain = str.__str__(given)
    if not storable(plain):
        raise error(f"{where}: {name} holds half of a surrogate pair, which UTF-8 cannot carry; leave that out.")
    return plain


def number(given: object) -> bool:
    """Whether it is a whole number of a size that is kept; a bool, which reads back as something else, is none."""
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) < _TOO_MUCH


def storable(plain: str) -> bool:
    """Whether UTF-8 can carry it."""
    try:
        plain.encode()
    except UnicodeEncodeError:
        return False
    return True
