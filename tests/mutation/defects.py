"""Deliberate defects, each of which the suite must catch: what would go wrong, where, and how the code would read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """`old` stands exactly once in `file`; the defect puts `new` there."""

    name: str
    file: str
    old: str
    new: str


SESSION = "agent/session/"
RELIEF = "agent/daemon/relief.py"

DEFECTS = (
    Defect(
        "items are not de-duplicated",
        SESSION + "inbox.py",
        "if position in self._known or position in self._passing or position in self.ledger:",
        "if False:",
    ),
    Defect(
        "live items do not wait for the gap to be closed",
        SESSION + "inbox.py",
        "held = self._closed < self._gaps or self._pauses",
        "held = self._pauses",
    ),
    Defect(
        "items are handled in the order of arrival",
        SESSION + "inbox.py",
        "insort(self._waiting, item, key=_position)",
        "self._waiting.append(item)",
    ),
    Defect(
        "items that overtook others are handled at once",
        SESSION + "inbox.py",
        "self._admit(item, self._window)",
        "self._admit(item, 0.0)",
    ),
    Defect(
        "what does not fit into the inbox is forgotten",
        SESSION + "inbox.py",
        "            self.gap = True\n            return False",
        "            return False",
    ),
    Defect(
        "our own echoes are answered",
        SESSION + "inbox.py",
        "if item.sender.participant_id == self._own_id:",
        "if False:",
    ),
    Defect(
        "the ledger forgets without raising its floor",
        SESSION + "ledger.py",
        "self._floor = done.pop(0)\n            self._ids.discard(self._floor[1] or self._floor[0])",
        "first = done.pop(0)\n            self._ids.discard(first[1] or first[0])",
    ),
    Defect(
        "a settled ledger does not raise its floor",
        SESSION + "ledger.py",
        "self._cursor, self._floor = None, self._done[-1]",
        "self._cursor = None",
    ),
    Defect(
        "deadlines that lie close together wake the loop up one by one",
        SESSION + "deadlines.py",
        "now + _GRAIN if due else now",
        "now",
    ),
    Defect(
        "a deadline that was taken back rings",
        SESSION + "deadlines.py",
        '"""Nobody is called. May be repeated, and comes too late without harm."""\n        self.act = nobody',
        '"""Nobody is called. May be repeated, and comes too late without harm."""',
    ),
    Defect(
        "a deadline's callback that fails costs the others theirs",
        SESSION + "deadlines.py",
        "except Exception as error:  # one chat's must not cost the others theirs",
        "except KeyboardInterrupt as error:",
    ),
    Defect(
        "what was said in a rehydrated chat is answered again",
        SESSION + "hearing.py",
        'if "RelatedContactId" in item.raw:',
        "if False:",
    ),
    Defect(
        "replies that a handler sends at once are sent in parallel",
        SESSION + "outbox.py",
        "        self._lock = asyncio.Lock()\n",
        "        self._lock = asyncio.Semaphore(9)\n",
    ),
    Defect(
        "a participant that spoke and is known no more is joined anew",
        SESSION + "join.py",
        "            if record.greeted:\n                raise ChatEnded from error\n",
        "",
    ),
    Defect(
        "the old socket stays until the gap is closed",
        SESSION + "link.py",
        "            for other in self._lines:\n"
        "                if other is not line:\n                    other.close()\n"
        "            await self._catch_up(line)\n",
        "            await self._catch_up(line)\n"
        "            for other in self._lines:\n"
        "                if other is not line:\n                    other.close()\n",
    ),
    Defect(
        "a burst takes along what may still have been overtaken",
        SESSION + "conductor.py",
        "        ready = max(1, self._inbox.ready())\n",
        "        ready = len(self._inbox.waiting)\n",
    ),
    Defect(
        "an old reading of the transcript closes a gap that came later",
        SESSION + "catchup.py",
        "            self._inbox.release(gaps)\n",
        "            self._inbox.release(10**6)\n",
    ),
    Defect(
        "a turn is never marked as handled",
        SESSION + "conductor.py",
        "            self._inbox.handled(turn.cause.items)\n",
        "            pass\n",
    ),
    Defect(
        "an interrupted turn counts its items as handled",
        SESSION + "conductor.py",
        "        if not self._interrupted:\n            self._inbox.handled",
        "        if True:\n            self._inbox.handled",
    ),
    Defect(
        "the commit is not written",
        SESSION + "conductor.py",
        "record = self._guarded(turn, record, error)\n        await self._verbs.save(record)",
        "record = self._guarded(turn, record, error)",
    ),
    Defect(
        "a new process greets again",
        SESSION + "conductor.py",
        "            greeted=True,",
        "            greeted=False,",
    ),
    Defect(
        "own messages are not remembered by the commit",
        SESSION + "conductor.py",
        "own=self._inbox.own.cursor,",
        "own=self.record.own,",
    ),
    Defect(
        "what a cut-off turn said is not recognised",
        SESSION + "outbox.py",
        "sent = self._recognised(content, repeated) if self._inbox.unaccounted else None",
        "sent = None",
    ),
    Defect(
        "a failed send is repeated without asking the transcript",
        SESSION + "outbox.py",
        "if error.effect_unknown and (said := await self._already_said(content)) is not None:",
        "if False and (said := await self._already_said(content)) is not None:",
    ),
    Defect(
        "a repeated send gets a new ClientToken",
        SESSION + "outbox.py",
        "self._token(*name)",
        "self._token(*name, object())",
    ),
    Defect(
        "the fence is not asked before a send",
        SESSION + "fence.py",
        "        if self._reason is not None:\n            raise self._reason\n",
        "        return\n",
    ),
    Defect(
        "a send in flight is cut off when the turn is stopped",
        SESSION + "outbox.py",
        "        if not self._in_flight:\n            self._land()",
        "        self._land()",
    ),
    Defect(
        "an agent who joins is not noticed",
        SESSION + "presence.py",
        "        if any(map(self._here, self._humans)):\n            return HumanTookOver",
        "        if False:\n            return HumanTookOver",
    ),
    Defect(
        "the end of the chat is not noticed",
        SESSION + "presence.py",
        "        if self._ended:\n            return ChatEnded",
        "        if False:\n            return ChatEnded",
    ),
    Defect(
        "a stale connection token is used for ever",
        SESSION + "credentials.py",
        "            self.current = await connect(",
        "            await connect(",
    ),
    Defect(
        "a participant is created again after a crash",
        SESSION + "join.py",
        "        participant = record.participant\n        if participant is None:",
        "        if True:",
    ),
    Defect(
        "the participant token is not stored before anything else",
        SESSION + "join.py",
        "    await save(joined, ports)\n",
        "",
    ),
    Defect(
        "the ClientToken of a join is made anew each time",
        SESSION + "join.py",
        'return client_token("join", record.key, record.join)',
        "import os\n\n    return client_token(os.urandom(8))",
    ),
    Defect(
        "the transcript is not read after a reconnect",
        SESSION + "link.py",
        "            await self._catch_up(line)\n            await self._until_due",
        "            if not self.reconnects:\n"
        "                await self._catch_up(line)\n            await self._until_due",
    ),
    Defect(
        "a silent socket is believed",
        "agent/wire/participant.py",
        "        if self._heartbeat_out:\n",
        "        if False:\n",
    ),
    Defect(
        "the old socket is closed before the new one is subscribed",
        SESSION + "link.py",
        "            line = await self._subscribe()\n",
        "            for other in self._lines:\n                other.close()\n"
        "            line = await self._subscribe()\n",
    ),
    Defect(
        "sockets are never refreshed",
        SESSION + "link.py",
        "await line.gone(within=delays.soonest)",
        "await line.gone()",
    ),
    Defect(
        "a timer that went off in a crashed turn is lost by its checkpoint",
        SESSION + "turn.py",
        "        if self.cause.timer is not None:  #",
        "        if False:  #",
    ),
    Defect(
        "a timer whose turn has begun is not marked",
        SESSION + "conductor.py",
        "                await self._begin(timer)\n                continue",
        "                return self._about_timer(timer)",
    ),
    Defect(
        "the bot leaves without a word to Amazon Connect",
        SESSION + "session.py",
        "                await stay.disconnect()\n",
        "                pass\n",
    ),
    Defect(
        "a lost contact is written all the same",
        SESSION + "session.py",
        "        if reason is OwnershipLost:\n            return",
        "        if False:\n            return",
    ),
    Defect(
        "why the bot was removed is not found out",
        SESSION + "session.py",
        "            await self._find_out_why()\n",
        "            pass\n",
    ),
    Defect(
        "a bot with an expired token cannot leave",
        SESSION + "stay.py",
        "                await self._disconnect_with_new_token()\n",
        "                pass\n",
    ),
    Defect(
        "a handler that never ends is waited for",
        SESSION + "handler.py",
        "self._ends_at = now + self._settings.turn_timeout",
        "self._ends_at = NEVER",
    ),
    Defect(
        "the gap is not read after the stream was moved",
        SESSION + "stream.py",
        "        await self._catch_up()\n        while True:\n            with anyio",
        "        if len(self._streams.known) == 1:\n            await self._catch_up()\n"
        "        while True:\n            with anyio",
    ),
    Defect(
        "a stream in doubt is believed",
        SESSION + "stream.py",
        "            if self._doubt.is_set():\n",
        "            if False:\n",
    ),
    Defect(
        "a stream is never audited",
        SESSION + "stream.py",
        "min(self._settings.stream_audit_interval, self._token_ends_in())",
        "self._token_ends_in()",
    ),
    Defect(
        "a chat without a stream is not heard at all",
        SESSION + "stream.py",
        "            await self._catch_up()\n            await anyio.sleep(next(waits))",
        "            await anyio.sleep(next(waits))",
    ),
    Defect(
        "the dead worker's stream is not stopped",
        SESSION + "stream.py",
        "                    company.start(self._streams.stop_others)\n",
        "",
    ),
    Defect(
        "our own stream is not stopped when we leave",
        SESSION + "session.py",
        "                await self._streams.stop_all()\n",
        "                pass\n",
    ),
    Defect(
        "a stream is started before it is written down",
        SESSION + "streams.py",
        "                self.known = (*self.known, own)\n                await remember()\n",
        "                self.known = (*self.known, own)\n",
    ),
    Defect(
        "a stream that an earlier claim started is believed to run",
        SESSION + "streams.py",
        "if replace(stream, id=None) == mine)",
        "if stream.topic == topic)",
    ),
    Defect(
        "a stream is forgotten by the next commit",
        SESSION + "stay.py",
        "        whole = self._streams.on(record)\n",
        "        whole = record\n",
    ),
    Defect(
        "the running stream is stopped as if it were another's",
        SESSION + "streams.py",
        "            if stream.id not in spare:\n",
        "            if True:\n",
    ),
    Defect(
        "a full contact gets no room for our stream",
        SESSION + "streams.py",
        "            if len(self.known) == 1:\n                raise",
        "            if True:\n                raise",
    ),
    Defect(
        "a stream is left running when it cannot be learnt at once which it is",
        SESSION + "streams.py",
        "            return not error.retryable\n",
        "            return True\n",
    ),
    Defect(
        "a stream that never ran keeps back those that do",
        SESSION + "streams.py",
        "            streams = [stream for stream in streams if not await self._settled(stream, spare=spare)]\n",
        "            while streams and await self._settled(streams[0], spare=spare):\n"
        "                streams = streams[1:]\n",
    ),
    Defect(
        "a refused websocket is never followed by a stream",
        SESSION + "ways.py",
        "            self._found[instance] = Way.STREAMING\n",
        "            pass\n",
    ),
    Defect(
        "any refusal is taken for the lack of websockets, and leads to a stream",
        SESSION + "join.py",
        "        access = await asked(Way.STREAMING)\n        ports.ways.no_websocket(",
        '        ports.ways.no_websocket(instance, "")\n        access = await asked(Way.STREAMING)\n'
        "        ports.ways.no_websocket(",
    ),
    Defect(
        "the lease is counted from the answer, not from the question",
        "agent/daemon/ownership.py",
        "            self._silent_at = asked + self._ttl * _SILENT_AFTER",
        "            self._silent_at = answered + self._ttl * _SILENT_AFTER",
    ),
    Defect(
        "a lease that ran out is renewed as if nothing had been",
        "agent/daemon/ownership.py",
        "        while True:\n            self._fall_silent_in_time(lapsed)\n",
        "        while True:\n",
    ),
    Defect(
        "a worker falls silent when others may claim already",
        "agent/daemon/ownership.py",
        "_SILENT_AFTER = 0.8",
        "_SILENT_AFTER = 1.2",
    ),
    Defect(
        "whether the lease still holds is not asked of the clock",
        "agent/daemon/ownership.py",
        "return self._clock.monotonic() < self._silent_at and self._held.is_set()",
        "return self._held.is_set()",
    ),
    Defect(
        "a stale epoch may write",
        "agent/store/memory.py",
        "if row is None or record.owner is None or (row.record.epoch, row.owner) != (record.epoch, record.owner):",
        "if row is None or record.owner is None or row.owner != record.owner:",
    ),
    Defect(
        "a claim keeps the epoch",
        "agent/store/memory.py",
        "epoch=row.record.epoch + 1 if row else 1",
        "epoch=row.record.epoch if row else 1",
    ),
    Defect(
        "a full worker keeps what it does not serve",
        "agent/daemon/supervisor.py",
        "            await self._claims.let_go(key)\n        finally:",
        "            self._claims.astray.discard(key)\n        finally:",
    ),
    Defect(
        "a release that the store did not hear is forgotten",
        "agent/daemon/claims.py",
        "Level.WARNING, error)\n            return\n",
        "Level.WARNING, error)\n",
    ),
    Defect(
        "a session that was lost leaves its contact with the worker",
        "agent/daemon/supervisor.py",
        "            if not child.settled:\n",
        "            if False:\n",
    ),
    Defect(
        "what went astray is looked for among the others' contacts only",
        "agent/daemon/supervisor.py",
        "own = not self._knows_its_own or bool(self._claims.astray)",
        "own = False",
    ),
    Defect(
        "one deaf chat or two prove a worker deaf",
        RELIEF,
        "_LEAST = 3",
        "_LEAST = 1",
    ),
    Defect(
        "a few deaf chats of many prove a worker deaf",
        RELIEF,
        "_SHARE = 0.5",
        "_SHARE = 0.1",
    ),
    Defect(
        "a deaf worker gives its chats away before the others can know",
        RELIEF,
        "_CERTAIN = 15.0",
        "_CERTAIN = 0.0",
    ),
    Defect(
        "a worker that gave its chats away takes others at once",
        RELIEF,
        "_MISTRUST = 300.0",
        "_MISTRUST = 0.0",
    ),
    Defect(
        "a deaf worker mistrusts itself for ever",
        RELIEF,
        "_MISTRUST = 300.0",
        "_MISTRUST = 1e9",
    ),
    Defect(
        "deaf chats go where nobody hears either",
        RELIEF,
        "if self._since is None or not seen.hearing - {self._owner}:",
        "if self._since is None:",
    ),
    Defect(
        "a worker counts itself among those who hear",
        RELIEF,
        "not seen.hearing - {self._owner}",
        "not seen.hearing",
    ),
    Defect(
        "a worker that nobody relieves stays shut",
        RELIEF,
        "            self._room.reopen(DEAF)\n            return []\n",
        "            return []\n",
    ),
    Defect(
        "a deaf worker lets chats in",
        RELIEF,
        "        self._room.shut(DEAF)\n",
        "        pass\n",
    ),
    Defect(
        "a deaf chat is given away twice",
        RELIEF,
        "            self._given.update(picked)\n",
        "            pass\n",
    ),
    Defect(
        "deaf chats go faster than others can connect them",
        RELIEF,
        "            self._allowed -= len(picked)\n",
        "            pass\n",
    ),
    Defect(
        "time without a deaf chat is saved up for all of them",
        RELIEF,
        "(now - self._asked_at) * rate, max(1.0, rate))",
        "(now - self._asked_at) * rate, inf)",
    ),
    Defect(
        "a chat that came back is never given away again",
        RELIEF,
        "        self._given &= set(deaf)\n",
        "        pass\n",
    ),
    Defect(
        "a worker that hears again is never told from a deaf one",
        RELIEF,
        "elif self._since is not None and not deaf and now >= self._until:",
        "elif False:",
    ),
    Defect(
        "one chat heard again makes a worker hear",
        RELIEF,
        "self._since is not None and not deaf and now",
        "self._since is not None and not proven and now",
    ),
    Defect(
        "who awaits what another chat cancelled ends its session",
        "agent/session/handler.py",
        "or (isinstance(error, asyncio.CancelledError) and not cancelled)",
        "",
    ),
    Defect(
        "a chat's last turn is shown as typing to nobody",
        "agent/session/stay.py",
        "            self._handler.type_in(None)\n",
        "",
    ),
    Defect(
        "a timer that is set anew in its own turn is not repeated",
        "agent/session/turn.py",
        "if self.cause.timer is not None:  #",
        "if self.cause.timer is not None and self.cause.timer.name not in self.timers:  #",
    ),
    Defect(
        "a reading that failed leaves the chat waiting",
        "agent/session/catchup.py",
        "        with self._inbox.paused():\n            await",
        "        if not self._inbox.hold():\n            await",
    ),
    Defect(
        "what was said before a message is taken for its reply",
        "agent/session/inbox.py",
        "            if message.position < position:\n",
        "            if False:\n",
    ),
)
