"""The runs of one contact that wait, and their durable form in the turn's journal.

A turn that ends makes them final; one that fails or is cancelled puts them back as they were; a checkpoint keeps the
one at work besides the others. It knows which run waits for what, not what is said in any of them.
"""

from collections.abc import Iterator

from agent.bot.handlers import Handler, Kind
from agent.bot.journal import Act, Journal, RunRecord, decode
from agent.bot.memory import Memory
from agent.bot.routes import Routes
from agent.bot.run import Run
from agent.record import Timer
from agent.session.conversation import Turn


class Runs:
    """The waiting runs; the one that asked last comes last.

    Attributes:
        memory: the contact's state.
        unit: which part of the turn is at work.
        open_run: the run in whose middle this turn was cut off before, if it was.
        at_work: the run that is being driven.
    """

    __slots__ = ("_before", "_ended", "_known", "_routes", "_runs", "_timers", "at_work", "memory", "open_run", "unit")

    def __init__(self, routes: Routes, memory: Memory) -> None:
        self.memory = memory
        self.unit = 0
        self.open_run = ""
        self.at_work: Run | None = None
        self._routes = routes
        self._runs: dict[str, Run] = {}
        self._known: bytes | None = None
        self._before: dict[str, Run] = {}
        self._timers: dict[str, Timer] = {}
        self._ended: list[str] = []

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    @property
    def waiting(self) -> bool:
        """Whether there is any."""
        return bool(self._runs)

    def get(self, name: str) -> Run | None:
        """The waiting run of that name."""
        return self._runs.get(name)

    def asker(self) -> Run | None:
        """The run that asked the customer last and waits for the answer."""
        for run in reversed(self._runs.values()):
            if run.record.waits is Act.ASKED:
                return run
        return None

    # ------------------------------------------------------------------------------------- at work

    def take(self, run: Run) -> bool:
        """`run` is driven now; if it waits again, it will be the last. Whether it waited before."""
        self.at_work = run
        self._ended.append(run.record.id)
        waited = self._runs.pop(run.record.id, None) is not None
        self._runs[run.record.id] = run
        return waited

    def put(self, run: Run, *, ended: bool) -> None:
        """`run` has ended, or waits."""
        if ended:
            self._runs.pop(run.record.id, None)
        else:
            self._ended.remove(run.record.id)
        self.at_work = None

    def remove(self, run: Run) -> None:
        """`run` is over, wherever it stood."""
        self._runs.pop(run.record.id, None)
        run.drop()

    async def checkpoint(self, run: Run, turn: Turn) -> None:
        """Makes `run` durable as it stands, all else as the last turn left it. Raises OwnershipLost."""
        others = [one.durable().prefix() for one in self if one is not run and one.record.committed]
        journal = Journal(runs=[*others, run.durable()], turn=turn.id, unit=self.unit, open_run=run.record.id)
        turn.journal = self._known = journal.encode()
        await turn.checkpoint()

    # ----------------------------------------------------------------------------- opening and closing

    def open(self, turn: Turn) -> None:
        """A turn begins: what it remembers counts, should it be another process's.

        Raises:
            BotError: its journal is unreadable or of a later version.
        """
        self.at_work = None
        self.open_run, self.unit, self._ended = "", 0, []
        if turn.journal != self._known:
            self._load(turn)
        self._before, self._timers = dict(self._runs), dict(turn.timers)

    def _load(self, turn: Turn) -> None:
        journal = decode(turn.journal)
        self._runs = {}
        for record in journal.runs:
            repeated = journal.turn == turn.id and record.id == journal.open_run
            kept = record if repeated else record.prefix()
            if repeated or kept.entries:
                self._runs[record.id] = self._revived(kept)
        if journal.turn == turn.id:
            self.open_run = journal.open_run if journal.open_run in self._runs else ""
            self.unit = journal.unit
        self._known = turn.journal

    def _revived(self, record: RunRecord) -> Run:
        handler = self._routes.by_key.get((record.handler, record.version)) or _lost(record)
        return Run(handler, record, self, item=record.trigger.item() if record.trigger else None)

    def settle(self, turn: Turn) -> None:
        """The turn ends: what waits is final."""
        for run in self._runs.values():
            run.settle()
        self._before, self._timers, self._ended = {}, {}, []
        self._write(turn)

    def rewind(self, turn: Turn) -> None:
        """The turn failed or was cancelled: everything is as before it, timers too."""
        for run in self:
            if run.record.id not in self._before:
                run.drop()
        self._runs = self._before
        for run in self:
            if run is self.at_work or len(run.record.entries) > run.record.committed:
                run.rewind()
        self._known = turn.journal
        turn.timers.clear()
        turn.timers.update(self._timers)

    def fail(self, turn: Turn) -> None:
        """The turn that was rewound failed for good: what it drove to an end, or died in, is over.

        A journal that could not be read is left as it is.
        """
        if turn.journal != self._known:
            return
        for name in self._ended:
            self._runs.pop(name, None)
            turn.timers.pop(f"run/{name}", None)
        self._write(turn)

    def _write(self, turn: Turn) -> None:
        self._known = turn.journal = Journal(runs=[run.durable() for run in self]).encode() if self._runs else b""

    def clear(self) -> None:
        """Lets go of everything in memory."""
        for run in self:
            run.drop()
        self.at_work = None
        self._runs.clear()


def _lost(record: RunRecord) -> Handler:
    """A stand-in for a handler that this build no longer has; running it is a mismatch."""
    kind, _, name = record.handler.partition(":")
    where = "not in this build"
    return Handler(kind=Kind(kind), function=nothing, name=name, version=record.version, where=where)


async def nothing(*_: object) -> None:
    """Stands where a handler was: its end is not what the journal expects."""
