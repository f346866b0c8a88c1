"""What the bot itself says when the author's code does not: one place to reword or translate it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Sentences to the customer. An empty one is not said.

    Attributes:
        apology: a turn failed.
        cancelled: a dialog ended because of a cancel word.
        no_answer: a dialog ended because its question got no usable answer.
        restarted: a dialog begins again because its code changed.
        handed_over: a dialog cannot go on, the chat is left to the flow.
        not_understood: an answer that is none, before the question is asked again.
        pick: the line under a numbered menu.
    """

    apology: str = "Sorry, something went wrong on my side. Please try again."
    cancelled: str = "All right, never mind."
    no_answer: str = "Let's leave it there."
    restarted: str = "Sorry, I have to start this over."
    handed_over: str = "Sorry, I cannot go on here. I pass you on."
    not_understood: str = "Sorry, I did not understand that."
    pick: str = "Please answer with a number or a name."
