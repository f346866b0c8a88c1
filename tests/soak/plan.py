"""How much is soaked, and for how long."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Attributes:
    chats: how many chats there are at any moment; one that ends is followed by the next.
    minutes: from the moment that all customers have come until they stop writing.
    pause: seconds between an answer and the customer's next message, on average.
    life: seconds that a chat takes, on average. Chats must come and go, or what each leaves behind is not seen; the
        longest, 1.7 times as long, must be over within the warm-up, as only then is all that is bounded full.
    arrivals: how many customers come each second while the chats fill up.
    warm_up: the part of the time that does not count for the slope of memory.
    every: seconds between two samples.
    seed: of the customers' habits and of nothing else.
    """

    chats: int = 2_000
    minutes: float = 20.0
    pause: float = 30.0
    life: float = 200.0
    arrivals: float = 20.0
    warm_up: float = 0.3
    every: float = 5.0
    seed: int = 1

    @property
    def seconds(self) -> float:
        return self.minutes * 60

    def shown(self) -> dict[str, float]:
        """For the report."""
        return asdict(self)
