"""The intake bot, as dialogues."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent import RegistrationError
from agent.testing import chatting
from bots.declared import read
from bots.intake import Intake, build
from bots.intake_fields import written

FIELDS: list[dict[str, Any]] = [
    {"name": "name", "ask": "What is your name?", "label": "Name", "longest": 20},
    {"name": "people", "ask": "How many people?", "kind": "number", "whole": True, "least": 1, "most": 8},
    {"name": "day", "ask": "Which day?", "kind": "date", "earliest": "2026-01-01", "latest": "2026-12-31"},
    {"name": "mail", "ask": "Your e-mail address?", "kind": "email"},
    {"name": "phone", "ask": "Your phone number?", "kind": "phone", "optional": True},
    {"name": "room", "ask": "Which room?", "kind": "choice", "choices": ["Garden", "Hall"], "optional": True},
]


def intake(*names: str, **settings: Any) -> Intake:
    fields = [field for field in FIELDS if not names or field["name"] in names]
    return Intake.model_validate({"greeting": "A table?", "fields": fields, **settings})


async def test_it_asks_for_every_field_and_hands_off_with_them() -> None:
    """Each kind, as customers write it; two crashes do not matter."""
    async with chatting(build(intake())) as customer:
        await customer.sees("A table?")
        await customer.sees("What is your name?")
        await customer.says("  Ann  ")
        await customer.sees("How many people?")
        await customer.kill_worker()
        await customer.says("we are 4")
        await customer.sees("Which day?")
        await customer.says("5 November 2026")
        await customer.sees("Your e-mail address?")
        await customer.says("it is ann@example.com")
        await customer.sees("Your phone number?")
        await customer.kill_worker()
        await customer.says("+49 30 123456")
        await customer.sees_menu("Garden", "Hall", "Skip")
        await customer.picks("Hall")
        await customer.sees("Thank you!")
        await customer.waits("1s")
        assert customer.attributes == {
            "intake": "done",
            "name": "Ann",
            "people": "4",
            "day": "2026-11-05",
            "mail": "ann@example.com",
            "phone": "+4930123456",
            "room": "Hall",
        }
        await customer.says("hello?")
        await customer.hears_nothing()
        assert not customer.errors


async def test_an_answer_that_is_none_is_asked_for_again_with_what_is_wanted() -> None:
    """Bounds stand in the hint, or the file has its own."""
    settings = intake("people", "day", "mail")
    fields = [*settings.fields[:2], settings.fields[2].model_copy(update={"hint": "With an @, please."})]
    async with chatting(build(settings.model_copy(update={"fields": fields}))) as customer:
        await customer.says("nine", "9")
        await customer.sees("Please answer with a whole number from 1 to 8.")
        await customer.sees("Please answer with a whole number from 1 to 8.")
        await customer.says("2")
        await customer.sees("Which day?")
        await customer.says("2027-01-01")
        await customer.sees("Please answer with a date from 2026-01-01 to 2026-12-31.")
        await customer.says("2025-12-31")
        await customer.sees("Please answer with a date")
        await customer.says("2026-12-31")
        await customer.says("ann")
        await customer.sees("With an @, please.")


async def test_what_is_optional_can_be_skipped_and_what_is_known_is_not_asked() -> None:
    """The contact's own attributes count as known."""
    async with chatting(build(intake("name", "phone", "room")), attributes={"name": "Ann"}) as customer:
        await customer.sees("Your phone number?")
        await customer.says("skip.")
        await customer.sees("Which room?")
        await customer.picks("Skip")
        await customer.sees("Thank you!")
        await customer.waits("1s")
        assert customer.attributes == {"name": "Ann", "intake": "done"}


async def test_whoever_gives_no_answer_is_handed_off_with_what_is_known() -> None:
    """After so many tries."""
    failed = {"say": "A colleague goes on.", "attributes": {"queue": "desk"}}
    async with chatting(build(intake("name", "mail", tries=2, failed=failed))) as customer:
        await customer.says("Ann", "what?", "why?")
        await customer.sees("A colleague goes on.")
        await customer.waits("1s")
        assert customer.attributes == {"name": "Ann", "intake": "failed", "queue": "desk"}


async def test_silence_is_no_answer() -> None:
    """After so many seconds."""
    async with chatting(build(intake("name", "room", patience=60))) as customer:
        await customer.says("Ann")
        await customer.sees("Which room?")
        await customer.waits("61s")
        await customer.sees("Never mind")


async def test_whoever_cancels_is_handed_off_too() -> None:
    """In the file's words."""
    async with chatting(build(intake("name", cancel=["stop it"]))) as customer:
        await customer.says("stop it")
        await customer.sees("All right, I pass you on.")
        await customer.waits("1s")
        assert customer.attributes == {"intake": "cancelled"}


async def test_it_asks_anew_until_the_customer_agrees() -> None:
    """The summary has labels and values; of the first round nothing stays."""
    async with chatting(build(intake("name", "phone", confirm="Is that right?"))) as customer:
        await customer.says("Ann", "030 12345")
        await customer.sees("Name: Ann\nphone: 03012345\nIs that right?")
        await customer.says("no")
        await customer.sees("What is your name?")
        await customer.says("Eve", "skip", "yes")
        await customer.sees("Thank you!")
        await customer.waits("1s")
        assert customer.attributes == {"name": "Eve", "intake": "done"}


async def test_text_and_numbers_may_have_other_rules() -> None:
    """A pattern; a number with a fraction."""
    fields = [
        {"name": "order", "ask": "Which order?", "pattern": "[A-Z]-\\d{4}", "hint": "Such as A-1234."},
        {"name": "weight", "ask": "How heavy?", "kind": "number", "most": 2.5},
        {"name": "text", "ask": "Anything else?"},
    ]
    async with chatting(build(Intake.model_validate({"fields": fields}))) as customer:
        await customer.says("1234")
        await customer.sees("Such as A-1234.")
        await customer.says("a-1234")
        await customer.sees("How heavy?")
        await customer.says("2.6")
        await customer.sees("at most 2.5")
        await customer.says("1,50", "no")
        await customer.sees("Thank you!")
        await customer.waits("1s")
        assert customer.attributes == {"order": "a-1234", "weight": "1.5", "text": "no", "intake": "done"}


def test_values_are_written_plainly() -> None:
    """As a flow compares them."""
    assert [written(value) for value in (4.0, 0.1, 123456789.5, 7, date(2026, 1, 2), "x")] == [
        "4",
        "0.1",
        "123456789.5",
        "7",
        "2026-01-02",
        "x",
    ]


BROKEN = [
    ('kind = "numbr"', "line 4: fields.1.kind: input should be 'text', 'number'"),
    ("least = 3", "line 4: fields.1.least: a text has no such rule"),
    ('kind = "choice"', "line 1: fields.1: a choice needs choices"),
    ('kind = "choice"\nchoices = ["a", "A "]', "line 5: fields.1.choices: two of the choices are alike"),
    ('kind = "choice"\noptional = true\nchoices = ["skip"]', "line 6: fields.1.choices: the word to skip is one of"),
    ('pattern = "("', "line 4: fields.1.pattern: this is no regular expression: missing ), unterminated subpattern"),
    ('[[fields]]\nname = "a"\nask = "?"', "line 5: fields.2.name: this name is already taken"),
    ('[[fields]]\nname = "a b"\nask = "?"', "line 5: fields.2.name: string should match pattern"),
    ("optionl = true", "line 4: fields.1.optionl: unknown key; did you mean 'optional'?"),
]


@pytest.mark.parametrize(("line", "told"), BROKEN)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    """And with what was probably meant."""
    file = tmp_path / "intake.toml"
    file.write_text(f'[[fields]]\nname = "a"\nask = "?"\n{line}\n')
    with pytest.raises(RegistrationError) as refused:
        read(file, Intake)
    assert f"intake.toml, {told}" in str(refused.value)
