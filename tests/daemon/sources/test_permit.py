"""Who may offer contacts: the right secret, or a signature with it that is fresh."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.daemon.sources.permit import Permit, signature
from agent.ids import Secret

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = Secret("hush")
BODY = b'{"ContactId": "c"}'
PERMIT = Permit(secret=SECRET, window=300)


def _signed(body: bytes = BODY, *, late: int = 0, secret: Secret = SECRET) -> dict[str, str]:
    then = int((NOW - timedelta(seconds=late)).timestamp())
    return {
        "Chat-Agent-Timestamp": str(then),
        "Chat-Agent-Signature": signature(secret, timestamp=then, body=body),
    }


def test_without_a_secret_everybody_may() -> None:
    """On loopback that is the machine's own users."""
    assert Permit().refusal({}, BODY, NOW) is None


def test_without_a_secret_no_page_in_a_browser_may() -> None:
    """Any site could send it here; a browser always says where a page is from when it posts."""
    assert "browser" in (Permit().refusal({"Origin": "https://elsewhere.example"}, BODY, NOW) or "")
    assert PERMIT.refusal({"Origin": "https://elsewhere.example", "Authorization": "Bearer hush"}, BODY, NOW) is None


@pytest.mark.parametrize("header", ["Bearer hush", "bearer  hush ", "BEARER hush"])
def test_the_secret_itself_lets_in(header: str) -> None:
    """As a bearer token."""
    assert PERMIT.refusal({"Authorization": header}, BODY, NOW) is None


@pytest.mark.parametrize("late", [0, 299, -299])
def test_a_signature_with_it_lets_in(late: int) -> None:
    """Both clocks may be a little off."""
    assert PERMIT.refusal(_signed(late=late), BODY, NOW) is None


def test_the_signature_is_that_of_the_page() -> None:
    """Anybody can make it with a standard library; what it is may never change unnoticed."""
    assert signature(SECRET, timestamp=1_767_225_600, body=BODY) == (
        "v1=ece7d0bfbfb0acf7a273f81d8ea9156a67538cc513c02cfb406a30e2dac417aa"
    )


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "show the secret"),
        ({"Authorization": "Basic aHVzaA=="}, "show the secret"),
        ({"Authorization": "Bearer"}, "not the right one"),
        ({"Authorization": "Bearer wrong"}, "not the right one"),
        ({"Authorization": "Bearer hush\udce4"}, "not the right one"),
        (_signed(late=301), "300 seconds off"),
        (_signed(late=-301), "300 seconds off"),
        (_signed(b"another body"), "does not fit"),
        (_signed(secret=Secret("other")), "does not fit"),
        ({**_signed(), "Chat-Agent-Timestamp": "soon"}, "no number"),
        ({**_signed(), "Chat-Agent-Timestamp": "9" * 50}, "no number"),
        ({**_signed(), "Chat-Agent-Timestamp": "²"}, "no number"),
        ({"Chat-Agent-Signature": "v1=00"}, "no number"),
        ({**_signed(late=5), "Chat-Agent-Timestamp": str(int(NOW.timestamp()))}, "does not fit"),
        ({**_signed(b"x"), "Authorization": "Bearer hush"}, "does not fit"),
    ],
)
def test_everybody_else_is_told_why_not(headers: dict[str, str], why: str) -> None:
    """Without a word of the secret."""
    refusal = PERMIT.refusal(headers, BODY, NOW)
    assert refusal is not None
    assert why in refusal
    assert "hush" not in refusal


@given(st.dictionaries(st.sampled_from([*_signed(), "Authorization"]), st.text()), st.binary())
def test_no_header_raises_and_none_guesses_right(headers: dict[str, str], body: bytes) -> None:
    """Whatever stands in it."""
    if headers.get("Authorization", "").partition(" ")[2].strip() != "hush":
        assert PERMIT.refusal(headers, body, NOW) is not None
