"""Any order of anything: the connection stays in its table, keeps its promises and never raises."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.wire.envelope import HEARTBEAT, PING, SUBSCRIBE
from agent.wire.participant import Closed, Dead, LinkEvent, LinkState, ParticipantConnection, SubscribeFailed
from agent.wire.transitions import LIVE, OVER
from tests.wire.samples import ACCEPTED, FORBIDDEN, MESSAGE, PING_BAD, PING_OK, REJECTED, any_frame, chat_frame

known_frames = st.sampled_from([ACCEPTED, REJECTED, HEARTBEAT, PING_OK, PING_BAD, FORBIDDEN, chat_frame(MESSAGE)])


class AnySocket(RuleBasedStateMachine):
    """A socket and a server that do whatever they like."""

    @initialize(start=st.floats(-1e6, 1e6))
    def begin(self, start: float) -> None:
        self.now = start
        self.connection = ParticipantConnection(now=start)
        self.told: list[LinkEvent] = []
        self.was_over = False

    @rule()
    def open(self) -> None:
        self.connection.socket_opened(self.now)

    @rule(code=st.integers(0, 5000))
    def close(self, code: int) -> None:
        self.connection.socket_closed(self.now, code)

    @rule(frame=known_frames)
    def say_something_known(self, frame: str) -> None:
        self.connection.receive_text(frame, self.now)

    @rule(frame=any_frame)
    def say_anything(self, frame: str | bytes) -> None:
        self.connection.receive_text(frame, self.now)

    @rule(passed=st.floats(0, 30))
    def let_time_pass(self, passed: float) -> None:
        self.now += passed
        self.connection.receive_time(self.now)

    @rule()
    def wake_at_the_deadline(self) -> None:
        due = self.connection.next_deadline()
        if due is not None:
            self.now = max(self.now, due)
            self.connection.receive_time(self.now)
            later = self.connection.next_deadline()
            assert later is None or later > due, "a deadline that was served must move on"

    @invariant()
    def keeps_its_promises(self) -> None:
        connection, state = self.connection, self.connection.state
        texts, events = connection.texts_to_send(), connection.events_received()
        self.told += events
        assert set(texts) <= {SUBSCRIBE, PING, HEARTBEAT}
        assert state in LinkState
        assert (connection.next_deadline() is None) == (state in OVER)
        if self.was_over:
            assert not texts
            assert not events
        if state not in LIVE:
            assert not texts
        endings = [event for event in self.told if isinstance(event, Closed | Dead | SubscribeFailed)]
        assert len(endings) == (state in OVER)
        self.was_over = state in OVER


AnySocket.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAnySocket = AnySocket.TestCase
