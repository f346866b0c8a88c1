"""Asks for declared fields one by one, checks each answer, writes them as contact attributes and hands off.

What the contact already has as an attribute is not asked again. The fields stand in ``intake.toml`` (or the file that
``INTAKE_TOML`` names). The whole intake is one dialog, so it survives restarts; whoever cancels, gives up or falls
silent is handed off too, with what is known by then. It knows what a field is, and no template and no flow.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeAlias

import pydantic

from agent import Bot, Cancelled, Chat, Choice, Message, NoAnswer
from bots.declared import AttributeName, Declaration, HandOff, declared, mistake
from bots.intake_fields import Field, written
from bots.picking import plain

Taken: TypeAlias = dict[str, str]
End: TypeAlias = Literal["done", "failed", "cancelled"]


class Intake(Declaration):
    """The file. `status` is the attribute that tells the flow how it ended: done, failed or cancelled."""

    greeting: str | None = None
    tries: int = pydantic.Field(default=3, ge=1)
    patience: float | None = pydantic.Field(default=None, gt=0)
    skip: str = pydantic.Field(default="Skip", min_length=1)
    cancel: tuple[str, ...] = ("cancel",)
    confirm: str | None = None
    status: AttributeName = "intake"
    done: HandOff = HandOff(say="Thank you! One moment, please.")
    failed: HandOff = HandOff(say="Never mind, I pass you on.")
    cancelled: HandOff = HandOff(say="All right, I pass you on.")
    fields: list[Field] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = {self.status}
        for number, field in enumerate(self.fields):
            if field.name in names:
                raise mistake("this name is already taken", "fields", number, "name")
            names.add(field.name)
            if field.optional and plain(self.skip) in map(plain, field.choices):
                raise mistake("the word to skip is one of the choices", "fields", number, "choices")
        return self


def build(intake: Intake) -> Bot:
    """The bot that asks for `intake`."""
    bot = Bot(
        "intake",
        display_name=intake.display_name,
        texts=intake.sentences(),
        cancel_words=intake.cancel,
        interactive=True,
    )

    @bot.on_join
    async def greet(chat: Chat) -> None:
        if intake.greeting:
            await chat.say(intake.greeting)
        await take(chat, intake)

    @bot.on_message()
    async def begin(chat: Chat, message: Message) -> None:
        await take(chat, intake)

    return bot


async def take(chat: Chat[Any, Any], intake: Intake) -> None:
    """Asks for all that is not known yet, then hands off, however it ends. Raises ConversationOver."""
    taken: Taken = {}
    end: End = "done"
    try:
        await _ask_all(chat, intake, taken)
        while intake.confirm and not await _confirmed(chat, intake, intake.confirm, taken):
            taken.clear()
            await _ask_all(chat, intake, taken)
    except NoAnswer:
        end = "failed"
    except Cancelled:
        end = "cancelled"
    await _endings(intake)[end].perform(chat, {intake.status: end, **taken})


def _endings(intake: Intake) -> Mapping[End, HandOff]:
    return {"done": intake.done, "failed": intake.failed, "cancelled": intake.cancelled}


async def _ask_all(chat: Chat[Any, Any], intake: Intake, taken: Taken) -> None:
    for field in intake.fields:
        if field.name not in chat.contact.attributes and (value := await _asked(chat, intake, field)) is not None:
            taken[field.name] = written(value)


async def _asked(chat: Chat[Any, Any], intake: Intake, field: Field) -> object:
    """The value of `field`, None if it was skipped."""
    if not field.choices:
        return await chat.ask(
            field.ask,
            field.answer(intake.skip),
            tries=intake.tries,
            timeout=intake.patience,
            hint=field.hint,
            key=field.name,
        )
    choices: list[Choice[str | None]] = [Choice(title, title) for title in field.choices]
    if field.optional:
        choices.append(Choice(intake.skip, None))
    return await chat.choose(
        field.ask, choices, tries=intake.tries, timeout=intake.patience, hint=field.hint, key=field.name
    )


async def _confirmed(chat: Chat[Any, Any], intake: Intake, question: str, taken: Taken) -> bool:
    labels = {field.name: field.label or field.name for field in intake.fields}
    summary = [f"{labels[name]}: {value}" for name, value in taken.items()]
    return await chat.ask(
        "\n".join([*summary, question]), bool, tries=intake.tries, timeout=intake.patience, key="confirm"
    )


bot = declared("intake", Intake, build)
