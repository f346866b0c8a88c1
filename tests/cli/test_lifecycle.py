"""The daemon's life as an operator sees it: probes, metrics, traces, SIGHUP, systemd. Real processes, HTTP, signals."""

import json
import re
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import anyio
import anyio.to_thread
import pytest
from aiohttp import web

from agent.emulator import Emulator, emulate
from tests.deploy.queries import counters

Started: TypeAlias = Callable[..., Any]
pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]
BOUND = 50
WAYS = ("live", "transcript")

BOT = """
import asyncio, logging
from agent import Bot, Chat, Message

bot = Bot("mine")


@bot.on_message()
async def answer(chat: Chat, message: Message) -> None:
    if message.text == "log":
        logging.getLogger("shop").warning("the stock is %s", message.text)
    if message.text == "fail":
        raise ValueError(message.text)
    await chat.say("answer")
    if message.text == "stuck":
        await asyncio.Event().wait()
"""


class Scene:
    """A local Amazon Connect in this process with one customer, and a daemon beside it."""

    def __init__(self, connect: Emulator, started: Started, directory: Path) -> None:
        self._connect = connect
        self._started = started
        self._event = anyio.Event()
        self._directory = directory
        self.daemon: Any = None
        self.contact = self.token = ""
        connect.region.listeners.append(self._happened)

    def _happened(self, _: Any) -> None:
        self._event.set()
        self._event = anyio.Event()

    async def start(self, *more: str, **variables: str) -> None:
        """Returns when the worker serves."""
        arguments = ("run", "mine:bot", "--source", "local", "--endpoint-url", self._connect.url, *more)
        self.daemon = self._started(*arguments, **variables)
        await self.logged('"source.listening"')

    async def logged(self, text: str) -> None:
        await anyio.to_thread.run_sync(self.daemon.logged, text)

    async def ended(self) -> int:
        code: int = await anyio.to_thread.run_sync(self.daemon.ended)
        return code

    def joins(self) -> None:
        answer = self._connect.start_chat()
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = self._connect.call("CreateParticipantConnection", wanted, bearer=answer["ParticipantToken"])
        self.contact, self.token = answer["ContactId"], connection["ConnectionCredentials"]["ConnectionToken"]

    async def says(self, *texts: str) -> None:
        """Says each and waits for the answer to it."""
        for text in texts:
            before = self._replies()
            self._connect.call("SendMessage", {"ContentType": "text/plain", "Content": text}, bearer=self.token)
            with anyio.fail_after(BOUND):
                while self._replies() == before:
                    await self._event.wait()

    def _replies(self) -> int:
        items = self._connect.transcript(self.contact)
        return sum(item.get("ParticipantRole") == "CUSTOM_BOT" and "Content" in item for item in items)

    @property
    def address(self) -> str:
        [found] = re.findall(r'"address": "([^"]+)"', self.daemon.errors)
        return str(found)

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self.address + path) as answer:
            return answer.status, await answer.text()

    async def number(self, series: str) -> float:
        _, text = await self.get("/metrics")
        [found] = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE) or ["0"]
        return float(found)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.daemon.errors.splitlines()]


@asynccontextmanager
async def _scene(started: Started, directory: Path) -> AsyncIterator[Scene]:
    (directory / "mine.py").write_text(BOT, encoding="utf-8")
    async with emulate() as connect:
        yield Scene(connect, started, directory)


async def test_probes_and_metrics_tell_its_life(started: Started, tmp_path: Path) -> None:
    """Ready while it serves, draining while it stops, and numbers that agree with the transcript."""
    async with _scene(started, tmp_path) as scene:
        await scene.start("--health-port", "0", "--max-chats", "1")
        assert await scene.get("/livez") == (200, '{"live": true}')
        assert (await scene.get("/readyz"))[0] == 200
        scene.joins()
        await scene.says("a", "fail", "stuck")
        status, body = await scene.get("/readyz")
        assert (status, [one["reason"] for one in json.loads(body)["reasons"]]) == (503, ["full"])
        assert await scene.number('chat_agent_chats{bot="mine"}') == 1
        assert await scene.number('chat_agent_joins_total{bot="mine",result="joined"}') == 1
        ways = [await scene.number(f'chat_agent_messages_total{{bot="mine",way="{way}"}}') for way in WAYS]
        assert sum(ways) == 3
        assert await scene.number('chat_agent_turns_total{bot="mine",outcome="done",trigger="items"}') == 1
        assert await scene.number('chat_agent_turns_total{bot="mine",outcome="failed",trigger="items"}') == 1
        assert await scene.number('chat_agent_dead_letters_total{bot="mine"}') == 1
        assert await scene.number('chat_agent_turns_running{bot="mine"}') == 1
        assert await scene.number('chat_agent_sends_total{bot="mine",result="accepted"}') == 3
        assert await scene.number('chat_agent_reply_seconds_count{bot="mine"}') == 3
        scene.daemon.signal(signal.SIGTERM)
        await scene.logged('"worker.draining"')
        status, body = await scene.get("/readyz")
        assert (status, "draining" in body) == (503, True)
        assert (await scene.get("/livez"))[0] == 200
        scene.daemon.signal(signal.SIGTERM)
        assert await scene.ended() == 130
        with pytest.raises(aiohttp.ClientConnectionError):
            await scene.get("/livez")


async def test_every_counter_that_is_asked_for_is_there_before_the_first_chat(started: Started, tmp_path: Path) -> None:
    """An alert about something rare must see its first time."""
    async with _scene(started, tmp_path) as scene:
        await scene.start("--health-port", "0")
        _, text = await scene.get("/metrics")
        shown = {(name, 'bot="mine"' in labels) for name, labels in re.findall(r"^(\w+)(.*) 0\.0$", text, re.MULTILINE)}
        of_a_bot = {metric.full_name: "bot" in [label.name for label in metric.labels] for metric in counters()}
        assert of_a_bot.items() <= shown


async def test_every_line_of_a_turn_names_it(started: Started, tmp_path: Path) -> None:
    """Those of a library that the bot uses as well."""
    async with _scene(started, tmp_path) as scene:
        await scene.start("--log-level", "debug")
        scene.joins()
        await scene.says("log")
        scene.daemon.signal(signal.SIGTERM)
        assert await scene.ended() == 0
        lines = scene.lines()
        [library] = [line for line in lines if line.get("logger") == "shop"]
        turn = library["turn_id"]
        told = [line for line in lines if line.get("turn_id") == turn]
        assert {line["contact_id"] for line in told} == {scene.contact}
        names = [line["event"] for line in told]
        assert [names[0], names[-1]] == ["turn.began", "turn.committed"]
        assert {"library", "send.accepted", "store.saved"} <= set(names)


async def test_without_a_port_nothing_listens(started: Started, tmp_path: Path) -> None:
    """Only who asks for it gets a window."""
    async with _scene(started, tmp_path) as scene:
        await scene.start()
        assert _listening(scene.daemon.process.pid) == set()
        scene.daemon.signal(signal.SIGTERM)
        assert await scene.ended() == 0


async def test_sighup_uses_what_can_be_changed_and_names_what_cannot(started: Started, tmp_path: Path) -> None:
    """A broken file changes nothing; flags go on winning over the file."""
    file = tmp_path / "chat-agent.toml"
    async with _scene(started, tmp_path) as scene:
        await scene.start("--health-port", "0", "--log-level", "info")
        file.write_text("[worker]\nmax_chats = 7\nlease = 20\n[session]\nturn_timeout = 9\n", encoding="utf-8")
        scene.daemon.signal(signal.SIGHUP)
        await scene.logged('"settings.reloaded"')
        assert await scene.number("chat_agent_chats_max") == 7
        file.write_text("[worker]\nmax_chats = 0\n", encoding="utf-8")
        scene.daemon.signal(signal.SIGHUP)
        await scene.logged('"settings.rejected"')
        assert await scene.number("chat_agent_chats_max") == 7
        file.write_text('[logging]\nlevel = "debug"\n', encoding="utf-8")
        scene.daemon.signal(signal.SIGHUP)
        scene.joins()
        await scene.says("a")
        assert await scene.number("chat_agent_reloads_total") == 2
        assert await scene.number("chat_agent_reload_failures_total") == 1
        scene.daemon.signal(signal.SIGTERM)
        assert await scene.ended() == 0
        lines = {line["event"]: line for line in scene.lines()}
        assert lines["settings.need_restart"]["settings"] == "worker.lease"
        assert "worker.max_chats: input should be greater than 0" in lines["settings.rejected"]["error"]["sentence"]
        assert not [line for line in scene.lines() if line["level"] == "debug"]


async def test_a_turn_that_does_not_end_is_cut_off_at_the_deadline(started: Started, tmp_path: Path) -> None:
    """In order: the chat is another worker's to go on with, and the exit code is that of a stop."""
    async with _scene(started, tmp_path) as scene:
        await scene.start(CHAT_AGENT_WORKER__DRAIN_DEADLINE="0.1")
        scene.joins()
        await scene.says("stuck")
        scene.daemon.signal(signal.SIGTERM)
        assert await scene.ended() == 0
        assert "worker.drain_cut_short" in {line["event"] for line in scene.lines()}


@pytest.fixture
def notified(tmp_path: Path) -> Iterator[tuple[str, Callable[[], set[str]]]]:
    """systemd's end: where it listens, and everything that it was told so far."""
    address = str(tmp_path / "notify")
    told: set[str] = set()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ear:
        ear.bind(address)

        def hear() -> set[str]:
            while True:
                try:
                    told.update(ear.recv(4096).decode().split("\n"))
                except BlockingIOError:
                    return told

        yield address, hear


async def test_systemd_hears_of_it_all(
    started: Started, tmp_path: Path, notified: tuple[str, Callable[[], set[str]]]
) -> None:
    """Ready, the watchdog, reloading, stopping."""
    address, told = notified
    async with _scene(started, tmp_path) as scene:
        await scene.start(NOTIFY_SOCKET=address, WATCHDOG_USEC="30000000")
        assert {"READY=1", "WATCHDOG=1", "STATUS=0 of 500 chats"} <= told()
        scene.daemon.signal(signal.SIGHUP)
        await scene.logged('"settings.reloaded"')
        assert "RELOADING=1" in told()
        scene.daemon.signal(signal.SIGTERM)
        assert await scene.ended() == 0
        assert "STOPPING=1" in told()
        assert [word for word in told() if word.startswith("MONOTONIC_USEC=")]


async def test_traces_go_where_opentelemetry_s_variables_say(started: Started, tmp_path: Path) -> None:
    """Over HTTP, with the turn and its reply, and without a word of the customer's."""
    received: list[bytes] = []

    async def collect(request: web.Request) -> web.Response:
        received.append(await request.read())
        return web.Response(content_type="application/x-protobuf")

    collector = web.Application()
    collector.router.add_post("/v1/traces", collect)
    runner = web.AppRunner(collector, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with _scene(started, tmp_path) as scene:
            variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
            await scene.start(CHAT_AGENT_TRACING__ENABLED="true", **variables)
            scene.joins()
            await scene.says("my card is 4111")
            scene.daemon.signal(signal.SIGTERM)
            assert await scene.ended() == 0, scene.daemon.errors
            spans = b"".join(received)
            for word in ("chat.join", "chat.turn", "chat.send", "service.name", "chat-agent", scene.contact):
                assert word.encode() in spans, word
            assert b"4111" not in spans
            assert scene.token.encode() not in spans
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("signals", [1, 2])
async def test_nothing_is_left_behind(started: Started, tmp_path: Path, signals: int) -> None:
    """No temporary file, no socket, no process; only store and audit log. Forced, the store keeps its journal."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    async with _scene(started, tmp_path) as scene:
        await scene.start("--health-port", "0", TMPDIR=str(temporary), PYTHONDONTWRITEBYTECODE="1")
        scene.joins()
        await scene.says("stuck" if signals == 2 else "a")
        assert _children(scene.daemon.process.pid) == []
        for number in range(signals):
            scene.daemon.signal(signal.SIGTERM)
            if number == 0:
                await scene.logged('"worker.draining"')
        assert await scene.ended() == (0 if signals == 1 else 130)
    left, store = _files(tmp_path), "state/chat-agent/contacts.sqlite3"
    kept = {"mine.py", store, "state/chat-agent/audit.jsonl"}
    assert left - {f"{store}-wal", f"{store}-shm"} <= kept
    if signals == 1:
        assert f"{store}-wal" not in left


def _files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


def _children(pid: int) -> list[int]:
    """The processes that `pid` has started and that live."""
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]


def _listening(pid: int) -> set[str]:
    """The inodes of the TCP sockets that `pid` listens on."""
    links = [entry.readlink() for entry in Path(f"/proc/{pid}/fd").iterdir()]
    own = {match.group(1) for link in links if (match := re.fullmatch(r"socket:\[(\d+)\]", str(link)))}
    rows = [line.split() for table in ("tcp", "tcp6") for line in _table(table)]
    return own & {row[9] for row in rows if row[3] == "0A"}


def _table(name: str) -> list[str]:
    path = Path(f"/proc/net/{name}")
    return path.read_text(encoding="ascii").splitlines()[1:] if path.exists() else []
