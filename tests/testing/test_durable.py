"""The kit's store refuses and changes what a disk would."""

import pytest
from msgspec.structs import replace

from agent import Bot
from agent.clock import LoopClock
from agent.errors import StoreUnusable
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.record import ContactRecord, Timer
from agent.testing import chatting, durable
from agent.testing.durable import DurableStore
from agent.testing.worker import SessionBroke

KEY = ContactKey(instance_id("11111111-2222-4333-8444-555555555555"), ContactId("c"))
ME = WorkerId("me")


async def _claimed(store: DurableStore) -> ContactRecord:
    await store.heartbeat(ME, ttl=60)
    return await store.claim(ContactRecord(key=KEY, bot="b", display_name="B"), owner=ME)


def _broken(record: ContactRecord) -> ContactRecord:
    payload: str = 7  # type: ignore[assignment]
    return replace(record, timers=(Timer(name="later", due=1.0, payload=payload),))


async def test_what_could_not_be_read_again_is_not_kept() -> None:
    """By whichever door it comes; what was kept before is still there."""
    store = DurableStore(LoopClock())
    record = await _claimed(store)
    for way in (store.save, store.release):
        with pytest.raises(StoreUnusable, match="does not fit its format"):
            await way(_broken(record))
    assert await store.load(KEY) == record
    with pytest.raises(StoreUnusable):
        await store.claim(_broken(ContactRecord(key=KEY, bot="b", display_name="B")), owner=ME)


async def test_what_is_read_is_not_the_object_that_was_kept() -> None:
    """It is equal and has its epoch and owner; nothing in it can be changed from outside."""
    store = DurableStore(LoopClock())
    record = replace(await _claimed(store), timers=(Timer(name="later", due=1.0, payload="seven"),))
    await store.save(record)
    loaded = await store.load(KEY)
    assert loaded == record
    assert loaded is not None
    assert loaded.timers[0] is not record.timers[0]


async def test_a_chat_is_kept_in_such_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot keep fails the test."""

    def refuse(body: bytes, **_: object) -> None:
        raise StoreUnusable("unreadable")

    async def chat() -> None:
        async with chatting(Bot("any")) as customer:
            monkeypatch.setattr(durable, "decode", refuse)
            await customer.says("x")
            await customer.waits(5)

    with pytest.raises(SessionBroke, match="StoreUnusable: unreadable"):
        await chat()
