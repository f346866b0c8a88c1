"""The verdict can fail: each thing that a soak is for is broken once, and found."""

from dataclasses import replace
from typing import Any

import pytest

from tests.soak.bot import answer_to
from tests.soak.crowd import Tally
from tests.soak.plan import Plan
from tests.soak.report import facts, keep, text
from tests.soak.sampling import Numbers, Sample
from tests.soak.verdict import Soaked, judge

PLAN = Plan(chats=1, minutes=5, warm_up=0.2, every=3)
LOOK = Sample(at=0, customers=1, chats=1, rss=100_000, tasks=20, files=30, sockets=10, threads=4, lag=1, cpu=0)


def samples(**growing: float) -> list[Sample]:
    """One each three seconds for five minutes; what is named grows by so much from each to the next."""
    return [
        replace(LOOK, at=3.0 * n, cpu=0.1 * n, **{name: getattr(LOOK, name) + n * by for name, by in growing.items()})
        for n in range(100)
    ]


def numbers(**changed: float) -> Numbers:
    """What the metrics say after two chats of one message each."""
    series: dict[tuple[str, frozenset[tuple[str, str]]], float] = {
        ("chat_agent_joins_total", frozenset({("result", "joined")})): changed.get("joins", 2),
        ("chat_agent_chats_ended_total", frozenset({("reason", "customer_left")})): changed.get("ended", 2),
        ("chat_agent_messages_total", frozenset({("way", "live")})): changed.get("messages", 1),
        ("chat_agent_messages_total", frozenset({("way", "transcript")})): 1,
        ("chat_agent_turns_total", frozenset({("trigger", "items"), ("outcome", "done")})): changed.get("turns", 2),
        ("chat_agent_sends_total", frozenset({("result", "accepted")})): changed.get("replies", 1),
        ("chat_agent_sends_total", frozenset({("result", "recognised")})): 1,
        ("chat_agent_chats", frozenset()): changed.get("chats", 0),
        ("chat_agent_turns_running", frozenset()): changed.get("running", 0),
        ("chat_agent_dead_letters_total", frozenset()): changed.get("letters", 0),
        ("chat_agent_chat_crashes_total", frozenset()): changed.get("crashes", 0),
    }
    return Numbers(series)


def tally(*answers: str) -> Tally:
    """Two chats; in the second one the customer wrote ``b`` and then ``c`` and got these answers."""
    made = Tally(waits=[0.1, 0.2])
    made.count("one", ["a"], [answer_to("a")])
    made.count("two", ["b"], list(answers))
    return made


def soaked(**changed: Any) -> Soaked:
    """A soak that went well, but for what is changed."""
    idle = replace(LOOK, chats=0, tasks=5)
    well: dict[str, Any] = {
        "tally": tally(answer_to("b")),
        "before": idle,
        "after": idle,
        "numbers": numbers(),
        "samples": samples(),
        "code": 0,
    }
    return Soaked(plan=PLAN, **(well | changed))


def broken(seen: Soaked) -> list[str]:
    return [one.name for one in judge(seen) if not one.held]


def test_a_soak_that_went_well_is_found_well() -> None:
    """Everything held, and everything was judged."""
    assert broken(soaked()) == []


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"tally": tally()}, "no reply lost"),
        ({"tally": tally(answer_to("b"), answer_to("b"))}, "no reply doubled"),
        ({"tally": tally(answer_to("b"), answer_to("of another chat"))}, "no reply doubled"),
        *(
            ({"numbers": numbers(**{name: 7})}, finding)
            for name, finding in {
                "joins": "metrics: joins",
                "ended": "metrics: chats ended",
                "messages": "metrics: messages",
                "turns": "metrics: turns",
                "replies": "metrics: replies",
                "chats": "metrics: chats at the end",
                "running": "metrics: turns under way at the end",
                "letters": "metrics: dead letters",
                "crashes": "metrics: crashes",
            }.items()
        ),
        ({"samples": samples(rss=30)}, "memory flat"),
        ({"samples": samples(tasks=1)}, "tasks do not grow"),
        ({"samples": samples(files=3)}, "files do not grow"),
        ({"samples": samples(sockets=3)}, "sockets do not grow"),
        ({"samples": samples(threads=1)}, "threads do not grow"),
        ({"samples": []}, "memory flat"),
        ({"after": replace(LOOK, tasks=11)}, "tasks are given back"),
        ({"after": replace(LOOK, tasks=5, sockets=1_000)}, "sockets are given back"),
        ({"errors": ["chat.crashed"]}, "no error in the log"),
        ({"code": -9}, "ends politely"),
    ],
)
def test_what_went_wrong_is_found(changed: dict[str, Any], finding: str) -> None:
    """Named, in words that an operator would use."""
    assert finding in broken(soaked(**changed))


def test_answers_that_changed_places_are_found() -> None:
    """Neither lost nor doubled, and yet wrong."""
    made = Tally()
    made.count("two", ["b", "c"], [answer_to("c"), answer_to("b")])
    assert made.misplaced == ["two"]
    assert (made.lost, made.doubled) == ([], [])


def test_the_report_tells_figures_and_findings(tmp_path: Any) -> None:
    """For people a table, for programs a file."""
    known = facts(seen := soaked(), judge(seen))
    keep(known, tmp_path / "new" / "soak.json")
    shown = text(known)
    assert "held        memory flat" in shown
    assert "BROKEN" not in shown
    assert known["memory_kb_a_minute"] == {"slope": 0.0, "by": 0.0}
    assert known["core"] == pytest.approx(0.033, abs=0.001)
    assert (tmp_path / "new" / "soak.json").read_text(encoding="utf-8").startswith("{")
