"""What happened to one contact: its transcript, its owners, and what the workers' logs say. It draws no conclusion."""

from collections.abc import Iterator

from tests.cluster.chats import Seen
from tests.cluster.progress import Progress


def story(contact: str, progress: Progress) -> str:
    """To be read by whoever looks for the cause."""
    return "\n".join(_lines(contact, progress)) + "\n"


def _lines(contact: str, progress: Progress) -> Iterator[str]:
    yield f"contact {contact}"
    for chat in progress.chats:
        if chat.contact == contact:
            yield from _transcript(chat)
    for claim in sorted(progress.claims, key=lambda claim: claim.epoch):
        if claim.contact == contact:
            yield f"epoch {claim.epoch}: {claim.worker}"
    for log in progress.logs():
        for line in log.read_text(encoding="utf-8").splitlines():
            if contact in line:
                yield f"{log.stem}: {line}"


def _transcript(chat: Seen) -> Iterator[str]:
    began = chat.items[0].at if chat.items else 0.0
    for item in chat.items:
        yield f"{item.at - began:9.3f}  {'bot' if item.by_bot else 'customer':8}  {item.text}"
