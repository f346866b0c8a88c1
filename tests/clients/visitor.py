"""A customer on a web page with the official ChatJS, in real Chromium: what the page does, and what it is told.

The page comes from another origin than the emulator, as a company's web site does. It must not know the emulator.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

PAGE = Path(__file__).with_name("chatjs.html")
ESTABLISHED = "onConnectionEstablished"
PATIENCE = 60_000  # milliseconds that anything may take on a busy machine
Told = dict[str, Any]


@asynccontextmanager
async def web_site(node_packages: Path, page: str = "") -> AsyncIterator[str]:
    """A company's web site: one page (by default ours), and ChatJS as npm delivers it. Gives its address."""
    chatjs = node_packages / "node_modules/amazon-connect-chatjs/dist/amazon-connect-chat.js"

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/amazon-connect-chat.js":
            return web.FileResponse(chatjs)
        if request.path == "/":
            return web.Response(text=page or PAGE.read_text(), content_type="text/html")
        return web.Response(status=404)

    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@dataclass(kw_only=True)
class Visitor:
    """The page, and everything it was told so far."""

    page: Page
    endpoint: str
    site: str
    trouble: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    heard: int = 0

    async def comes(self, chat: dict[str, Any], *, transcript: bool = False) -> None:
        """Open the page and connect to a chat that was started elsewhere; what StartChatContact answered is `chat`."""
        await self.page.goto(self.site)
        details = {
            "contactId": chat["ContactId"],
            "participantId": chat["ParticipantId"],
            "participantToken": chat["ParticipantToken"],
        }
        wanted = {"endpoint": self.endpoint, "chatDetails": details, "transcript": transcript}
        await self.page.evaluate("wanted => begin(wanted).then(() => null)", wanted)

    async def sees(self, event: str, word: str | None = None) -> Told:
        """The next event of this kind (about this word) that was not seen before; waits for it, within bounds."""
        condition = """([from, event, word]) => {
            const at = told.findIndex((one, n) => n >= from && one.event === event && (word === null
                || one.Content === word || (one.ContentType ?? "").endsWith(word)));
            return at < 0 ? null : { at, one: told[at] };
        }"""
        found = await self.page.wait_for_function(condition, arg=[self.heard, event, word], timeout=PATIENCE)
        value = await found.json_value()
        self.heard = value["at"] + 1
        one: Told = value["one"]
        return one

    async def sees_file(self) -> Told:
        """The next message with attachments: others, such as the flow's first words, may come late."""
        while not (one := await self.sees("onMessage")).get("Attachments"):
            pass
        return one

    async def told(self) -> list[str]:
        """Every event so far in words, heartbeats left out.

        That it is subscribed ChatJS tells by a promise, which an item may overtake: it is put where it belongs.
        """
        everything: list[Told] = await self.page.evaluate("told")
        words = [in_words(one) for one in everything if "Heartbeat" not in one["event"]]
        words.insert(1, words.pop([at for at, word in enumerate(words) if word == ESTABLISHED][1]))
        return words

    async def is_subscribed(self) -> None:
        """ChatJS has said that it is connected: when the socket opened, and when it was subscribed."""
        condition = "event => told.filter((one) => one.event === event).length > 1"
        await self.page.wait_for_function(condition, arg=ESTABLISHED, timeout=PATIENCE)

    async def calls(self, method: str, argument: Any = None) -> dict[str, Any]:
        """A method of the chat session: its `data`, or its `error`."""
        answer: dict[str, Any] = await self.page.evaluate("([m, a]) => call(m, a ?? undefined)", [method, argument])
        return answer

    async def says(self, text: str, content_type: str = "text/plain") -> dict[str, Any]:
        """sendMessage."""
        answer = await self.calls("sendMessage", {"contentType": content_type, "message": text})
        return dict(answer["data"])

    async def signals(self, event: str, message_id: str | None = None, *, at_once: bool = True) -> None:
        """sendEvent; a receipt of a message is held back by ChatJS unless it is to go `at_once`."""
        argument = {"contentType": f"application/vnd.amazonaws.connect.event.{event}"}
        if message_id is not None:
            about = {"messageId": message_id} | ({"disableThrottle": True} if at_once else {})
            argument["content"] = json.dumps(about)
        await self.calls("sendEvent", argument)

    async def sends_file(self, name: str, kind: str, text: str) -> dict[str, Any]:
        """sendAttachment."""
        answer: dict[str, Any] = await self.page.evaluate("([n, k, t]) => sendFile(n, k, t)", [name, kind, text])
        return answer

    async def refusals(self) -> list[int]:
        """The statuses of failed requests that Chromium has put on the console; they, and what ChatJS logged about
        them, are no trouble then. Anything else is."""
        begins = "Failed to load resource: the server responded with a status of "
        noted, self.trouble = self.trouble, []
        assert all(text.startswith(begins) for text in noted), noted
        await self.page.evaluate("complaints.length = 0")
        return [int(text.removeprefix(begins)[:3]) for text in noted]

    async def waits(self, seconds: float) -> None:
        """Time passes for the page alone: each timer that is due fires once."""
        await self.page.clock.fast_forward(int(seconds * 1000))


def in_words(one: Told) -> str:
    """An event in a word or two."""
    about = one.get("Content") or (one.get("ContentType") or "").rsplit(".event.", 1)[-1]
    return one["event"] if not about or one["event"] != "onMessage" else f"{one['event']} {about}"


@asynccontextmanager
async def visiting(browser: Browser, endpoint: str, site: str) -> AsyncIterator[Visitor]:
    """A new page with a clock of its own. At the end its console must have been silent, unless the test knows why,
    and it must have asked its own site and the endpoint for things, and nobody else."""
    context: BrowserContext = await browser.new_context(ignore_https_errors=True)
    try:
        page = await context.new_page()
        await page.clock.install()
        visitor = Visitor(page=page, endpoint=endpoint, site=site)
        page.on("console", lambda message: visitor.trouble.extend(_complaint(message)))
        page.on("pageerror", lambda error: visitor.trouble.append(f"uncaught: {error}"))
        page.on("request", lambda request: visitor.asked.append(request.url))
        yield visitor
        visitor.trouble += await page.evaluate("complaints")
        assert visitor.trouble == [], visitor.trouble
        strange = [url for url in visitor.asked if not url.startswith((site, endpoint, "data:"))]
        assert strange == [], strange
    finally:
        await context.close()


def _complaint(message: ConsoleMessage) -> list[str]:
    return [message.text] if message.type in ("error", "warning") else []
