"""When sockets and tokens are replaced; moments are passed in."""

from datetime import UTC, datetime, timedelta

from agent.wire.refresh import RefreshDelays, refresh_delays

OPENED = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)


def delays(*, age: float = 0, url_life: float = 3600, token_life: float = 86_400) -> RefreshDelays:
    return refresh_delays(
        now=OPENED + timedelta(seconds=age),
        opened_at=OPENED,
        url_expiry=OPENED + timedelta(seconds=url_life),
        token_expiry=OPENED + timedelta(seconds=token_life),
    )


def test_a_socket_is_replaced_a_minute_before_its_hour_is_over() -> None:
    """3540 s after it opened."""
    assert delays().socket == 3540
    assert delays(age=3000).socket == 540


def test_an_earlier_expiry_counts() -> None:
    """Less a minute."""
    assert delays(url_life=1800).socket == 1740


def test_a_token_is_replaced_a_minute_before_its_expiry() -> None:
    """And the sooner of the two is what to wait for."""
    assert delays().token == 86_340
    assert delays(token_life=1000) == RefreshDelays(socket=3540, token=940)
    assert delays(token_life=1000).soonest == 940


def test_what_is_overdue_is_due_at_once() -> None:
    """Never a negative delay."""
    assert delays(age=9999).soonest == 0


def test_a_wrong_clock_does_not_turn_into_a_storm() -> None:
    """However early the expiry seems, a socket lives for five minutes."""
    assert delays(url_life=-7200, token_life=-7200) == RefreshDelays(socket=300, token=300)
