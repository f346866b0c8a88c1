"""``chat-agent new``: writes a bot's package, with tests that pass at once.

What is written are the files of a template, with the name put in. They are written aside and then put in place, so
there is never half a package; what is there already is never changed. It imports no bot.
"""

import keyword
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from importlib import metadata
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

import typer

from agent.errors import ConfigurationError
from agent.plugins import Group, plugins

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".tmpl"
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_TAKEN = frozenset({"agent", "bots", "test", "tests"})


class Template(StrEnum):
    """What the new bot is: ECHO says back what it hears, DIALOG takes an order, LLM asks a language model."""

    ECHO = "echo"
    DIALOG = "dialog"
    LLM = "llm"


def new(name: str, template: Template, *, force: bool) -> None:
    """Writes the package `name` into a directory of that name, and says what to do next.

    Raises:
        typer.BadParameter: no package can have this name.
        ConfigurationError: the directory is there already, or cannot be written.
    """
    _check(name)
    target = Path(name)
    if target.exists() and not (force and target.is_dir()):
        how = (
            "choose another name" if not target.is_dir() else "choose another name, or add what is missing with --force"
        )
        raise ConfigurationError(f"{target}/ is there already; {how}. Nothing was written.")
    try:
        kept = _put(target, dict(rendered(name, template)))
    except OSError as error:
        raise ConfigurationError(
            f"{target}/ cannot be written: {error.strerror}. Nothing that was there was changed."
        ) from error
    for file in kept:
        typer.secho(f"kept {file}", dim=True)
    if template is Template.LLM and find_spec("pydantic_ai") is None:
        typer.secho("It needs the extra llm: pip install 'connect-chat-agent[llm]'", fg="yellow")
    typer.echo(f"{target}/ is a bot now:\n\n    cd {name} && pytest\n    chat-agent dev {module_of(name)}:bot\n")


def rendered(name: str, template: Template) -> Iterator[tuple[Path, str]]:
    """The files of the package, by their places in it."""
    words = {
        "{{name}}": name,
        "{{module}}": module_of(name),
        "{{version}}": metadata.version("connect-chat-agent"),
        "{{extra}}": "[llm]" if template is Template.LLM else "",
    }
    for root in (_TEMPLATES / "shared", _TEMPLATES / template):
        for file in sorted(root.rglob(f"*{_SUFFIX}")):
            place = str(file.relative_to(root)).removesuffix(_SUFFIX).replace("__module__", module_of(name))
            text = file.read_text(encoding="utf-8")
            for word, meaning in words.items():
                text = text.replace(word, meaning)
            yield Path(place), text


def module_of(name: str) -> str:
    """What the package is called in Python."""
    return name.replace("-", "_")


def _check(name: str) -> None:
    module = module_of(name)
    if not _NAME.fullmatch(name):
        raise typer.BadParameter(
            f"{name!r} is no name for a package; use small letters, digits and single dashes, such as pizza-bot."
        )
    if keyword.iskeyword(module) or keyword.issoftkeyword(module) or module in sys.stdlib_module_names | _TAKEN:
        raise typer.BadParameter(f"{name!r} means something else in Python or here; try {name}-bot.")
    if PathFinder.find_spec(module, [one for one in sys.path if one and Path(one) != Path.cwd()]) is not None:
        raise typer.BadParameter(f"a module called {module!r} is installed already; try {name}-bot.")
    if any(plugin.name == name for plugin in plugins(Group.BOTS)):
        raise typer.BadParameter(f"a bot called {name!r} is installed already, see 'chat-agent bots'; try my-{name}.")


def _put(target: Path, files: dict[Path, str]) -> list[Path]:
    """Writes `files` aside, then puts all in place; those that are there are kept, and returned."""
    aside = Path(tempfile.mkdtemp(prefix=f".{target}-", dir=target.parent))
    try:
        for place, text in files.items():
            (aside / place).parent.mkdir(parents=True, exist_ok=True)
            (aside / place).write_text(text, encoding="utf-8")
        if not target.exists():
            aside.chmod(0o755)
            aside.rename(target)
            return []
        return [target / place for place in files if not _added(aside / place, target / place)]
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _added(file: Path, place: Path) -> bool:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with place.open("x", encoding="utf-8") as new_file:
            new_file.write(file.read_text(encoding="utf-8"))
    except FileExistsError:
        return False
    return True
