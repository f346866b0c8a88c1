"""Leads the customer through a declared menu: a page of choices, each of which answers, hands off, or leads on.

Where the contact shows interactive messages the choices are buttons or lists, elsewhere numbered text; both can be
answered with a number, a name or nearly the name. "Back" and "top" are words, and choices on every page below the
first. The menu stands in ``menu.toml`` (or the file that ``MENU_TOML`` names); the walk is one dialog, so it survives
restarts. It knows what a page is, and neither files nor templates.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Any, Self, TypeAlias, assert_never

import pydantic

from agent import Bot, Chat, Choice, Message
from bots.declared import Attributes, Declaration, HandOff, Table, declared, mistake, suggestion
from bots.picking import Said, pick, plain

_LONGEST_TITLE = 200


class Entry(Table):
    """One choice: it says something, hands off with attributes, leads to another page, or says and then does one."""

    title: str = pydantic.Field(min_length=1, max_length=_LONGEST_TITLE)
    subtitle: str | None = None
    say: str | None = None
    page: str | None = None
    hand_off: Attributes | None = None

    @pydantic.model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if self.page and self.hand_off is not None:
            raise mistake("an entry leads to a page or hands off, not both", "hand_off")
        if not (self.say or self.page) and self.hand_off is None:
            raise mistake("an entry needs say, page or hand_off")
        return self


class Page(Table):
    """A question and its choices."""

    ask: str = pydantic.Field(min_length=1)
    entries: list[Entry] = pydantic.Field(min_length=1)


class Words(Table):
    """What means to go back and to begin anew; the first of each is also shown as a choice."""

    back: list[str] = pydantic.Field(default=["Back"], min_length=1)
    top: list[str] = pydantic.Field(default=["Top", "Menu", "Start over"], min_length=1)


class Menu(Declaration):
    """The file. `lost` is what happens after `tries` answers in a row that are none; without it, asking goes on."""

    greeting: str | None = None
    start: str = "top"
    interactive: bool = True
    unknown: str = "Sorry, that is none of the choices."
    tries: int = pydantic.Field(default=3, ge=1)
    lost: HandOff | None = None
    words: Words = Words()
    pages: dict[str, Page]

    @pydantic.model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.start not in self.pages:
            raise mistake(f"no such page; {suggestion(self.start, list(self.pages))}", "start")
        for name, page in self.pages.items():
            self._check(name, page)
        for name in self.pages.keys() - self._reachable():
            raise mistake("no entry leads to this page", "pages", name)
        return self

    def _check(self, name: str, page: Page) -> None:
        seen = {plain(word) for word in (self.words.back[0], self.words.top[0])}
        for number, entry in enumerate(page.entries):
            at = ("pages", name, "entries", number)
            if entry.page and entry.page not in self.pages:
                raise mistake(f"no such page; {suggestion(entry.page, list(self.pages))}", *at, "page")
            if plain(entry.title) in seen:
                raise mistake("another choice of this page has the same title", *at, "title")
            seen.add(plain(entry.title))

    def _reachable(self) -> set[str]:
        found, waiting = {self.start}, [self.start]
        while waiting:
            led = {entry.page for entry in self.pages[waiting.pop()].entries if entry.page} - found
            found |= led
            waiting.extend(led)
        return found


class Move(Enum):
    """A step that is no entry."""

    BACK = "back"
    TOP = "top"


Step: TypeAlias = Entry | Move


def build(menu: Menu) -> Bot:
    """The bot that walks through `menu`."""
    bot = Bot(
        "menu",
        display_name=menu.display_name,
        texts=menu.sentences(),
        interactive=menu.interactive,
        cancel_words=(),
    )

    @bot.on_join
    async def greet(chat: Chat) -> None:
        if menu.greeting:
            await chat.say(menu.greeting)
        await walk(chat, menu)

    @bot.on_message()
    async def begin(chat: Chat, message: Message) -> None:
        await walk(chat, menu)

    return bot


async def walk(chat: Chat[Any, Any], menu: Menu) -> None:
    """Shows pages until an entry hands off, or the customer is lost. Raises ConversationOver."""
    path, misses = [menu.start], 0
    while True:
        step = await _next_step(chat, menu, path)
        if step is None:
            misses += 1
            if menu.lost and misses >= menu.tries:
                return await menu.lost.perform(chat)
            await chat.say(menu.unknown)
            continue
        misses = 0
        if isinstance(step, Entry) and await _taken(chat, step):
            return None
        path = _moved(path, step)


async def _next_step(chat: Chat[Any, Any], menu: Menu, path: list[str]) -> Step | None:
    page = menu.pages[path[-1]]
    answer = await pick(chat, page.ask, list(_choices(menu, page, below=len(path) > 1)), key=path[-1])
    return _meant(menu.words, answer.text) if isinstance(answer, Said) else answer


def _choices(menu: Menu, page: Page, *, below: bool) -> Iterable[Choice[Step]]:
    for entry in page.entries:
        yield Choice(entry.title, entry, subtitle=entry.subtitle)
    if below:
        yield Choice(menu.words.back[0], Move.BACK)
        yield Choice(menu.words.top[0], Move.TOP)


def _meant(words: Words, said: str) -> Move | None:
    if plain(said) in map(plain, words.back):
        return Move.BACK
    return Move.TOP if plain(said) in map(plain, words.top) else None


async def _taken(chat: Chat[Any, Any], entry: Entry) -> bool:
    """Does what `entry` says; whether the chat is handed off with it."""
    if entry.hand_off is not None:
        await chat.hand_off(attributes=entry.hand_off, say=entry.say)
        return True
    if entry.say:
        await chat.say(entry.say)
    return False


def _moved(path: list[str], step: Step) -> list[str]:
    match step:
        case Move.BACK:
            return path[:-1] or path
        case Move.TOP:
            return path[:1]
        case Entry():
            return [*path, step.page] if step.page else path
        case _:
            assert_never(step)


bot = declared("menu", Menu, build)
