"""The model behind the bot, through pydantic-ai: any provider, one stream of pieces.

What the model wishes of its tools comes out as pieces, after what it wrote before, and the last wish ends it. All
that goes wrong on the way comes out as a last piece, with a word of ours and none of the provider's. It knows no chat.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import pydantic_ai
from pydantic_ai import Agent, AgentRunEvents, AgentRunResultEvent, RunUsage, UsageLimits
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelHTTPError,
    UsageLimitExceeded,
)
from pydantic_ai.messages import (
    FunctionToolResultEvent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from bots.llm_history import Line, tokens
from bots.llm_pieces import Ask, Kind, Piece, Question, Spent
from bots.llm_sentences import Cutter
from bots.llm_settings import Llm
from bots.llm_tools import Wishes, tools_of

pydantic_ai.BANNER_ENABLED = False  # standard error is the log

_GO_ON = "(You were cut off there. Go on with the rest of your answer; repeat nothing of it.)"


def _sampling(llm: Llm) -> ModelSettings:
    settings: Any = llm.settings.model_dump(exclude_none=True)
    return settings  # type: ignore[no-any-return]


class ModelThinker:
    """The model with its instructions and tools; `llm` says which."""

    def __init__(self, llm: Llm, model: Model) -> None:
        self.llm = llm
        self._agent: Agent[Wishes, str] = Agent(
            model,
            deps_type=list,
            instructions=f"{llm.instructions}\n\n{llm.manners}",
            tools=tools_of(llm),
            retries=2,
            model_settings=_sampling(llm),
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator["ModelThinker"]:
        """Ready to answer; on leaving, its connections are closed."""
        async with self._agent:
            yield self

    @asynccontextmanager
    async def answer(self, ask: Ask) -> AsyncIterator["ModelAnswer"]:
        """An answer to what `ask` gives; neither is touched before the first piece is wanted."""
        async with AsyncExitStack() as stack:
            yield ModelAnswer(self.llm, self._agent, ask, stack)


class ModelAnswer:
    """One answer, piece by piece."""

    def __init__(self, llm: Llm, agent: Agent[Wishes, str], ask: Ask, stack: AsyncExitStack) -> None:
        self._llm = llm
        self._agent = agent
        self._ask = ask
        self._stack = stack
        self._question: Question | None = None
        self._ready: list[Piece] = []
        self._wishes: Wishes = []
        self._cutter = Cutter(llm.shortest)
        self._usage = RunUsage()
        self._written = ""
        self._told = Spent()

    async def next(self) -> list[Piece]:
        """The next pieces, one or more, as soon as they are whole. After a last one there is no other."""
        if self._question is None:
            self._question = await self._ask()
            self._events = await self._begin(self._question)
            self._until = anyio.current_time() + self._llm.deadline
        while not self._ready:
            await self._read(self._question)
        (first, *rest), self._ready = self._ready, []
        total = self._spent(self._question)
        spent, self._told = total - self._told, total
        return [first.model_copy(update={"spent": spent}), *rest]

    async def _begin(self, question: Question) -> AgentRunEvents[str]:
        history, prompt = _messages(question)
        return await self._stack.enter_async_context(
            self._agent.run_stream_events(
                prompt,
                message_history=history,
                deps=self._wishes,
                usage=self._usage,
                usage_limits=UsageLimits(request_limit=self._llm.requests),
            )
        )

    async def _read(self, question: Question) -> None:
        """Reads one event; whatever goes wrong is the end."""
        until = min(self._until, anyio.current_time() + self._llm.patience)
        event: object = None
        try:
            with anyio.CancelScope(deadline=until):
                event = await anext(self._events)
        except ContentFilterError:
            self._end(Kind.REFUSED)
        except UsageLimitExceeded:
            self._end(Kind.FAILED, "loop")
        except ModelAPIError as error:
            self._end(Kind.FAILED, f"http {error.status_code}" if isinstance(error, ModelHTTPError) else "down")
        except AgentRunError:
            self._end(Kind.FAILED, "rubbish")
        else:
            self._take(event, question)

    def _take(self, event: object, question: Question) -> None:
        match event:
            case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                self._written += text
                self._ready.extend(Piece(kind=Kind.SAY, text=one) for one in self._cutter.feed(text))
            case FunctionToolResultEvent():
                self._take_wishes(question)
            case AgentRunResultEvent(result=result):
                self._finish(result.response.finish_reason == "content_filter")
            case None:
                self._end(Kind.FAILED, "silence")
            case _:
                pass

    def _take_wishes(self, question: Question) -> None:
        """What the model wishes comes after what it wrote before."""
        self._flush()
        self._ready.extend(self._wishes)
        self._wishes.clear()
        spent = self._spent(question)
        if spent.tokens > question.left.tokens or spent.cost > question.left.cost:
            self._end(Kind.LIMITED)

    def _finish(self, refused: bool) -> None:
        if refused:
            self._end(Kind.REFUSED)
            return
        self._flush()
        self._end(Kind.DONE)

    def _flush(self) -> None:
        if rest := self._cutter.rest():
            self._ready.append(Piece(kind=Kind.SAY, text=rest))

    def _end(self, kind: Kind, why: str = "") -> None:
        self._ready.append(Piece(kind=kind, text=why))

    def _spent(self, question: Question) -> Spent:
        """As the provider counts; where it does not, as we estimate."""
        asked = (
            tokens(self._llm.instructions) + tokens(question.text) + sum(tokens(one.text) for one in question.history)
        )
        read = self._usage.input_tokens or asked * max(1, self._usage.requests)
        written = self._usage.output_tokens or tokens(self._written)
        return Spent(tokens=read + written, cost=self._llm.cost(read, written))


def _messages(question: Question) -> tuple[list[ModelMessage], str]:
    """The customer's words are what a user said, always; an answer that was cut off is gone on with."""
    history = [_message(line) for line in question.history]
    if not question.said:
        return history, question.text
    return [*history, _message(Line(False, question.text)), _message(Line(True, question.said))], _GO_ON


def _message(line: Line) -> ModelMessage:
    if line.mine:
        return ModelResponse(parts=[TextPart(line.text)])
    return ModelRequest(parts=[UserPromptPart(line.text)])
