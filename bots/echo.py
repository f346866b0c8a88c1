"""Says back what it hears: the smallest bot there is, to see that everything works.

It greets, echoes whatever the customer writes, and leaves when the customer says *bye*.
"""

from agent import Bot, Chat, Message

bot = Bot("echo")


@bot.on_join
async def greet(chat: Chat) -> None:
    await chat.say("Hello! I say back whatever you write. Write *bye* and I leave.")


@bot.on_message("bye")
async def farewell(chat: Chat, message: Message) -> None:
    await chat.say("Goodbye!")
    await chat.leave()


@bot.on_message()
async def echo(chat: Chat, message: Message) -> None:
    await chat.say(message.text)
