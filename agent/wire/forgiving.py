"""JSON as it arrives: decoded fast where it is sound, patiently where it is not.

A strict decoder throws a customer's whole message away for half an emoji or a number out of range; here such parts
are mended and the rest is kept. This module knows nothing of what the JSON means.
"""

import json

import msgspec


def decode_json(text: str) -> object:
    """The value in `text`; unpaired surrogates become U+FFFD.

    Raises:
        ValueError: it is no JSON, or it is nested too deep.
    """
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return _patiently(text)


def _patiently(text: str) -> object:
    try:
        return json.loads(whole(json.dumps(json.loads(text), ensure_ascii=False)))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def whole(text: str) -> str:
    """`text` with every unpaired surrogate replaced by U+FFFD: what UTF-8 can carry."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
