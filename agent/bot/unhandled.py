"""A handler to paste for a message that nobody took. It shows the message's kind, never its words."""

from agent.wire.content import ContentType
from agent.wire.items import Message


def paste(message: Message) -> str:
    """Source text of a handler that would have taken `message`."""
    plain = message.content_type in (ContentType.PLAIN, ContentType.MARKDOWN)
    when = "" if plain else f"content_type({message.content_type!r})"
    return (
        f"@bot.on_message({when})\n"
        "async def unexpected(chat: Chat, message: Message) -> None:\n"
        '    await chat.say("Sorry, I did not understand that.")\n'
    )
