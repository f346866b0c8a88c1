"""What the lists of live chats look like."""

import io
from typing import Any

from rich.console import Console

from agent.cli import live, live_tables
from agent.cli.live_workers import seen

NOW = "2026-01-01T12:00:00.000Z"


def _shown(what: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=160, markup=False).print(what)
    return out.getvalue()


def _chat(contact: str, **more: Any) -> dict[str, Any]:
    return {"contact_id": contact, "instance_id": "i", "waiting": 0, **more}


def test_ids_are_shortened_to_what_tells_them_apart() -> None:
    """Eight characters at least; one that is the beginning of another is not cut."""
    assert live_tables.shortest([]) == 8
    assert live_tables.shortest(["a" * 12 + "b", "a" * 12 + "c", "z"]) == 13
    assert live_tables.shortest(["aaaaaaaaaa", "aaaaaaaaaaaa"]) == 12


def test_the_list_tells_each_chat_and_why_none_are_taken_on() -> None:
    """Ages in the largest unit that fits."""
    ages = {"s": "11:59:50", "m": "11:30:00", "h": "02:00:00"}
    chats = [
        _chat(f"contact-{unit}", state="in a turn", since=f"2026-01-01T{at}.000Z", last_at=NOW, turns=2)
        for unit, at in ages.items()
    ]
    page = {"worker": "host.boot.12.ab", "now": NOW, "not_taking": "drained", "chats": [*chats, _chat("contact-x")]}
    shown = _shown(live_tables.chats([page]))
    assert "worker 12-ab: 4 chats, takes none on (drained)" in shown
    assert all(age in shown for age in ("10s", "30m", "10h"))
    full = {**page, "not_taking": "full", "places": 4}
    assert "worker 12-ab: 4 of 4 chats, takes none on (full)" in _shown(live_tables.chats([full]))
    assert "1 chats" not in _shown(live_tables.chats([{"worker": "a.b.c.d", "now": NOW, "chats": []}]))


def test_effects_stand_under_their_turn() -> None:
    """The turn is named once; empty fields are left out."""

    def entry(name: str, **more: Any) -> dict[str, Any]:
        return {"at": NOW, "name": name, "level": "info", "turn": "t1", "fields": {}, "error": "", **more}

    entries = [
        entry("turn.began", fields={"turn": "t1", "last_item": ""}),
        entry("send.accepted", fields={"seconds": 0.5, "turn": "t1"}),
        entry("something.new", turn="", level="error", error="ValueError"),
    ]
    record = {"bot": "mine", "over": None, "timers": [{"name": "tea"}]}
    shown = _shown(live_tables.story({"chat": _chat("c"), "record": record, "served": False, "timeline": entries}))
    lines = [line.rstrip() for line in shown.splitlines()][-3:]
    assert lines == [
        "12:00:00.000  turn begins  turn=t1",
        "12:00:00.000    Amazon Connect accepted a message  seconds=0.5",
        "12:00:00.000  something.new  error=ValueError",
    ]
    assert "not served here" in shown
    assert "tea" in shown


def test_the_live_list_goes_on_while_no_worker_runs(tmp_path: Any, monkeypatch: Any) -> None:
    """Until Ctrl-C."""
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(live.time, "sleep", sleep)
    out = io.StringIO()
    live._live(tmp_path, Console(file=out, force_terminal=True))
    assert len(looks) == 3
    assert "No worker runs here." in out.getvalue()
    assert seen(tmp_path, lambda found: "found", "nobody") == "nobody"
