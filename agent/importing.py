"""From ``module:attribute`` to the object, and what is said when it is not there.

The current directory is importable. A module that fails to import is shown by its author's own lines. Nothing here
knows what the object is for.
"""

import difflib
import sys
import traceback
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from agent.errors import TargetBroken, TargetNotFound

_OWN = str(Path(__file__).parent)
_MACHINERY = ("<frozen importlib", "importlib")


def attribute(target: str, reference: str, *, word: str, fits: Callable[[object], bool], offer: str) -> object:
    """The object at `reference` (``module:name``), which people know as `target`.

    Args:
        word: what it is, such as ``bot``.
        fits: which of the module's names are such; they are told when `reference` is none of them.
        offer: what else there is, told when there is no such module.

    Raises:
        TargetNotFound: there is no such module or name.
        TargetBroken: importing it fails.
    """
    module, _, path = reference.partition(":")
    found: object = _imported(target, module, offer)
    for part in path.split("."):
        if not hasattr(found, part):
            near = _such_names(module, path, word, fits)
            raise TargetNotFound(f"{target!r}: module {module} has no {path!r}. {near}")
        found = getattr(found, part)
    return found


def module_name(module: str) -> str:
    """``bots/echo.py`` is what a shell completes; it means ``bots.echo``."""
    return module.removesuffix(".py").removeprefix("./").replace("/", ".") if module.endswith(".py") else module


def did_you_mean(wanted: str, names: Iterable[str]) -> str:
    """A question naming the one of `names` that is near, with a space behind it; "" when none is."""
    near = difflib.get_close_matches(wanted, list(names), n=1)
    return "".join(f"Did you mean {one!r}? " for one in near)


def _imported(target: str, module: str, offer: str) -> object:
    _make_current_directory_importable()
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise TargetNotFound(f"{target!r}: there is no module {error.name!r} here. {offer}") from None
        raise _broken(target, error) from error
    except Exception as error:
        raise _broken(target, error) from error
    except SystemExit as error:
        raise TargetBroken(f"{target!r}: importing {module} exits the process.", "") from error


def _make_current_directory_importable() -> None:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)


def _broken(target: str, error: Exception) -> TargetBroken:
    kept = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    last = traceback.format_exception_only(error)
    shortened = "".join(["Traceback (the author's own code):\n", *traceback.format_list(kept), *last])
    return TargetBroken(f"{target!r} cannot be imported: {last[-1].strip()}", shortened)


def _is_ours(file: str) -> bool:
    return file.startswith((_OWN, *_MACHINERY)) or Path(file).parent.name == "importlib"


def _such_names(module: str, wanted: str, word: str, fits: Callable[[object], bool]) -> str:
    names = [name for name, found in vars(sys.modules[module]).items() if fits(found)]
    if not names:
        return f"There is no {word.capitalize()} in it."
    return f"{did_you_mean(wanted, names)}Its {word}s: {', '.join(names)}."
