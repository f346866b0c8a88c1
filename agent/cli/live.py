"""The commands for live chats: they ask this machine's workers over their control sockets, and show the answers."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from secrets import token_hex
from threading import Thread
from typing import Any

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from agent.cli import live_tables as tables
from agent.cli.live_workers import having, named, pages, seen, workers
from agent.daemon.control.client import Line
from agent.errors import ChatAgentError, ControlRefused, WorkerLost

_EVERY = 1.0  # seconds
_GLANCE = 0.5  # seconds


def _console() -> Console:
    return Console(soft_wrap=True, markup=False, highlight=False)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


# ------------------------------------------------------------------------------------------ looking


def ps(directory: Path, *, once: bool, as_json: bool) -> None:
    """Live in a terminal, else once."""
    console = _console()
    if as_json or once or not console.is_terminal:
        with workers(directory) as found:
            listed = _chats(found)
        if as_json:
            _print_json([{**chat, "worker": page["worker"]} for page in listed for chat in page["chats"]])
        else:
            console.print(tables.chats(listed))
        return
    _live(directory, console)


def _live(directory: Path, console: Console) -> None:
    nobody = Text("No worker runs here.")
    try:
        with Live(console=console, screen=False, auto_refresh=False) as live:
            while True:
                live.update(seen(directory, lambda found: tables.chats(_chats(found)), nobody), refresh=True)
                time.sleep(_EVERY)
    except KeyboardInterrupt:
        return


def _chats(found: Sequence[Line]) -> list[Mapping[str, Any]]:
    """What each worker answers, all its pages as one."""
    answers: list[Mapping[str, Any]] = []
    for line in found:
        first: dict[str, Any] = {}
        for page, chats in pages(line, "ps", "chats"):
            first = {**page, "chats": [*first.get("chats", []), *chats]}
        if "worker" in first:
            answers.append(first)
    return answers


def show(directory: Path, contact: str, *, as_json: bool) -> None:
    """One chat's story."""
    with having(directory, contact, stored=True) as (line, name):
        shown = line.ask("show", contact=name)
    if as_json:
        _print_json(shown)
    else:
        _console().print(tables.story(shown))


def tail(directory: Path, contact: str | None, *, as_json: bool) -> None:
    """What happens from now on, until Ctrl-C or until the last worker has gone."""
    if contact:
        with having(directory, contact) as (line, name):
            _follow([line], name, as_json=as_json)
        return
    with workers(directory) as found:
        _follow(found, "", as_json=as_json)


def _follow(found: Sequence[Line], contact: str, *, as_json: bool) -> None:
    happened: SimpleQueue[Mapping[str, Any] | str] = SimpleQueue()
    for line in found:
        Thread(target=_listen, args=(line, contact, happened), daemon=True).start()
    left, console = len(found), _console()
    try:
        while left:
            try:
                event = happened.get(timeout=_GLANCE)
            except Empty:  # a signal that reached another thread does not end a wait: look up now and then
                continue
            if isinstance(event, str):
                left -= 1
                typer.echo(event, err=True)
            elif "name" in event:
                _tell(event, console, as_json=as_json)
    except KeyboardInterrupt:
        return


def _listen(line: Line, contact: str, happened: "SimpleQueue[Mapping[str, Any] | str]") -> None:
    try:
        for last, event in line.follow("tail", contact=contact):
            if not last:
                happened.put(event)
    except (ChatAgentError, ValueError, OSError):  # the worker has gone, or this command hung up
        happened.put(f"worker {line.name} has gone")


def _tell(event: Mapping[str, Any], console: Console, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    else:
        contact = Text(f"{event.get('contact_id', '-')[:8]:9}", style="cyan")
        console.print(contact.append_text(tables.line((event, False))))
    sys.stdout.flush()


# ------------------------------------------------------------------------------------------ ordering


def say(directory: Path, contact: str, text: str, *, order: str | None, as_json: bool) -> None:
    """An operator's word."""
    answer = _ordered(directory, "say", contact, order or token_hex(8), text=text)
    _done(answer, "Said." if not answer.get("passed_on") else _PASSED_ON, as_json=as_json)


def hand_off(
    directory: Path, contact: str, attributes: Mapping[str, str], text: str, *, order: str | None, as_json: bool
) -> None:
    """Hands a chat off."""
    answer = _ordered(directory, "hand-off", contact, order or token_hex(8), text=text, attributes=dict(attributes))
    _done(answer, "Handed off." if not answer.get("passed_on") else _PASSED_ON, as_json=as_json)


_PASSED_ON = "Kept, but not done here any more: the worker that takes the chat up next does it first."


def _ordered(directory: Path, verb: str, contact: str, order: str, **args: Any) -> Mapping[str, Any]:
    """The answer to an order in a chat. An order that is kept outlives its worker.

    Raises:
        WorkerLost: it is not known whether it was kept.
    """
    with having(directory, contact, stored=True) as (line, name):
        kept = False
        try:
            for last, told in line.follow(verb, contact=name, id=order, **args):
                if last:
                    return told
                kept = kept or "kept" in told
        except WorkerLost as lost:
            if kept:
                return {"contact": name, "order": order, "passed_on": True}
            raise WorkerLost(f"{lost} It is not known whether the order was kept. {_again(order)}") from lost
        except ControlRefused as refusal:
            if refusal.code != "in_doubt":
                raise
            raise WorkerLost(f"{refusal} {_again(order)}") from refusal
    raise WorkerLost("The worker gave no answer.")


def _again(order: str) -> str:
    return f"Repeat it with --id {order}, then it is done once at most."


def close(directory: Path, contact: str, *, stop_contact: bool, as_json: bool) -> None:
    """The bot leaves, or the contact ends."""
    with having(directory, contact, stored=True) as (line, name):
        answer = line.last("close", contact=name, stop_contact=stop_contact)
    _done(answer, "The contact has ended." if stop_contact else "The bot has left the chat.", as_json=as_json)


def move(directory: Path, contact: str, *, force: bool, as_json: bool) -> None:
    """Another worker takes the chat up."""
    with having(directory, contact, stored=True) as (line, name):
        answer = line.last("move", contact=name, force=force)
    owner = answer["owner"]
    said = f"Worker {owner} has it now." if owner else "Released, but nobody has taken it up yet."
    _done(answer, said, as_json=as_json)


def drain(directory: Path, worker: str | None, *, everyone: bool, stay: bool, undo: bool, as_json: bool) -> None:
    """Workers let go of their chats, one after the other."""
    with workers(directory) as found:
        meant = named(found, worker, everyone=everyone)
        answers = [_drained(line, stay=stay, undo=undo, quiet=as_json) for line in meant]
    if as_json:
        _print_json(answers)


def _drained(line: Line, *, stay: bool, undo: bool, quiet: bool) -> Mapping[str, Any]:
    """A worker that ends hangs up: that is its last answer."""
    answer: Mapping[str, Any] = {}
    try:
        for _, told in line.follow("drain", stay=stay, undo=undo):
            answer = {**answer, **told}
            if "left" in told and not quiet:
                typer.echo(f"worker {line.name}: {told['left']} chats left")
    except WorkerLost:
        if not answer or stay:
            raise
    answer = {name: value for name, value in answer.items() if name != "left"}
    if not quiet:
        typer.echo(f"worker {line.name}: {_drain_words(answer, stay=stay, undo=undo)}")
    return answer


def _drain_words(answer: Mapping[str, Any], *, stay: bool, undo: bool) -> str:
    if undo:
        return "takes chats on again"
    gone = f"let go of {answer.get('chats', 0)} chats"
    return f"{gone}; it stays, and takes none on until 'drain --undo'" if stay else f"{gone} and ends"


# -------------------------------------------------------------------------------------- dead letters


def dlq_ls(directory: Path, *, as_json: bool) -> None:
    """The dead letters of all chats that are not over."""
    with workers(directory) as found:
        all_of = [letter for line in found for _, page in pages(line, "dlq.ls", "letters") for letter in page]
    unique = {(letter["contact_id"], letter["letter"], letter["at"]): letter for letter in all_of}
    letters = list(unique.values())
    if as_json:
        _print_json(letters)
    elif letters:
        _console().print(tables.letters(letters))
    else:
        typer.echo("No dead letters.")


def dlq_show(directory: Path, contact: str, letter: str, *, as_json: bool) -> None:
    """One dead letter."""
    with having(directory, contact, stored=True) as (line, name):
        shown = line.ask("dlq.show", contact=name, letter=letter)
    if as_json:
        _print_json(shown)
        return
    console = _console()
    console.print(tables.letters([shown]))
    for entry in shown["timeline"]:
        console.print(tables.line((entry, False)))


def dlq_retry(directory: Path, contact: str, letter: str, *, order: str | None, as_json: bool) -> None:
    """The turn runs once more."""
    answer = _ordered(directory, "dlq.retry", contact, order or token_hex(8), letter=letter)
    _done(answer, "The turn ran again and went well." if not answer.get("passed_on") else _PASSED_ON, as_json=as_json)


def dlq_drop(directory: Path, contact: str, letter: str, *, as_json: bool) -> None:
    """The dead letter is forgotten."""
    _done(_ordered(directory, "dlq.drop", contact, token_hex(8), letter=letter), "Dropped.", as_json=as_json)


def _done(answer: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        _print_json(answer)
    else:
        typer.echo(sentence)


def attributes_of(given: Sequence[str]) -> Mapping[str, str]:
    """Attributes from ``name=value``.

    Raises:
        typer.BadParameter: one is not written like that.
    """
    pairs = [one.partition("=") for one in given]
    if any(not name or not equals for name, equals, _ in pairs):
        raise typer.BadParameter("write name=value", param_hint="--attribute")
    return {name: value for name, _, value in pairs}
