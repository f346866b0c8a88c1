"""Making one value like another without losing its identity: whoever holds a part of it keeps holding the living part.

``cart.items.append(await chat.ask(...))`` looks up ``append`` before it waits; what the list becomes meanwhile has to
happen to that very list. It knows no state and no chat.
"""

import dataclasses
from typing import Any

import pydantic


def become(old: Any, new: Any) -> Any:
    """`old` with the content of `new` where both are of one changeable kind; else `new` itself."""
    if type(old) is not type(new) or old is new:
        return new
    if isinstance(old, list):
        return _list(old, new)
    if isinstance(old, dict):
        return _dict(old, new)
    if isinstance(old, set):
        old.clear()
        old.update(new)
        return old
    return _fields(old, new)


def _list(old: list[Any], new: list[Any]) -> list[Any]:
    old[:] = [become(old[at], one) if at < len(old) else one for at, one in enumerate(new)]
    return old


def _dict(old: dict[Any, Any], new: dict[Any, Any]) -> dict[Any, Any]:
    merged = {key: become(old[key], one) if key in old else one for key, one in new.items()}
    old.clear()
    old.update(merged)
    return old


def _fields(old: Any, new: Any) -> Any:
    if isinstance(old, pydantic.BaseModel):
        _dict(old.__dict__, new.__dict__)
    elif dataclasses.is_dataclass(old) and not isinstance(old, type) and not _frozen(old):
        for field in dataclasses.fields(old):
            setattr(old, field.name, become(getattr(old, field.name), getattr(new, field.name)))
    else:
        return new
    return old


def _frozen(one: Any) -> bool:
    return bool(one.__dataclass_params__.frozen)
