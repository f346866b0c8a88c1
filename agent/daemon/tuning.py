"""What a running worker follows of the settings, and goes on following when they are read anew.

It turns settings into what pacing and sessions are given. It knows no worker and no chat.
"""

from collections.abc import Mapping
from dataclasses import replace

from agent.clock import Clock
from agent.config import Configuration, PacingSection, SessionSection
from agent.daemon.bucket import Rate
from agent.daemon.guarding.settings import guards_of
from agent.daemon.pacing import FreePacer, QuotaPacer
from agent.ports import Operation
from agent.session.surroundings import SessionSettings


class Tuning:
    """The settings in effect.

    Attributes:
        chat: the settings of every chat that is begun from now on.
    """

    def __init__(self, settings: Configuration, pacer: QuotaPacer | FreePacer) -> None:
        self._pacer = pacer
        self._workers = 1
        self.adopt(settings)

    def adopt(self, settings: Configuration) -> None:
        """From now on these settings count."""
        self.chat = session_settings(settings.session)
        self._guards = settings.guards
        self._pacing = settings.pacing
        if isinstance(self._pacer, QuotaPacer):
            self._pacer.requota(rates(settings.pacing))
        self.shared_by(self._workers)

    def chat_of(self, bot: str) -> SessionSettings:
        """The settings of a chat of that bot that is begun now."""
        return replace(self.chat, guards=guards_of(self._guards, bot))

    def shared_by(self, workers: int) -> None:
        """So many live workers share the quotas."""
        self._workers = workers
        if isinstance(self._pacer, QuotaPacer):
            self._pacer.share = self._pacing.share / workers

    def calls_waiting(self) -> Mapping[str, float]:
        """How many calls wait for a place in the budget, by operation."""
        return self._pacer.queues() if isinstance(self._pacer, QuotaPacer) else {}


def pacer_of(section: PacingSection, clock: Clock) -> QuotaPacer | FreePacer:
    """The budget that the settings ask for."""
    return QuotaPacer(rates(section), clock=clock) if section.enabled else FreePacer()


def session_settings(section: SessionSection) -> SessionSettings:
    """The settings of one chat."""
    return SessionSettings(**section.model_dump())


def rates(section: PacingSection) -> Mapping[Operation, Rate]:
    """The quotas by operation."""
    quotas = {operation: getattr(section, operation.name.lower()) for operation in Operation}
    return {operation: Rate(rate=quota.rate, burst=quota.burst) for operation, quota in quotas.items()}
