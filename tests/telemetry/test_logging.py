"""The log: ids and fixed words always, the text of an exception only when asked for."""

import json
import logging
from io import StringIO
from typing import Any

import pytest

from agent.clock import SystemClock
from agent.errors import AccessDenied, ContactEnded, InvalidSetting
from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry import Happening, Level
from agent.telemetry.logging import LibraryLog, LogSettings, LogWriter, describe
from agent.telemetry.turns import within

KEY = ContactKey(InstanceId("instance-1"), ContactId("contact-1"))
HUSH = "my card is 4111"


def _raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


class Log:
    def __init__(self, **settings: Any) -> None:
        self._stream = StringIO()
        self.write = LogWriter(LogSettings(**settings), clock=SystemClock(), stream=self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def line(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text)
        return line


def test_a_line_has_a_name_a_level_a_time_and_the_contact() -> None:
    """One JSON object per happening, with the ids under fixed names."""
    log = Log()
    log.write(Happening(name="chat.joined", contact=KEY, fields={"epoch": 2}))
    line = log.line
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "chat.joined",
        "level": "info",
        "contact_id": "contact-1",
        "instance_id": "instance-1",
        "epoch": 2,
    }


def test_a_field_never_replaces_the_frame_of_the_line() -> None:
    """Whoever reports a field called ``level`` does not change the line's level."""
    log = Log()
    log.write(Happening(name="x", fields={"level": "high", "event": "y"}))
    assert (log.line["level"], log.line["level_"], log.line["event"], log.line["event_"]) == ("info", "high", "x", "y")


def test_every_line_of_a_turn_has_the_ids_of_contact_and_turn() -> None:
    """Whoever writes it: the session, a bot's library, something that knows no contact."""
    ids = {"contact_id": "contact-1", "instance_id": "instance-1", "turn_id": "item-1"}
    for write in (
        lambda log: log.write(Happening(name="turn.committed", contact=KEY, fields={"turn": "item-1"})),
        lambda log: log.write(Happening(name="call.repeated", fields={"delay": 1.5})),
        lambda log: _library(log, "Retrying %s", HUSH),
    ):
        log = Log()
        with within(KEY, "item-1"):
            write(log)
        assert {name: log.line.get(name) for name in ids} == ids
        assert "turn" not in log.line


def test_outside_of_a_turn_no_line_has_a_turn() -> None:
    """Not that of the turn before."""
    log = Log()
    with within(KEY, "item-1"):
        pass
    log.write(Happening(name="link.lost", contact=KEY))
    assert "turn_id" not in log.line


def test_the_level_may_be_changed_while_it_is_used() -> None:
    """An operator looks closer without a restart."""
    log = Log(level=Level.WARNING)
    log.write(Happening(name="x"))
    log.write.level = Level.INFO
    log.write(Happening(name="y"))
    assert log.line["event"] == "y"


def test_quieter_happenings_are_left_out() -> None:
    """Below the level nothing is written."""
    log = Log(level=Level.WARNING)
    log.write(Happening(name="x"))
    assert log.text == ""


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_is_its_type_and_frames_never_its_text(as_json: bool) -> None:
    """The text of an exception may quote the customer; so may that of its cause or of a group's members."""
    inner = _raised(ValueError(HUSH))
    outer = RuntimeError(HUSH)
    outer.__cause__ = inner
    log = Log(json=as_json)
    log.write(Happening(name="turn.failed", error=_raised(ExceptionGroup(HUSH, [outer]))))
    assert HUSH not in log.text
    assert "ExceptionGroup" in log.text
    assert "RuntimeError" in log.text
    assert "ValueError" in log.text
    assert f"{__file__}:" in log.text
    assert "_raised" in log.text


@pytest.mark.parametrize("as_json", [True, False])
def test_in_development_the_text_is_shown(as_json: bool) -> None:
    """`show_error_text` is the only way to it."""
    log = Log(json=as_json, show_error_text=True)
    log.write(Happening(name="turn.failed", error=ValueError(HUSH)))
    assert HUSH in log.text


def test_what_our_own_errors_say_in_fixed_words_is_shown() -> None:
    """Operation, code and remedy of an AWS error, and why a contact cannot be joined, are no secrets."""
    shown = describe(AccessDenied("CreateParticipant", code="AccessDeniedException", status=403, detail=HUSH))
    assert shown["operation"] == "CreateParticipant"
    assert shown["status"] == 403
    assert "IAM policy" in str(shown["remedy"])
    assert HUSH not in str(shown)
    assert describe(ContactEnded("contact-1"))["sentence"] == "it has ended."
    assert describe(InvalidSetting("a.b", "it is wrong."))["sentence"] == "a.b: it is wrong."


def test_an_error_that_is_its_own_cause_ends() -> None:
    """``raise error from error`` is legal Python."""
    error = ValueError()
    error.__cause__ = error
    assert describe(error)["type"] == "ValueError"


def test_a_suppressed_context_stays_suppressed() -> None:
    """``from None`` is the author's decision."""
    error = ValueError()
    error.__context__ = KeyError()
    assert describe(error)["cause"]
    error.__suppress_context__ = True
    assert "cause" not in describe(error)


def test_a_foreign_type_is_named_with_its_module() -> None:
    """Two libraries may both have a ``Timeout``."""
    assert describe(json.JSONDecodeError("", "", 0))["type"] == "json.decoder.JSONDecodeError"


def _library(log: Log, message: str, *args: object, error: BaseException | None = None) -> None:
    info = (type(error), error, error.__traceback__) if error else None
    LibraryLog(log.write).handle(logging.LogRecord("some.library", logging.ERROR, "f", 1, message, args, info))


def test_a_library_logs_its_pattern_without_its_arguments() -> None:
    """Arguments and later lines may hold anything; asyncio writes an exception's text into the second line."""
    log = Log()
    _library(log, f"Error on %s\nfuture: ValueError({HUSH!r})", HUSH, error=ValueError(HUSH))
    assert HUSH not in log.text
    assert log.line["event"] == "library"
    assert log.line["logger"] == "some.library"
    assert log.line["message"] == "Error on %s"
    assert log.line["error"]["type"] == "ValueError"


def test_a_library_logs_all_in_development() -> None:
    """With `show_error_text`."""
    log = Log(show_error_text=True)
    _library(log, "Error on %s", HUSH)
    assert log.line["message"] == f"Error on {HUSH}"


def test_a_quiet_library_record_is_left_out() -> None:
    """The level holds for libraries too."""
    log = Log(level=Level.ERROR)
    log.write.foreign(logging.LogRecord("some.library", logging.INFO, "f", 1, "hello", (), None))
    assert log.text == ""
