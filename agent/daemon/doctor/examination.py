"""Runs checks: each as soon as those it needs are done, side by side, and none for longer than its bound.

A check that is needed and failed, or was skipped, skips those that need it. It does not know what a check looks at.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from agent.aws.inquiry import Inquiry, Reply
from agent.clock import Clock
from agent.config import Configuration
from agent.daemon.doctor.findings import Finding, Severity, fail, skipped, warn, worst
from agent.ids import ContactId

BOUND = 20.0
"""Seconds for one check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What all checks may look at.

    Attributes:
        flow: the contact flow to look at, id or ARN; None looks for those that wait for a bot.
        try_chat: a flow to start a real chat with, because the operator asked for it.
        contact: the chat in which a bot is silent.
        read_transcript: the operator asked for its transcript, for which the bot's participant must connect once more.
    """

    settings: Configuration
    ask: Inquiry
    clock: Clock
    flow: str | None = None
    try_chat: str | None = None
    contact: ContactId | None = None
    read_transcript: bool = False


Probe = Callable[[Exam], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question: its name, the checks whose failure leaves it without sense, and how it is answered."""

    name: str
    probe: Probe
    needs: tuple[str, ...] = ()


async def examine(exam: Exam, checks: Sequence[Check], *, bound: float = BOUND) -> list[Finding]:
    """The findings of all `checks`, in their order. A needed check that is not among them counts as passed."""
    running = {check.name: _Running(check) for check in checks}
    async with anyio.create_task_group() as group:
        for one in running.values():
            group.start_soon(one.run, exam, running, bound)
    return [finding for one in running.values() for finding in one.findings]


class _Running:
    def __init__(self, check: Check) -> None:
        self.check = check
        self.findings: Sequence[Finding] = ()
        self.done = anyio.Event()

    async def run(self, exam: Exam, others: "dict[str, _Running]", bound: float) -> None:
        needed = [others[name] for name in self.check.needs if name in others]
        for one in needed:
            await one.done.wait()
        broken = next((one for one in needed if one.useless), None)
        if broken is not None:
            how = "failed" if worst(broken.findings) is Severity.FAIL else "was not checked"
            self.findings = [skipped(self.check.name, f"it needs {broken.check.name}, which {how}")]
        else:
            self.findings = await _probed(self.check, exam, bound)
        self.done.set()

    @property
    def useless(self) -> bool:
        """Nothing can be built on this."""
        return worst(self.findings) is Severity.FAIL or all(one.severity is Severity.SKIPPED for one in self.findings)


async def _probed(check: Check, exam: Exam, bound: float) -> Sequence[Finding]:
    try:
        with anyio.fail_after(bound):
            return await check.probe(exam)
    except TimeoutError:
        return [
            fail(
                check.name,
                f"no result within {bound:g} s",
                cause="something on the way answers slowly or not at all",
                remedy="See the other findings, then check network, proxy and firewall.",
            )
        ]
    except Exception as error:  # a check never raises: what it cannot know is a finding
        return [
            warn(
                check.name,
                "the check itself failed, so nothing is known",
                cause=f"an unforeseen {type(error).__name__}",
                remedy="Please report this line; it is a mistake in chat-agent.",
            )
        ]


class Remembered:
    """An `Inquiry` that asks each question once, however many checks want the answer."""

    def __init__(self, ask: Inquiry) -> None:
        self._ask = ask
        self._locks: dict[str, anyio.Lock] = {}
        self._replies: dict[str, Reply] = {}

    @property
    def region(self) -> str:
        """See `Inquiry`."""
        return self._ask.region

    @property
    def ca_bundle(self) -> str:
        """See `Inquiry`."""
        return self._ask.ca_bundle

    async def endpoint(self, service: str) -> str:
        """See `Inquiry`."""
        return await self._ask.endpoint(service)

    async def credentials(self) -> str | None:
        """See `Inquiry`."""
        return await self._ask.credentials()

    async def __call__(self, service: str, operation: str, **members: Any) -> Reply:
        """See `Inquiry`."""
        question = json.dumps([service, operation, members], sort_keys=True, default=str)
        async with self._locks.setdefault(question, anyio.Lock()):
            if question not in self._replies:
                self._replies[question] = await self._ask(service, operation, **members)
            return self._replies[question]
