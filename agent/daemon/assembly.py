"""Puts a worker together from the settings: clients, store, budget, source. It builds and joins; it decides nothing."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from math import inf
from random import SystemRandom

from agent.aws.settings import AwsSettings
from agent.aws.wiring import aws_ports
from agent.clock import Clock, SystemClock
from agent.config import Configuration, ConnectSection
from agent.daemon.ingress import hearing
from agent.daemon.ownership import new_worker_id
from agent.daemon.rebalancing import Rebalancing
from agent.daemon.relief import hears_all
from agent.daemon.room import Room
from agent.daemon.rostering import ServedBot, roster_of
from agent.daemon.stores import opened_store as opened_store
from agent.daemon.supervisor import ChatSession, Duty, Goodbye
from agent.daemon.tuning import Tuning, pacer_of
from agent.daemon.worker import Worker, WorkerSettings
from agent.errors import BotError, RegistrationError
from agent.ids import ContactKey
from agent.ports import ContactSource, ContactStore
from agent.record import ContactRecord
from agent.session.conversation import Converser
from agent.session.session import Session
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A worker that is ready to run, the ports that it shares with whoever else is here, and what tunes both."""

    worker: Worker
    ports: Ports
    tuning: Tuning


@asynccontextmanager
async def assembled(
    settings: Configuration,
    bot: Converser,
    served: ServedBot,
    *,
    source: ContactSource,
    also: Mapping[str, ServedBot] | None = None,
    room: Room | None = None,
    by_hand: bool = False,
    goodbye: Goodbye | None = None,
    failing: Callable[[str], bool] = lambda bot: False,
    store: ContactStore | None = None,
    deaf: Callable[[], Collection[ContactKey]] = hears_all,
    report: Report,
) -> AsyncIterator[Assembly]:
    """A worker for `bot`; on leaving, store and clients are closed.

    Args:
        bot: what converses; usually `served` itself.
        served: whose name, lifespan and happenings count.
        also: the bots that the settings' rules name, by target; None serves `bot` alone, whatever the rules say.
        room: the places for chats, if `source` looks at them; by default as many as the settings say.
        by_hand: the source is a person: only what it offers is served, and that even if the bot left it before.
        goodbye: how it takes leave; by default what the settings say.
        failing: whether the bot of that name fails in chat after chat.
        deaf: the chats that have not been heard for too long, if somebody looks.
        store: an open one that outlives this worker, instead of the settings'; whoever opened it closes it.

    Raises:
        ConfigurationError: a setting cannot be met.
        StoreError: the store cannot be opened.
    """
    clock, random = SystemClock(), SystemRandom()
    duty = duty_of(settings, served, also=also, rejoin=by_hand)
    everybody = [served, *(other for other in (also or {}).values() if other is not served)]
    conversing: dict[str, Converser] = {**{other.name: other for other in everybody}, bot.name: bot}
    for one in everybody:
        one.report_to(report)
    async with (
        _kept(store, settings, clock) as store,
        aws_ports(aws_settings(settings.connect)) as aws,
        hearing(
            settings,
            aws_settings(settings.connect),
            duty.owner,
            store=store,
            clock=clock,
            random=random,
            report=report,
        ) as heard,
    ):
        pacer = pacer_of(settings.pacing, clock)
        tuning = Tuning(settings, pacer)
        ports = Ports(
            connect=aws.connect,
            participant=aws.participant,
            sockets=aws.sockets,
            store=store,
            pacer=pacer,
            clock=clock,
            random=random,
            report=report,
            streams=heard.streams,
            ways=heard.ways,
            may_speak=lambda: worker.may_speak,
            failing=failing,
        )

        def begin(record: ContactRecord) -> ChatSession:
            return Session(record, conversing[record.bot], ports=ports, settings=tuning.chat_of(record.bot))

        worker = Worker(
            begin,
            lifespan=lifespans_of(everybody, report, heard.serving),
            source=source,
            store=store,
            duty=duty,
            room=room or Room(settings.worker.max_chats),
            settings=worker_settings(settings, resume=not by_hand, goodbye=goodbye),
            clock=clock,
            random=random,
            shared_by=tuning.shared_by,
            deaf=deaf,
            report=report,
        )
        yield Assembly(worker=worker, ports=ports, tuning=tuning)


def _kept(
    store: ContactStore | None, settings: Configuration, clock: Clock
) -> AbstractAsyncContextManager[ContactStore]:
    return nullcontext(store) if store else opened_store(settings.store, clock, aws_settings(settings.connect))


@asynccontextmanager
async def lifespan_of(bot: ServedBot, report: Report) -> AsyncIterator[None]:
    """The bot's lifespan. What it raises before it is open is told as the bot's, with its place in the log.

    Raises:
        RegistrationError: the bot cannot be served as it is set up.
        BotError: it did not open.
    """
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(bot.lifespan())
        except RegistrationError:
            raise  # it says what is missing, in words of ours
        except Exception as error:
            report(Happening(name="bot.not_ready", level=Level.ERROR, fields={"bot": bot.name}, error=error))
            raise BotError(
                f"The lifespan of bot {bot.name!r} failed with {type(error).__name__}; see the log."
            ) from error
        yield


@asynccontextmanager
async def lifespans_of(
    bots: Iterable[ServedBot], report: Report, *more: Callable[[], AbstractAsyncContextManager[None]]
) -> AsyncIterator[None]:
    """The lifespans of all `bots`, each as `lifespan_of` opens it, and of whatever `more` there is.

    They are closed in reverse order.
    """
    async with AsyncExitStack() as stack:
        for bot in bots:
            await stack.enter_async_context(lifespan_of(bot, report))
        for other in more:
            await stack.enter_async_context(other())
        yield


def duty_of(
    settings: Configuration, bot: ServedBot, *, also: Mapping[str, ServedBot] | None = None, rejoin: bool = False
) -> Duty:
    """Which contacts are served, and as whom.

    Raises:
        InvalidSetting: two bots have one name, or a rule cannot be met.
    """
    return Duty(
        owner=new_worker_id(),
        roster=roster_of(settings, bot, also),
        rejoin=rejoin,
        crash_limit=settings.worker.crash_limit,
    )


def worker_settings(settings: Configuration, *, resume: bool, goodbye: Goodbye | None) -> WorkerSettings:
    """With a store that ends with the process nobody could go on, so then the bot leaves its chats politely."""
    kept = settings.store.kind != "memory"
    connections = settings.pacing.create_participant_connection
    chosen = {"release": Goodbye.RELEASE, "leave": Goodbye.LEAVE}.get(settings.worker.on_stop)
    return WorkerSettings(
        lease=settings.worker.lease,
        drain_deadline=settings.worker.drain_deadline,
        goodbye=goodbye or chosen or (Goodbye.RELEASE if kept else Goodbye.LEAVE),
        resume=resume,
        remember=settings.store.keep_over,
        handover_rate=connections.rate * settings.pacing.share if settings.pacing.enabled else inf,
        rebalancing=Rebalancing(rate=settings.worker.rebalance_rate),
    )


def aws_settings(section: ConnectSection) -> AwsSettings:
    """The way to Amazon Connect."""
    return AwsSettings(
        region=section.region,
        endpoint_url=section.endpoint_url,
        participant_endpoint_url=section.participant_endpoint_url,
    )
