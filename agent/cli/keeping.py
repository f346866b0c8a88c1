"""``chat-agent erase`` and ``chat-agent store reseal``: what is kept of contacts, taken away or sealed anew.

It opens the store of the settings, asks, and says what was done.
"""

import json
import os
import sys

import anyio
import typer

from agent.cli.exits import Exit
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.assembly import aws_settings
from agent.daemon.control.audit import Audit
from agent.daemon.control.peer import Peer
from agent.daemon.erasing import Erased, Erasure
from agent.daemon.erasing import erase as erase_record
from agent.daemon.stores import must_be_there, opened_store, reseal_store
from agent.errors import InvalidSetting
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.store.resealing import Resealed

_COMMAND = WorkerId("chat-agent erase")
_REMAINS = "Amazon Connect's transcript, logs and backups of the store are not touched; see docs/security.md."


def erase(settings: Configuration, contact: str, *, yes: bool, force: bool, as_json: bool) -> None:
    """Erases one contact's record.

    Raises:
        InvalidSetting: no instance is named, there is no store that outlives a process, or its file is not there.
        AlreadyOwned: a worker serves the contact.
        typer.Exit: nothing is kept of it (2), or it was not confirmed.
    """
    key = ContactKey(instance_id(_instance(settings)), ContactId(contact))
    if settings.store.kind == "memory":
        raise InvalidSetting("store.kind", "a memory store ends with its process; there is nothing to erase.")
    must_be_there(settings.store)
    if not (yes or (sys.stdin.isatty() and not as_json and typer.confirm(f"Erase what is kept of {key}?"))):
        typer.echo("Nothing was erased. --yes erases without asking.", err=True)
        raise typer.Exit(Exit.USAGE)
    _tell_erasure(key, anyio.run(_erased, settings, key, force), as_json)


def _instance(settings: Configuration) -> str:
    if settings.connect.instance is None:
        raise InvalidSetting("connect.instance", "contact ids are unique within an instance only; give --instance.")
    return settings.connect.instance


async def _erased(settings: Configuration, key: ContactKey, force: bool) -> Erasure:
    clock = SystemClock()
    with Audit(settings.control.audit, worker=_COMMAND, clock=clock) as audit:
        peer = Peer(pid=os.getpid(), uid=os.geteuid())
        audit.write(peer, "erase", key, "asked")
        async with opened_store(settings.store, clock, aws_settings(settings.connect)) as store:
            erasure = await erase_record(store, key, force=force)
        audit.write(peer, "erase", key, erasure.outcome)
        return erasure


def _tell_erasure(key: ContactKey, erasure: Erasure, as_json: bool) -> None:
    found = erasure.outcome is Erased.ERASED
    if as_json:
        plain = {"contact_id": key.contact_id, "instance_id": key.instance_id, "erased": found}
        typer.echo(json.dumps({**plain, "unreadable": erasure.unreadable}))
    elif found:
        typer.echo(f"Erased: the record of {key}{' (it could not be read)' if erasure.unreadable else ''}. {_REMAINS}")
    if not found:
        typer.echo(f"Nothing is kept of {key}.", err=True)
        raise typer.Exit(Exit.USAGE)


def reseal(settings: Configuration, *, dry_run: bool, as_json: bool) -> None:
    """Seals every record anew under the first key.

    Raises:
        InvalidSetting: the store is no SQLite file, the file is not there, or no key is given.
        StoreError: the file cannot be used.
        typer.Exit: some records cannot be opened with any of the keys.
    """
    done = anyio.run(_resealed, settings, dry_run)
    if as_json:
        unreadable = [key.contact_id for key in done.unreadable]
        typer.echo(json.dumps({"found": done.found, "sealed": done.sealed, "unreadable": unreadable}))
    else:
        for name, count in sorted(done.found.items()):
            typer.echo(f"{count:8} {'in clear' if name == 'none' else f'sealed with key {name}'}")
        typer.echo(f"{done.sealed:8} sealed anew with the first key")
    for key in done.unreadable:
        typer.echo(f"{key} cannot be opened with any of the keys; it was left as it is.", err=True)
    if done.unreadable:
        raise typer.Exit(Exit.CONFIGURATION)


async def _resealed(settings: Configuration, dry_run: bool) -> Resealed:
    return await reseal_store(settings.store, SystemClock(), aws_settings(settings.connect), dry_run=dry_run)
