"""Where an operator's eyes meet: one report goes to all, and what the settings ask for is open while it is open."""

import json
import re
import sys
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.health_station import Station
from agent.errors import InvalidSetting
from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry import Happening

KEY = ContactKey(InstanceId("instance"), ContactId("contact"))


class Log(list[Happening]):
    """What the log was told."""

    def __call__(self, happening: Happening) -> None:
        self.append(happening)

    def named(self, name: str) -> list[Happening]:
        return [happening for happening in self if happening.name == name]


def _station(log: Log, **settings: Any) -> Station:
    return Station(Configuration(**settings), log=log, clock=SystemClock(), environment={})


async def _get(log: Log, path: str) -> tuple[int, str]:
    [listening] = log.named("health.listening")
    async with aiohttp.ClientSession() as session, session.get(f"{listening.fields['address']}{path}") as answer:
        return answer.status, await answer.text()


async def test_one_report_goes_to_log_metrics_and_readiness() -> None:
    """All see the same."""
    log = Log()
    station = _station(log, health={"port": 0}, worker={"max_chats": 3})
    async with station.open():
        station.look_at(SimpleNamespace(waiting=5, unserved=7), lambda: {"SendMessage": 2})
        assert (await _get(log, "/readyz"))[0] == 503
        station(Happening(name="lease.renewed", fields={"seconds": 0.1}))
        station(Happening(name="worker.serving"))
        station(Happening(name="contact.claimed", contact=KEY, fields={"bot": "mine", "epoch": 1}))
        assert (await _get(log, "/readyz"))[0] == 200
        _, numbers = await _get(log, "/metrics")
        for line in (
            'chat_agent_chats{bot="mine"} 1.0',
            "chat_agent_items_waiting 5.0",
            "chat_agent_chats_unserved 7.0",
            'chat_agent_calls_waiting{operation="SendMessage"} 2.0',
            "chat_agent_chats_max 3.0",
            "chat_agent_ready 1.0",
            'chat_agent_not_ready{reason="full"} 0.0',
            "chat_agent_deaf_chats 0.0",
        ):
            assert line in numbers.splitlines()
        assert re.search(r"^chat_agent_tasks [1-9]\d*\.0$", numbers, re.MULTILINE)
    assert log.named("contact.claimed")


async def test_settings_read_anew_are_followed() -> None:
    """Places for chats, and when an alarm is due."""
    log = Log()
    station = _station(log, health={"port": 0})
    async with station.open():
        station.adopt(Configuration(worker={"max_chats": 1}, health={"deaf_after": 0.001, "deaf_share": 1.0}))  # type: ignore[arg-type]
        assert station.room.places == 1
        for name in ("lease.renewed", "worker.serving"):
            station(Happening(name=name, fields={"seconds": 0.1}))
        assert station.room.take_now()
        station(Happening(name="link.lost", contact=KEY))
        reasons: list[str] = []
        while "deaf_sockets" not in reasons:
            _, body = await _get(log, "/readyz")
            reasons = [one["reason"] for one in json.loads(body)["reasons"]]
        assert reasons == ["deaf_sockets", "full"]


async def test_without_a_port_there_is_no_endpoint() -> None:
    """By default nothing listens."""
    log = Log()
    async with _station(log).open():
        pass
    assert log == []


async def test_traces_without_their_packages_are_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not silently left out."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(InvalidSetting, match=r"tracing\.enabled: .*connect-chat-agent\[otel\]"):
        async with _station(Log(), tracing={"enabled": True}).open():
            raise AssertionError


async def test_traces_are_opened_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracer is told like the others; what was not sent yet is sent at the end, and nothing after it."""
    sent = InMemorySpanExporter()
    monkeypatch.setattr("opentelemetry.exporter.otlp.proto.http.trace_exporter.OTLPSpanExporter", lambda: sent)
    began = {"turn": "item-1", "trigger": "items", "items": 1, "repeated": 0}
    station = _station(Log(), tracing={"enabled": True})
    async with station.open():
        station(Happening(name="turn.began", contact=KEY, fields=began))
        station(Happening(name="turn.committed", contact=KEY, fields={"outcome": "done"}))
    assert [span.name for span in sent.get_finished_spans()] == ["chat.turn"]
    assert sent.export(()) is SpanExportResult.FAILURE
