"""What the logs tell while they are being written, and the story of a contact."""

import json
from pathlib import Path

from tests.cluster.chats import Claim, Item, Seen
from tests.cluster.progress import Progress, Wishes
from tests.cluster.story import story


def claimed(contact: str, epoch: int) -> str:
    return json.dumps({"event": "contact.claimed", "contact_id": contact, "epoch": epoch}) + "\n"


def test_each_line_is_read_once_and_only_when_it_is_whole(tmp_path: Path) -> None:
    """A log is read in the middle of being written."""
    progress, log = Progress(Wishes(), tmp_path), tmp_path / "w1.2.log"
    log.write_text(claimed("a", 1) + claimed("b", 2)[:20], encoding="utf-8")
    progress.read_logs()
    assert progress.claims == [Claim(contact="a", worker="w1.2", epoch=1)]
    log.write_text(claimed("a", 1) + claimed("b", 2), encoding="utf-8")
    progress.read_logs()
    progress.read_logs()
    assert progress.claims[1:] == [Claim(contact="b", worker="w1.2", epoch=2)]


def test_the_highest_epoch_owns_a_contact(tmp_path: Path) -> None:
    """In whatever order the logs are read."""
    progress = Progress(Wishes(), tmp_path)
    (tmp_path / "w1.1.log").write_text(claimed("a", 3), encoding="utf-8")
    (tmp_path / "w2.1.log").write_text(claimed("a", 2), encoding="utf-8")
    progress.read_logs()
    assert progress.owners == {"a": "w1.1"}


def test_a_story_has_what_was_said_who_owned_it_and_what_the_logs_say(tmp_path: Path) -> None:
    """Of that contact alone."""
    (tmp_path / "w1.1.log").write_text(claimed("first", 1) + claimed("second", 1), encoding="utf-8")
    progress = Progress(Wishes(), tmp_path)
    progress.read_logs()
    items = (Item(id="1", by_bot=False, text="plain 1", at=10.0), Item(id="2", by_bot=True, text="1.1 1 w1.1", at=12.5))
    progress.chats.append(Seen(contact="first", sent=("plain 1",), heard=("1", "2"), items=items))
    told = story("first", progress)
    assert [line for line in told.splitlines() if "{" not in line] == [
        "contact first",
        "    0.000  customer  plain 1",
        "    2.500  bot       1.1 1 w1.1",
        "epoch 1: w1.1",
    ]
    assert told.count("w1.1: {") == 1  # and not the line about the second
