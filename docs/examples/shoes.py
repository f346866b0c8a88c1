"""A shop: an order in two questions, a step that happens once, and an echo for everything else.

Talk to it with ``chat-agent chat shoes:bot`` in this directory, kill it at any moment, and go on.
"""

from agent import Bot, Chat, Choice, Message, idempotency_key

bot = Bot("shoes")


async def place_order(size: int, when: str) -> str:
    """A real shop would send the key along, so that its warehouse knows a repeated order from a new one."""
    return f"{size}-{when}-{idempotency_key()[:4]}"


@bot.on_join
async def greet(chat: Chat) -> None:
    await chat.say("Hi! Ask me anything, or type *order*.")


@bot.on_message()
async def echo(chat: Chat, message: Message) -> None:
    await chat.say(message.text)


@bot.dialog("order", version=1)
async def order(chat: Chat) -> None:
    size = await chat.ask("Which size?", int, check=lambda n: 30 < n < 50, tries=3)
    when = await chat.choose("When?", [Choice("today"), Choice("tomorrow")])
    ref = await chat.step(place_order, size, when)
    await chat.say(f"Done: {ref}")
