"""Checks of what belongs to this installation itself: the bot and the contact store. Nothing is written."""

import os
from collections.abc import Sequence
from pathlib import Path

from agent.aws.hosts import host_of, is_aws
from agent.aws.secrets import secrets_of
from agent.bot.plugins import load
from agent.config import StoreSection
from agent.daemon.assembly import aws_settings
from agent.daemon.census import census
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok, skipped, warn
from agent.daemon.stores import opened_store
from agent.errors import BotError, ConfigurationError, SecretUnavailable, StoreError, StoreUnreachable
from agent.store.sealing import AesGcmSealer


async def bot(exam: Exam) -> Sequence[Finding]:
    """Whether the bot can be loaded and served."""
    target = exam.settings.bot.target
    if target is None:
        return [skipped("bot", "no bot is named", "Give a TARGET, or set bot.target.")]
    try:
        load(target)
    except (ConfigurationError, BotError) as error:
        return [
            fail(
                "bot",
                f"{target} cannot be served",
                cause=str(error).rstrip("."),
                remedy="'chat-agent chat TARGET' shows the whole mistake; 'chat-agent bots' what is installed.",
            )
        ]
    return [ok("bot", f"{target} can be served")]


async def store(exam: Exam) -> Sequence[Finding]:
    """Whether contacts can be kept: the keys are there, the store can be opened and read."""
    section = exam.settings.store
    if section.kind == "memory":
        return [
            warn(
                "store",
                "nothing is kept",
                cause="store.kind is memory: when the process ends, its chats are left, and after a crash they hang",
                remedy="Set store.kind = sqlite for one machine.",
            )
        ]
    try:
        sealed = await _sealed(exam)
        if section.kind == "sqlite" and not section.path.exists():
            return [_place(section.path)]
        return [await _opened(exam), *sealed]
    except (ConfigurationError, SecretUnavailable, StoreError) as error:
        return [_unusable(error)]
    except OSError as error:
        return [_out_of_sight(section.path, error)]


async def _sealed(exam: Exam) -> list[Finding]:
    references = exam.settings.store.encryption_keys
    if references:
        keys = await secrets_of("store.encryption_keys", references, aws_settings(exam.settings.connect))
        AesGcmSealer(keys, setting="store.encryption_keys")
    if references or not is_aws(host_of(await exam.ask.endpoint("connect"))):
        return []
    return [
        warn(
            "store",
            "participant tokens rest unsealed",
            cause="store.encryption_keys is empty",
            remedy="Set it to env:NAME or file:/path of a key, unless the disk is encrypted and yours alone.",
        )
    ]


def _place(path: Path) -> Finding:
    if path != StoreSection().path and not (above := path.absolute().parent.parent).exists():
        return fail(
            "store",
            f"{path} cannot be made",
            cause=f"{above} is not there; of a path that was given, the file and its directory are made and no more",
            remedy="Make it, or correct store.path.",
        )
    nearest = next(parent for parent in path.absolute().parents if parent.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return ok("store", f"{path} will be made")
    return fail(
        "store",
        f"{path} cannot be made",
        cause=f"{nearest} may not be written by this user",
        remedy="Set store.path to a place that it may write to; in a container, to a volume.",
    )


async def _opened(exam: Exam) -> Finding:
    async with opened_store(exam.settings.store, exam.clock, aws_settings(exam.settings.connect)) as kept:
        workers, live = census(await kept.workers()).workers, await kept.live(limit=1_000)
    many = f"{len(live)}{' or more' if len(live) == 1_000 else ''}"
    return ok("store", f"{exam.settings.store.kind} opens: {many} live chats, {len(workers)} workers alive")


def _out_of_sight(path: Path, error: OSError) -> Finding:
    return fail(
        "store",
        f"{path} cannot be looked at",
        cause=error.strerror or type(error).__name__,
        remedy="Ask as the worker's user or as root, or correct store.path.",
    )


def _unusable(error: ConfigurationError | SecretUnavailable | StoreError) -> Finding:
    passing = isinstance(error, StoreUnreachable | SecretUnavailable)
    return fail(
        "store",
        "the contact store does not answer" if passing else "the contact store cannot be used",
        cause=str(error),
        remedy="Try again; if it stays, mend what the sentence names." if passing else "Mend what the sentence names.",
    )


HOME = (Check(name="bot", probe=bot), Check(name="store", probe=store))
