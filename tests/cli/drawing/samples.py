"""Handlers with every kind of way through them, to be drawn and never run."""

from agent import Bot, Chat, Choice, Message, NoAnswer, Router

bot = Bot("ways")
inner = Router("inner only")


async def confirm(chat: Chat, what: str) -> str:
    """Followed, as it gets the chat."""
    return str(await chat.choose(f"Sure about {what}?", [Choice("yes"), Choice("no")]))


async def endless(chat: Chat) -> None:
    """Calls itself; followed once."""
    await chat.say("again")
    await endless(chat)


async def place(size: int) -> int:
    """A step."""
    return size


@bot.dialog("order", version=2)
async def order(chat: Chat) -> None:
    size = await chat.ask('Which "size"? <b>#1</b> & `co\\`', int)
    if size > 40:
        await chat.say("Big.")
    elif size == 0:
        await chat.hand_off(attributes={"queue": "odd"})
    await confirm(chat, "it")
    await chat.step(place, size)
    await chat.say(f"Size {size}: {await chat.ask('Colour?')}")


@bot.dialog("order", version=1)
async def old(chat: Chat) -> None:
    await chat.say("old")


@bot.dialog("loops")
async def loops(chat: Chat) -> None:
    while True:
        if await chat.ask("More?", bool):
            continue
        await chat.say("Enough.")
        break
    for one in range(3):
        await chat.say(str(one))
    while not chat.contact.attributes:
        pass
    try:
        await chat.ask("Name?")
    except NoAnswer:
        await chat.leave()
    finally:
        await chat.sleep("1m")
    match chat.contact.attributes:
        case {"kind": "a"}:
            await chat.say("a")
        case _:
            return
    async with chat.contact:  # type: ignore[attr-defined]
        await endless(chat)


@bot.on_join
async def greet(chat: Chat) -> None:
    await chat.say("Hello")


@bot.on_message()
async def otherwise(chat: Chat, message: Message) -> None:
    def later() -> None:
        """Not what happens here."""

    chat.later("1m", "timer")
    later()


@inner.on_message("help", anytime=True)
async def assist(chat: Chat, message: Message) -> None:
    await chat.typing()


@bot.on_timeout("5m")
async def silent(chat: Chat) -> None: ...


@bot.on_timer("timer")
async def rung(chat: Chat, payload: str) -> None: ...


@bot.on_error(ValueError)
async def failed(chat: Chat, error: Exception) -> None: ...


@bot.on_leave
async def left(chat: Chat) -> None: ...


# a function without a source
exec("async def unseen(chat, event): ...")
bot.on_event("participant.idle")(globals()["unseen"])
bot.include(inner)
