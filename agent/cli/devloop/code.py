"""The author's own code: which modules and files that is, whether they changed, and how they are imported anew.

Whatever is installed, Python's own or ours stays as it is, except the package that brings the bot. It knows no bot.
"""

import importlib
import linecache
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Files: TypeAlias = Mapping[Path, tuple[int, int]]

_SUFFIXES = {".py", ".toml"}
_INSTALLED = {"site-packages", "dist-packages"}
_OURS = Path(__file__).parents[2]


class AuthorsCode:
    """The modules below the folder `root`, and those of the packages that are followed, wherever they are."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._packages: set[str] = set()
        self._seen: dict[Path, Files] = {}
        self._watch({self.root})
        self._look()

    def follow(self, packages: Iterable[str], files: Iterable[Path] = ()) -> None:
        """These packages belong to a build as well, and so do the files beside these `files`."""
        self._packages |= set(packages) - {"agent", ""}
        self._watch({file.resolve().parent for file in files})
        self._look()

    def is_authors(self, file: str) -> bool:
        """Whether somebody who works in the folder wrote `file`."""
        path = Path(file)
        inside = path.is_relative_to(self.root) and not _INSTALLED & set(path.parts)
        return inside and not path.is_relative_to(_OURS)

    def shown(self, file: str) -> str:
        """`file` as the author calls it."""
        return os.path.relpath(file, self.root) if Path(file).is_relative_to(self.root) else file

    @property
    def folders(self) -> frozenset[Path]:
        """Where to watch; folders below them do not count. Those of modules that failed to import later stay."""
        return frozenset(folder for folder in self._seen if folder.is_dir())

    def changed(self) -> bool:
        """Whether other files lie there than at the last asking, or than when their folder became known."""
        now = {folder: _files(folder) for folder in self._seen}
        changed = now != self._seen
        self._seen = now
        return changed

    def anew(self, load: Callable[[], T]) -> T:
        """What `load` gives when it has to import everything again; if it raises, all modules are as before."""
        before = self._modules()
        for name in before:
            del sys.modules[name]
        importlib.invalidate_caches()
        linecache.checkcache()
        try:
            return load()
        except BaseException:
            self._look()
            for name in self._modules():
                del sys.modules[name]
            sys.modules.update(before)
            raise
        finally:
            self._look()

    def _modules(self) -> dict[str, ModuleType]:
        return {name: module for name, module in list(sys.modules.items()) if self._reloads(name, module)}

    def _reloads(self, name: str, module: ModuleType) -> bool:
        if name == "__main__" or name.partition(".")[0] == "agent":
            return False
        return name.partition(".")[0] in self._packages or self.is_authors(_file(module))

    def _look(self) -> None:
        self._watch({Path(file).parent for module in self._modules().values() if (file := _file(module))})

    def _watch(self, folders: Iterable[Path]) -> None:
        """What was just imported from a folder is no change of it."""
        for folder in folders:
            if folder not in self._seen:
                self._seen[folder] = _files(folder)


def _file(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or ""


def _files(folder: Path) -> Files:
    """What lies there, by time and size."""
    if not folder.is_dir():
        return {}
    return {path: known for path in folder.iterdir() if path.suffix in _SUFFIXES and (known := _stat(path))}


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:  # gone meanwhile: editors replace files
        return None
    return found.st_mtime_ns, found.st_size
