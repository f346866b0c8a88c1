"""Whatever bytes lie where a record should be, taking them up is a record or StoreUnusable that names the contact."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.errors import StoreUnusable
from agent.store.resting import take_up
from agent.testing.conformance.records import key, record


@given(st.binary() | st.binary().map(lambda rest: b"\x82\xa6format\x01\xa6record" + rest))
@example(b"\x81\xa1\xff\x01")
@example(b"\x82\xa6format\x01\xa6record\x80")
@example(b"\x82\xa6format\x01\xa6record\xc0")
def test_rubbish_is_no_record(rubbish: bytes) -> None:
    """Never another exception."""
    with pytest.raises(StoreUnusable, match="contact-000001"):
        take_up(rubbish, key(), epoch=1, owner=None, sealer=None)


@given(st.data())
def test_a_damaged_record_is_a_record_or_refused(data: st.DataObject) -> None:
    """A flipped byte in clear may go unnoticed in a text; it never raises anything unnamed."""
    body = bytearray(record().encode())
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(StoreUnusable):
        assert take_up(bytes(body), key(), epoch=1, owner=None, sealer=None).key == key()
