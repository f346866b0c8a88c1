"""docs/tutorial.md, followed to the letter: a fresh directory, a fresh environment, every file and every command."""

import re
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import boto3
import pytest

from tests.docs.snippets import ROOT
from tests.docs.terminal import DAEMONS, Terminal, until

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r'^```(console|python)(?: title="(.*?)")?\n(.*?)^```$', PAGE, re.M | re.S)


def _typed(terminal: Terminal, command: str, shown: str) -> None:
    printed = terminal.types(command).strip()
    pattern = re.escape(shown.strip()).replace("…", ".*")
    assert not shown or re.fullmatch(pattern, printed, re.S), f"$ {command}\n{printed}"


def _opens_a_chat(url: str) -> None:
    """As the customer's page would."""
    here = {"endpoint_url": url, "region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    connect, chat = boto3.client("connect", **here), boto3.client("connectparticipant", **here)
    started = connect.start_chat_contact(
        InstanceId="11111111-2222-4333-8444-555555555555",
        ContactFlowId="default",
        ParticipantDetails={"DisplayName": "Ana"},
    )
    token = started["ParticipantToken"]
    chat.create_participant_connection(Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True, ParticipantToken=token)
    connect.close()
    chat.close()


@pytest.mark.processes
@pytest.mark.timeout(900)
def test_the_tutorial_is_green_at_its_end(tmp_path: Path) -> None:
    """Whoever follows it has a bot that talks, passes its tests, is installed by name, and serves chats."""
    terminal, urls = Terminal(tmp_path), []
    with ExitStack() as running:
        for language, file, text in BLOCKS:
            if language == "python":
                (terminal.cwd / file).write_text(text)
                continue
            for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
                command, _, shown = part.partition("\n")
                if not command.startswith(tuple(DAEMONS)):
                    _typed(terminal, command, shown)
                elif command.startswith("chat-agent dev"):
                    with terminal.starts(command) as (_, line), urllib.request.urlopen(line.split()[-1]) as page:
                        assert page.status == 200
                elif command.startswith("chat-agent emulator"):
                    _, line = running.enter_context(terminal.starts(command))
                    urls.append(re.findall(r"http://[\d.:]+", line)[0])
                else:
                    daemon, _ = running.enter_context(terminal.starts(command))
                    _opens_a_chat(urls[-1])
                    until(daemon, "contact.joined")
    assert len(urls) == 1
    assert (tmp_path / "pizza" / "dist" / "pizza-0.1.0-py3-none-any.whl").exists()
