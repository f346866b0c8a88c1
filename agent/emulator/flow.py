"""A small contact flow: blocks and where each leads, read from a short TOML file, and one run of it.

Blocks: ``prompt`` (a SYSTEM message), ``attributes`` (sets contact attributes), ``bot`` (offers the contact,
then waits with the four branches of Connect's Wait block), ``wait``, ``queue`` and ``disconnect``; and those that only
Connect's own flow language has: ``offer`` (the contact is offered, the flow goes on), ``loop`` and ``pass``. A run is
driven by what happens on its chat; it must not know how a bot, an agent or a customer came or went.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from agent.emulator.happenings import BotNoLongerWanted, BotWanted, FlowMoved
from agent.emulator.participants import Participant, Role
from agent.emulator.timers import Timer

if TYPE_CHECKING:
    from agent.emulator.contacts import Chat

BlockType = Literal["prompt", "attributes", "bot", "wait", "queue", "disconnect", "offer", "loop", "pass"]
Branch = Literal["disconnected", "not_found", "expired", "error", "done"]
LONGEST_WAIT = 604_800.0  # seven days [documented]
MOST_STEPS = 100  # blocks passed without waiting; more is a circle


class BadFlow(ValueError):
    """A flow file that cannot be run; its text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block. Which fields matter depends on `type`; `on` holds the branches of a waiting block."""

    type: BlockType
    text: str = ""
    content_type: str = "text/plain"
    attributes: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    participant: Literal["customer", "bot"] = "customer"
    join_within: float = 0.0
    timeout: float = LONGEST_WAIT
    queue: str = "BasicQueue"
    count: int = 0
    next: str | None = None
    on: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDefinition:
    """A whole flow. `after_agent` names the block of the disconnect flow: it runs in a new segment. `document` is the
    JSON that it was read from, if it was."""

    name: str
    start: str
    blocks: Mapping[str, Block]
    after_agent: str | None = None
    document: str | None = None


def read_flow(text: str) -> FlowDefinition:
    """The flow described by TOML `text`. Raises BadFlow with a sentence."""
    try:
        raw = tomllib.loads(text)
        blocks = {name: _block(name, block) for name, block in raw.get("blocks", {}).items()}
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        raise BadFlow(f"not a flow: {error}") from error
    return checked(
        FlowDefinition(
            name=str(raw.get("name", "flow")),
            start=str(raw.get("start", "")),
            blocks=blocks,
            after_agent=raw.get("after_agent"),
        )
    )


def load_flow(path: Path) -> FlowDefinition:
    """The flow in a file: TOML, or Connect's own flow language when it is called ``*.json``."""
    from agent.emulator.flow_language import read_document

    text = path.read_text(encoding="utf-8")
    return read_document(text, name=path.stem) if path.suffix == ".json" else read_flow(text)


@cache
def built_in_flows() -> dict[str, FlowDefinition]:
    """``default`` and ``no-bot``."""
    folder = resources.files("agent.emulator") / "flows"
    flows = [read_flow(file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name[-5:] == ".toml"]
    return {flow.name: flow for flow in flows}


def _block(name: str, raw: Mapping[str, Any]) -> Block:
    if raw.get("type") not in get_args(BlockType):
        raise BadFlow(f"block {name}: type is one of {', '.join(get_args(BlockType))}")
    unknown = set(raw) - set(Block.__dataclass_fields__)
    if unknown:
        raise BadFlow(f"block {name}: unknown {', '.join(sorted(unknown))}")
    return Block(**raw)


def checked(flow: FlowDefinition) -> FlowDefinition:
    """`flow`, whose every name leads to a block. Raises BadFlow."""
    named = [("start", flow.start), ("after_agent", flow.after_agent)]
    for name, block in flow.blocks.items():
        named.append((f"block {name}: next", block.next))
        named += [(f"block {name}: on.{branch}", target) for branch, target in block.on.items()]
        if set(block.on) - set(get_args(Branch)):
            raise BadFlow(f"block {name}: the branches are {', '.join(get_args(Branch))}")
    for where, target in named:
        if target is not None and target not in flow.blocks:
            raise BadFlow(f"{where} names no block: {target!r}")
    return flow


class FlowRun:
    """One flow on one chat."""

    def __init__(self, chat: Chat, definition: FlowDefinition) -> None:
        self._chat = chat
        self._timer: Timer | None = None
        self._offered = False
        self._loops: dict[str, int] = {}
        self.definition = definition
        self.at: str | None = None
        self.started = False
        self.stopped = False

    @property
    def block(self) -> Block | None:
        """The block in which the flow waits now."""
        return None if self.at is None else self.definition.blocks[self.at]

    # --- what happens on the chat ----------------------------------------------------------------------
    def start(self) -> None:
        """The customer is connected. Harmless a second time."""
        if not self.started and not self.stopped:
            self.started = True
            self.go(self.definition.start)

    def bot_joined(self) -> None:
        """A custom participant connected: an offer is answered, Wait begins."""
        block = self.block
        self._withdraw()
        if block is not None and block.type == "bot":
            self._set_timer(block.timeout, lambda: self.branch("expired"))

    def bot_left(self, bot: Participant) -> None:
        """The custom participant left, was removed, or never came."""
        del bot
        block = self.block
        if block is not None and (block.type == "bot" or block.participant == "bot"):
            self.branch("disconnected")

    def rest(self) -> None:
        """A human took over, or the segment is over: the flow waits in no block."""
        self._rest()
        self.at = None

    def agents_left(self) -> None:
        """The last human agent left: the disconnect flow runs in a new segment, or the chat is over."""
        after = self.definition.after_agent
        if after is None:
            self._chat.end("AGENT_DISCONNECT")
        else:
            self._chat.open_segment("DISCONNECT", self._chat.segment.flow_id)
            self.go(after)

    def stop(self) -> None:
        """The chat is over."""
        self.stopped = True
        self._rest()

    # --- moving ----------------------------------------------------------------------------------------
    def branch(self, branch: Branch) -> None:
        """Leave a waiting block by one of its branches; without a target the flow is at its end."""
        block = self.block
        self._cancel_timer()
        if block is None:
            return
        if block.type == "bot":
            self._withdraw()
        target = block.on.get(branch) or block.next
        if target is None:
            self._chat.end("CONTACT_FLOW_DISCONNECT")
        else:
            self.go(target)

    def go(self, name: str) -> None:
        """Enter a block, and pass on from it while blocks do not wait."""
        target: str | None = name
        for _ in range(MOST_STEPS):
            if self.stopped:
                return None
            if target is None:
                return self._chat.end("CONTACT_FLOW_DISCONNECT")
            self.at = target
            self._chat.region.tell(FlowMoved(chat=self._chat, block=target))
            block = self.definition.blocks[target]
            if self._waits(block):
                return self._wait_in(block)
            target = self._pass_through(target, block)
        return self._chat.end("SYSTEM_ERROR")

    def _waits(self, block: Block) -> bool:
        nobody = block.type == "wait" and block.participant == "bot" and self._chat.bot() is None
        return block.type in ("bot", "wait", "queue", "disconnect") and not nobody

    def _pass_through(self, name: str, block: Block) -> str | None:
        """Do what the block does; the one behind it."""
        if block.type == "prompt":
            self._chat.say_as_system(block.text, block.content_type)
        elif block.type == "attributes":
            self._chat.attributes.update(block.attributes)
            self._chat.changed("CONTACT_DATA_UPDATED")
        elif block.type == "offer":
            self._offer(block)
        elif block.type == "loop":
            return self._looped(name, block)
        elif block.type == "wait":
            return block.on.get("not_found") or block.next
        return block.next

    def _looped(self, name: str, block: Block) -> str | None:
        """Onward for as many times as the block counts, then once to its end, and from the start again [documented]."""
        passed = self._loops.get(name, 0)
        self._loops[name] = passed + 1 if passed < block.count else 0
        return block.next if passed < block.count else block.on.get("done")

    def _wait_in(self, block: Block) -> None:
        if block.type == "bot":
            self._await_bot(block)
        elif block.type == "wait":
            self._wait(block)
        elif block.type == "queue":
            self._enqueue(block)
        else:
            self._chat.end("CONTACT_FLOW_DISCONNECT")

    def _await_bot(self, block: Block) -> None:
        bot = self._chat.bot()
        if bot is not None and bot.here:
            self._set_timer(block.timeout, lambda: self.branch("expired"))
            return
        self._set_timer(block.join_within, self._nobody_came)
        self._offer(block)

    def _offer(self, block: Block) -> None:
        self._offered = True
        self._chat.region.tell(BotWanted(chat=self._chat, parameters=dict(block.parameters)))

    def _nobody_came(self) -> None:
        self._withdraw()
        self.branch("not_found")

    def _wait(self, block: Block) -> None:
        self._set_timer(block.timeout, lambda: self.branch("expired"))

    def _enqueue(self, block: Block) -> None:
        self._withdraw()
        segment = self._chat.segment
        segment.queue, segment.enqueued = block.queue, self._chat.region.clock.milliseconds()
        self._chat.changed("QUEUED")
        if self._chat.present(Role.AGENT):
            self.at = None
        elif block.next is not None:
            self._set_timer(block.timeout, lambda: self.branch("expired"))

    # --- offers and deadlines --------------------------------------------------------------------------
    def _set_timer(self, seconds: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        region = self._chat.region
        self._timer = region.timers.at(region.clock.time() + min(seconds, LONGEST_WAIT), action)

    def _withdraw(self) -> None:
        if self._offered:
            self._offered = False
            self._chat.region.tell(BotNoLongerWanted(chat=self._chat))

    def _rest(self) -> None:
        self._withdraw()
        self._cancel_timer()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
