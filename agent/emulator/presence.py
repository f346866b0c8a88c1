"""Coming and going: the rules for customers, custom bots, human agents and Lex bots on one chat.

Pure: each function changes a `Chat` and lets its flow and timers know. It must not know which API call or
control verb was the cause.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.emulator import items
from agent.emulator.contacts import Chat
from agent.emulator.errors import ServiceError, denied
from agent.emulator.participants import Participant, Role
from agent.emulator.segments import Segment


def customer_connected(chat: Chat) -> None:
    """The customer subscribed a socket, or connected by streaming: the flow starts [live]."""
    if not chat.customer.here and not chat.customer.gone:
        chat.join(chat.customer)
        chat.segment.connected = chat.region.clock.milliseconds()
        chat.changed("CONNECTED_TO_SYSTEM")
        chat.flow.start()


def customer_left(chat: Chat, reason: str = "CUSTOMER_DISCONNECT") -> None:
    """The customer ended the chat. With DisconnectOnCustomerExit the disconnect flow goes on [documented]."""
    agents = chat.present(Role.AGENT, Role.SUPERVISOR)
    if chat.agent_exits_with_customer and agents and chat.flow.definition.after_agent is not None:
        for agent in agents:
            chat.leave(agent)
        chat.flow.agents_left()
        return
    chat.leave(chat.customer)
    delay = chat.region.settings.chat_ended_delay
    if delay:
        chat.region.after(delay, lambda: chat.end(reason))
    else:
        chat.end(reason)


def create_bot(chat: Chat, name: str) -> Participant:
    """A new custom participant, which must connect within the join window. Raises ServiceError."""
    settings = chat.region.settings
    _may_create_bot(chat)
    bot = chat.admit(Role.CUSTOM_BOT, name)
    chat.bots_joined += 1
    chat.region.credentials.admit(bot)
    chat.region.after(settings.join_window, lambda: _came_too_late(bot))
    return bot


def _may_create_bot(chat: Chat) -> None:
    settings = chat.region.settings
    if chat.ended:
        raise ServiceError(settings.ended_error, "The contact has ended.")
    if not chat.flow.started and not settings.bot_before_flow:
        raise ServiceError(settings.before_flow_error, "The customer has not connected to the contact yet.")
    if chat.present(Role.AGENT, Role.SUPERVISOR) or _lex_bots(chat):
        raise ServiceError(settings.occupied_error, "An agent or a Lex bot is present on the contact.")
    if chat.bot() is not None or (chat.bots_joined and not settings.another_bot_later):
        raise ServiceError(settings.second_bot_error, "The contact already has a custom participant.")
    if len(chat.present()) >= settings.participants_per_chat:
        raise ServiceError("ServiceQuotaExceededException", "The contact has too many participants.")


def _lex_bots(chat: Chat) -> list[Participant]:
    return [p for p in chat.present(Role.SYSTEM) if p.name == "BOT"]


def _came_too_late(bot: Participant) -> None:
    if not bot.connected_once and not bot.gone and bot.chat.region.settings.late_bot_frees_place:
        bot.late = True


def check_in_time(participant: Participant) -> None:
    """A custom bot that missed the join window gets the documented refusal, for good [documented]."""
    settings = participant.chat.region.settings
    late = participant.created + settings.join_window <= participant.chat.region.clock.time()
    if participant.role is Role.CUSTOM_BOT and not participant.connected_once and late:
        raise ServiceError(settings.join_window_error, "The participant was not found.")


def connection_details(participant: Participant, kinds: Sequence[str]) -> dict[str, object]:
    """The websocket URL and the connection token, as far as asked for. Raises ServiceError."""
    chat = participant.chat
    answer: dict[str, object] = {}
    everything = bool(kinds) and not chat.region.settings.answers_only_asked
    if (everything or "WEBSOCKET" in kinds) and _gets_websocket(participant):
        answer["Websocket"] = _websocket(participant)
    if everything or "CONNECTION_CREDENTIALS" in kinds:
        token = chat.region.credentials.connect(participant)
        expiry = chat.region.iso(int(token.expires * 1000))
        answer["ConnectionCredentials"] = {"ConnectionToken": token.value, "Expiry": expiry}
    return answer


def without_websocket(participant: Participant) -> bool:
    """Whether this participant is to be heard by message streaming only."""
    return participant.role is Role.CUSTOM_BOT and not participant.chat.region.settings.bot_may_use_websocket


def _gets_websocket(participant: Participant) -> bool:
    settings = participant.chat.region.settings
    if without_websocket(participant) and settings.bot_websocket_refusal == "error":
        raise ServiceError(settings.bot_websocket_error, "WEBSOCKET is not for this participant.")
    return not without_websocket(participant) or settings.bot_websocket_refusal == "upgrade"


def _websocket(participant: Participant) -> dict[str, object]:
    region = participant.chat.region
    settings = region.settings
    full = len(participant.connections) >= settings.sockets_per_participant
    if full and settings.sixth_socket == "refuse":
        raise ServiceError(settings.sixth_socket_error, "The participant has as many connections as it may.")
    ticket = region.credentials.ticket(participant)
    address = region.address.replace("http", "ws", 1)
    return {
        "Url": f"{address}/websocket?X-Amz-Connection={ticket.key}",
        "ConnectionExpiry": region.iso(int(ticket.open_until * 1000)),
    }


def connected(participant: Participant, *, explicitly: bool) -> None:
    """CreateParticipantConnection was called, `explicitly` with ConnectParticipant=true."""
    chat, settings = participant.chat, participant.chat.region.settings
    participant.connected_once = True
    if participant.role is Role.CUSTOMER:
        if explicitly and (chat.streams or not settings.connect_participant_needs_streaming):
            customer_connected(chat)
    elif participant.role is Role.CUSTOM_BOT and (explicitly or settings.bot_joins_at == "connection"):
        bot_connected(participant)


def bot_connected(bot: Participant) -> None:
    """A custom participant is on the chat: told to all, the flow waits for it, the timers start."""
    if not bot.here and not bot.gone:
        bot.chat.join(bot)
        bot.chat.flow.bot_joined()
        bot.chat.role_timers.start()


def bot_left(bot: Participant) -> None:
    """A custom participant is off the chat; Wait takes its branch [documented]."""
    if not bot.gone:
        bot.chat.leave(bot)
        bot.chat.role_timers.stop()
        bot.chat.flow.bot_left(bot)


def remove_bot(chat: Chat) -> None:
    """An agent or a Lex bot came: the custom participant is disconnected by the service [documented]."""
    bot = chat.bot()
    if bot is not None:
        chat.leave(bot)


def agent_joined(chat: Chat, name: str) -> Participant:
    """A human agent takes the contact; timers start anew [documented]. Raises AccessDenied after the end."""
    if chat.ended:
        raise denied("The contact has ended.")
    agent = chat.admit(Role.AGENT, name)
    chat.region.credentials.admit(agent)
    chat.flow.rest()
    remove_bot(chat)
    chat.join(agent)
    chat.segment.agent, chat.segment.agent_connected = agent.id, chat.region.clock.milliseconds()
    chat.changed("CONNECTED_TO_AGENT")
    chat.role_timers.start()
    return agent


def agent_left(agent: Participant) -> None:
    """A human agent leaves; after the last one the flow's disconnect part runs, or the chat is over."""
    chat = agent.chat
    chat.leave(agent)
    if not chat.present(Role.AGENT, Role.SUPERVISOR):
        chat.role_timers.stop()
        chat.flow.agents_left()


def lex_joined(chat: Chat) -> Participant:
    """A Lex bot takes over: it is a SYSTEM participant named BOT [live], and the custom bot goes."""
    if chat.ended:
        raise denied("The contact has ended.")
    lex = chat.admit(Role.SYSTEM, "BOT")
    remove_bot(chat)
    chat.join(lex)
    chat.flow.bot_left(lex)
    return lex


def transferred(chat: Chat, queue: str) -> Segment:
    """A transfer to a queue: a new segment; agents go, and a custom bot by the settings [documented]."""
    for agent in chat.present(Role.AGENT, Role.SUPERVISOR):
        chat.publish_event(items.TRANSFERRED, agent)
        chat.leave(agent)
    if chat.region.settings.removed_on_transfer:
        remove_bot(chat)
    chat.role_timers.stop()
    chat.flow.rest()  # the flow of the segment before has ended
    segment = chat.open_segment("QUEUE_TRANSFER", chat.segment.flow_id)
    segment.queue, segment.enqueued = queue, chat.region.clock.milliseconds()
    chat.changed("QUEUED")
    return segment
