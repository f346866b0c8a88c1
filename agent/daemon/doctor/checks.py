"""The table of all checks, in the order in which they are told. It knows no check's inside."""

from collections.abc import Sequence

from agent.daemon.doctor.account import ACCOUNT
from agent.daemon.doctor.examination import Check
from agent.daemon.doctor.flows import FLOWS
from agent.daemon.doctor.home import HOME
from agent.daemon.doctor.instance import INSTANCE
from agent.daemon.doctor.machine import MACHINE
from agent.daemon.doctor.permissions import PERMISSIONS_OF_CONNECT
from agent.daemon.doctor.queue import QUEUE
from agent.daemon.doctor.quotas import QUOTAS
from agent.daemon.doctor.silence import SILENCE
from agent.daemon.doctor.trial import TRIAL

CHECKS: Sequence[Check] = (
    *MACHINE,
    *ACCOUNT,
    *INSTANCE,
    *PERMISSIONS_OF_CONNECT,
    *FLOWS,
    *QUEUE,
    *QUOTAS,
    *HOME,
    *TRIAL,
)
"""Of an installation."""

OF_A_CHAT: Sequence[Check] = (*(check for check in CHECKS if check.name in ("dns", "credentials", "store")), *SILENCE)
"""Of one chat in which the bot is silent."""
