"""Which bots and which instances a worker serves, and which bot gets which contact.

Rules are tried in their order; the first that fits decides, and what none fits goes to the default. An offer that names
its bot goes to that bot. Nothing here knows a bot but by name, or where an offer came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.ids import InstanceId
from agent.ports import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One rule: an offer that fits all that is named here goes to `bot`.

    Attributes:
        bot: the bot's name.
        instance: the contact's instance.
        flow: the contact flow's id or ARN.
        queue: the queue's name, id or ARN.
        attribute: a contact attribute that must be there.
        value: what that attribute must be; None for anything.
    """

    bot: str
    instance: InstanceId | None = None
    flow: str | None = None
    queue: str | None = None
    attribute: str | None = None
    value: str | None = None

    def fits(self, offer: Offer) -> bool:
        """Whether `offer` is meant by this rule."""
        return (
            self.instance in (None, offer.key.instance_id)
            and (self.flow is None or _same(self.flow, offer.flow_id))
            and (self.queue is None or self.queue == offer.queue_name or _same(self.queue, offer.queue))
            and (self.attribute is None or self._attribute_fits(offer.attributes.get(self.attribute)))
        )

    def _attribute_fits(self, value: str | None) -> bool:
        return value is not None and self.value in (None, value)


def _same(wanted: str, given: str | None) -> bool:
    """Whether both mean one thing of an instance; each may be an ARN or an id, which is the end of the ARN."""
    return given is not None and wanted.rpartition("/")[2] == given.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The bots and instances that one worker serves.

    Attributes:
        bots: the bots' names, and what customers see as each one's name.
        default: the bot that gets what no rule fits; None refuses it.
        routes: the rules, in their order.
        instances: the instances whose contacts are served; empty for any.
    """

    bots: Mapping[str, str]
    default: str | None = None
    routes: Sequence[Route] = ()
    instances: frozenset[InstanceId] = frozenset()

    def is_here(self, instance: InstanceId) -> bool:
        """Whether contacts of `instance` are served."""
        return not self.instances or instance in self.instances

    def bot_for(self, offer: Offer) -> str | None:
        """The name of the bot that gets `offer`; None when no bot of this worker does."""
        if offer.bot is not None:
            return offer.bot if offer.bot in self.bots else None
        return next((route.bot for route in self.routes if route.fits(offer)), self.default)
