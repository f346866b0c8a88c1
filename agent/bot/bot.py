"""A bot: what an author writes, from the first decorator to serving.

A bot is a router with a name, policies, state and dependencies. Before it serves it is frozen: the routing table is
built and every contradiction found. It is the bot floor's side of the seam to the session, and knows no session.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from enum import StrEnum
from typing import Any, Generic, cast

from typing_extensions import TypeVar

from agent.bot.blocking import watching
from agent.bot.conversation import BotConversation
from agent.bot.lifespans import opened, opening
from agent.bot.middleware import Middleware, checked
from agent.bot.router import Router
from agent.bot.routes import Routes, compiled
from agent.bot.settings_file import SettingsFile
from agent.bot.state import Migrate, StateType
from agent.bot.texts import Texts
from agent.bot.wording import called
from agent.errors import BotError, RegistrationError
from agent.session.conversation import Contact, Overlap
from agent.telemetry import Happening, Report, silent

DepsT = TypeVar("DepsT", default=object)
StateT = TypeVar("StateT", default=object)

E = TypeVar("E", bound=StrEnum)

_LONGEST_NAME = 256
_NOTHING = object()


class OnMismatch(StrEnum):
    """What happens to a dialog whose code no longer matches its journal.

    A dialog whose old version is still registered goes on with that one; this is for when there is none.
    RESTART: it begins again, after a word to the customer. HAND_OFF: the bot says so and leaves. RAISE: the turn
    fails like any other.
    """

    RESTART = "restart"
    HAND_OFF = "hand_off"
    RAISE = "raise"


class Bot(Router[DepsT, StateT], Generic[DepsT, StateT]):
    """A bot; see `Router` for what can be registered.

    Args:
        name: what it is called, by people and in logs, 1 to 256 characters.
        turns: what happens to messages that arrive while a turn runs: queue, merge, latest or interrupt.
        display_name: what the customer sees; its name by default.
        lifespan: opened once per worker; what it gives is ``chat.deps``.
        state: type of ``chat.state``: a pydantic model or a dataclass, every field with a default.
        migrate: makes stored state that does not fit the type (plain data) into what does.
        texts: what the bot itself says; `apology` is a shortcut for the most wanted of them.
        cancel_words: what ends a question with `Cancelled`.
        interactive: whether menus may be sent as interactive messages; else as numbered text. [inferred] Whether Amazon
            Connect takes them from a custom participant is not documented.
        on_mismatch: see `OnMismatch`.
        block_limit: a handler that keeps the event loop from running for so many seconds is reported with its stack;
            None to not look.
        max_says: the most messages one turn of a handler may say.
        strict: a replay that reads a clock or rolls dice by itself is an error instead of a warning.
        settings_file: where its own settings are, shown by ``chat-agent bots``.
    """

    def __init__(
        self,
        name: str,
        *,
        turns: Overlap | str = Overlap.QUEUE,
        display_name: str | None = None,
        lifespan: Callable[[], AbstractAsyncContextManager[DepsT]] | None = None,
        state: type[StateT] | None = None,
        migrate: Migrate | None = None,
        texts: Texts | None = None,
        apology: str | None = None,
        cancel_words: Sequence[str] = ("cancel",),
        interactive: bool = False,
        on_mismatch: OnMismatch | str = OnMismatch.RESTART,
        block_limit: float | None = 1.0,
        max_says: int = 100,
        strict: bool = False,
        middleware: Iterable[Middleware] = (),
        settings_file: SettingsFile | None = None,
    ) -> None:
        super().__init__(middleware=middleware)
        self._name = _named("name", name)
        self.display_name = _named("display_name", display_name or name)
        self._overlap = _one_of(Overlap, "turns", turns)
        self.on_mismatch = _one_of(OnMismatch, "on_mismatch", on_mismatch)
        self._lifespan = opening(lifespan)
        self.state_type = None if state is None else StateType(state, migrate)
        self.texts = (texts or Texts()) if apology is None else replace(texts or Texts(), apology=apology)
        self.cancel_words = tuple(_phrases(cancel_words))
        self.interactive = interactive
        self.block_limit = block_limit
        self.max_says = max_says
        self.strict = strict
        self.settings_file = settings_file
        self.around: tuple[Middleware, ...] = ()
        self.report: Report = silent
        self._deps: object = _NOTHING
        self._routes: Routes | None = None
        self._unhandled: set[str] = set()

    def __repr__(self) -> str:
        return f"Bot({self._name!r})"

    # --------------------------------------------------------------------------- as a session sees it

    @property
    def name(self) -> str:
        """What the bot is called."""
        return self._name

    @property
    def overlap(self) -> Overlap:
        """What happens to items that arrive while a turn runs."""
        return self._overlap

    def converse(self, contact: Contact) -> BotConversation:
        """The bot's side of one contact, new or taken over; freezes the bot."""
        self.freeze()
        return BotConversation(self, contact)

    # ------------------------------------------------------------------------------------- serving

    def freeze(self) -> None:
        """Builds the routing table; later registrations are refused. Nothing happens when it is done already.

        Raises:
            RegistrationError: two handlers are for one thing, or a dialog can never start.
        """
        _ = self.routes

    @property
    def routes(self) -> Routes:
        """The routing table; looking at it freezes the bot. Raises RegistrationError, see `freeze`."""
        if self._routes is None:
            self._routes = compiled(self)
            super().freeze()
        return self._routes

    def surround(self, middleware: Iterable[Middleware]) -> None:
        """Puts the operator's `middleware` around every turn, outside of the bot's own; the first is the outermost.

        What was put there before is replaced; a bot that is frozen takes it as well.

        Raises:
            RegistrationError: something in it is no function.
        """
        self.around = checked(middleware)

    def report_to(self, report: Report) -> None:
        """Where the bot's happenings go: messages nobody handled, dialogs that no longer match."""
        self.report = report

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """The bot ready to serve: frozen, its dependencies open. Entered once per worker.

        Raises:
            RegistrationError: see `freeze`.
        """
        self.freeze()
        watch = nullcontext() if self.block_limit is None else watching(self.block_limit, self._tell)
        async with nullcontext(_NOTHING) if self._lifespan is None else opened(self._lifespan) as deps:
            self._deps = deps
            try:
                with watch:
                    yield
            finally:
                self._deps = _NOTHING

    def _tell(self, happening: Happening) -> None:
        self.report(happening)

    @property
    def deps(self) -> DepsT:
        """What the lifespan gave.

        Raises:
            BotError: the bot has no lifespan, or it is not open.
        """
        if self._lifespan is None:
            raise BotError("chat.deps: this bot has none; give Bot(..., lifespan=...).")
        if self._deps is _NOTHING:
            raise BotError("chat.deps: the bot's lifespan is not open; serve inside 'async with bot.lifespan():'.")
        return cast("DepsT", self._deps)

    def first_unhandled(self, content_type: str) -> bool:
        """Whether this is the first unhandled message of its type since the start."""
        known = content_type in self._unhandled
        self._unhandled.add(content_type)
        return not known


def _named(what: str, name: Any) -> str:
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= len(name) <= _LONGEST_NAME:
        raise RegistrationError(f"Bot({what}=...) needs 1 to {_LONGEST_NAME} characters.")
    return name


def _one_of(options: type[E], what: str, given: str) -> E:
    try:
        return options(given)
    except ValueError:
        known = ", ".join(repr(str(option)) for option in options)
        raise RegistrationError(f"Bot({what}={given!r}) is none of {known}.") from None


def _phrases(words: Sequence[str]) -> Sequence[str]:
    if isinstance(words, str):
        raise RegistrationError(f"Bot(cancel_words={words!r}) takes several words; write [{words!r}].")
    for word in words:
        if not isinstance(word, str):
            raise RegistrationError(f"Bot(cancel_words=...) takes words, not {called(word)}.")
    return words
