"""A daemon, its customers and its operator, all of whose secrets bear marks; and everything that could be read by
somebody who must not know them."""

import base64
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import anyio.to_thread
from aiohttp import web

from agent.emulator import Emulator, Fault, Rule
from tests.cli.live_scene import Scene

CUSTOMER = "CustomersWords4711"
"""In everything that the customer writes."""

BOT_SAID = "BotsWords4712"
ATTRIBUTE = "AttributeValue4713"
NAME = "CustomersName4714"
OPERATOR = "OperatorsWords4715"
HANDED = "HandedOver4716"
AWS_KEY = "AwsSecretKey4717"
AWS_TOKEN = "AwsSessionToken4718"
TOML = "WrittenIntoToml4719"
BOTS_KEY = "BotsOwnSecret4720"
STORE_KEY = base64.b64encode(b"KeyOfTheStore4721".ljust(32, b"=")).decode()
MARKS = (CUSTOMER, BOT_SAID, ATTRIBUTE, NAME, OPERATOR, HANDED, AWS_KEY, AWS_TOKEN, TOML, BOTS_KEY, STORE_KEY)

INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive.response"

SETTINGS = """
[logging]
level = "debug"
format = "json"
show_error_text = {show_error_text}

[tracing]
enabled = true

[health]
port = 0

[store]
kind = "mystore:make"
encryption_keys = ["env:STORE_KEY"]

[store.options]
path = "{directory}/kept.sqlite3"
trouble = "{directory}/trouble"

[worker]
lease = 3
"""

STORE = '''
import sqlite3
from pathlib import Path
from agent.errors import StoreUnreachable
from agent.store.sqlite import SQLiteStore


class Failing(SQLiteStore):
    """Fails once, in the way that a file names, with the record's own words in the error."""

    trouble: Path

    async def save(self, record):
        if self.trouble.exists():
            kind = self.trouble.read_text()
            self.trouble.unlink()
            words = f"{record.attributes} {record.journal!r} {record.participant.token.reveal()}"
            if kind == "crash":
                raise RuntimeError(words)
            raise StoreUnreachable(words) from sqlite3.OperationalError(words)
        await super().save(record)


def make(options, *, clock, sealer):
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def opened():
        async with await Failing.open(options["path"], clock=clock, sealer=sealer) as store:
            store.trouble = Path(options["trouble"])
            yield store

    return opened()
'''

BOT = """
import logging
import os
import threading
from contextlib import asynccontextmanager
from agent import Bot, Chat, Message, regex

BOT_SAID, BOTS_KEY, HANDED = "BotsWords4712", os.environ.get("BOTS_KEY", ""), "HandedOver4716"
last = [BOTS_KEY]
shop = logging.getLogger("shop")


@asynccontextmanager
async def life():
    for name in ("", "aiohttp", "aiobotocore", "botocore", "websockets", "asyncio", "shop", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield None
    if os.environ.get("CRASHES"):
        raise RuntimeError("crashed with " + " ".join(last))


class Remains:
    told = ""

    def __del__(self) -> None:
        int(self.told)


bot = Bot("mine", lifespan=life)


@bot.dialog(regex("^order"), name="order")
async def order(chat: Chat) -> None:
    size = await chat.ask(f"{BOT_SAID} which size?", int, tries=5)
    await chat.say(f"{BOT_SAID} {size}")


@bot.on_message()
async def answer(chat: Chat, message: Message) -> None:
    word, _, rest = message.text.partition(" ")
    last.append(message.text)
    told = f"{rest} {message.sender.display_name} {BOTS_KEY} {dict(chat.contact.attributes)}"
    match word:
        case "raise":
            raise ValueError(told)
        case "group":
            raise ExceptionGroup(told, [KeyError(told), ExceptionGroup(told, [OSError(told)])])
        case "chain":
            try:
                int(rest)
            except ValueError as error:
                raise RuntimeError(told) from error
        case "log":
            for level in (logging.DEBUG, logging.WARNING, logging.ERROR):
                shop.log(level, "sold %s", told)
            try:
                raise KeyError(told)
            except KeyError:
                shop.exception("not sold: %s", told)
        case "thread":
            thread = threading.Thread(target=int, args=(told,))
            thread.start()
            thread.join()
            await chat.say(BOT_SAID)
        case "remains":
            Remains().told = told
            await chat.say(BOT_SAID)
        case "big":
            await chat.say(BOT_SAID * 900, "")
        case "timer":
            chat.later(0, "soon", rest)
        case "leave":
            await chat.hand_off(attributes={"why": HANDED}, say=f"{BOT_SAID} bye {HANDED}")
        case _:
            await chat.say(f"{BOT_SAID} {message.text}")


@bot.on_timer("soon")
async def soon(chat: Chat, payload: str) -> None:
    raise ValueError(payload)
"""

PLANTED = {
    "a line of a bot in the log": ('shop.exception("not sold: %s", told)', 'shop.exception(f"not sold: {told}")')
}
"""Leaks that nobody but a bot's author can prevent; here they show that the search finds what there is to be found."""


class Marked(Scene):
    """The scene, with marks in everything that is secret.

    Attributes:
        seen: everything that somebody could read, by where it was read.
        tokens: every token and ticket that Amazon Connect gave out.
    """

    def __init__(self, connect: Emulator, started: Any, finished: Any, directory: Path) -> None:
        self.seen: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.directory = directory
        self.around: dict[str, str] = {}
        self._note_tokens(connect)
        super().__init__(connect, started, finished)

    def _note_tokens(self, connect: Emulator) -> None:
        mint = connect.region.mint
        given = mint.token

        def token(length: int = 96) -> str:
            self.tokens.add(made := given(length))
            return made

        mint.token = token  # type: ignore[method-assign]

    def begins(self) -> None:
        kinds = ["text/plain", "text/markdown", INTERACTIVE.removesuffix(".response"), INTERACTIVE]
        answer = self.connect.start_chat(
            name=NAME, Attributes={"tier": ATTRIBUTE}, SupportedMessagingContentTypes=kinds
        )
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = self.connect.call("CreateParticipantConnection", wanted, bearer=answer["ParticipantToken"])
        self.contact, self._token = answer["ContactId"], connection["ConnectionCredentials"]["ConnectionToken"]

    async def hears(self, text: str, content_type: str = "text/plain") -> str:
        """The customer says it; what the bot says next."""
        before = len(self.said())
        self.connect.call("SendMessage", {"ContentType": content_type, "Content": text}, bearer=self._token)
        await self.until(lambda: len(self.said()) > before)
        return self.said()[before]

    def weather(self, *rules: Rule) -> None:
        self.connect.weather.set(list(rules), seed=1)

    async def command(self, *arguments: str, text: str = "") -> tuple[int, str, str]:
        run = partial(self._finished, *arguments, text=text, **self.around)
        code, lines, errors = await anyio.to_thread.run_sync(run)
        return code, "\n".join(lines), errors

    async def operates(self, *arguments: str, text: str = "", good: bool = True) -> str:
        """A command; all that it writes is seen."""
        code, output, errors = await self.command(*arguments, text=text)
        assert not good or code == 0, (arguments, code, errors)
        self.sees(f"the command {arguments[0]}", output + errors)
        return output

    def sees(self, where: str, text: str) -> None:
        self.seen[where] = self.seen.get(where, "") + text

    def found(self) -> dict[str, list[str]]:
        """Where a secret could be read, and which."""
        secrets = (*MARKS, *self.tokens)
        leaks = {where: [secret for secret in secrets if secret in text] for where, text in self.seen.items()}
        return {where: known for where, known in leaks.items() if known}


def faults() -> list[Rule]:
    """Each kind of bad weather that makes somebody write an error down."""
    mine: dict[str, Any] = {"role": "CUSTOM_BOT", "times": 1}
    return [
        Rule(fault=Fault.ERROR, error="ThrottlingException", status=429, operation="SendMessage", **mine),
        Rule(fault=Fault.ERROR, error="InternalServerException", when="after", operation="SendMessage", **mine),
        Rule(fault=Fault.CUT, when="after", operation="SendMessage", **mine),
        Rule(fault=Fault.ERROR, error="ThrottlingException", status=429, operation="SendEvent", **mine),
        Rule(fault=Fault.ERROR, error="InternalServerException", operation="GetTranscript", **mine),
    ]


@asynccontextmanager
async def collector(scene: Marked) -> AsyncIterator[str]:
    """Where traces go; their bytes are seen."""

    async def collect(request: web.Request) -> web.Response:
        scene.sees("traces", (await request.read()).decode("latin-1"))
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", collect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextmanager
def systemd(scene: Marked, directory: Path) -> Iterator[str]:
    """systemd's ear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(directory / "n"))
        ear.setblocking(False)
        yield str(directory / "n")
        while True:
            try:
                scene.sees("systemd", ear.recv(4096).decode())
            except BlockingIOError:
                return


async def probed(scene: Marked, daemon: Any) -> None:
    """The health endpoint's pages are seen."""
    address = daemon.errors.split('"address": "')[1].split('"')[0]
    async with aiohttp.ClientSession() as session:
        for path in ("/metrics", "/readyz", "/livez", "/nothing"):
            async with session.get(address + path) as answer:
                scene.sees("the health endpoint", await answer.text())


def secrets_around() -> dict[str, str]:
    """The daemon's environment."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": AWS_KEY,
        "AWS_SESSION_TOKEN": AWS_TOKEN,
        "STORE_KEY": STORE_KEY,
        "BOTS_KEY": BOTS_KEY,
    }
