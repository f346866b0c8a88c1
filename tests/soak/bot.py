"""The bot that is soaked: each message gets one answer, which tells which message it is for."""

from agent import Bot, Chat, Message

bot = Bot("soak")


def answer_to(text: str) -> str:
    """What the bot says to `text`."""
    return f"You said: {text}"


@bot.on_message()
async def answer(chat: Chat, message: Message) -> None:
    """One message, one answer."""
    await chat.say(answer_to(message.text))
