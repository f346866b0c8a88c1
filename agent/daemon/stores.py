"""From settings to an open store: memory, sqlite, dynamodb, or one that an installed package brings.

It opens and closes; what a store does is not known here. A kind's libraries are imported when it is chosen.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from agent import plugins
from agent.aws.secrets import secrets_of
from agent.aws.settings import AwsSettings
from agent.clock import Clock
from agent.config import StoreSection
from agent.errors import ChatAgentError, InvalidSetting, TargetBroken, TargetNotFound
from agent.importing import did_you_mean
from agent.plugins import Group
from agent.ports import ContactStore
from agent.store.memory import MemoryStore
from agent.store.sealing import AesGcmSealer, Sealer

if TYPE_CHECKING:
    from agent.aws.dynamodb import TableSettings
    from agent.store.resealing import Resealed

Opened: TypeAlias = AbstractAsyncContextManager[ContactStore]


class StoreFactory(Protocol):
    """What an entry point of the group ``agent.stores`` leads to."""

    def __call__(self, options: Mapping[str, str], *, clock: Clock, sealer: Sealer | None) -> ContactStore | Opened:
        """A store; one that must be opened first is an async context manager of it.

        Args:
            options: the operator's `store.options`.
            clock: the wall clock, by which leases are measured.
            sealer: seals each record at rest when the operator configured keys.
        """
        ...


@asynccontextmanager
async def opened_store(
    section: StoreSection, clock: Clock, aws: AwsSettings | None = None
) -> AsyncIterator[ContactStore]:
    """The store that the settings name; `aws` is where its keys are, if AWS keeps them, and gives the Region.

    Raises:
        InvalidSetting: its directory cannot be made, its table is not named, or an encryption key is none.
        SecretUnavailable: AWS does not tell a key now.
        TargetNotFound, TargetBroken: there is no such installed store, or it cannot be used.
        StoreError: the file or the table cannot be used.
    """
    if section.kind == "memory":
        yield MemoryStore(clock)
        return
    way = aws or AwsSettings()
    opening = _OWN.get(section.kind) or _installed(section.kind)
    keys = await secrets_of("store.encryption_keys", section.encryption_keys, way)
    sealer = AesGcmSealer(keys, setting="store.encryption_keys") if keys else None
    async with opening(section, clock, sealer, way) as store:
        yield store


def must_be_there(section: StoreSection) -> None:
    """For whoever looks at a store, or takes from it: a file that is not there is a wrong path, not an empty store.

    Raises:
        InvalidSetting: there is no file, or this user may not look. Nothing was made.
    """
    if section.kind != "sqlite":
        return
    try:
        section.path.stat()
    except OSError as error:
        raise InvalidSetting(
            "store.path",
            f"{section.path} cannot be looked at ({error.strerror}), and nothing was made; give the file that the "
            "workers use (--store-path, --config). A service may keep it elsewhere than this user: docs/deploy.md.",
        ) from error


async def reseal_store(section: StoreSection, clock: Clock, aws: AwsSettings, *, dry_run: bool) -> "Resealed":
    """Seals every record of an SQLite store anew under the first of its keys.

    Raises:
        InvalidSetting: the store is no file, has none yet, or has no key.
        SecretUnavailable, StoreError: as `opened_store`.
    """
    from agent.store.sqlite import SQLiteStore

    if section.kind != "sqlite":
        raise InvalidSetting(
            "store.kind",
            f"records of a {section.kind} store are sealed anew as they are saved; an old key may go when every "
            "contact has been saved once more, or has expired (store.keep_over).",
        )
    must_be_there(section)
    keys = await secrets_of("store.encryption_keys", section.encryption_keys, aws)
    sealer = AesGcmSealer(keys, setting="store.encryption_keys")
    async with await SQLiteStore.open(section.path, clock=clock, sealer=sealer) as store:
        return await store.reseal(sealer, dry_run=dry_run)


def table_settings(section: StoreSection, aws: AwsSettings) -> "TableSettings":
    """Which table, and where; the Region is Amazon Connect's unless another is set.

    Raises:
        InvalidSetting: no table is named.
    """
    from agent.aws.dynamodb import TableSettings

    if section.table is None:
        raise InvalidSetting("store.table", "the DynamoDB table is not named; give its name, such as chat-agent.")
    return TableSettings(
        table=section.table,
        region=section.region or aws.region,
        endpoint_url=section.endpoint_url,
        patience=section.patience,
        call_timeout=section.call_timeout,
        keep_over=section.keep_over,
    )


@asynccontextmanager
async def _sqlite(
    section: StoreSection, clock: Clock, sealer: Sealer | None, way: AwsSettings
) -> AsyncIterator[ContactStore]:
    from agent.store.sqlite import SQLiteStore

    del way
    if section.path == StoreSection().path:
        _make_default_place(section.path.parent)
    async with await SQLiteStore.open(section.path, clock=clock, sealer=sealer) as store:
        yield store


def _make_default_place(directory: Path) -> None:
    """With all above it, as nobody may have kept anything there yet. A place that was given may be mistyped."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidSetting("store.path", f"{directory} cannot be made ({error.strerror}).") from error


@asynccontextmanager
async def _dynamodb(
    section: StoreSection, clock: Clock, sealer: Sealer | None, way: AwsSettings
) -> AsyncIterator[ContactStore]:
    from agent.aws.dynamodb import DynamoDBStore

    async with await DynamoDBStore.open(table_settings(section, way), clock=clock, sealer=sealer) as store:
        yield store


Opening: TypeAlias = Callable[[StoreSection, Clock, Sealer | None, AwsSettings], Opened]

_OWN: Mapping[str, Opening] = {"sqlite": _sqlite, "dynamodb": _dynamodb}


# --------------------------------------------------------------------------------------- installed ones


def _installed(kind: str) -> Opening:
    factory = _factory(kind)

    @asynccontextmanager
    async def opening(
        section: StoreSection, clock: Clock, sealer: Sealer | None, way: AwsSettings
    ) -> AsyncIterator[ContactStore]:
        del way
        try:
            made = factory(section.options, clock=clock, sealer=sealer)
        except ChatAgentError:
            raise  # it says what is wrong, in words meant for people
        except Exception as error:
            raise TargetBroken(f"The store {kind!r} cannot be made: {type(error).__name__}: {error}", "") from error
        async with made if isinstance(made, AbstractAsyncContextManager) else _closing(made) as store:
            yield _fit(store, kind)

    return opening


def _factory(kind: str) -> StoreFactory:
    try:
        found: StoreFactory = plugins.load(Group.STORES, kind)
    except TargetNotFound as error:
        own = ("memory", *_OWN)
        raise TargetNotFound(f"{error} Built in: {', '.join(own)}. {did_you_mean(kind, own)}".rstrip()) from None
    return found


@asynccontextmanager
async def _closing(store: ContactStore) -> AsyncIterator[ContactStore]:
    try:
        yield store
    finally:
        if callable(close := getattr(store, "aclose", None)):
            await close()


def _fit(store: ContactStore, kind: str) -> ContactStore:
    missing = [name for name in _VERBS if not callable(getattr(store, name, None))]
    if missing:
        raise TargetBroken(
            f"The store {kind!r} is a {type(store).__name__}, which is no ContactStore: it lacks {', '.join(missing)}.",
            "",
        )
    return store


_VERBS = sorted(name for name in vars(ContactStore) if not name.startswith("_"))
