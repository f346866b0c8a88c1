"""How long something took, by the times that Amazon Connect puts on items.

Two of its own times can be compared whatever the clock here says; one of its times against ours tells the clocks'
difference as well. A time that cannot be read gives no number: telemetry never harms a chat.
"""

from datetime import datetime


def lapse(earlier: str, later: str) -> float | None:
    """Seconds from one AbsoluteTime to another, never negative; None where either is no time."""
    return lapse_until(earlier, _moment(later))


def lapse_until(earlier: str, now: datetime | None) -> float | None:
    """Seconds from an AbsoluteTime until `now`, never negative; None where either is no time."""
    moment = _moment(earlier)
    return None if moment is None or now is None else max(0.0, (now - moment).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
