"""What a terminal shows of a chat."""

from io import StringIO
from typing import Any

from agent.cli.terminal import Terminal
from agent.wire.items import parse_item

_EVENT = "application/vnd.amazonaws.connect.event."


def _message(role: str, text: str, number: int = 1, **more: Any) -> dict[str, Any]:
    sender = {"ParticipantRole": role, "DisplayName": f"the {role.lower()}"}
    return {"Id": str(number), "Type": "MESSAGE", "ContentType": "text/plain", "Content": text, **sender, **more}


def _event(name: str, number: int = 9) -> dict[str, Any]:
    return {"Id": str(number), "Type": "EVENT", "ContentType": _EVENT + name, "ParticipantRole": "CUSTOM_BOT"}


def _shown(*raws: dict[str, Any]) -> tuple[Terminal, str]:
    output = StringIO()
    terminal = Terminal(output)
    for raw in raws:
        terminal.show(parse_item(raw))
    return terminal, output.getvalue()


def test_a_bot_s_message_comes_with_its_name_and_a_new_prompt() -> None:
    """Above the line that is being typed."""
    _, shown = _shown(_message("CUSTOM_BOT", "Hello"))
    assert "the custom_bot: " in shown
    assert shown.endswith("Hello\nyou> ")


def test_one_s_own_words_and_repetitions_are_not_shown_again() -> None:
    """They stand there already."""
    _, shown = _shown(
        _message("CUSTOMER", "mine"), _message("CUSTOM_BOT", "Hello", 2), _message("CUSTOM_BOT", "Hello", 2)
    )
    assert "mine" not in shown
    assert shown.count("Hello") == 1


def test_prompts_of_the_flow_are_shown_without_a_name() -> None:
    """As notices."""
    _, shown = _shown(_message("SYSTEM", "Welcome"))
    assert "Welcome" in shown
    assert "the system" not in shown


def test_typing_is_shown() -> None:
    """Until the message comes; a nameless bot is a bot."""
    _, shown = _shown(_event("typing"))
    assert "bot is typing" in shown


def test_the_end_is_noticed_and_other_events_are_not_shown() -> None:
    """Joining and leaving are not for customers."""
    terminal, shown = _shown(_event("participant.joined", 1), _event("chat.ended", 2))
    assert terminal.ended
    assert shown == ""
