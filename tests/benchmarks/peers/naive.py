"""The bot that most people would write: aiobotocore and websockets with their defaults, a task for each chat.

It is written with care, not against itself: the clients are shared, the joins bounded, lost sockets replaced.
"""

import asyncio
import json
from typing import Any
from uuid import uuid4

import websockets
from aiobotocore.session import get_session

from tests.benchmarks.peers.starting import AT_ONCE, INSTANCE, Task, task

SUBSCRIBE = json.dumps({"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}})
HEARTBEAT = json.dumps({"topic": "aws/heartbeat"})


async def bot(work: Task) -> None:
    """Joins all chats and answers."""
    session = get_session()
    gate = asyncio.Semaphore(AT_ONCE)
    async with (
        session.create_client("connect", endpoint_url=work.url) as connect,
        session.create_client("connectparticipant", endpoint_url=work.url) as participant,
        asyncio.TaskGroup() as group,
    ):
        for contact in work.contacts:
            group.create_task(chat(connect, participant, contact, gate))


async def chat(connect: Any, participant: Any, contact: str, gate: asyncio.Semaphore) -> None:
    """One chat: joined once, connected again whenever its socket is lost."""
    async with gate:
        created = await connect.create_participant(
            InstanceId=INSTANCE,
            ContactId=contact,
            ClientToken=str(uuid4()),
            ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Echo"},
        )
    token = created["ParticipantCredentials"]["ParticipantToken"]
    while True:
        try:
            async with gate:
                connection = await participant.create_participant_connection(
                    ParticipantToken=token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ConnectParticipant=True
                )
                socket = await websockets.connect(connection["Websocket"]["Url"])
                await socket.send(SUBSCRIBE)
        except OSError:  # timeouts, too: dialled again
            continue
        await converse(participant, socket, connection["ConnectionCredentials"]["ConnectionToken"])


async def converse(participant: Any, socket: Any, token: str) -> None:
    """Answers until the socket is lost."""
    beating = asyncio.create_task(beat(socket))
    try:
        async for frame in socket:
            said = json.loads(frame)
            if said["topic"] != "aws/chat":
                continue
            item = json.loads(said["content"])
            if item["Type"] == "MESSAGE" and item["ParticipantRole"] == "CUSTOMER":
                await participant.send_message(
                    ConnectionToken=token,
                    ContentType="text/plain",
                    Content=item["Content"],
                    ClientToken=str(uuid4()),
                )
    except websockets.ConnectionClosed:
        pass
    finally:
        beating.cancel()


async def beat(socket: Any) -> None:
    """A heartbeat each ten seconds."""
    while True:
        await asyncio.sleep(10)
        await socket.send(HEARTBEAT)


if __name__ == "__main__":
    asyncio.run(bot(task()))
