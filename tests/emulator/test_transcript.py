"""GetTranscript: what is kept, how pages are walked, what a bot may see."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from agent.emulator import INSTANCE_ID

if TYPE_CHECKING:
    from tests.emulator.conftest import Party, Stage


@pytest.fixture
def reader(stage: Stage) -> Party:
    """A customer who has said 0 to 24 after the flow's two first items."""
    customer = stage.customer()
    for number in range(25):
        stage.passes(1)
        customer.says(str(number))
    return customer


def test_by_default_the_newest_ten_newest_first(reader: Party) -> None:
    """BACKWARD, DESCENDING, 10 [documented]."""
    assert reader.reads() == [str(n) for n in range(24, 14, -1)]


def test_sort_order_is_inside_the_page(reader: Party) -> None:
    """ASCENDING turns the page around, not the walk [documented]."""
    assert reader.reads(SortOrder="ASCENDING") == [str(n) for n in range(15, 25)]
    assert reader.reads(ScanDirection="FORWARD", SortOrder="DESCENDING", MaxResults=3)[-1] == "participant.joined"


@pytest.mark.parametrize("direction", ["FORWARD", "BACKWARD"])
@pytest.mark.parametrize("size", [1, 4, 27, 100])
def test_pages_cover_everything_once(reader: Party, direction: str, size: int) -> None:
    """Following NextToken to its absence reads every item exactly once."""
    seen: list[str] = []
    params: dict[str, Any] = {"MaxResults": size, "ScanDirection": direction, "SortOrder": "ASCENDING"}
    while True:
        answer = reader.call("GetTranscript", **params)
        seen += [item["Id"] for item in answer["Transcript"]]
        if "NextToken" not in answer:
            break
        params["NextToken"] = answer["NextToken"]
    assert len(seen) == len(set(seen)) == 27


def test_new_items_do_not_disturb_a_walk(reader: Party) -> None:
    """A token is a place: what is said meanwhile comes at the end of a forward walk, never in a backward one."""
    first = reader.call("GetTranscript", MaxResults=20)
    reader.says("meanwhile")
    rest = reader.call("GetTranscript", MaxResults=20, NextToken=first["NextToken"])
    assert "NextToken" not in rest
    assert len(rest["Transcript"]) == 7


def test_an_empty_start_position_is_none(reader: Party) -> None:
    """The official client always sends an empty one [client code]."""
    assert reader.reads(StartPosition={}) == reader.reads()


def test_from_an_item_onward(reader: Party) -> None:
    """StartPosition by Id walks forward and includes the item [inferred]; gap filling rests on it."""
    item = reader.call("GetTranscript", MaxResults=3)["Transcript"][-1]
    start = {"Id": item["Id"]}
    assert reader.reads(StartPosition=start, SortOrder="ASCENDING") == ["22", "23", "24"]
    assert reader.reads(StartPosition=start, ScanDirection="BACKWARD", MaxResults=2) == ["22", "21"]


def test_the_start_item_can_be_left_out(build: type[Stage]) -> None:
    """Whether the named item is included is not documented: a setting."""
    stage = build(start_position_included=False)
    customer = stage.customer()
    first = customer.says("a")
    customer.says("b")
    assert customer.reads(StartPosition={"Id": first["Id"]}) == ["b"]


def test_from_a_moment(reader: Party) -> None:
    """AbsoluteTime finds the neighbours of a moment, also between items."""
    item = reader.call("GetTranscript", MaxResults=1)["Transcript"][0]
    assert reader.reads(StartPosition={"AbsoluteTime": item["AbsoluteTime"]}) == ["24"]
    before = item["AbsoluteTime"][:-4] + "000Z"
    assert reader.reads(StartPosition={"AbsoluteTime": before}, ScanDirection="FORWARD")[-1:] == ["24"]


def test_the_most_recent(reader: Party) -> None:
    """MostRecent counts from the newest [documented]."""
    assert reader.reads(StartPosition={"MostRecent": 3}, SortOrder="ASCENDING") == ["22", "23", "24"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"MaxResults": 101},
        {"MaxResults": -1},
        {"MaxResults": True},
        {"MaxResults": "7"},
        {"ScanDirection": "SIDEWAYS"},
        {"SortOrder": "RANDOM"},
        {"NextToken": "nonsense"},
        {"NextToken": "é"},
        {"StartPosition": {"Id": "unknown"}},
        {"StartPosition": {"Id": "a", "MostRecent": 1}},
        {"StartPosition": {"MostRecent": 101}},
        {"ContactId": "0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11"},
    ],
)
def test_wrong_questions(stage: Stage, reader: Party, wrong: dict[str, Any]) -> None:
    """A request against the model or the chat is a ValidationException."""
    stage.refused("ValidationException", lambda: reader.call("GetTranscript", **wrong))


def test_items_carry_their_contact_and_the_page_the_initial_one(reader: Party) -> None:
    """InitialContactId once at the top, ContactId per item [documented]."""
    answer = reader.call("GetTranscript", MaxResults=1)
    assert answer["InitialContactId"] == reader.contact_id
    assert answer["Transcript"][0]["ContactId"] == reader.contact_id
    assert "InitialContactId" not in answer["Transcript"][0]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("all", ["participant.joined", "Welcome to Amazon Connect on localhost.", "early", "participant.joined"]),
        ("segment", ["participant.joined", "Welcome to Amazon Connect on localhost.", "early", "participant.joined"]),
        ("since-join", ["participant.joined"]),
    ],
)
def test_what_a_bot_sees_is_a_setting(build: type[Stage], visible: str, expected: list[str]) -> None:
    """The whole chat, its segment, or only since it joined: AWS does not say."""
    stage = build(bot_transcript=visible)
    customer = stage.customer()
    customer.says("early")
    assert stage.bot(customer.contact_id).reads_all() == expected


def test_after_the_end_nobody_reads(stage: Stage, reader: Party) -> None:
    """403 for every call once the chat is over [live]."""
    stage.desk.stop(reader.contact_id)
    for call in (reader.reads, reader.leaves, reader.types, lambda: reader.says("x"), reader.connect):
        stage.refused("AccessDeniedException", call)


def test_a_persistent_chat_pages_back_into_the_past(stage: Stage) -> None:
    """Past items carry RelatedContactId and are met only by paging backward [documented]."""
    old = stage.customer()
    old.says("long ago")
    stage.desk.customer_leaves(old.contact_id)
    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": old.contact_id}
    new = stage.customer(PersistentChat=persistent)
    assert "long ago" in new.reads_all()
    past = next(i for i in new.call("GetTranscript", MaxResults=100)["Transcript"] if i.get("Content") == "long ago")
    assert past["RelatedContactId"] == old.contact_id
    assert "ContactId" not in past


def test_nothing_but_paging_back_leads_into_the_past(stage: Stage) -> None:
    """Neither the way forward nor a StartPosition does [documented]."""
    old = stage.customer()
    long_ago = old.says("long ago")
    stage.desk.customer_leaves(old.contact_id)
    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": old.contact_id}
    new = stage.customer(PersistentChat=persistent)
    new.says("today")
    for params in (
        {"ScanDirection": "FORWARD"},
        {"StartPosition": {"MostRecent": 100}},
        {"StartPosition": {"AbsoluteTime": "2020-01-01T00:00:00.000Z"}},
    ):
        words = new.reads(MaxResults=100, **params)
        assert "today" in words
        assert "long ago" not in words
    stage.refused("ValidationException", lambda: new.reads(StartPosition={"Id": long_ago["Id"]}))
    page = new.call("GetTranscript", MaxResults=2, ScanDirection="BACKWARD")
    met = [page["Transcript"]]
    while "NextToken" in page:
        page = new.call("GetTranscript", MaxResults=2, NextToken=page["NextToken"])
        met.append(page["Transcript"])
    assert "long ago" in [item.get("Content") for items in met for item in items]


@pytest.mark.parametrize("forged", ["F1:nan", "F-5:0", "B1e3:0", "B1:-1"])
def test_a_forged_token_is_refused(reader: Party, stage: Stage, forged: str) -> None:
    """Only what was given out is taken."""
    token = base64.urlsafe_b64encode(forged.encode()).decode()
    stage.refused("ValidationException", lambda: reader.reads(NextToken=token))


def test_only_an_ended_chat_can_be_continued(stage: Stage) -> None:
    """Rehydration needs an ended source [documented]."""
    running = stage.customer()
    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": running.contact_id}
    stage.refused("InvalidRequestException", lambda: stage.customer(PersistentChat=persistent))


def test_an_association_can_be_made_later(stage: Stage) -> None:
    """CreatePersistentContactAssociation does what PersistentChat does at the start [documented]."""
    old = stage.customer()
    stage.desk.stop(old.contact_id)
    new = stage.customer()
    params = {
        "InstanceId": INSTANCE_ID,
        "InitialContactId": new.contact_id,
        "RehydrationType": "ENTIRE_PAST_SESSION",
        "SourceContactId": old.contact_id,
    }
    answer = stage.call("CreatePersistentContactAssociation", params)
    assert answer == {"ContinuedFromContactId": old.contact_id}
    stage.refused("InvalidRequestException", lambda: stage.call("CreatePersistentContactAssociation", params))


def test_backward_from_a_moment_and_from_a_count(reader: Party) -> None:
    """Backward, the page begins at the last item not after the moment; past the newest there is only the newest."""
    items = reader.call("GetTranscript", MaxResults=3)["Transcript"]
    between = items[1]["AbsoluteTime"][:-4] + "999Z"
    start = {"AbsoluteTime": between}
    assert reader.reads(StartPosition=start, ScanDirection="BACKWARD", MaxResults=2) == ["23", "22"]
    exactly = {"AbsoluteTime": items[1]["AbsoluteTime"]}
    assert reader.reads(StartPosition=exactly, ScanDirection="BACKWARD", MaxResults=1) == ["23"]
    assert reader.reads(StartPosition={"MostRecent": 2}, ScanDirection="BACKWARD", MaxResults=2) == ["23", "22"]
    assert reader.reads(StartPosition={"MostRecent": 0}, ScanDirection="BACKWARD", MaxResults=1) == ["24"]
    assert reader.reads(StartPosition={"MostRecent": 0}, ScanDirection="FORWARD") == []
