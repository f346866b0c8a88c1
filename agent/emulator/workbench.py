"""A workbench: whoever develops a bot beside this Amazon Connect, as the page may see and ask it.

Only words. This module must not know what a bot is made of.
"""

from __future__ import annotations

from typing import Any, Protocol

Body = dict[str, Any]


class Workbench(Protocol):
    """What the page shows of the work on a bot, and what it may ask for."""

    def state(self) -> Body:
        """Which build serves, and what is wrong with the newest one; JSON."""
        ...

    def go_back(self, contact_id: str, item_id: str) -> Body:
        """A new chat as the old one was before that message of its customer; StartChatContact's answer and the name.

        Raises ServiceError when there is no such message, or nobody remembers how things stood.
        """
        ...
