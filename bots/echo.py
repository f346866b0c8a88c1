"""Says back what it hears: the smallest bot there is, to see that everything works."""

from agent import Bot, Chat, Message

bot = Bot("echo")


@bot.on_message()
async def echo(chat: Chat, message: Message) -> None:
    await chat.say(message.text)
