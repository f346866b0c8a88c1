"""No value shows what a customer said, or a token: neither by `repr`, nor by `str`, in an f-string, or in an error."""

import copy
import importlib
import inspect
import pickle
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args

import msgspec
import pytest

import agent
from agent.ids import Secret

MARK = "the-customers-own-words"
_FLOORS = ("agent.wire", "agent.ports", "agent.record", "agent.session", "agent.store", "agent.aws", "agent.bot")
_ROOMS = ("agent.daemon", "agent.telemetry", "agent.ids")

AUTHORS = {
    "agent.wire.templates": "what a bot's author shows to everybody",
    "agent.wire.paging": "the same, page by page",
    "agent.bot.choice": "an entry of an author's menu",
    "agent.bot.texts": "an author's fixed sentences",
    "agent.bot.questions": "how an author asks",
    "agent.bot.answers": "the hint of an author's check",
}
"""Modules whose values hold what authors of bots wrote before any customer came."""

SHOWN = {
    *("id", "name", "kind", "at", "role", "at_start", "status", "mark", "written_as", "message_id", "item_id"),
    *("absolute_time", "delivered_at", "read_at", "said_at", "content_type", "attachment_id", "topics", "message"),
    *("bot", "bots", "display_name", "over", "error", "topic", "interrupted", "orders", "floor", "handled"),
    *("channel", "disconnect_reason", "flow", "flow_id", "queue", "queue_name", "reason", "cause", "why", "code"),
    *("sentence", "refusal", "sent", "verb", "fields", "level", "turn", "label", "where", "open_run", "handler"),
    *("method", "url", "start", "header", "member", "service", "operation", "action", "detail", "words", "do"),
    *("region", "profile", "endpoint_url", "connect_endpoint_url", "participant_endpoint_url", "user_agent", "host"),
    *("ca_bundle", "allowed_hosts", "table", "billing", "encryption", "faults", "prefix", "events", "not_by"),
    *("lambda_arn", "queue_arn", "welcome", "parting", "hand_off", "hand_off_attribute", "hand_off_line"),
    *("waiting_line", "filter", "function", "middleware", "by_key", "newest", "timers", "failing", "instance"),
    *("target", "package", "version", "rivals", "file", "keys", "variable", "default", "attribute", "value"),
    *("check", "what", "remedy", "needs", "actions", "try_chat", "happening", "help", "values", "of"),
    *("found",),
}
"""Names of fields that hold ids, fixed words, settings or numbers, and are shown on purpose."""


def _kinds() -> Iterator[type]:
    for module in pkgutil.walk_packages(agent.__path__, "agent."):
        if module.name.startswith((*_FLOORS, *_ROOMS)) and module.name not in AUTHORS:
            for kind in vars(importlib.import_module(module.name)).values():
                if isinstance(kind, type) and kind.__module__ == module.name and _is_value(kind):
                    yield kind


def _is_value(kind: type) -> bool:
    return is_dataclass(kind) or issubclass(kind, msgspec.Struct)


def _names(kind: type) -> list[str]:
    if is_dataclass(kind):
        return [field.name for field in fields(kind)]
    return list(kind.__struct_fields__)  # type: ignore[attr-defined]


def _filled(kind: type, marked: str) -> Any:
    """One whose fields are all fixed but `marked`; made past whatever checks a constructor has."""
    values = {name: MARK if name == marked else "fixed" for name in _names(kind)}
    if not is_dataclass(kind):
        return kind(**values)
    made = object.__new__(kind)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def _holds_text(kind: type, name: str) -> bool:
    """Whether the field is made for text, or for anything at all; ids and our own values are looked at alone."""
    hint = inspect.get_annotations(kind).get(name) or next(
        inspect.get_annotations(base)[name] for base in kind.__mro__ if name in inspect.get_annotations(base)
    )
    words = re.findall(r"\w+", hint if isinstance(hint, str) else _spelled(hint))
    return bool({"str", "bytes", "Any", "object", "Raw"} & set(words))


def _spelled(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)


def _shows(kind: type, name: str) -> bool:
    made = _filled(kind, name)
    raised = ValueError(made)
    return any(MARK in shown for shown in (repr(made), str(made), f"{made}", f"{made!r:>9}", str([made]), str(raised)))


@pytest.mark.parametrize("kind", list(_kinds()), ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
def test_a_value_shows_only_what_is_meant_to_be_shown(kind: type) -> None:
    """Every field of every dataclass and struct, filled with a customer's words, one after the other.

    A new field that is shown fails here until somebody has decided that it never holds what a customer said.
    """
    shown = {name for name in _names(kind) if name not in SHOWN and _holds_text(kind, name) and _shows(kind, name)}
    assert shown == set(), f"{kind.__qualname__} shows {sorted(shown)}: field(repr=False), or say why it may be shown"


def test_the_values_that_hold_customers_words_are_among_those_looked_at() -> None:
    """The test above would hold nothing if it looked at nothing."""
    looked_at = {kind.__qualname__ for kind in _kinds()}
    assert {
        "Message", "Event", "Attachment", "Offer", "ContactRecord", "Timer", "LiveTurn", "Entry", "Kept", "RunRecord",
        "Picked", "FreeText", "Head", "QueueMessage", "TranscriptPage", "Say", "HandOff", "Request", "Secret",
    } <= looked_at  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("agent.wire.items.Message", "content"),
        ("agent.record.ContactRecord", "journal"),
        ("agent.ids.Secret", "_value"),
    ],
)
def test_what_customers_say_is_among_the_fields_that_are_not_shown(kind: str, name: str) -> None:
    """Nobody made the list of shown names longer than it may be."""
    module, _, what = kind.rpartition(".")
    assert not _shows(getattr(importlib.import_module(module), what), name)
    assert not SHOWN & {"content", "text", "state", "journal", "attributes", "body", "raw", "payload", "token", "title"}


def test_a_secret_is_not_pickled() -> None:
    """Whoever pickles writes it down somewhere; copying a value that holds one is harmless."""
    secret = Secret(MARK)
    with pytest.raises(TypeError, match="not pickled") as refused:
        pickle.dumps([secret])
    assert MARK not in str(refused.value)
    assert copy.deepcopy([secret]) == copy.copy([secret]) == [secret]
