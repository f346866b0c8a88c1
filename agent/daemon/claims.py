"""One worker's claims on contacts: made durably, given back as the store has them.

A claim whose answer never came, or a release that the store did not hear, may leave a contact with a worker that does
not serve it, and nobody else could claim it. Such contacts are kept in mind until it is known what became of them. It
knows the store and the worker's name; what is done with a contact is not known here.
"""

from random import Random

from agent.daemon.patience import Patience, patiently
from agent.errors import AlreadyOwned, Fenced, StoreError, StoreUnreachable
from agent.ids import ContactKey, WorkerId
from agent.ports import ContactStore
from agent.record import ContactRecord, Phase
from agent.telemetry import Happening, Level, Report


class Claims:
    """The claims of `owner`.

    Attributes:
        astray: what may be owned without being served; who serves them adds to it and takes out what is served.
    """

    def __init__(self, store: ContactStore, owner: WorkerId, *, random: Random, report: Report) -> None:
        self._store = store
        self._owner = owner
        self._random = random
        self._report = report
        self.astray: set[ContactKey] = set()

    async def take(self, record: ContactRecord) -> ContactRecord | None:
        """The claimed contact; waits for a store that is away. None: another worker has it, or it is unreadable."""
        waits = Patience(random=self._random, report=self._report)
        return await patiently(lambda: self.take_now(record), waits)

    async def take_now(self, record: ContactRecord) -> ContactRecord | None:
        """As `take`, but raises StoreUnreachable at once."""
        self.astray.add(record.key)
        try:
            return await self._store.claim(record, owner=self._owner)
        except StoreUnreachable:
            raise
        except AlreadyOwned as error:
            self._tell("contact.owned_elsewhere", record.key, Level.DEBUG, error)
        except StoreError as error:
            self._tell("contact.unreadable", record.key, Level.ERROR, error)
        self.astray.discard(record.key)
        return None

    async def let_go(self, key: ContactKey) -> None:
        """Releases the contact as its record stands; a session that failed may have had a stale view of it.

        Astray it stays until the store has answered.
        """
        self.astray.add(key)
        try:
            record = await self._store.load(key)
            if record and record.owner == self._owner and record.phase is not Phase.OVER:
                await self._store.release(record)
        except Fenced as error:
            self._tell("contact.lost", key, Level.INFO, error)
        except StoreUnreachable as error:
            self._tell("contact.not_released", key, Level.WARNING, error)
            return
        except StoreError as error:
            self._tell("contact.not_released", key, Level.WARNING, error)
        self.astray.discard(key)

    def _tell(self, name: str, contact: ContactKey, level: Level, error: BaseException) -> None:
        self._report(Happening(name=name, level=level, contact=contact, error=error))
