"""Answers questions from a list, however they are put: other words, synonyms, slips of the fingers.

What is surely meant is answered. What may be meant is offered ("did you mean …?"), and what the customer then says
instead is the next question. What nobody can mean is said to be unknown, and after so many of these in a row the chat
is handed off, if the file says how. The list stands in ``faq.toml`` (or the file that ``FAQ_TOML`` names). How the
entry is found is the index's business.
"""

from typing import Any, Self

import pydantic

from agent import Bot, Chat, Choice, Message
from bots.declared import Attributes, Declaration, HandOff, Table, declared, mistake
from bots.faq_index import ENGLISH, Hit, Index
from bots.picking import Said, pick, plain


class Entry(Table):
    """A question, other ways to put it, and its answer; with `hand_off` the chat is passed on after it."""

    question: str = pydantic.Field(min_length=1, max_length=200)
    also: tuple[str, ...] = ()
    answer: str = pydantic.Field(min_length=1)
    hand_off: Attributes | None = None


class Faq(Declaration):
    """The file. `sure` and `maybe` are scores: from the one on it is answered, from the other on it is offered."""

    greeting: str | None = None
    sure: float = pydantic.Field(default=0.5, ge=0, le=1)
    maybe: float = pydantic.Field(default=0.3, ge=0, le=1)
    ahead: float = pydantic.Field(default=0.1, ge=0, le=1)
    offers: int = pydantic.Field(default=3, ge=1, le=9)
    did_you_mean: str = "Did you mean one of these?"
    none_of_these: str = "None of these"
    unknown: str = "Sorry, I do not know that. Can you say it in other words?"
    tries: int = pydantic.Field(default=3, ge=1)
    lost: HandOff | None = None
    stopwords: frozenset[str] = ENGLISH
    synonyms: dict[str, list[str]] = pydantic.Field(default_factory=dict)
    entries: list[Entry] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _asks_each_thing_once(self) -> Self:
        seen = {plain(self.none_of_these)}
        for number, entry in enumerate(self.entries):
            if plain(entry.question) in seen:
                raise mistake("this question is already there", "entries", number, "question")
            seen.add(plain(entry.question))
        return self

    def index(self) -> Index:
        """The index over all questions."""
        phrasings = ([entry.question, *entry.also] for entry in self.entries)
        return Index(phrasings, synonyms=self.synonyms, stopwords=self.stopwords)


class Misses(pydantic.BaseModel):
    """How many questions in a row had no answer."""

    in_a_row: int = 0


def build(faq: Faq) -> "Bot[object, Misses]":
    """The bot that answers from `faq`."""
    index = faq.index()
    bot: Bot[object, Misses] = Bot(
        "faq", display_name=faq.display_name, texts=faq.sentences(), cancel_words=(), state=Misses
    )

    @bot.on_join
    async def greet(chat: Chat[object, Misses]) -> None:
        if faq.greeting:
            await chat.say(faq.greeting)

    @bot.on_message()
    async def answer(chat: Chat[object, Misses], message: Message) -> None:
        found = await find(chat, faq, index, message.text)
        await (_missed(chat, faq) if found is None else _answered(chat, found))

    return bot


async def find(chat: Chat[Any, Any], faq: Faq, index: Index, asked: str) -> Entry | None:
    """The entry that `asked` means, if need be by asking back. Raises ConversationOver."""
    while hits := verdict(faq, index.search(asked, faq.offers)):
        if len(hits) == 1 and hits[0].score >= faq.sure:
            return faq.entries[hits[0].entry]
        found: list[Entry | None] = [faq.entries[hit.entry] for hit in hits]
        choices = [Choice(entry.question if entry else faq.none_of_these, entry) for entry in (*found, None)]
        picked = await pick(chat, faq.did_you_mean, choices, key="did you mean")
        if not isinstance(picked, Said):
            return picked
        asked = picked.text
    return None


def verdict(faq: Faq, hits: list[Hit]) -> list[Hit]:
    """The one of `hits` that is sure and ahead of the others, else those that may be meant, else none."""
    if hits and hits[0].score >= faq.sure and (len(hits) == 1 or hits[0].score - hits[1].score >= faq.ahead):
        return hits[:1]
    return [hit for hit in hits if hit.score >= faq.maybe]


async def _answered(chat: Chat[object, Misses], entry: Entry) -> None:
    chat.state.in_a_row = 0
    await chat.say(entry.answer)
    if entry.hand_off is not None:
        await chat.hand_off(attributes=entry.hand_off)


async def _missed(chat: Chat[object, Misses], faq: Faq) -> None:
    chat.state.in_a_row += 1
    if faq.lost and chat.state.in_a_row >= faq.tries:
        await faq.lost.perform(chat)
    else:
        await chat.say(faq.unknown)


bot = declared("faq", Faq, build)
