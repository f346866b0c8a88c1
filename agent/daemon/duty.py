"""Which contacts a worker serves, and as whom: what the offers say is turned into records here.

It is asked; it claims nothing, and it knows no store and no session.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from agent.daemon.roster import Roster
from agent.ids import WorkerId
from agent.ports import Offer
from agent.record import ContactRecord, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Which contacts are served, and as whom.

    Attributes:
        owner: this worker.
        roster: the bots and instances that are served; records of other bots are left alone.
        rejoin: whether a contact that is over for the bot is joined once more when it is offered; only for offers
            that a person makes, as a source may repeat itself late.
        crash_limit: crashes in a row after which a chat is given up, for ten minutes or for another worker.
        steady_after: seconds without a crash after which the count begins anew.
    """

    owner: WorkerId
    roster: Roster
    rejoin: bool = False
    crash_limit: int = 5
    steady_after: float = 60.0

    def bot_for(self, offer: Offer) -> str | None:
        """The bot that gets `offer`; None when it is for another instance, or for no bot of this worker."""
        return self.roster.bot_for(offer) if self.roster.is_here(offer.key.instance_id) else None

    def fresh(self, offer: Offer, bot: str) -> ContactRecord:
        """The record that a contact begins with."""
        return ContactRecord(
            key=offer.key,
            bot=bot,
            display_name=self.roster.bots[bot],
            initial_contact_id=offer.initial_contact_id,
            attributes=dict(offer.attributes),
        )

    def once_more(self, record: ContactRecord) -> ContactRecord | None:
        """The record of a contact that is over, as it is joined anew; None when it is not."""
        if not self.rejoin:
            return None
        return replace(record, phase=Phase.CLAIMED, over=None, join=record.join + 1, greeted=False)
