"""The JSON schema of the settings' file, for editors and for whoever writes it by program.

It is drawn from the settings themselves. TOML has no null: what may be left out is left out, so no null stands here.
"""

from typing import Any

from agent.config.sections import Configuration

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The JSON schema."""
    drawn = _plain(_without_null(Configuration.model_json_schema(mode="validation")))
    del drawn["$defs"]["Quota"]["required"]  # half a quota keeps the other half
    return {"$schema": _DIALECT, **drawn, "title": "chat-agent.toml", "description": "The settings of chat-agent."}


def _plain(part: Any) -> Any:
    """Descriptions as sentences, not as docstrings."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {name: _sentence(each) if name == "description" else _plain(each) for name, each in part.items()}


def _sentence(text: Any) -> Any:
    return " ".join(text.split()).replace("``", "`") if isinstance(text, str) else _plain(text)


def _without_null(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_null(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {name: _without_null(each) for name, each in part.items() if not (name == "default" and each is None)}
    others = [each for each in kept.get("anyOf", ()) if each != {"type": "null"}]
    if len(others) == 1:
        return {**{name: each for name, each in kept.items() if name != "anyOf"}, **others[0]}
    return {**kept, "anyOf": others} if others else kept
