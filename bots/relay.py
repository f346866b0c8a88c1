"""Passes the chat to an HTTP backend, written in any language, and says what it answers.

Each message is one signed POST; the answer is JSON, or one JSON object a line, said as it comes. A backend that is
slow, down or answers rubbish costs the customer a decent sentence and, if the file says so, hands the chat off.
Everything stands in ``relay.toml`` (or the file that ``RELAY_TOML`` names). A message that is handled again after a
crash is asked again under the same key. How to ask and what to read is the business of `Backend` and of the wire.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Protocol, TypeAlias

import aiohttp
import pydantic

from agent import Bot, Chat, Message, Overlap, QuickReply
from bots.declared import AttributeName, Declaration, HandOff, declared
from bots.picking import plain
from bots.references import Reference, resolved
from bots.relay_backend import Backend, BackendFailed, Rules, Tell
from bots.relay_wire import Button, Question, Reply, Shape

_MOST_BUTTONS = 10
_NOTHING = HandOff()


class Relay(Declaration):
    """The file. `secret` signs requests; `headers` are added to them; `attributes` of the contact are told to it."""

    url: Annotated[str, pydantic.StringConstraints(pattern=r"^https?://[^/\s]+")]
    shape: Shape = Shape.PLAIN
    secret: Reference | None = None
    headers: dict[str, Reference] = pydantic.Field(default_factory=dict)
    attributes: frozenset[AttributeName] = frozenset()
    deadline: float = pydantic.Field(default=30.0, gt=0, le=110)
    patience: float = pydantic.Field(default=10.0, gt=0)
    tries: int = pydantic.Field(default=3, ge=1)
    turns: Overlap = Overlap.QUEUE
    greeting: str | None = None
    opening: str | None = None
    interactive: bool = False
    sorry: str = "Sorry, I cannot answer at the moment."
    failed: HandOff | None = None
    passed_on: HandOff = _NOTHING

    def rules(self) -> Rules:
        """How the backend is asked. Raises RegistrationError: a secret is not where it is said to be."""
        return Rules(
            url=self.url,
            shape=self.shape,
            deadline=self.deadline,
            patience=self.patience,
            tries=self.tries,
            secret=None if self.secret is None else resolved("secret", self.secret),
            headers={name: resolved(f"headers.{name}", where) for name, where in self.headers.items()},
        )


class Offered(pydantic.BaseModel):
    """The buttons shown last: the payload by each title and number."""

    payloads: dict[str, str] = pydantic.Field(default_factory=dict)


class Asked(Protocol):
    """What the bot needs of a backend."""

    async def ask(self, question: Question, tell: Tell) -> None: ...


RelayBot: TypeAlias = "Bot[Asked, Offered]"
RelayChat: TypeAlias = "Chat[Asked, Offered]"


def build(relay: Relay, backend: AbstractAsyncContextManager[Asked] | None = None) -> RelayBot:
    """The bot that passes on as `relay` says, to the backend there unless another is given."""
    rules = relay.rules()
    bot: RelayBot = Bot(
        "relay",
        display_name=relay.display_name,
        texts=relay.sentences(),
        turns=relay.turns,
        interactive=relay.interactive,
        lifespan=(lambda: backend) if backend else (lambda: opened(rules)),
        state=Offered,
    )

    @bot.on_join
    async def open_chat(chat: RelayChat) -> None:
        if relay.greeting:
            await chat.say(relay.greeting)
        if relay.opening:
            await pass_on(chat, relay, relay.opening, name="joined")

    @bot.on_message()
    async def answer(chat: RelayChat, message: Message) -> None:
        payload = chat.state.payloads.get(plain(message.text), message.text)
        await pass_on(chat, relay, payload, name=message.id)

    return bot


@asynccontextmanager
async def opened(rules: Rules) -> AsyncIterator[Backend]:
    """The backend of a worker: one pool of connections, without limits of its own on time."""
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None), cookie_jar=aiohttp.DummyCookieJar()
    ) as it:
        yield Backend(rules, it)


async def pass_on(chat: RelayChat, relay: Relay, text: str, *, name: str) -> None:
    """Asks the backend and says what it answers; `name` tells this message from the chat's others."""
    chat.state.payloads = {}

    async def tell(reply: Reply) -> None:
        await perform(chat, relay, reply)

    try:
        await chat.deps.ask(_question(chat, relay, text, name), tell)
    except BackendFailed:
        await chat.say(relay.sorry)
        if relay.failed is not None:
            await relay.failed.perform(chat)


def _question(chat: RelayChat, relay: Relay, text: str, name: str) -> Question:
    contact = chat.contact
    known: Mapping[str, str] = {key: value for key, value in contact.attributes.items() if key in relay.attributes}
    return Question(
        conversation=contact.initial_contact_id,
        key=hashlib.sha256(f"{contact.key}/{name}".encode()).hexdigest()[:32],
        text=text,
        customer=contact.customer_name,
        attributes=known,
    )


async def perform(chat: RelayChat, relay: Relay, reply: Reply) -> None:
    """Does what one reply says. Raises ConversationOver."""
    if reply.attributes and not reply.hand_off:
        await chat.set_attributes(reply.attributes)
    if reply.buttons:
        await _offer(chat, reply.say or "", reply.buttons)
    elif reply.say and reply.say.strip():
        await chat.say(reply.say, markdown=reply.markdown)
    if reply.hand_off:
        await relay.passed_on.perform(chat, reply.attributes)


async def _offer(chat: RelayChat, text: str, buttons: tuple[Button, ...]) -> None:
    titles = tuple(button.title for button in buttons)
    for number, button in enumerate(buttons, 1):
        payload = button.payload or button.title
        chat.state.payloads |= {str(number): payload, plain(button.title): payload}
    if 1 < len(titles) <= _MOST_BUTTONS:
        await chat.show(QuickReply(title=text, elements=titles))
    else:
        await chat.say("\n".join([text, *(f"{number}. {title}" for number, title in enumerate(titles, 1))]))


bot = declared("relay", Relay, build)
