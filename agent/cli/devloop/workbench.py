"""The author's workbench: which build serves, what is wrong, and chats taken up at an earlier turn.

Trouble goes to the terminal and to the page, the same words to both. It starts and stops nothing.
"""

from typing import Any

import typer
from msgspec.structs import replace

from agent.bot.bot import Bot
from agent.bot.rehearsal import SavedJournal, rehearse
from agent.cli.devloop.code import AuthorsCode
from agent.cli.devloop.history import History, Moment
from agent.cli.devloop.store import DevStore
from agent.cli.devloop.trouble import Stage, Trouble, trouble_of
from agent.clock import Clock
from agent.daemon.rostering import ServedBot
from agent.emulator import Emulator
from agent.emulator.contacts import Chat
from agent.emulator.errors import ServiceError
from agent.emulator.forking import fork
from agent.emulator.items import Item
from agent.errors import BotError
from agent.ids import ContactId
from agent.record import ContactRecord
from agent.telemetry import Happening

_STAGES = {"turn.failed": Stage.TURN, "dialog.mismatch": Stage.REPLAY}


class AuthorsWorkbench:
    """An `agent.emulator.workbench.Workbench` for one bot.

    Attributes:
        store: what remembers the chats, for as long as the loop goes on.
    """

    def __init__(self, target: str, code: AuthorsCode, *, connect: Emulator, clock: Clock) -> None:
        self.store = DevStore(clock, self._saved)
        self._target = target
        self._code = code
        self._connect = connect
        self._clock = clock
        self._history = History()
        self._build = 0
        self._troubles = 0
        self._trouble: Trouble | None = None

    # ------------------------------------------------------------------------------------ the build

    def state(self) -> dict[str, Any]:
        """Which build serves, and the latest trouble with the newest one."""
        trouble = self._trouble and self._trouble.record() | {"number": self._troubles}
        return {"target": self._target, "build": self._build, "trouble": trouble}

    def heard(self, happening: Happening) -> None:
        """A `Report`: a turn that failed and a dialog that does not match are the author's business at once."""
        stage = _STAGES.get(happening.name)
        if stage is not None and happening.error is not None:
            contact = happening.contact.contact_id if happening.contact else None
            self.tell(trouble_of(happening.error, stage, self._code, contact=contact))

    def failed(self, error: Exception, stage: Stage) -> None:
        """The newest build cannot be had; the one before goes on."""
        cause = error.__cause__ if isinstance(error, BotError) else None
        self.tell(trouble_of(cause or error, stage, self._code))
        if self._build:
            typer.echo(f"Build {self._build} goes on.", err=True)

    def tell(self, trouble: Trouble) -> None:
        """Shows `trouble` to the author."""
        self._trouble, self._troubles = trouble, self._troubles + 1
        typer.secho(trouble.text(), fg=typer.colors.RED, err=True)
        self._connect.timeline.note("error", trouble.error, contact_id=trouble.contact, payload=trouble.record())

    async def serving(self, bot: ServedBot) -> None:
        """`bot` serves from now on. The dialogs that do not match it any more are told before a customer finds out."""
        self._build, self._trouble = self._build + 1, None
        if self._build > 1:
            typer.secho(f"Build {self._build} of {self._target} serves.", fg=typer.colors.GREEN, err=True)
        self._connect.timeline.note("build", f"build {self._build}", payload=self.state())
        if isinstance(bot, Bot):
            await self._rehearse(bot)

    async def _rehearse(self, bot: Bot[Any, Any]) -> None:
        records = [await self.store.load(key) for key in await self.store.live()]
        journals = [SavedJournal.of(record) for record in records if record is not None and record.journal]
        for finding in (await rehearse(bot, journals)).findings:
            self.tell(trouble_of(finding.error, Stage.REPLAY, self._code, contact=finding.contact.contact_id))

    # --------------------------------------------------------------------------------- earlier turns

    def go_back(self, contact_id: str, item_id: str) -> dict[str, Any]:
        """A new chat as the old one was before that message of its customer: what was said, and what the bot knew.

        Raises ServiceError when there is no such message, or nobody remembers how things stood.
        """
        chat = self._connect.region.chat(contact_id)
        item = _message(chat, item_id)
        position = (str(item["AbsoluteTime"]), item_id)
        moment = self._moment(chat, position)
        answer = fork(
            self._connect.operations,
            chat,
            attributes=moment.attributes if moment else chat.attributes,
            kept=lambda one: _stays(one, position, moment),
        )
        if moment:
            late = self._clock.now().timestamp() - moment.saved
            self.store.prepare(ContactId(answer["ContactId"]), _later(moment.record, late))
            self._history.continued(chat.initial_contact_id, answer["ContactId"], moment)
        self._connect.timeline.note("control", "go-back", contact_id=contact_id, payload={"itemId": item_id})
        return answer | {"Name": chat.customer.name, "Said": item["Content"], "ContentType": item["ContentType"]}

    def _moment(self, chat: Chat, position: tuple[str, str]) -> Moment | None:
        try:
            return self._history.before(chat.initial_contact_id, position)
        except LookupError:
            raise ServiceError(
                "ResourceNotFoundException",
                "Nobody remembers how this chat stood then: it is too long ago, or the bot was not on the chat.",
            ) from None

    def _saved(self, record: ContactRecord) -> None:
        region = self._connect.region
        chat = region.chat(record.key.contact_id)
        moment = Moment(
            record=record,
            at=region.iso(region.clock.milliseconds()),
            saved=self._clock.now().timestamp(),
            attributes=dict(chat.attributes),
        )
        self._history.note(chat.initial_contact_id, moment)


def _message(chat: Chat, item_id: str) -> Item:
    item = chat.transcript.find(item_id)
    if item is None or item["Type"] != "MESSAGE" or item.get("ParticipantRole") != "CUSTOMER":
        raise ServiceError("ResourceNotFoundException", "There is no such message of the customer in this chat.")
    return item


def _stays(item: Item, position: tuple[str, str], moment: Moment | None) -> bool:
    """What the bot said stays if the turn in which it did was over by then; the flow says its own words again."""
    match item.get("ParticipantRole"):
        case "CUSTOM_BOT":
            return moment is not None and item["AbsoluteTime"] <= moment.at
        case "SYSTEM":
            return False
        case _:
            return (item["AbsoluteTime"], item["Id"]) < position


def _later(record: ContactRecord, seconds: float) -> ContactRecord:
    """Nothing fell due in the meantime."""
    return replace(record, timers=tuple(replace(timer, due=timer.due + seconds) for timer in record.timers))
