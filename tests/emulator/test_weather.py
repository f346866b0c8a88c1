"""Bad weather: every fault on demand, seeded, recorded, and the same again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import pytest

from agent.emulator import BadWeather, Emulator, Fault, Rule, ServiceError, parse_weather
from agent.emulator.weather import ScriptedWeather

if TYPE_CHECKING:
    from tests.emulator.conftest import Party, Stage


def under(stage: Stage, *rules: Rule, seed: int = 0) -> ScriptedWeather:
    """Set the weather of an in-memory stage."""
    weather = ScriptedWeather(stage.region)
    stage.region.weather = weather
    weather.set(rules, seed=seed)
    return weather


def count(party: Party, numbers: int = 6) -> list[str]:
    """Say 0, 1, 2 ... and see what comes down the socket."""
    before = len(party.socket.frames)
    for number in range(numbers):
        party.says(str(number))
    return party.socket.frames[before:]


def contents(frames: list[str]) -> list[str]:
    """The contents of items among the frames."""
    return [json.loads(json.loads(frame)["content"])["Content"] for frame in frames if '"aws/chat"' in frame]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(fault=Fault.DROP, after=1, times=2), ["0", "3", "4", "5"]),
        (Rule(fault=Fault.DUPLICATE, times=1), ["0", "0", "1", "2", "3", "4", "5"]),
        (Rule(fault=Fault.REORDER, after=2, times=1), ["0", "1", "3", "2", "4", "5"]),
        (Rule(fault=Fault.STALL, after=2, times=1), ["0", "1"]),
        (Rule(fault=Fault.DROP, role="AGENT"), ["0", "1", "2", "3", "4", "5"]),
        (Rule(fault=Fault.DROP, role="CUSTOMER"), []),
    ],
)
def test_what_happens_to_frames(stage: Stage, rule: Rule, expected: list[str]) -> None:
    """Skip the first `after`, strike at most `times`."""
    customer = stage.customer()
    under(stage, rule)
    assert contents(count(customer)) == expected


def test_nothing_is_lost_from_the_transcript(stage: Stage) -> None:
    """Frames go astray, items do not."""
    customer = stage.customer()
    under(stage, Rule(fault=Fault.DROP))
    count(customer)
    assert customer.reads(MaxResults=6, SortOrder="ASCENDING") == ["0", "1", "2", "3", "4", "5"]


def test_a_delayed_frame_comes_later(stage: Stage) -> None:
    """It waits for its seconds on the emulator's clock; later ones overtake it."""
    customer = stage.customer()
    under(stage, Rule(fault=Fault.DELAY, times=1, seconds=5))
    assert contents(count(customer, 3)) == ["1", "2"]
    stage.passes(5)
    assert customer.socket.words[-1] == "0"


def test_a_held_frame_comes_alone_when_nothing_follows(stage: Stage) -> None:
    """A reordered frame is never held for ever."""
    customer = stage.customer()
    under(stage, Rule(fault=Fault.REORDER, seconds=2))
    assert contents(count(customer, 1)) == []
    stage.passes(2)
    assert customer.socket.words[-1] == "0"


def test_a_truncated_frame(stage: Stage) -> None:
    """It keeps its first characters."""
    customer = stage.customer()
    under(stage, Rule(fault=Fault.TRUNCATE, keep=7))
    assert count(customer, 1) == ['{"conte']


def test_a_forbidden_frame_comes_first(stage: Stage) -> None:
    """As API Gateway sends it."""
    customer = stage.customer()
    under(stage, Rule(fault=Fault.FORBIDDEN, times=1))
    frames = count(customer, 1)
    assert json.loads(frames[0])["message"] == "Forbidden"
    assert contents(frames) == ["0"]


@pytest.mark.parametrize("code", [1000, 1006, 4999])
def test_an_abrupt_close(stage: Stage, code: int) -> None:
    """With any code, and only that socket."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    under(stage, Rule(fault=Fault.CLOSE, role="CUSTOMER", code=code))
    bot.says("hello")
    assert customer.socket.closed == code
    assert bot.socket.closed is None


def test_a_stalled_socket_is_silent_and_a_new_one_is_not(stage: Stage) -> None:
    """It answers no heartbeat either; after reconnecting all is well."""
    customer = stage.customer()
    weather = under(stage, Rule(fault=Fault.STALL, times=1))
    count(customer, 1)
    weather.clear()
    frames = len(customer.socket.frames)
    customer.socket.send('{"topic":"aws/heartbeat"}')
    customer.says("anyone?")
    assert len(customer.socket.frames) == frames
    customer.connect()
    assert contents(count(customer, 1)) == ["0"]


def test_faults_of_subscription_and_heartbeats(stage: Stage) -> None:
    """Refused, ignored, failing."""
    customer = stage.customer(connect=False)
    under(
        stage,
        Rule(fault=Fault.REFUSE_SUBSCRIBE, times=1),
        Rule(fault=Fault.IGNORE_SUBSCRIBE, after=1, times=1),
        Rule(fault=Fault.FAIL_PING, times=1),
        Rule(fault=Fault.IGNORE_HEARTBEAT, after=1, times=1),
    )
    customer.connect()
    assert json.loads(customer.socket.frames[-1])["content"]["status"] == "failure"
    customer.socket.send('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
    assert len(customer.socket.frames) == 1
    customer.socket.send('{"topic":"aws/ping"}')
    assert json.loads(customer.socket.frames[-1])["statusCode"] == 500
    customer.socket.send('{"topic":"aws/heartbeat"}')
    customer.socket.send('{"topic":"aws/heartbeat"}')
    customer.socket.send('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
    assert "participant.joined" in customer.socket.words


def test_the_same_seed_gives_the_same_weather(build: type[Stage]) -> None:
    """Chance is drawn from seed, rule, chat and count: a run repeats exactly, another seed differs."""

    def run(seed: int) -> tuple[list[str], list[dict[str, Any]]]:
        stage = build()
        first, second = stage.customer(), stage.customer()
        weather = under(stage, Rule(fault=Fault.DROP, chance=0.5), seed=seed)
        for _ in range(20):
            count(first, 1)
            count(second, 1)
        return first.socket.words + second.socket.words, weather.record()["strikes"]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_one_chat_does_not_change_the_fate_of_another(build: type[Stage]) -> None:
    """However the chats are interleaved, each has its own luck."""

    def run(interleaved: bool) -> list[str]:
        stage = build()
        first, second = stage.customer(), stage.customer()
        under(stage, Rule(fault=Fault.DROP, chance=0.5))
        if interleaved:
            count(second, 9)
        return contents(count(first, 30))

    assert run(False) == run(True)


def test_the_fates_of_two_chats_differ(stage: Stage) -> None:
    """The chat's number enters the draw."""
    first, second = stage.customer(), stage.customer()
    under(stage, Rule(fault=Fault.DROP, chance=0.5))
    assert contents(count(first, 30)) != contents(count(second, 30))


def test_the_same_story_again_meets_the_same_weather(stage: Stage) -> None:
    """Chats are counted from when the rules were set: in one emulator, too, a run repeats strike by strike."""

    def run(weather: ScriptedWeather) -> list[dict[str, Any]]:
        weather.set([Rule(fault=Fault.DROP, chance=0.5)], seed=3)
        for _ in range(3):
            count(stage.customer(), 9)
        return list(weather.record()["strikes"])

    weather = under(stage)
    first = run(weather)
    assert run(weather) == first
    assert {strike["chat"] for strike in first} == {1, 2, 3}


def test_a_rule_for_the_calls_of_one_role(stage: Stage) -> None:
    """The token tells who calls; the control plane's calls are nobody's."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    weather = under(stage, Rule(fault=Fault.ERROR, role="CUSTOM_BOT"))
    assert weather.call("SendMessage", bot.contact_id, bot.id) is not None
    assert weather.call("SendMessage", bot.contact_id, customer.id) is None
    assert weather.call("StopContact", bot.contact_id) is None


async def post(connect: Emulator, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """One call over HTTP."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{connect.url}/participant/{path}", json=body, headers={"X-Amz-Bearer": token}) as answer,
    ):
        return answer.status, await answer.json()


MESSAGE = {"ContentType": "text/plain", "Content": "hello", "ClientToken": "t"}


async def customer(connect: Emulator) -> tuple[str, str]:
    """A connected customer: contact and connection token."""
    started = connect.start_chat(connected=True)
    kinds = {"Type": ["CONNECTION_CREDENTIALS"]}
    answer = connect.call("CreateParticipantConnection", kinds, bearer=started["ParticipantToken"])
    return started["ContactId"], answer["ConnectionCredentials"]["ConnectionToken"]


@pytest.mark.parametrize(("when", "said"), [("before", 0), ("after", 1)])
async def test_an_error_before_or_after_the_effect(connect: Emulator, when: str, said: int) -> None:
    """After the effect the caller is told of a failure that was none: the retry must not say it twice."""
    contact_id, token = await customer(connect)
    connect.weather.set([Rule(fault=Fault.ERROR, operation="SendMessage", when=when, times=1)])
    status, answer = await post(connect, "message", token, MESSAGE)
    assert (status, answer["__type"]) == (500, "InternalServerException")
    assert [item.get("Content") for item in connect.transcript(contact_id)].count("hello") == said
    assert (await post(connect, "message", token, MESSAGE))[0] == 200
    assert [item.get("Content") for item in connect.transcript(contact_id)].count("hello") == 1


async def test_throttling_on_demand(connect: Emulator) -> None:
    """The status follows from the error's name."""
    _, token = await customer(connect)
    connect.weather.set([Rule(fault=Fault.ERROR, operation="Send*", error="ThrottlingException")])
    assert (await post(connect, "message", token, MESSAGE))[0] == 429
    assert (await post(connect, "transcript", token, {}))[0] == 200


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.TIMEOUT])
async def test_a_call_without_an_answer(connect: Emulator, fault: Fault) -> None:
    """The connection breaks; the effect took place."""
    contact_id, token = await customer(connect)
    connect.weather.set([Rule(fault=fault, operation="SendMessage", when="after", seconds=0.01)])
    with pytest.raises(aiohttp.ClientError):
        await post(connect, "message", token, MESSAGE)
    assert connect.transcript(contact_id)[-1]["Content"] == "hello"


async def test_a_slow_call_is_answered(connect: Emulator) -> None:
    """Later, but well."""
    _, token = await customer(connect)
    connect.weather.set([Rule(fault=Fault.SLOW, seconds=0.01)])
    with anyio.fail_after(10):
        assert (await post(connect, "message", token, MESSAGE))[0] == 200


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.EXPIRE_TOKENS, 403),
        (Fault.CUSTOMER_LEAVES, 403),
        (Fault.STOP, 403),
        (Fault.AGENT_JOINS, 200),
        (Fault.LEX_JOINS, 200),
        (Fault.BOT_LEAVES, 200),
        (Fault.CLOSE_SOCKETS, 200),
        (Fault.FORGET_CLIENT_TOKENS, 200),
        (Fault.PACE, 200),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_things_that_happen_at_a_call(connect: Emulator, fault: Fault, status: int, when: str) -> None:
    """On the second message the world changes, before or after it is taken."""
    _, token = await customer(connect)
    connect.weather.set([Rule(fault=fault, operation="SendMessage", after=1, when=when)])
    assert (await post(connect, "message", token, MESSAGE))[0] == 200
    body = MESSAGE | {"ClientToken": "u"}
    assert (await post(connect, "message", token, body))[0] == (status if when == "before" else 200)


async def test_weather_over_http(connect: Emulator) -> None:
    """PUT sets it, GET shows rules, seed and what struck."""
    contact_id, token = await customer(connect)
    rule = {"fault": "error", "operation": "SendMessage", "times": 1}
    async with aiohttp.ClientSession() as http:
        url = f"{connect.url}/_emulator/weather"
        async with http.put(url, json={"seed": 9, "rules": [rule]}) as answer:
            assert answer.status == 200
        await post(connect, "message", token, MESSAGE)
        async with http.get(url) as answer:
            shown = await answer.json()
        async with http.put(url, json={"rules": [{"fault": "snow"}]}) as answer:
            assert answer.status == 400
    assert (shown["seed"], shown["rules"][0]["fault"]) == (9, "error")
    assert shown["strikes"] == [{"rule": 0, "fault": "error", "at": "SendMessage", "chat": 0}]
    assert contact_id


async def test_a_refused_upgrade(connect: Emulator) -> None:
    """403 while the weather lasts."""
    started = connect.start_chat()
    kinds = {"Type": ["WEBSOCKET"]}
    url = connect.call("CreateParticipantConnection", kinds, bearer=started["ParticipantToken"])["Websocket"]["Url"]
    connect.weather.set([Rule(fault=Fault.REFUSE_UPGRADE, times=1)])
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url)
        assert caught.value.status == 403
        async with http.ws_connect(url) as socket:
            await socket.send_str('{"topic":"aws/heartbeat"}')
            assert (await socket.receive_str()) == '{"topic":"aws/heartbeat"}'


def test_a_weather_file() -> None:
    """TOML: a seed and rules."""
    rules, seed = parse_weather('seed = 4\n[[rules]]\nfault = "drop"\nrole = "CUSTOM_BOT"\nchance = 0.1\n')
    assert seed == 4
    assert rules == [Rule(fault=Fault.DROP, role="CUSTOM_BOT", chance=0.1)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed = ", "not TOML"),
        ('seed = "x"', "seed is"),
        ("rules = 7", "rules is"),
        ("rules = [7]", "rules is"),
        ('[[rules]]\nfault = "snow"', "fault is one of"),
        ('[[rules]]\nfault = "drop"\nhow = "much"', "has no how"),
        ('[[rules]]\nfault = "drop"\nchance = 2', "chance is"),
        ('[[rules]]\nfault = "drop"\nchance = "x"', "chance is"),
        ('[[rules]]\nfault = "error"\nwhen = "never"', "when is"),
        ('[[rules]]\nfault = "close"\ncode = 7', "code is"),
        ('[[rules]]\nfault = "pace"\npace = 0', "pace is"),
        ("seed = true", "seed is"),
        ('[[rules]]\nfault = "drop"\ntimes = -1', "times is"),
        ('[[rules]]\nfault = "drop"\nrole = "ROBOT"', "role is one of"),
        ('[[rules]]\nfault = "drop"\ncontact = 7', "contact is"),
        ('[[rules]]\nfault = "drop"\nitems_only = "no"', "items_only is"),
        ('[[rules]]\nfault = "slow"\nseconds = inf', "seconds is"),
        ('[[rules]]\nfault = "error"\nstatus = 99', "status is"),
        ('[[rules]]\nfault = "error"\nerror = "No\\r\\nthing"', "error is"),
    ],
)
def test_wrong_weather_is_told(text: str, told: str) -> None:
    """One sentence each."""
    with pytest.raises(BadWeather, match=told):
        parse_weather(text)


def test_a_rule_for_one_contact(stage: Stage) -> None:
    """Other chats have fine weather."""
    struck, other = stage.customer(), stage.customer()
    under(stage, Rule(fault=Fault.DROP, contact=struck.contact_id))
    assert contents(count(struck, 2)) == []
    assert contents(count(other, 2)) == ["0", "1"]


def test_the_agent_may_have_joined_already(stage: Stage) -> None:
    """Nothing breaks when the world changed first."""
    customer = stage.customer()
    weather = under(stage, Rule(fault=Fault.LEX_JOINS), Rule(fault=Fault.AGENT_JOINS))
    assert weather.call("SendMessage", customer.contact_id) is None
    stage.desk.stop(customer.contact_id)
    assert weather.call("SendMessage", customer.contact_id) is None
    with pytest.raises(ServiceError):
        customer.says("too late")


def test_a_status_may_be_chosen(stage: Stage) -> None:
    """Where the name alone would mean another."""
    weather = under(stage, Rule(fault=Fault.ERROR, error="InternalServerException", status=503))
    fault = weather.call("SendMessage", None)
    assert fault is not None
    assert (fault.error, fault.status) == ("InternalServerException", 503)


def test_weather_on_an_ended_chat_changes_nothing(stage: Stage) -> None:
    """Its reason stays what it was."""
    customer = stage.customer()
    stage.desk.stop(customer.contact_id, "EXPIRED")
    weather = under(stage, Rule(fault=Fault.CUSTOMER_LEAVES), Rule(fault=Fault.STOP))
    assert weather.call("SendMessage", customer.contact_id) is None
    assert stage.region.chat(customer.contact_id).segment.reason == "EXPIRED"
