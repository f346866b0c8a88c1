"""Bytes into messages: whatever the library's own parser reads in a stream of bytes is read here, however it is cut."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from agent.aws.framing import Framing, text_frame

LIMIT = 1_000


def library() -> ClientProtocol:
    return ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN, max_size=LIMIT)


def frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True, mask: bool = False) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=mask)


def by_the_library(parts: Sequence[bytes]) -> tuple[list[str | bytes], object, list[bytes]]:
    """The messages, as a client reads them that has nothing but the library; then what it answers."""
    protocol, messages, begun = library(), list[str | bytes](), list[Frame]()
    for data in _finely(parts):
        protocol.receive_data(data)
        for event in protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                begun.append(event)
                if event.fin:
                    _complete(protocol, begun, messages)
                    begun = []
    return messages, protocol.close_sent and protocol.close_sent.code, [_unmasked(sent) for sent in protocol.writes]


def _finely(parts: Sequence[bytes]) -> Iterator[bytes]:
    """So that no message is read before the one before it was looked at; a long part is one frame."""
    for part in parts:
        yield from [part] if len(part) > 1_000 else [bytes([byte]) for byte in part]


def _complete(protocol: ClientProtocol, frames: list[Frame], messages: list[str | bytes]) -> None:
    whole = b"".join(frame.data for frame in frames)
    try:
        messages.append(whole.decode() if frames[0].opcode is Opcode.TEXT else whole)
    except UnicodeDecodeError:
        if protocol.state is State.OPEN:
            protocol.fail(1007)


def by_us(chunks: Sequence[bytes]) -> tuple[list[str | bytes], object, list[bytes]]:
    protocol, messages = library(), list[str | bytes]()
    framing = Framing(protocol, messages.append)
    asked = [framing.receive(chunk) for chunk in chunks]
    assert any(asked) or not protocol.writes
    return messages, protocol.close_sent and protocol.close_sent.code, [_unmasked(sent) for sent in protocol.writes]


def _unmasked(sent: bytes) -> bytes:
    """What a client sends is masked at random."""
    mask, data = sent[2:6], sent[6:]
    return sent[:2] + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


texts = st.text(max_size=200).map(str.encode) | st.sampled_from([125, 126, 127, 1_000, 1_001, 65_536]).map(
    lambda n: b"x" * n
)
plain = st.builds(frame, st.just(Opcode.TEXT), texts)
fragmented = st.lists(st.binary(max_size=20) | texts, min_size=1, max_size=3).map(
    lambda parts: b"".join(
        frame(Opcode.CONT if number else Opcode.TEXT, part, fin=number == len(parts) - 1)
        for number, part in enumerate(parts)
    )
)
control = st.builds(frame, st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125))
odd = st.one_of(
    st.builds(frame, st.just(Opcode.BINARY), st.binary(max_size=200)),
    st.builds(frame, st.just(Opcode.TEXT), st.binary(max_size=20)),
    st.builds(frame, st.just(Opcode.CONT), st.binary(max_size=20)),
    st.builds(frame, st.just(Opcode.TEXT), texts, mask=st.just(True)),
    st.just(frame(Opcode.TEXT, b"x" * (LIMIT + 1))),
    st.just(frame(Opcode.TEXT, b"begun", fin=False)),
    st.just(frame(Opcode.CLOSE, b"\x03\xe8")),
    st.binary(max_size=12),
)
streams = st.lists(st.one_of(plain, plain, fragmented, control, odd), max_size=6)


@given(stream=streams, cuts=st.lists(st.integers(min_value=0, max_value=400), max_size=8))
@example(stream=[frame(Opcode.TEXT, b"one"), frame(Opcode.TEXT, b"two")], cuts=[1, 3, 6])
@example(stream=[frame(Opcode.TEXT, b"begun", fin=False), frame(Opcode.TEXT, b"whole")], cuts=[])
@example(stream=[frame(Opcode.TEXT, b"\xff"), frame(Opcode.TEXT, b"later")], cuts=[])
@example(stream=[frame(Opcode.PING, b"?"), frame(Opcode.TEXT, b"x" * 300)], cuts=[4, 5, 6])
@example(stream=[frame(Opcode.BINARY, b"xx\x81\x02hi")], cuts=[4])
@example(stream=[frame(Opcode.TEXT, b"x\xff")], cuts=[])
@example(stream=[frame(Opcode.TEXT, b"x" * 1_001)], cuts=[])
@example(stream=[frame(Opcode.CLOSE, b"\x03\xe8"), frame(Opcode.TEXT, b"too late")], cuts=[1])
@example(stream=[frame(Opcode.TEXT, b"x" * (LIMIT + 1)), frame(Opcode.TEXT, b"later")], cuts=[3, 12])
def test_any_cut_gives_what_the_library_reads(stream: list[bytes], cuts: list[int]) -> None:
    """The same messages, the same close code, the same answers to pings."""
    whole = b"".join(stream)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    chunks = [whole[begin:end] for begin, end in pairwise(edges) if end > begin]
    assert by_us(chunks) == by_the_library(stream)


def test_byte_by_byte() -> None:
    """The finest cut there is."""
    stream = frame(Opcode.TEXT, "grüß".encode()) + frame(Opcode.PING) + frame(Opcode.TEXT, b"y" * 130)
    assert by_us([bytes([byte]) for byte in stream]) == by_the_library([stream])


def test_a_plain_frame_does_not_trouble_the_library() -> None:
    """What makes it fast."""
    framing = Framing(library(), [].append)
    assert framing.receive(frame(Opcode.TEXT, b"x" * 300)) is False
    assert framing.receive(frame(Opcode.TEXT, b"x" * 300) + frame(Opcode.PING)) is True


def test_what_is_not_complete_is_kept_by_the_library_alone() -> None:
    """Of a frame whose length is known no byte waits here: the library bounds what it keeps."""
    framing = Framing(library(), [].append)
    framing.receive(frame(Opcode.TEXT, b"x" * 300)[:200])
    assert framing._head == b""


@given(st.text(max_size=400))
@example("")
@example("x" * 125)
@example("x" * 126)
@example("x" * 65_535)
@example("x" * 65_536)
def test_a_written_frame_is_what_the_library_reads(text: str) -> None:
    """A server of the library reads one whole text message; unmasked, it would end the connection."""
    server = ServerProtocol(state=State.OPEN, max_size=None)
    server.receive_data(text_frame(text.encode()))
    assert server.events_received() == [Frame(Opcode.TEXT, text.encode())]
    assert server.data_to_send() == []


def test_no_two_frames_have_the_same_mask() -> None:
    """Four bytes of it, drawn by the system: ten equal ones in a thousand would be no chance."""
    masks = [text_frame(b"")[2:] for _ in range(1_000)]
    assert {len(mask) for mask in masks} == {4}
    assert len(set(masks)) > 990
