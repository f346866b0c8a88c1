"""The language of bad weather: one rule names a fault, whom it may strike, how often and when.

Rules come from a TOML file, from JSON over HTTP, or from a test. Pure values; it must not know how a fault is
done.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from math import inf
from typing import Any

from agent.emulator.clock import FASTEST
from agent.emulator.participants import Role

DEFAULT_SEED = 0


class Point(StrEnum):
    """Where weather strikes."""

    CALL = "call"
    UPGRADE = "upgrade"
    SUBSCRIBE = "subscribe"
    HEARTBEAT = "heartbeat"
    FRAME = "frame"


class Fault(StrEnum):
    """What can go wrong. The last group happens to the chat itself, at a call that matches."""

    ERROR = "error"  # an API call is answered with `error` and `status`
    CUT = "cut"  # the connection of an API call breaks instead of an answer
    SLOW = "slow"  # an API call takes `seconds` longer
    TIMEOUT = "timeout"  # an API call hangs for `seconds`, then its connection breaks
    REFUSE_UPGRADE = "refuse-upgrade"
    REFUSE_SUBSCRIBE = "refuse-subscribe"
    IGNORE_SUBSCRIBE = "ignore-subscribe"
    IGNORE_HEARTBEAT = "ignore-heartbeat"
    FAIL_PING = "fail-ping"
    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    TRUNCATE = "truncate"
    STALL = "stall"  # the socket goes silent for good, and stays open
    CLOSE = "close"  # the socket closes with `code`; 1006 breaks it
    FORBIDDEN = "forbidden"  # a Forbidden frame comes first
    EXPIRE_TOKENS = "expire-tokens"
    FORGET_CLIENT_TOKENS = "forget-client-tokens"
    AGENT_JOINS = "agent-joins"
    LEX_JOINS = "lex-joins"
    BOT_LEAVES = "bot-leaves"
    CUSTOMER_LEAVES = "customer-leaves"
    CLOSE_SOCKETS = "close-sockets"
    WAIT_FAILS = "wait-fails"  # the flow's Wait block takes its Error branch
    STOP = "stop"
    PACE = "pace"  # the clock runs `pace` times as fast


STRIKES: dict[Fault, Point] = {
    Fault.REFUSE_UPGRADE: Point.UPGRADE,
    Fault.REFUSE_SUBSCRIBE: Point.SUBSCRIBE,
    Fault.IGNORE_SUBSCRIBE: Point.SUBSCRIBE,
    Fault.IGNORE_HEARTBEAT: Point.HEARTBEAT,
    Fault.FAIL_PING: Point.HEARTBEAT,
    Fault.DROP: Point.FRAME,
    Fault.DELAY: Point.FRAME,
    Fault.DUPLICATE: Point.FRAME,
    Fault.REORDER: Point.FRAME,
    Fault.TRUNCATE: Point.FRAME,
    Fault.STALL: Point.FRAME,
    Fault.CLOSE: Point.FRAME,
    Fault.FORBIDDEN: Point.FRAME,
}
"""Where each fault strikes; those not named strike at calls."""


class BadWeather(ValueError):
    """A rule that makes no sense; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. It counts its occasions, for each chat apart: skips the first `after`, strikes at most `times`, and
    each time with probability `chance`. Of several rules that would strike the first one does."""

    fault: Fault
    operation: str = "*"
    """Which API calls: a name or a pattern."""
    role: str | None = None
    """Whose sockets, or whose calls by token; None: anybody's, and the control plane's too."""
    contact: str | None = None
    """The ContactId (any of its segments); None: every chat."""
    items_only: bool = True
    """Frame faults leave acknowledgements and heartbeats alone."""
    chance: float = 1.0
    after: int = 0
    times: int | None = None
    when: str = "before"
    """For calls: ``before`` or ``after`` the effect took place."""
    seconds: float = 1.0
    code: int = 1006
    error: str = "InternalServerException"
    status: int | None = None
    keep: int = 20
    """Characters that a truncated frame keeps."""
    pace: float = 60.0

    @property
    def point(self) -> Point:
        """Where it strikes."""
        return STRIKES.get(self.fault, Point.CALL)

    def covers(self, operation: str) -> bool:
        """Whether the rule is about this API call."""
        return fnmatchcase(operation, self.operation)

    def record(self) -> dict[str, Any]:
        """As JSON, without what is unset."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def read_rule(raw: Mapping[str, Any]) -> Rule:
    """The rule of a table. Raises BadWeather."""
    unknown = set(raw) - {field.name for field in fields(Rule)}
    if unknown:
        raise BadWeather(f"a rule has no {', '.join(sorted(unknown))}")
    if raw.get("fault") not in set(Fault):
        raise BadWeather(f"fault is one of {', '.join(Fault)}")
    rule = Rule(**{**raw, "fault": Fault(raw["fault"])})
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    checks = [
        (isinstance(rule.chance, int | float) and 0 <= rule.chance <= 1, "chance is between 0 and 1"),
        (rule.when in ("before", "after"), "when is before or after"),
        (isinstance(rule.seconds, int | float) and 0 <= rule.seconds < inf, "seconds is not negative"),
        (isinstance(rule.after, int) and rule.after >= 0, "after is a number of times to skip"),
        (rule.times is None or (isinstance(rule.times, int) and rule.times >= 0), "times is a number"),
        (isinstance(rule.pace, int | float) and 0 < rule.pace <= FASTEST, "pace is more than 0, at most a million"),
        (isinstance(rule.keep, int) and rule.keep >= 0, "keep is a number of characters"),
        (isinstance(rule.code, int) and 1000 <= rule.code <= 4999, "code is between 1000 and 4999"),
        (isinstance(rule.operation, str), "operation is a name or a pattern"),
        (isinstance(rule.error, str) and rule.error.isidentifier(), "error is a name"),
        (rule.status is None or (isinstance(rule.status, int) and 400 <= rule.status <= 599), "status is 400 to 599"),
        (rule.role is None or rule.role in list(Role), f"role is one of {', '.join(Role)}"),
        (rule.contact is None or isinstance(rule.contact, str), "contact is a ContactId"),
        (isinstance(rule.items_only, bool), "items_only is true or false"),
    ]
    for good, sentence in checks:
        if not good:
            raise BadWeather(f"{rule.fault}: {sentence}")


def read_weather(raw: Mapping[str, Any]) -> tuple[list[Rule], int]:
    """Rules and seed of ``{"seed": 7, "rules": [...]}``. Raises BadWeather."""
    rules, seed = raw.get("rules", []), raw.get("seed", DEFAULT_SEED)
    if not isinstance(rules, Sequence) or not all(isinstance(rule, Mapping) for rule in rules):
        raise BadWeather("rules is a list of tables")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise BadWeather("seed is a whole number")
    return [read_rule(rule) for rule in rules], seed


def parse_weather(text: str) -> tuple[list[Rule], int]:
    """Rules and seed of a TOML file: ``seed = 7`` and ``[[rules]]`` tables. Raises BadWeather."""
    try:
        return read_weather(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadWeather(f"not TOML: {error}") from error
