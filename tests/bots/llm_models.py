"""Models that answer by a script, with pydantic-ai's own test model: no provider is ever asked."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from pydantic_ai import models
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from bots.llm import LlmBot, build
from bots.llm_settings import Llm

models.ALLOW_MODEL_REQUESTS = False

SETTINGS: dict[str, Any] = {"model": "openai:scripted", "instructions": "Sell shoes.", "shortest": 1}


class Script:
    """What the model does, one list for each request: texts, calls of tools, waits, and errors to raise."""

    def __init__(self, *requests: list[Any]) -> None:
        self.requests = list(requests)
        self.asked: list[list[tuple[str, str]]] = []
        self.instructions: list[str | None] = []
        self.tools: list[list[str]] = []

    async def stream(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        parts = [part for message in messages for part in message.parts]
        self.asked.append([(part.part_kind, str(getattr(part, "content", ""))) for part in parts])
        self.instructions.append(info.instructions)
        self.tools.append(sorted(tool.name for tool in info.function_tools))
        for number, one in enumerate(self.requests.pop(0) if self.requests else ["More."]):
            if isinstance(one, Exception):
                raise one
            if isinstance(one, anyio.Event):
                await one.wait()
            elif isinstance(one, dict):
                yield {number: one["call"]}
            elif callable(one):
                await one()
            else:
                yield one


def call(tool: str, /, **arguments: Any) -> dict[str, DeltaToolCall]:
    """The model calls a tool."""
    return {"call": DeltaToolCall(name=tool, json_args=json.dumps(arguments), tool_call_id=tool)}


def scripted(*requests: list[Any], **settings: Any) -> tuple[LlmBot, Script]:
    """A bot whose model follows a script."""
    script = Script(*requests)
    stream: Callable[..., Any] = script.stream
    return build(Llm.model_validate(SETTINGS | settings), FunctionModel(stream_function=stream)), script
