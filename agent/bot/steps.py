"""Steps: effects that happen once. The result is durable before the dialog goes on.

What a step returns is given back as the journal would give it, by the function's return annotation, so that the first
run and every replay see the same value. It knows no chat.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, get_type_hints

import msgspec
import pydantic
import pydantic_core

from agent.bot import mismatch
from agent.bot.journal import Act, Entry
from agent.bot.run import Run
from agent.bot.wording import called
from agent.errors import ConversationOver, DialogError, StepFailed
from agent.ids import client_token

_KEY: ContextVar[str] = ContextVar("idempotency_key")


def idempotency_key() -> str:
    """Inside a step: a key that is the same whenever this very step is tried again, and never else.

    Raises:
        DialogError: no step is running.
    """
    try:
        return _KEY.get()
    except LookupError:
        raise DialogError("idempotency_key() is for functions that run as a chat.step.") from None


def no_step_runs(verb: str) -> None:
    """A replay recalls a step's result and does not call its function, so what that said would not be counted.

    Raises:
        DialogError: a step is running.
    """
    if _KEY.get(None) is not None:
        raise DialogError(f"chat.{verb} was called inside of a step; say it before or after the step.")


async def step(
    run: Run, function: Callable[..., Awaitable[object]], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> object:
    """See `Chat.step`."""
    _refuse_called(function)
    name = getattr(function, "__qualname__", type(function).__qualname__)
    run.scene("step")
    run.in_journal(Act.STEP)
    entry = run.recall(Act.STEP, name)
    if entry is None:
        entry = Entry(act=Act.STEP, label=name, where=mismatch.where(mismatch.author_frame()))
        cause = await _performed(run, function, args, kwargs, entry)
        run.note(entry)
        await run.host.checkpoint(run, run.scene("step"))
        if cause is not None:
            raise StepFailed(name, str(entry.value)) from cause
    if entry.good is False:
        raise StepFailed(name, str(entry.value))
    return _restored(function, name, entry.value)


def _refuse_called(function: object) -> None:
    """The usual slip: the function is called, and what it gives is handed over instead of it."""
    if callable(function):
        return
    if not inspect.iscoroutine(function):
        raise DialogError(f"chat.step needs a function and its arguments, not {called(function)}; chat.step(f, ...).")
    function.close()
    name = function.__name__
    raise DialogError(f"chat.step needs the function itself; write chat.step({name}, ...), not chat.step({name}(...)).")


async def _performed(
    run: Run, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], entry: Entry
) -> Exception | None:
    """Calls the function and puts what came of it into `entry`."""
    key = _idempotency_key(run)
    token = _KEY.set(key)
    try:
        result = function(*args, **_with_key(function, kwargs, key))
        entry.value = _kept(function, entry.label, await result if inspect.isawaitable(result) else result)
    except (ConversationOver, DialogError):
        raise
    except Exception as error:
        entry.value, entry.good = type(error).__name__, False
        return error
    finally:
        _KEY.reset(token)
    return None


def _idempotency_key(run: Run) -> str:
    turn = run.scene("step")
    return client_token("step", turn.contact.key, run.record.id, turn.id, len(run.record.entries))


def _with_key(function: Callable[..., Any], kwargs: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    if "idempotency_key" in kwargs or not _takes_key(function):
        return kwargs
    return {**kwargs, "idempotency_key": key}


def _takes_key(function: Callable[..., Any]) -> bool:
    try:
        return "idempotency_key" in inspect.signature(function).parameters
    except ValueError:  # some functions written in C have no signature
        return False


def _adapter(function: Callable[..., Any]) -> pydantic.TypeAdapter[Any]:
    plain = inspect.unwrap(function)
    try:
        hints = get_type_hints(plain if inspect.isroutine(plain) else type(plain).__call__)
        return _adapter_for(hints.get("return", Any))
    except (NameError, TypeError, pydantic.errors.PydanticUserError):
        return _adapter_for(Any)


def _adapter_for(hint: Any) -> pydantic.TypeAdapter[Any]:
    """Kept by what is returned, never by the function: that may be a closure, which would keep an ended chat alive."""
    try:
        return _made_once(hint, repr(hint))
    except TypeError:  # something in it has no hash
        return pydantic.TypeAdapter(hint)


@lru_cache(maxsize=1024)
def _made_once(hint: Any, written: str) -> pydantic.TypeAdapter[Any]:
    """``A | B`` equals ``B | A``, yet is written otherwise, and of two that fit the first is taken."""
    return pydantic.TypeAdapter(hint)


def _kept(function: Callable[..., Any], name: str, value: object) -> Any:
    try:
        kept = _adapter(function).dump_python(value, mode="json", warnings="error")
        msgspec.msgpack.encode(kept)  # numbers of any size and half surrogate pairs have no durable form
    except (pydantic_core.PydanticSerializationError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DialogError(_unkept(name, value)) from error
    return kept


def _restored(function: Callable[..., Any], name: str, value: object) -> object:
    try:
        return _adapter(function).validate_python(value)
    except pydantic.ValidationError:
        raise DialogError(_unkept(name, value)) from None


def _unkept(name: str, value: object) -> str:
    return (
        f"step {name} returned a {type(value).__name__} that the journal cannot keep; return plain values, dataclasses "
        "or pydantic models, and annotate the function's return type with what it returns."
    )
