"""GetTranscript as boto3 meets it: pages, directions, orders, start positions, and boto3's own idea of paging."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from tests.clients.boto import Answer, Boto, Person, refused

WORDS = [f"m{n}" for n in range(25)]


@pytest.fixture(scope="module")
def reader(boto: Boto) -> Iterator[Person]:
    """A customer who has said twenty-five things, after being greeted by the flow."""
    customer = boto.customer()
    for word in WORDS:
        customer.says(word)
    yield customer
    boto.ends(customer.contact_id)


@pytest.fixture(scope="module")
def everything(reader: Person) -> list[Answer]:
    """All items, oldest first."""
    return list(reader.page(MaxResults=100, ScanDirection="FORWARD", SortOrder="ASCENDING")["Transcript"])


def _follow(reader: Person, **params: Any) -> list[list[str]]:
    """Every page of a walk, each as its contents."""
    answer = reader.page(**params)
    pages = [answer]
    while "NextToken" in answer:
        assert 1 <= len(answer["NextToken"]) <= 1000
        answer = reader.page(NextToken=answer["NextToken"], **params)
        pages.append(answer)
    return [[item["Id"] for item in page["Transcript"]] for page in pages]


def test_the_whole_in_order(everything: list[Answer]) -> None:
    """Customer joined, the flow's prompt, then what was said; times rise strictly."""
    assert everything[0]["ContentType"].endswith("participant.joined")
    assert everything[1]["ParticipantRole"] == "SYSTEM"
    assert [item["Content"] for item in everything[2:]] == WORDS
    times = [item["AbsoluteTime"] for item in everything]
    assert times == sorted(set(times))


def test_the_answer_names_the_initial_contact_once(reader: Person) -> None:
    """InitialContactId stands beside the items and not in them."""
    page = reader.page()
    assert page["InitialContactId"] == reader.contact_id
    assert all("InitialContactId" not in item for item in page["Transcript"])


def test_ten_newest_first_by_default(reader: Person, everything: list[Answer]) -> None:
    """Without any parameter: backward, descending, ten items; an empty StartPosition is none."""
    newest = [item["Id"] for item in reversed(everything)][:10]
    same: list[dict[str, Any]] = [{}, {"StartPosition": {}}, {"MaxResults": 0}]
    for params in same:
        page = reader.page(**params)
        assert [item["Id"] for item in page["Transcript"]] == newest
        assert page["NextToken"]


@pytest.mark.parametrize(
    ("scan", "order", "size"), list(product(["FORWARD", "BACKWARD"], ["ASCENDING", "DESCENDING"], [1, 7, 9, 27, 100]))
)
def test_every_walk_reads_everything_once(
    reader: Person, everything: list[Answer], scan: str, order: str, size: int
) -> None:
    """ScanDirection decides which page comes next, SortOrder only the order inside a page."""
    ids = [item["Id"] for item in everything]
    pages = _follow(reader, MaxResults=size, ScanDirection=scan, SortOrder=order)
    assert all(len(page) <= size for page in pages)
    walked = [page if order == "ASCENDING" else page[::-1] for page in pages]
    in_time = walked if scan == "FORWARD" else walked[::-1]
    assert [item_id for page in in_time for item_id in page] == ids


def test_a_walk_from_an_item(reader: Person, everything: list[Answer]) -> None:
    """StartPosition by Id goes forward by default, and backward when told; the item itself is included."""
    ids = [item["Id"] for item in everything]
    start = {"Id": ids[10]}
    forward = _follow(reader, MaxResults=6, SortOrder="ASCENDING", StartPosition=start)
    assert [i for page in forward for i in page] == ids[10:]
    backward = _follow(reader, MaxResults=6, StartPosition=start, ScanDirection="BACKWARD")
    assert [i for page in backward for i in page] == ids[10::-1]


def test_a_walk_from_a_time(reader: Person, everything: list[Answer]) -> None:
    """StartPosition by AbsoluteTime: from the first item not before it, or back from the last not after it."""
    ids = [item["Id"] for item in everything]
    exact = {"AbsoluteTime": everything[10]["AbsoluteTime"]}
    between = {"AbsoluteTime": _moved(everything[10]["AbsoluteTime"], -1)}
    ascending = {"SortOrder": "ASCENDING", "MaxResults": 100}
    for start in (exact, between):
        page = reader.page(StartPosition=start, **ascending)["Transcript"]
        assert page[0]["AbsoluteTime"] >= start["AbsoluteTime"]
        assert page[-1]["Id"] == ids[-1]
    back = reader.page(StartPosition=exact, ScanDirection="BACKWARD", **ascending)["Transcript"]
    assert [item["Id"] for item in back] == ids[:11]
    assert reader.page(StartPosition={"AbsoluteTime": "2099-01-01T00:00:00.000Z"})["Transcript"] == []


@pytest.mark.parametrize("zone", ["+00:00", "+02:00"])
def test_a_time_may_be_written_otherwise(reader: Person, everything: list[Answer], zone: str) -> None:
    """AbsoluteTime is a moment, not a text: without milliseconds or with an offset it means the same."""
    moment = datetime.fromisoformat(everything[0]["AbsoluteTime"])
    local = moment.astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo)
    whole = local.replace(microsecond=0).isoformat()
    for text in (whole, whole.replace("+00:00", "Z"), local.isoformat()):
        page = reader.page(StartPosition={"AbsoluteTime": text}, SortOrder="ASCENDING", MaxResults=1)
        assert page["Transcript"][0]["Id"] == everything[0]["Id"]


def _moved(moment: str, milliseconds: int) -> str:
    moved = datetime.fromisoformat(moment) + timedelta(milliseconds=milliseconds)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_the_most_recent(reader: Person, everything: list[Answer]) -> None:
    """MostRecent counts from the newest, forward by default; more than there are means all."""
    ids = [item["Id"] for item in everything]
    ascending = {"SortOrder": "ASCENDING", "MaxResults": 100}
    for count in (1, 5, 100):
        page = reader.page(StartPosition={"MostRecent": count}, **ascending)["Transcript"]
        assert [item["Id"] for item in page] == ids[-count:]


def test_one_contact_of_the_chain(reader: Person, boto: Boto) -> None:
    """ContactId picks a segment of this chat; another chat's is a ValidationException."""
    page = reader.page(ContactId=reader.contact_id, MaxResults=100)
    assert len(page["Transcript"]) == len(WORDS) + 2
    with refused(boto.participant, "ValidationException"):
        reader.page(ContactId=boto.customer().contact_id)


BAD_PAGES: list[dict[str, Any]] = [
    {"MaxResults": 101},
    {"ScanDirection": "SIDEWAYS"},
    {"SortOrder": "RANDOM"},
    {"NextToken": "forged"},
    {"NextToken": "x" * 1001},
    {"StartPosition": {"Id": "nothing"}},
    {"StartPosition": {"Id": "x" * 257}},
    {"StartPosition": {"MostRecent": 101}},
    {"StartPosition": {"AbsoluteTime": "x" * 101}},
    {"StartPosition": {"AbsoluteTime": "yesterday"}},
    {"StartPosition": {"Id": "a", "MostRecent": 1}},
]


@pytest.mark.parametrize("bad", BAD_PAGES, ids=str)
def test_pages_that_cannot_be(reader: Person, boto: Boto, bad: dict[str, Any]) -> None:
    """What boto3 lets pass and Connect does not is a ValidationException."""
    with refused(boto.participant, "ValidationException"):
        reader.page(**bad)


def test_a_token_of_the_emulator_survives_new_items(reader: Person, boto: Boto) -> None:
    """Items that come while somebody pages backward neither repeat nor hide older ones."""
    customer = boto.customer()
    for n in range(6):
        customer.says(str(n))
    first = customer.page(MaxResults=3)
    customer.says("late")
    second = customer.page(MaxResults=3, NextToken=first["NextToken"])
    contents = [item["Content"] for item in first["Transcript"] + second["Transcript"]]
    assert contents == ["5", "4", "3", "2", "1", "0"]
