"""docs/llms.txt: what the pages are about, for readers that are language models; from the site's navigation.

Each page is one line: its title and its first sentence.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from tests.docs.snippets import ROOT

_HEAD = """# chat-agent

> A long-running asyncio daemon that joins Amazon Connect chats as a custom participant and hands every customer
> message to a bot written in plain Python. Dialogs are durable: they survive crashes, deployments and takeovers.
> It brings a local Amazon Connect for development and tests.

Install: `pip install connect-chat-agent`. Import: `from agent import Bot, Chat`. Command: `chat-agent`. Tests
of bots: `from agent.testing import chatting`. In Amazon Connect an *agent* is a human; this program's word for itself
is *bot*.
"""


def page() -> str:
    """The file."""
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    return _HEAD + "".join(
        f"\n## {title}\n\n{''.join(map(_line, _files(part)))}" for one in navigation for title, part in one.items()
    )


def _files(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    else:
        for one in part.values() if isinstance(part, dict) else part:
            yield from _files(one)


def _line(file: str) -> str:
    text = (ROOT / "docs" / file).read_text(encoding="utf-8")
    title = re.findall(r"^# (.+)$", text, re.M)[0]
    return f"- [{title}]({file}): {_first_sentence(text)}\n"


def _first_sentence(text: str) -> str:
    body = text.partition("\n# ")[2] or text.partition("# ")[2]
    paragraphs = [one.strip() for one in body.partition("\n")[2].split("\n\n")]
    [first, *_] = [one for one in paragraphs if re.match(r"[A-Z`*\"]", one) and not one.startswith("```")]
    plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", " ".join(first.split()))
    return re.split(r"(?<=[.:])\s", plain)[0].rstrip(":").rstrip(".") + "."
