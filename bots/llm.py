"""Answers with a language model, in the words and within the limits of ``llm.toml`` (or the file ``LLM_TOML`` names).

The answer is said while it is being written, cut at the ends of sentences. Each piece is a step: it is in the chat's
journal before it is said, so a crash in the middle says no piece twice and changes none; what was not yet written is
then asked for anew, by a model that is told what it has said. Whatever ends otherwise than with an answer ends with a
decent sentence and people. Needs the extra ``llm``. How a model is asked is no business of this file.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from typing import Any, TypeAlias

import pydantic

from agent import Bot, Chat, Message, StepFailed
from bots.declared import HandOff, Undeclared, declared
from bots.llm_history import told
from bots.llm_pieces import Answer, Ask, Kind, Piece, Question, Spent, Thinker
from bots.llm_settings import Llm

_UNLIMITED = float("inf")


class Used(pydantic.BaseModel):
    """What one chat has used up."""

    turns: int = 0
    spent: Spent = Spent()


LlmBot: TypeAlias = "Bot[Thinker, Used]"
LlmChat: TypeAlias = "Chat[Thinker, Used]"


def build(llm: Llm, model: Any = None, *, name: str = "llm") -> LlmBot:
    """The bot called `name` that talks as `llm` says, with the model there unless another of pydantic-ai is given."""

    @asynccontextmanager
    async def thinking() -> AsyncIterator[Thinker]:
        from bots import llm_model, llm_provider  # seconds of import, for those who serve this bot only

        async with llm_model.ModelThinker(llm, model or llm_provider.opened(llm)).open() as thinker:
            yield thinker

    return _registered(name, llm, thinking)


def _registered(name: str, llm: Llm, thinking: Callable[[], AbstractAsyncContextManager[Thinker]]) -> LlmBot:
    bot: LlmBot = Bot(
        name,
        display_name=llm.display_name,
        texts=llm.sentences(),
        turns=llm.turns,
        lifespan=thinking,
        state=Used,
    )

    @bot.on_join
    async def greet(chat: LlmChat) -> None:
        if llm.greeting:
            await chat.say(llm.greeting)

    @bot.on_message()
    async def reply(chat: LlmChat, message: Message) -> None:
        if exhausted(llm, chat.state):
            last = Piece(kind=Kind.LIMITED)
        else:
            chat.state.turns += 1
            last = await answer(chat, llm, message)
        await finish(chat, llm, last)

    return bot


def exhausted(llm: Llm, used: Used) -> bool:
    """Whether the chat has used up its turns, tokens or cost."""
    left = _left(llm, used)
    return used.turns >= llm.max_turns or left.tokens <= 0 or left.cost <= 0


def _left(llm: Llm, used: Used) -> Spent:
    return Spent(tokens=llm.max_tokens, cost=llm.max_cost or _UNLIMITED) - used.spent


async def answer(chat: LlmChat, llm: Llm, message: Message) -> Piece:
    """Does the pieces of the answer as they come, up to the last, which it returns. Raises ConversationOver."""
    said: list[str] = []
    async with chat.deps.answer(asking(chat, llm, message, said)) as coming:
        while True:
            try:
                pieces = await chat.step(next_pieces, coming)
            except StepFailed as error:
                return Piece(kind=Kind.FAILED, text=error.error)
            for piece in pieces:
                chat.state.spent += piece.spent
                if piece.last:
                    return piece
                await perform(chat, llm, piece, said)


async def next_pieces(coming: Answer) -> list[Piece]:
    """The step: from the model once, from the journal ever after."""
    return await coming.next()


async def perform(chat: LlmChat, llm: Llm, piece: Piece, said: list[str]) -> None:
    """Does what one piece asks for. Raises ConversationOver."""
    if piece.kind is Kind.WRITE:
        await chat.set_attributes({piece.name: piece.text})
    else:
        said.append(piece.text)
        await chat.say(piece.text, markdown=llm.markdown)


def asking(chat: LlmChat, llm: Llm, message: Message, said: list[str]) -> Ask:
    """What the model is asked, put together when it is."""

    async def ask() -> Question:
        before = told(await chat.history(), message, "\n".join(said), llm.history_tokens)
        return Question(history=before, text=message.text, said="\n\n".join(said), left=_left(llm, chat.state))

    return ask


async def finish(chat: LlmChat, llm: Llm, last: Piece) -> None:
    """Does what the end of an answer asks for. Raises ConversationOver."""
    if last.kind is Kind.DONE:
        return
    if last.kind is Kind.LEAVE:
        await chat.hand_off(attributes={llm.status: last.kind})
        return
    why = {f"{llm.status}_why": last.text} if last.text else {}
    await _endings(llm)[last.kind].perform(chat, {llm.status: last.kind, **why})


def _endings(llm: Llm) -> dict[Kind, HandOff]:
    return {
        Kind.HAND_OFF: llm.passed_on,
        Kind.LIMITED: llm.limited,
        Kind.REFUSED: llm.refused,
        Kind.FAILED: llm.failed,
    }


def ready() -> Bot[Any, Any]:
    """The bot of the file; one that says what is missing, where that is the extra."""
    if find_spec("pydantic_ai") is None:
        return Undeclared("llm", "it needs the extra llm: pip install connect-chat-agent[llm]")
    return declared("llm", Llm, build)


bot = ready()
