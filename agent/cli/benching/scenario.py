"""What each simulated customer says, and how long all of it goes on. Bounded in count and in time; it runs nothing."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import InvalidSetting

MOST_CHATS = 5_000
LONGEST = 3_600.0


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Table):
    """One message of the customer.

    Attributes:
        say: its text.
        answers: how many messages of the bot are its answer; the next line is said when they have come.
        pause: seconds between the answer and the next line.
    """

    say: str = Field(min_length=1, max_length=16_384)
    answers: int = Field(default=1, ge=0, le=100)
    pause: float = Field(default=0.0, ge=0.0, le=LONGEST)


class Scenario(_Table):
    """What a file or the flags ask for.

    Attributes:
        lines: what each customer says, again and again until the time is over.
        chats: customers at once.
        seconds: how long is measured, from when all have met the bot.
        rate: messages per second of all customers together, at most; 0 for as soon as each is answered.
        patience: seconds after which an answer counts as missing, and a bot as not coming.
        attributes: contact attributes of every chat.
    """

    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=1_000)] = (Line(say="hello"),)
    chats: int = Field(default=20, ge=1, le=MOST_CHATS)
    seconds: float = Field(default=10.0, gt=0.0, le=LONGEST)
    rate: float = Field(default=0.0, ge=0.0, le=100_000.0)
    patience: float = Field(default=30.0, gt=0.0, le=300.0)
    attributes: dict[str, str] = Field(default_factory=dict)


def scenario(file: Path | None, say: list[str], **flags: Any) -> Scenario:
    """The scenario of `file`, with the flags that are not None in place of what stands there.

    Raises:
        InvalidSetting: the file cannot be read, or something in it or a flag is wrong; the text says what.
    """
    plain = {} if file is None else _read(file)
    plain |= {name: value for name, value in flags.items() if value is not None}
    if say:
        plain["lines"] = [{"say": text} for text in say]
    try:
        return Scenario.model_validate(plain)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)
        )
        raise InvalidSetting("--scenario" if file else "bench", f"{f'{file}: ' if file else ''}{wrong}.") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidSetting("--scenario", f"{file}: {reason}.") from error
