"""One visit to the page: an emulator, a scripted bot, and a headless Chromium looking at it.

On the way out it holds for every test: nothing on the console, no request but to this machine.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from agent.emulator import Emulator, emulate
from tests.browser.scripted import BotChat, Script, ScriptedBot, echo
from tests.clients.browser import FLAGS, chromium

PATIENCE = 60_000  # milliseconds a condition may take on a busy machine

expect.set_options(timeout=PATIENCE)


@dataclass(kw_only=True)
class Visit:
    """What a test has in hand."""

    page: Page
    connect: Emulator
    bot: ScriptedBot
    trouble: list[str] = field(default_factory=list)

    # --- places on the page ----------------------------------------------------------------------------
    @property
    def customer(self) -> Locator:
        """The customer's pane."""
        return self.page.get_by_role("region", name="Customer", exact=True)

    @property
    def chat(self) -> Locator:
        """The chat that is shown."""
        return self.customer.locator(".chat:visible")

    @property
    def inspector(self) -> Locator:
        """The inspector."""
        return self.page.get_by_role("region", name="Inspector", exact=True)

    @property
    def desk(self) -> Locator:
        """The agent desk's pane."""
        return self.page.get_by_role("region", name="Agent desk", exact=True)

    @property
    def box(self) -> Locator:
        """Where the customer writes."""
        return self.chat.get_by_label("Message", exact=True)

    def message(self, text: str) -> Locator:
        """The message in the chat that says `text`."""
        return self.chat.locator('[data-kind="message"]').filter(has_text=text)

    # --- doing and seeing ------------------------------------------------------------------------------
    async def says(self, text: str) -> None:
        """The customer writes a message and presses Enter."""
        await self.box.fill(text)
        await self.box.press("Enter")

    async def sees(self, text: str) -> None:
        """`text` appears in the chat."""
        await expect(self.chat.get_by_text(text).first).to_be_visible()

    async def meets_the_bot(self) -> BotChat:
        """The bot has joined the chat, the customer sees it, and hears what comes: typing is told only live."""
        await expect(self.chat.get_by_text("Echo joined")).to_be_visible()
        await expect(self.chat.get_by_text("Connected")).to_be_attached()
        return self.bot.chats[-1]

    async def contact_id(self) -> str:
        """The contact of the chat that is shown."""
        return str(await self.chat.get_attribute("data-contact"))

    async def said(self, role: str = "CUSTOMER") -> list[str]:
        """What Connect knows that `role` said in the chat that is shown."""
        items = self.connect.transcript(await self.contact_id())
        return [item["Content"] for item in items if item["Type"] == "MESSAGE" and item["ParticipantRole"] == role]


Visiting = Callable[..., AbstractAsyncContextManager[Visit]]
"""`visiting` with the browser filled in: what tests are given."""


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A headless Chromium of this machine."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser, script: Script = echo, *, path: str = "/", allow: str | None = None, **context: Any
) -> AsyncIterator[Visit]:
    """Open the page. `allow` names a kind of console error that the test means to cause."""
    async with emulate() as connect, ScriptedBot(connect.url, script) as bot:
        look = await browser.new_context(**{"viewport": {"width": 1360, "height": 820}, **context})
        try:
            page = await look.new_page()
            page.set_default_timeout(PATIENCE)
            visitor = Visit(page=page, connect=connect, bot=bot)
            listen(page, visitor.trouble, allow)
            await page.goto(connect.url + path)
            yield visitor
            assert not visitor.trouble, visitor.trouble
        finally:
            await look.close()


def listen(page: Page, trouble: list[str], allow: str | None) -> None:
    """Note in `trouble` what no visit may cause, but for the console error that is allowed."""

    def complain(kind: str, text: str) -> None:
        if allow is None or allow not in text:
            trouble.append(f"{kind}: {text}")

    def asked(url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != "127.0.0.1":
            complain("request", url)

    page.on("console", lambda line: complain("console", line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complain("page error", str(error)))
    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
