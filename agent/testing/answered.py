"""Which outcomes of which questions the tests have seen: the branches of dialogs, as a customer would draw them.

A question may be answered, asked again, given up, cancelled or cut short by the end of the chat; a menu has a branch
for each choice. It hears happenings and knows no chat.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent.telemetry import Happening

BRANCHES = ("answered", "asked again", "NoAnswer", "Cancelled")
"""The outcomes that every question has. The chat may also end under it; that is not counted."""


@dataclass(slots=True)
class Question:
    """One question of a dialog.

    Attributes:
        seen: how often each outcome came.
        choices: how often each entry of its menu was chosen, by number from 1.
    """

    label: str
    where: str
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    choices: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def unseen(self) -> list[str]:
        """The outcomes that no test has shown."""
        return [branch for branch in BRANCHES if not self.seen.get(branch)]


class Answered:
    """All questions that were asked so far."""

    def __init__(self) -> None:
        self._questions: dict[tuple[str, str], Question] = {}

    def __iter__(self) -> Iterator[Question]:
        return iter(sorted(self._questions.values(), key=lambda question: question.where))

    def hear(self, happening: Happening) -> None:
        """Takes note of a question's outcome."""
        if happening.name != "question":
            return
        label, where = str(happening.fields["question"]), str(happening.fields["where"])
        question = self._questions.setdefault((where, label), Question(label, where))
        question.seen[str(happening.fields["outcome"])] += 1
        if choice := int(happening.fields["choice"]):
            question.choices[choice] += 1

    def table(self) -> list[str]:
        """Lines for a report: each question with what no test has shown."""
        rows = [("place", "question", "choices taken", "never seen")]
        for question in self:
            taken = ", ".join(str(number) for number in sorted(question.choices))
            rows.append((question.where, question.label, taken or "-", ", ".join(question.unseen) or "-"))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


ANSWERED = Answered()
"""What this process has seen; the pytest plugin prints it with ``--dialog-coverage``."""
