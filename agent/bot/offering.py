"""What a menu offers, looked at before it is shown: each choice can be typed, and told from the others.

What is wrong is named by the number of its choice: a title may be composed of what a customer said. It knows no
template.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent.bot.choice import Choice
from agent.bot.wording import called
from agent.errors import DialogError
from agent.wire.interactive import LONGEST, typed


def offered(choices: object) -> Sequence[Choice[Any]]:
    """The choices, strings standing for themselves.

    Raises:
        DialogError: there are none, one that a customer could not type, or two that nobody could tell apart.
    """
    found = [_choice(number, one) for number, one in enumerate(_listed(choices), 1)]
    if not found:
        raise DialogError("chat.choose needs at least one choice.")
    first: dict[str, int] = {}
    for number, one in enumerate(found, 1):
        _refuse_untypable(number, one.title)
        if (other := first.setdefault(typed(one.title), number)) != number:
            raise DialogError(
                f"chat.choose: choice {number} cannot be told from choice {other}; give each a title of its own."
            )
    return found


def _listed(choices: object) -> Iterable[object]:
    if isinstance(choices, Mapping):
        raise DialogError("chat.choose: of a mapping make [Choice(title, value) for title, value in choices.items()].")
    if isinstance(choices, str | bytes) or not isinstance(choices, Iterable):
        raise DialogError(f"chat.choose: the choices must be a list, not {called(choices)}.")
    return choices


def _choice(number: int, given: object) -> Choice[Any]:
    one: Choice[Any] | None = given if isinstance(given, Choice) else None
    title = given if one is None else one.title
    if not isinstance(title, str):
        whose = "" if one is None else "the title of "
        raise DialogError(
            f"chat.choose: {whose}choice {number} must be a string, not {called(title)}; "
            "for a value of another kind write Choice(title, value)."
        )
    return Choice(title) if one is None else one


def _refuse_untypable(number: int, title: str) -> None:
    said = typed(title)
    if not said:
        what = "nothing but punctuation" if title.strip() else "empty"
        raise DialogError(f"chat.choose: the title of choice {number} is {what}; give it words that one can type.")
    if len(said) > LONGEST:
        raise DialogError(
            f"chat.choose: the title of choice {number} has {len(said):,} characters, the most is {LONGEST}; "
            "what is longer may be a subtitle: Choice(title, value, subtitle=...)."
        )
