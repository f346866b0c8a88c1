"""``chat-agent run``: the daemon."""

from collections.abc import AsyncIterator, Callable, Collection
from signal import Signals

import anyio

from agent.cli.running import attended, bots_of, opened_log, work_until
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.assembly import Assembly, assembled
from agent.daemon.control.opening import control, timeline_of
from agent.daemon.guarding.worker import WorkerGuards
from agent.daemon.health_station import Station
from agent.daemon.reload import Reloader
from agent.daemon.signals import hang_ups, heed_reload
from agent.daemon.sources.kinds import source_of
from agent.telemetry import Happening, Level, Report
from agent.telemetry.logging import LogWriter


def run(settings: Configuration, again: Callable[[], Configuration]) -> None:
    """Serves until it is stopped; `again` reads the settings anew."""
    bot, also = bots_of(settings)
    opened = source_of(settings)
    log = opened_log(settings.logging, unattended=True)
    names = list(dict.fromkeys([bot.name, *(other.name for other in also.values())]))
    station = Station(settings, log=log, clock=SystemClock(), bots=names)
    timeline = timeline_of(settings.control, max_chats=settings.worker.max_chats, clock=SystemClock())
    guards = WorkerGuards(settings.guards, bots=names, room=station.room, clock=SystemClock(), report=station)
    station.also_tell(timeline)
    station.also_tell(guards)
    _tell_guards_of_nobody(settings, names, station)

    async def work(stop: anyio.Event) -> None:
        with hang_ups() as arrivals:
            await serve(stop, arrivals)

    async def serve(stop: anyio.Event, arrivals: AsyncIterator[Signals]) -> None:
        async with (
            station.open(),
            opened(station.room, station) as source,
            assembled(
                settings,
                bot,
                bot,
                also=also,
                source=source,
                room=station.room,
                failing=guards.failing,
                deaf=station.deaf,
                report=station,
            ) as assembly,
            control(settings.control, assembly.worker, timeline, assembly.ports),
            anyio.create_task_group() as group,
        ):
            station.look_at(assembly.worker, assembly.tuning.calls_waiting)
            adopt = _adopting(log, station, guards, assembly)
            reloader = Reloader(settings, read=again, adopt=adopt, report=station)
            group.start_soon(heed_reload, arrivals, reloader.reload)
            await work_until(stop, assembly.worker)
            group.cancel_scope.cancel()

    attended(work)


def _tell_guards_of_nobody(settings: Configuration, names: Collection[str], report: Report) -> None:
    """A file may be shared by deployments that serve other bots, so it is no mistake; but it may be a misspelt name."""
    for bot in sorted({*settings.guards.bots} - {*names}):
        fields = {"setting": f"guards.bots.{bot}", "served": ", ".join(sorted(names))}
        report(Happening(name="settings.for_no_bot", level=Level.WARNING, fields=fields))


def _adopting(
    log: LogWriter, station: Station, guards: WorkerGuards, assembly: Assembly
) -> Callable[[Configuration], None]:
    """Tells settings that were read anew to whoever can follow them."""

    def adopt(fresh: Configuration) -> None:
        log.level = Level[fresh.logging.level.upper()]
        station.adopt(fresh)
        guards.adopt(fresh.guards)
        assembly.tuning.adopt(fresh)
        assembly.worker.drain_deadline = fresh.worker.drain_deadline

    return adopt
