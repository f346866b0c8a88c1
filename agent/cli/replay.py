"""``chat-agent journals`` and ``chat-agent replay``: the open conversations against a new build of their bot."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import typer

from agent.bot.bot import Bot
from agent.bot.plugins import load
from agent.bot.rehearsal import Finding, Rehearsal, SavedJournal, read, rehearse
from agent.cli.exits import Exit
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.assembly import aws_settings
from agent.daemon.stores import must_be_there, opened_store
from agent.errors import InvalidSetting
from agent.ids import ContactKey
from agent.ports import ContactStore


def journals(settings: Configuration) -> None:
    """Prints one line for each conversation that waits for something. Changes nothing in the store.

    Raises:
        InvalidSetting: the settings name no store that outlives a process, or its file is not there.
    """
    if settings.store.kind == "memory":
        raise InvalidSetting(
            "store.kind", "a memory store has no conversations of other processes; name an SQLite file."
        )
    must_be_there(settings.store)
    anyio.run(_print_journals, settings)


async def _print_journals(settings: Configuration) -> None:
    async with opened_store(settings.store, SystemClock(), aws_settings(settings.connect)) as store:
        async for saved in _open_conversations(store):
            typer.echo(saved.line())


async def _open_conversations(store: ContactStore) -> AsyncIterator[SavedJournal]:
    after: ContactKey | None = None
    while keys := await store.live(after=after):
        for key in keys:
            record = await store.load(key)
            if record is not None and record.journal:
                yield SavedJournal.of(record)
        after = keys[-1]


def replay(settings: Configuration, saved: Path, *, as_json: bool) -> None:
    """Prints what a build would break.

    Raises:
        InvalidSetting: the file cannot be read.
        ConfigurationError: a line of it is no journal.
        typer.Exit: something would break.
    """
    bot = load(settings.bot.target or "")
    try:
        lines = saved.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting("JOURNALS", f"{saved} cannot be read ({type(error).__name__}).") from error
    rehearsal = anyio.run(_rehearsed, bot, lines)
    typer.echo(_as_json(rehearsal) if as_json else _as_text(rehearsal))
    if rehearsal.findings:
        raise typer.Exit(Exit.BROKEN)


async def _rehearsed(bot: Bot[Any, Any], lines: list[str]) -> Rehearsal:
    async with bot.lifespan():
        return await rehearse(bot, read(lines))


def _as_text(rehearsal: Rehearsal) -> str:
    told = [f"{finding.contact}: {finding.handler} would break: {finding.error}" for finding in rehearsal.findings]
    verdict = "nothing breaks" if not told else f"{len(told)} would break"
    return "\n".join([*told, f"{rehearsal.conversations} conversations, {rehearsal.runs} waiting runs: {verdict}"])


def _as_json(rehearsal: Rehearsal) -> str:
    findings = [_plain(finding) for finding in rehearsal.findings]
    found = {"conversations": rehearsal.conversations, "runs": rehearsal.runs, "findings": findings}
    return json.dumps(found, indent=2)


def _plain(finding: Finding) -> dict[str, str]:
    return {
        "instance": finding.contact.instance_id,
        "contact": finding.contact.contact_id,
        "handler": finding.handler,
        "error": str(finding.error),
    }
