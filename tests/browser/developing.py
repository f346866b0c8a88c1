"""A bot's author at work: a folder with a bot, ``chat-agent dev`` in a process of its own, and the page it serves."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio.streams.text import TextReceiveStream
from playwright.async_api import Browser, Locator, Page

from tests.browser.visit import PATIENCE, listen

SHOP = """\
from agent import Bot, Chat, Message

bot = Bot("shop")


@bot.dialog("order")
async def order(chat: Chat) -> None:
    size = await chat.ask("Which size?", int)
    await chat.say(f"Size {size}. Done!")


@bot.on_message()
async def otherwise(chat: Chat, message: Message) -> None:
    await chat.say(f"You said: {message.text}")
"""


@dataclass(kw_only=True)
class Author:
    """What a test has in hand."""

    page: Page
    file: Path

    @property
    def chat(self) -> Locator:
        """The chat that is shown."""
        return self.page.locator(".chat:visible")

    @property
    def trouble(self) -> Locator:
        """What the page says is wrong with the bot."""
        return self.page.get_by_role("alert", name="What is wrong with the bot")

    @property
    def build(self) -> Locator:
        """Which build serves."""
        return self.page.locator("#build")

    @property
    def box(self) -> Locator:
        """Where the customer writes."""
        return self.chat.get_by_label("Message", exact=True)

    def message(self, text: str) -> Locator:
        """The message in the chat that says `text`."""
        return self.chat.locator('[data-kind="message"]').filter(has_text=text)

    def saves(self, old: str, new: str) -> None:
        """The author replaces `old` by `new` in the bot."""
        before = self.file.read_text(encoding="utf-8")
        assert old in before
        self.file.write_text(before.replace(old, new), encoding="utf-8")

    async def says(self, text: str) -> None:
        """The customer writes a message and presses Enter."""
        await self.box.fill(text)
        await self.box.press("Enter")


Developing = Callable[..., AbstractAsyncContextManager[Author]]


@asynccontextmanager
async def developing(browser: Browser, folder: Path, source: str = SHOP, **context: Any) -> AsyncIterator[Author]:
    """``chat-agent dev shop:bot`` in `folder`, and its page. The process is ended on the way out."""
    file = folder / "shop.py"
    file.write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "agent", "dev", "shop:bot", "--port", "0", "--no-browser", "--log-level", "error"]
    async with await anyio.open_process(command, cwd=folder, stderr=None) as process:
        look = await browser.new_context(**{"viewport": {"width": 1360, "height": 820}, **context})
        try:
            assert process.stdout
            page = await look.new_page()
            page.set_default_timeout(PATIENCE)
            trouble: list[str] = []
            listen(page, trouble, None)
            await page.goto((await TextReceiveStream(process.stdout).receive()).strip())
            yield Author(page=page, file=file)
            assert not trouble, trouble
        finally:
            with anyio.CancelScope(shield=True):
                await look.close()
                process.terminate()
                await process.wait()
