"""One child per contact: offers become chats once, crashes stay where they are, goodbyes reach everybody."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio
import pytest
from msgspec.structs import replace

from agent.daemon.census import Census
from agent.daemon.room import Room
from agent.daemon.roster import Roster, Route
from agent.daemon.supervisor import Goodbye, Supervisor
from agent.errors import ContactEnded, Fenced, StoreUnreachable, StoreUnusable
from agent.ids import InstanceId, WorkerId
from agent.ports import Declined
from agent.record import ContactRecord, Phase
from agent.session.session import Ending
from agent.telemetry import Level
from tests.store.counting import CountingStore

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


class Scene:
    """A supervisor at work, and a counter at which contacts are offered."""

    def __init__(self, parts: SimpleNamespace) -> None:
        self.parts = parts
        self.stage = parts.stage()
        self.source = parts.source()
        self.supervisor: Supervisor
        self.room: Room

    @asynccontextmanager
    async def open(self, *, max_chats: int = 500, **duty: Any) -> AsyncIterator["Scene"]:
        await self.stage.store.heartbeat(WorkerId("me"), ttl=1e9)
        async with anyio.create_task_group() as group, self.source.offers() as offers:
            self.room = Room(max_chats)
            self.supervisor = Supervisor(
                self.stage.begin,
                duty=self.parts.duty(**duty),
                room=self.room,
                store=self.stage.store,
                group=group,
                clock=self.stage.clock,
                random=self.stage.random,
                report=self.stage.report,
            )
            group.start_soon(self.supervisor.take, offers)
            yield self
            group.cancel_scope.cancel()

    async def offer(self, *names: str, **more: Any) -> None:
        for name in names:
            self.source.offer(self.parts.key(name), **more)
        await anyio.wait_all_tasks_blocked()


def _crash(error: BaseException) -> Callable[[Any], Coroutine[Any, Any, Ending]]:
    async def act(_: Any) -> Ending:
        raise error

    return act


def test_an_offer_becomes_a_claimed_and_acknowledged_chat(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """What the offer says stands in the record; the offer is done once the contact is durably claimed."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.offer("a", attributes={"vip": "yes"}, initial_contact_id="first")
            [session] = scene.stage.running
            assert session.record.bot == "echo"
            assert session.record.display_name == "Echo"
            assert session.record.attributes == {"vip": "yes"}
            assert session.record.initial_contact_id == "first"
            assert session.record.owner == "me"
            assert scene.source.offered[0].acknowledged
            assert list(scene.supervisor.contacts) == [stand_ins.key("a")]

    virtually(story())


def test_a_repeated_offer_changes_nothing(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Sources repeat themselves: a running chat stays alone, and is not claimed anew."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.offer("a", "a")
            [session] = scene.stage.running
            assert session.record.epoch == 1
            assert (await scene.stage.store.load(stand_ins.key("a"))).epoch == 1
            assert scene.source.offered[1].acknowledged

    virtually(story())


def test_a_chat_that_is_over_is_not_begun_again(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """A late copy of an offer must not bring the bot back."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            stored = await scene.stage.store.claim(
                ContactRecord(key=stand_ins.key("a"), bot="echo", display_name="Echo"), owner=WorkerId("other")
            )
            await scene.stage.store.save(replace(stored, phase=Phase.OVER))
            await scene.offer("a")
            assert scene.stage.running == []
            assert scene.source.offered[0].acknowledged

    virtually(story())


def test_a_person_may_have_a_contact_joined_once_more(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """As a new join, whose calls are not mistaken for the first one's."""

    async def story() -> None:
        async with Scene(stand_ins).open(rejoin=True) as scene:
            stored = await scene.stage.store.claim(
                ContactRecord(key=stand_ins.key("a"), bot="echo", display_name="Echo"), owner=WorkerId("other")
            )
            await scene.stage.store.save(replace(stored, phase=Phase.OVER, over="HandedOff", greeted=True))
            await scene.offer("a")
            [session] = scene.stage.running
            record = session.record
            assert (record.phase, record.over, record.join, record.greeted) == (Phase.CLAIMED, None, 2, False)

    virtually(story())


def test_a_contact_of_a_live_worker_is_left_to_it(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Both workers may hear the same offer; one gets the contact."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.stage.store.heartbeat(WorkerId("other"), ttl=1e9)
            record = ContactRecord(key=stand_ins.key("a"), bot="echo", display_name="Echo")
            await scene.stage.store.claim(record, owner=WorkerId("other"))
            await scene.offer("a", "b")
            assert scene.stage.contacts == ["b"]
            assert scene.source.offered[0].acknowledged

    virtually(story())


def test_a_contact_of_another_instance_is_refused(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Where the operator named one."""

    async def story() -> None:
        elsewhere = Roster(bots={"echo": "Echo"}, default="echo", instances=frozenset({InstanceId("elsewhere")}))
        async with Scene(stand_ins).open(roster=elsewhere) as scene:
            await scene.offer("a")
            assert scene.stage.running == []
            assert scene.source.offered[0].declined is Declined.NOT_OURS
            assert not scene.source.offered[0].acknowledged

    virtually(story())


@pytest.mark.parametrize("more", [{"channel": "VOICE"}, {"bot": "another"}])
def test_what_is_no_chat_or_not_for_this_bot_is_refused(
    virtually: Virtually, stand_ins: SimpleNamespace, more: dict[str, str]
) -> None:
    """Loudly, as it is a mistake in a contact flow."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.offer("a", **more)
            assert scene.stage.running == []
            assert "offer.refused" in scene.stage.names()

    virtually(story())


def test_each_contact_gets_the_bot_that_the_rules_say(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Its record says which, with that bot's name for customers; a bot that the offer names wins."""

    async def story() -> None:
        roster = Roster(
            bots={"echo": "Echo", "vip": "Concierge"},
            default="echo",
            routes=[Route(bot="vip", attribute="tier", value="gold")],
        )
        async with Scene(stand_ins).open(roster=roster) as scene:
            await scene.offer("a")
            await scene.offer("b", attributes={"tier": "gold"})
            await scene.offer("c", attributes={"tier": "gold"}, bot="echo")
            served = {session.record.key.contact_id: session.record for session in scene.stage.running}
            assert [served[name].bot for name in "abc"] == ["echo", "vip", "echo"]
            assert served["b"].display_name == "Concierge"

    virtually(story())


def test_a_stored_contact_of_another_bot_stays_that_bot_s(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The rules changed since it was claimed: it is neither resumed nor served when it is offered again."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            key = stand_ins.key("a")
            record = ContactRecord(key=key, bot="retired", display_name="Old")
            await scene.stage.store.release(await scene.stage.store.claim(record, owner=WorkerId("other")))
            await scene.supervisor.resume()
            await scene.offer("a")
            assert scene.stage.running == []
            assert scene.stage.names() == ["bot.not_served", "contact.of_another_bot"]
            stored = await scene.stage.store.load(key)
            assert (stored.bot, stored.owner) == ("retired", None)

    virtually(story())


def test_a_full_worker_gives_offers_back_that_others_may_have(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Nothing is claimed, and the next offer is looked at."""

    async def story() -> None:
        async with Scene(stand_ins).open(max_chats=1) as scene:
            await scene.offer("a")
            late = stand_ins.offered(stand_ins.key("b"))
            late.comes_again = True
            scene.source.put(late)
            await scene.offer("c")
            assert (late.declined, late.acknowledged) == (Declined.FULL, False)
            assert scene.stage.contacts == ["a"]
            scene.stage.running[0].leave()
            await scene.stage.until(lambda: scene.stage.contacts == ["c"])

    virtually(story())


def test_an_offer_for_a_bot_that_rests_is_declined_as_such(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The worker has room for its other bots and goes on asking, so that it must not be given this one at once."""

    async def story() -> None:
        async with Scene(stand_ins).open(roster=Roster(bots={"echo": "Echo", "sick": "Sick"}, default="echo")) as scene:
            scene.room.shut_bots = {"sick"}
            resting = stand_ins.offered(stand_ins.key("a"), bot="sick")
            resting.comes_again = True
            scene.source.put(resting)
            await scene.offer("b")
            assert (resting.declined, resting.acknowledged) == (Declined.RESTING, False)
            assert scene.stage.contacts == ["b"]

    virtually(story())


def test_with_all_slots_taken_offers_wait(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Unclaimed and unacknowledged, so that another worker may have them meanwhile."""

    async def story() -> None:
        async with Scene(stand_ins).open(max_chats=2) as scene:
            await scene.offer("a", "b", "c")
            assert scene.stage.contacts == ["a", "b"]
            assert not scene.source.offered[2].acknowledged
            assert await scene.stage.store.load(stand_ins.key("c")) is None
            scene.stage.running[0].leave()
            await scene.stage.until(lambda: scene.stage.contacts == ["b", "c"])

    virtually(story())


def test_slots_come_back_from_offers_that_came_to_nothing(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Refused, repeated or refused by the store: none of them keeps a slot."""

    async def story() -> None:
        async with Scene(stand_ins).open(max_chats=2) as scene:
            await scene.offer("a", "a", "a")
            await scene.offer("x", channel="VOICE")
            await scene.offer("b")
            assert scene.stage.contacts == ["a", "b"]

    virtually(story())


def test_a_crash_takes_no_other_chat_down_and_the_chat_is_taken_up_again(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """The crashed session's record is claimed anew, which fences off whatever is left of it."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [_crash(RuntimeError("bang"))]
            await scene.offer("a", "b")
            assert scene.stage.contacts == ["b"]
            await scene.stage.until(lambda: scene.stage.contacts == ["a", "b"])
            [crash] = [told for told in scene.stage.told if told.name == "chat.crashed"]
            assert crash.contact == stand_ins.key("a")
            assert isinstance(crash.error, RuntimeError)
            assert {session.record.key.contact_id: session.record.epoch for session in scene.stage.running} == {
                "a": 2,
                "b": 1,
            }

    virtually(story())


def test_a_cancellation_by_nobody_is_a_crash_of_its_chat(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Such as of a task that the bot awaited. Let through, it would end the worker, as if it had been asked to stop."""
    served: list[str] = []

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [_crash(asyncio.CancelledError())]
            await scene.offer("a", "b")
            await scene.stage.until(lambda: scene.stage.contacts == ["a", "b"])
            [crash] = [told for told in scene.stage.told if told.name == "chat.crashed"]
            assert crash.contact == stand_ins.key("a")
            served.extend(scene.stage.contacts)

    virtually(story())
    assert served == ["a", "b"]


@pytest.mark.parametrize("by", ["the loss of the lease", "the end of the worker"])
def test_a_real_cancellation_is_no_crash(virtually: Virtually, stand_ins: SimpleNamespace, by: str) -> None:
    """It goes through at once, also where a session makes a cancellation of its own of it."""

    async def story() -> None:
        async def turned(_: Any) -> Ending:
            try:
                await anyio.sleep_forever()
            finally:
                raise asyncio.CancelledError("my own")

        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [turned]
            await scene.offer("a")
            if by == "the loss of the lease":
                scene.supervisor.lose()
                await scene.supervisor.idle()
        assert scene.stage.running == []
        assert "chat.crashed" not in scene.stage.names()

    virtually(story())


def test_a_chat_that_keeps_crashing_is_given_up_and_released(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Later each time, and after the fifth time no more: another worker may be better off."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            key = stand_ins.key("a")
            scene.stage.plans[key] = [_crash(RuntimeError()) for _ in range(9)]
            await scene.offer("a")
            await scene.stage.until(lambda: "contact.given_up" in scene.stage.names())
            await anyio.wait_all_tasks_blocked()
            assert len(scene.stage.plans[key]) == 4
            assert 3 < anyio.current_time() < 60
            assert (await scene.stage.store.load(key)).owner is None
            await scene.supervisor.resume()
            assert key not in scene.supervisor.contacts

    virtually(story())


def test_crashes_long_apart_do_not_add_up(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Five crashes in a row give a chat up; one a day does not."""

    async def story() -> None:
        async def work_and_crash(_: Any) -> Ending:
            await anyio.sleep(100)
            raise RuntimeError

        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [work_and_crash] * 12
            await scene.offer("a")
            await scene.stage.until(lambda: scene.stage.names().count("chat.crashed") == 12)
            await scene.stage.until(lambda: scene.stage.contacts == ["a"])

    virtually(story())


def test_a_contact_that_cannot_be_joined_is_no_crash(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """It is told once and never tried again."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [_crash(ContactEnded("a"))]
            await scene.offer("a")
            await scene.supervisor.idle()
            assert scene.stage.names().count("contact.refused") == 1
            assert "chat.crashed" not in scene.stage.names()

    virtually(story())


def test_live_contacts_that_nobody_serves_are_taken_up(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Released ones and a dead worker's: with what their record holds, not as new ones; other bots' are left alone."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            store = scene.stage.store
            for name in "abcd":
                bot = "other" if name == "d" else "echo"
                record = ContactRecord(key=stand_ins.key(name), bot=bot, display_name="Echo", handled_turns=7)
                claimed = await store.claim(record, owner=WorkerId("dead"))
                if name == "a":
                    await store.release(claimed)
            await scene.offer("b")
            await scene.supervisor.resume()
            await anyio.wait_all_tasks_blocked()
            assert scene.stage.contacts == ["a", "b", "c"]
            assert {session.record.handled_turns for session in scene.stage.running} == {7}

    virtually(story())


def test_chats_of_a_bot_that_is_not_served_are_told_once_and_counted(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Not at each look; and counted for as long as nobody takes them up."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            store = scene.stage.store
            for number in range(107):
                record = ContactRecord(key=stand_ins.key(f"{number:03d}"), bot="shop", display_name="Shop")
                await store.claim(record, owner=WorkerId("dead"))
            for _ in range(3):
                await scene.supervisor.resume()
                await anyio.sleep(61)
            [told] = scene.stage.told
            assert (told.name, told.level, told.fields) == (
                "bot.not_served",
                Level.WARNING,
                {"bot": "shop", "chats": 107},
            )
            assert scene.supervisor.unserved == 107
            await store.heartbeat(WorkerId("other"), ttl=1e9)
            await store.claim(replace(record, owner=None), owner=WorkerId("other"))
            await scene.supervisor.resume()
            assert scene.supervisor.unserved == 106

    virtually(story())


def test_a_look_that_leaves_contacts_to_others_forgets_no_chat_that_is_not_served(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Each second look passes over what another worker should rather have: the count stays, told once."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            for number in range(20):
                record = ContactRecord(key=stand_ins.key(str(number)), bot="shop", display_name="Shop")
                await scene.stage.store.claim(record, owner=WorkerId("dead"))
            both = Census(workers=(WorkerId("me"), WorkerId("other")))
            await scene.supervisor.resume(both)
            assert 0 < scene.supervisor.unserved < 20
            for _ in range(4):
                await anyio.sleep(61)
                await scene.supervisor.resume(both)
                assert scene.supervisor.unserved == 20
            assert [told.fields["chats"] for told in scene.stage.told][1:] == [20]

    virtually(story())


def test_a_contact_that_is_offered_and_found_at_one_time_is_served_once(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """The claim of the offer is stored but not answered yet when it is found among this worker's own."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            claim = scene.stage.store.claim

            async def slow(*args: Any, **kwargs: Any) -> ContactRecord:
                record: ContactRecord = await claim(*args, **kwargs)
                await anyio.sleep(1)
                return record

            scene.stage.store.claim = slow
            await scene.offer("a")
            await scene.supervisor.resume()
            await anyio.sleep(5)
            assert [session.record.epoch for session in scene.stage.running] == [1]

    virtually(story())


def test_a_crash_after_the_end_begins_nothing_again(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """What stands in the record counts."""

    async def end_and_crash(session: Any) -> Ending:
        await session.end()
        raise RuntimeError

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [end_and_crash]
            await scene.offer("a")
            await scene.stage.until(lambda: "chat.crashed" in scene.stage.names())
            await scene.supervisor.idle()
            assert scene.stage.names().count("chat.crashed") == 1

    virtually(story())


def test_taking_up_ends_where_the_slots_do(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The rest is for other workers, or for later."""

    async def story() -> None:
        async with Scene(stand_ins).open(max_chats=2) as scene:
            for name in "abcd":
                record = ContactRecord(key=stand_ins.key(name), bot="echo", display_name="Echo")
                await scene.stage.store.claim(record, owner=WorkerId("dead"))
            await scene.supervisor.resume()
            await anyio.wait_all_tasks_blocked()
            assert scene.stage.contacts == ["a", "b"]

    virtually(story())


def test_own_contacts_that_found_no_place_are_taken_up_once_there_is_one(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """An earlier run of this worker left more than it may serve now: that it has looked once is not enough."""

    async def end(session: Any) -> Ending:
        await session.end()
        return Ending.OVER

    async def story() -> None:
        async with Scene(stand_ins).open(max_chats=2) as scene:
            for name in "abc":
                record = ContactRecord(key=stand_ins.key(name), bot="echo", display_name="Echo")
                await scene.stage.store.claim(record, owner=WorkerId("me"))
            scene.stage.plans[stand_ins.key("a")] = [end]
            await scene.supervisor.resume()
            await anyio.wait_all_tasks_blocked()
            await scene.supervisor.resume()
            await anyio.wait_all_tasks_blocked()
            assert [key.contact_id for key in scene.supervisor.contacts] == ["b", "c"]

    virtually(story())


def test_more_than_a_page_is_taken_up(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Two whole pages and a bit, asked for three times."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            for number in range(205):
                record = ContactRecord(key=stand_ins.key(f"{number:03d}"), bot="echo", display_name="Echo")
                await scene.stage.store.claim(record, owner=WorkerId("dead"))
            counted = CountingStore(scene.stage.store)
            scene.supervisor._store = counted
            await scene.supervisor.resume()
            await anyio.wait_all_tasks_blocked()
            assert len(scene.stage.contacts) == 205
            assert counted.calls["claimable"] == 3

    virtually(story())


def test_on_release_every_chat_is_drained(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Their contacts may be claimed by anybody at once."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.offer("a", "b")
            scene.supervisor.go(Goodbye.RELEASE)
            await scene.supervisor.idle()
            keys = [stand_ins.key("a"), stand_ins.key("b")]
            assert scene.stage.tellings == [(key, "drain") for key in keys]
            assert list(await scene.stage.store.claimable(WorkerId("other"))) == keys

    virtually(story())


def test_several_may_wait_for_the_last_chat(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Whoever drains and whoever waits for a source that ended."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.offer("a", "b")
            async with anyio.create_task_group() as group:
                group.start_soon(scene.supervisor.idle)
                group.start_soon(scene.supervisor.idle)
                await anyio.wait_all_tasks_blocked()
                scene.supervisor.go(Goodbye.LEAVE)

    virtually(story())


def test_on_leaving_every_chat_is_left(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """And what is offered after that is not taken on."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.offer("a")
            scene.supervisor.go(Goodbye.LEAVE)
            await scene.offer("b")
            await scene.supervisor.idle()
            assert scene.stage.tellings == [(stand_ins.key("a"), "leave")]

    virtually(story())


def test_a_chat_that_waits_after_a_crash_is_released_at_once_when_the_worker_goes(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Nobody waits for a backoff, and the contact is free for the next worker."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [_crash(RuntimeError()) for _ in range(4)]
            await scene.offer("a")
            await scene.stage.until(lambda: scene.stage.names().count("chat.crashed") == 3)
            scene.supervisor.go(Goodbye.RELEASE)
            before = anyio.current_time()
            await scene.supervisor.idle()
            assert anyio.current_time() == before
            assert (await scene.stage.store.load(stand_ins.key("a"))).owner is None

    virtually(story())


def test_lost_chats_are_silent_at_once(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Also one that does not listen."""

    async def story() -> None:
        async def deaf(_: Any) -> Ending:
            await anyio.sleep_forever()
            return Ending.OVER

        async with Scene(stand_ins).open() as scene:
            scene.stage.plans[stand_ins.key("a")] = [deaf]
            await scene.offer("a", "b")
            scene.supervisor.lose()
            await scene.supervisor.idle()
            assert {what for _, what in scene.stage.tellings} == {"lose"}
            assert anyio.current_time() < 1

    virtually(story())


def test_a_claim_that_came_through_while_the_lease_was_lost_is_no_chat(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Somebody else may have claimed it over ours meanwhile; whether it is still ours is for the next look to find."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            claim, answered = scene.stage.store.claim, anyio.Event()

            async def slowly(*arguments: Any, **more: Any) -> ContactRecord:
                claimed: ContactRecord = await claim(*arguments, **more)
                await answered.wait()
                return claimed

            scene.stage.store.claim = slowly
            await scene.offer("a")
            scene.supervisor.lose()
            answered.set()
            await anyio.wait_all_tasks_blocked()
            assert scene.stage.running == []
            scene.stage.store.claim = claim
            await scene.supervisor.resume()
            await scene.stage.until(lambda: scene.stage.contacts == ["a"])
            assert scene.stage.running[0].record.epoch == 2

    virtually(story())


def test_an_offer_is_acknowledged_only_when_it_is_durably_claimed(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """A process that dies before has not taken it away from the others."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:

            async def slow(*_: Any, **__: Any) -> None:
                await anyio.sleep_forever()

            scene.stage.store.claim = slow
            await scene.offer("a")
            assert not scene.source.offered[0].acknowledged

    virtually(story())


def test_a_store_that_is_away_makes_offers_wait_not_fail(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The claim is asked again until the store answers."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            claim, failures = scene.stage.store.claim, [StoreUnreachable("away")] * 3

            async def flaky(*args: Any, **kwargs: Any) -> ContactRecord:
                if failures:
                    raise failures.pop()
                record: ContactRecord = await claim(*args, **kwargs)
                return record

            scene.stage.store.claim = flaky
            await scene.offer("a")
            await scene.stage.until(lambda: scene.stage.contacts == ["a"])
            assert scene.stage.names().count("store.unreachable") == 3

    virtually(story())


def test_a_record_that_cannot_be_read_is_told_and_harms_nobody(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """It stays as it is, for somebody with the right key or version."""

    async def story() -> None:
        async with Scene(stand_ins).open(max_chats=1) as scene:
            claim = scene.stage.store.claim

            async def unreadable(record: ContactRecord, **kwargs: Any) -> ContactRecord:
                if record.key == stand_ins.key("a"):
                    raise StoreUnusable("sealed with another key")
                claimed: ContactRecord = await claim(record, **kwargs)
                return claimed

            scene.stage.store.claim = unreadable
            await scene.offer("a", "b")
            assert scene.stage.contacts == ["b"]
            assert "contact.unreadable" in scene.stage.names()

    virtually(story())


@pytest.mark.parametrize(
    ("error", "name"), [(Fenced("gone"), "contact.lost"), (StoreUnreachable("away"), "contact.not_released")]
)
def test_a_contact_that_cannot_be_released_is_told(
    virtually: Virtually, stand_ins: SimpleNamespace, error: Exception, name: str
) -> None:
    """Its lease or its new owner will see to it."""

    async def story() -> None:
        async with Scene(stand_ins).open(crash_limit=1) as scene:

            async def release(_: ContactRecord) -> None:
                raise error

            scene.stage.store.release = release
            scene.stage.plans[stand_ins.key("a")] = [_crash(RuntimeError())]
            await scene.offer("a")
            await scene.stage.until(lambda: name in scene.stage.names())

    virtually(story())
