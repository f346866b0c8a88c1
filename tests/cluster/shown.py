"""How a soak and its verdict look to people. It counts and draws; it decides nothing."""

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table

from tests.cluster.plan import Fault
from tests.cluster.progress import Progress
from tests.cluster.verdict import FAULTS, Verdict


def live(progress: Progress) -> RenderableType:
    """The soak at this moment."""
    wishes = progress.wishes
    head = f"{progress.stage}, {progress.seconds:.0f} of {wishes.seconds:.0f} s, seed {wishes.seed}"
    return Group(_workers(progress, head), _customers(progress))


def _workers(progress: Progress, head: str) -> Table:
    table = Table(title=head)
    for name in ("WORKER", "CHATS", "TAKEOVERS", "NOW", "UNTIL NOW"):
        table.add_column(name, justify="right" if name in ("CHATS", "TAKEOVERS") else "left")
    chats = Counter(progress.owners.values())
    taken = Counter(claim.worker.partition(".")[0] for claim in progress.claims if claim.epoch > 1)
    for number, worker in enumerate(progress.workers):
        suffered = Counter(strike.fault.value for strike in progress.strikes if strike.worker == number)
        told = ", ".join(f"{count} x {fault}" for fault, count in suffered.items())
        table.add_row(worker.name, str(chats[worker.name]), str(taken[worker.place]), worker.doing, told)
    return table


def _customers(progress: Progress) -> str:
    customers = progress.customers
    sent = sum(len(customer.sent) for customer in customers)
    heard, awaited = sum(customer.heard for customer in customers), sum(customer.awaited for customer in customers)
    return f"{len(customers)} customers, {sent} messages, {heard} of {awaited} replies"


def judged(found: Verdict, progress: Progress) -> RenderableType:
    """What came out."""
    table = Table(title="Verdict", show_header=False)
    struck = Counter(strike.fault for strike in progress.strikes)
    for name, text in (
        ("customers, workers", f"{progress.wishes.customers}, {progress.wishes.workers}"),
        *((fault.value, str(struck[fault])) for fault in Fault),
        ("messages", f"{found.messages:,}"),
        ("replies", f"{found.replies:,}"),
        ("takeovers", f"{found.takeovers:,}"),
        ("silence p50, p99, worst", ", ".join(f"{found.silence(share):.1f} s" for share in (0.5, 0.99, 1))),
    ):
        table.add_row(name, text)
    table.add_section()
    for fault in FAULTS:
        count = found.count(fault)
        table.add_row(fault, str(count), style="red" if count else "green")
    table.add_row("workers that misbehaved", str(len(progress.wrong)), style="red" if progress.wrong else "green")
    return table


def as_json(found: Verdict, progress: Progress) -> dict[str, object]:
    """The same for programs."""
    struck = Counter(strike.fault.name.lower() for strike in progress.strikes)
    return {
        "seed": progress.wishes.seed,
        "customers": progress.wishes.customers,
        "workers": progress.wishes.workers,
        "seconds": progress.wishes.seconds,
        "faults": {fault.name.lower(): struck[fault.name.lower()] for fault in Fault},
        "messages": found.messages,
        "replies": found.replies,
        "takeovers": found.takeovers,
        "silence": {name: round(found.silence(share), 3) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))},
        **{fault.replace(" ", "_"): found.count(fault) for fault in FAULTS},
        "misbehaved": progress.wrong,
    }
