"""boto3 and a thread for each chat."""

import json
import threading
from contextlib import ExitStack, suppress
from typing import Any
from uuid import uuid4

import boto3
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as dial

from tests.benchmarks.peers.starting import AT_ONCE, INSTANCE, task

SUBSCRIBE = json.dumps({"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}})
HEARTBEAT = json.dumps({"topic": "aws/heartbeat"})


def chat(connect: Any, participant: Any, contact: str, gate: threading.Semaphore) -> None:
    """One chat, whole."""
    with gate:
        created = connect.create_participant(
            InstanceId=INSTANCE,
            ContactId=contact,
            ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Echo"},
        )
    token = created["ParticipantCredentials"]["ParticipantToken"]
    while True:
        with suppress(OSError), ExitStack() as stack:  # timeouts, too: dialled again
            with gate:
                connection = participant.create_participant_connection(
                    ParticipantToken=token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ConnectParticipant=True
                )
                socket = stack.enter_context(dial(connection["Websocket"]["Url"]))
                socket.send(SUBSCRIBE)
            converse(participant, socket, connection["ConnectionCredentials"]["ConnectionToken"])


def converse(participant: Any, socket: Any, token: str) -> None:
    """Answers until the socket is lost."""
    while True:
        try:
            said = json.loads(socket.recv(timeout=10))
        except TimeoutError:
            socket.send(HEARTBEAT)
            continue
        except ConnectionClosed:
            return
        if said["topic"] != "aws/chat":
            continue
        item = json.loads(said["content"])
        if item["Type"] == "MESSAGE" and item["ParticipantRole"] == "CUSTOMER":
            participant.send_message(
                ConnectionToken=token, ContentType="text/plain", Content=item["Content"], ClientToken=str(uuid4())
            )


def main() -> None:
    """Starts them all."""
    work = task()
    session = boto3.Session()
    connect = session.client("connect", endpoint_url=work.url)
    participant = session.client("connectparticipant", endpoint_url=work.url)
    gate = threading.Semaphore(AT_ONCE)
    threads = [
        threading.Thread(target=chat, args=(connect, participant, contact, gate), daemon=True)
        for contact in work.contacts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
