"""``chat-agent join``: one contact, now."""

import anyio

from agent.cli.running import all_of, attended, bot_of, opened_log, work_until
from agent.config import Configuration
from agent.daemon.assembly import assembled
from agent.daemon.sources import OneContact
from agent.daemon.supervisor import Goodbye
from agent.errors import InvalidSetting
from agent.ids import ContactId, ContactKey
from agent.telemetry import Happening

_LONGEST_ID = 256  # [documented]


class Fate:
    """A `Report` that remembers what the contact came to."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __call__(self, happening: Happening) -> None:
        if happening.name in {"contact.refused", "contact.owned_elsewhere", "contact.unreadable", "chat.crashed"}:
            self.error = happening.error
        if happening.name == "contact.ended":
            self.error = None


def join(settings: Configuration, contact_id: str) -> None:
    """Serves the contact until it is over.

    Raises:
        JoinRefused, ConnectError, StoreError: it could not be served.
    """
    bot = bot_of(settings)
    source = OneContact(_key(settings, contact_id))
    fate = Fate()
    report = all_of(opened_log(settings.logging), fate)

    async def work(stop: anyio.Event) -> None:
        async with assembled(
            settings, bot, bot, source=source, by_hand=True, goodbye=Goodbye.LEAVE, report=report
        ) as assembly:
            await work_until(stop, assembly.worker)

    attended(work)
    if fate.error is not None:
        raise fate.error


def _key(settings: Configuration, contact_id: str) -> ContactKey:
    if not 1 <= len(contact_id.strip()) <= _LONGEST_ID:
        raise InvalidSetting("CONTACT_ID", f"a contact id has 1 to {_LONGEST_ID} characters.")
    if settings.connect.instance is None:
        raise InvalidSetting(
            "connect.instance", "the contact's instance is not named; give --instance with its id or ARN."
        )
    return ContactKey(settings.connect.instance, ContactId(contact_id.strip()))
