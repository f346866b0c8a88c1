"""Foreign words made fit to be shown: short, on one line, without anything that may be a credential.

It does not know which texts come from where; callers decide what is shown at all.
"""

import re
from collections.abc import Iterator

_LONGEST = 320
_RUN = re.compile(r"(?<![^\s'\",;()=])(?!arn:aws)[^\s'\",;()=]{40,}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9=_-]{1,128}")


def shown(text: object) -> str:
    """AWS's own words about a control-plane call: the first line, without long runs that may be tokens."""
    lines = text.strip().splitlines() if isinstance(text, str) else []
    line = _RUN.sub("****", lines[0][: 4 * _LONGEST]) if lines else ""
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def error_name(code: object) -> str:
    """An error code as it may be shown; empty when it is no name."""
    return code if isinstance(code, str) and _NAME.fullmatch(code) else ""


def request_id(value: object) -> str | None:
    """AWS's request id as it may be shown; None when it is none."""
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else None


def chain(error: BaseException | None, *, until: BaseException | None = None) -> Iterator[BaseException]:
    """`error` and what led to it, without `until` and what led to that: those are the caller's."""
    seen: set[int] = set()
    while error is not None and error is not until and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def silence(error: BaseException, words: str, *, during: BaseException | None = None) -> None:
    """Replaces the words of `error` by `words`, and what led to it by `during`.

    A cause is kept for its type and its traceback; its text, and the texts of what led to it, may quote a request, an
    answer or a header, and a logged traceback prints them all.
    """
    error.args = (words,)
    error.__cause__, error.__context__ = None, during
