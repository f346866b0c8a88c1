"""Checks are run side by side, in bounded time, and none raises."""

from collections.abc import Sequence

import anyio

from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.doctor.examination import Check, Exam, Remembered, examine
from agent.daemon.doctor.findings import Finding, Severity, fail, ok, skipped, warn, worst
from tests.daemon.doctor.patients import Told, answered

EXAM = Exam(settings=Configuration(), ask=Told(), clock=SystemClock())


async def good(_: Exam) -> Sequence[Finding]:
    return [ok("good", "well")]


async def failing(_: Exam) -> Sequence[Finding]:
    return [ok("failing", "well"), fail("failing", "broken", cause="c", remedy="r")]


async def test_what_needs_a_failed_check_is_skipped_and_says_why() -> None:
    """Also where the needed one stands later, and where it was itself skipped."""
    findings = await examine(
        EXAM,
        [
            Check(name="third", probe=good, needs=("second",)),
            Check(name="second", probe=good, needs=("first",)),
            Check(name="first", probe=failing),
            Check(name="apart", probe=good, needs=("nowhere",)),
        ],
    )
    assert [one.severity.value for one in findings] == ["skipped", "skipped", "ok", "fail", "ok"]
    assert [one.cause for one in findings[:2]] == [
        "it needs second, which was not checked",
        "it needs first, which failed",
    ]


async def test_checks_run_side_by_side() -> None:
    """Two that wait for one another both end."""
    met = [anyio.Event(), anyio.Event()]

    def meeting(mine: int) -> Check:
        async def probe(_: Exam) -> Sequence[Finding]:
            met[mine].set()
            await met[1 - mine].wait()
            return [ok("x", "met")]

        return Check(name=str(mine), probe=probe)

    with anyio.fail_after(30):
        assert worst(await examine(EXAM, [meeting(0), meeting(1)])) is Severity.OK


async def test_a_check_that_hangs_or_raises_is_a_finding() -> None:
    """The others are told all the same; the exception's words are not."""

    async def hanging(_: Exam) -> Sequence[Finding]:
        await anyio.sleep_forever()
        raise AssertionError

    async def raising(_: Exam) -> Sequence[Finding]:
        raise ValueError("secret words")

    checks = [Check(name="h", probe=hanging), Check(name="r", probe=raising), Check(name="g", probe=good)]
    hung, raised, well = await examine(EXAM, checks, bound=0.01)
    assert (hung.severity, raised.severity, well.severity) == (Severity.FAIL, Severity.WARN, Severity.OK)
    assert "ValueError" in raised.cause
    assert "secret" not in f"{raised}"


async def test_a_question_is_asked_once() -> None:
    """However many checks want the answer, also at the same time."""
    told = Told(replies={"DescribeInstance": answered(Instance={})})
    ask = Remembered(told)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(lambda: ask("connect", "DescribeInstance", InstanceId="i"))
    await ask("connect", "DescribeInstance", InstanceId="other")
    assert len(told.asked) == 2
    assert (ask.region, ask.ca_bundle) == (told.region, told.ca_bundle)
    assert (await ask.endpoint("connect"), await ask.credentials()) == (told.url, "env")


def test_the_worst_of_all_counts() -> None:
    """Skipped is worse than well, a warning worse than both."""
    w = warn("a", "b", cause="c", remedy="d")
    assert worst([]) is Severity.OK
    assert worst([ok("a", "b"), skipped("a", "b")]) is Severity.SKIPPED
    assert worst([w, ok("a", "b"), fail("a", "b", cause="c", remedy="d")]) is Severity.FAIL
    assert worst([ok("a", "b"), w]) is Severity.WARN
