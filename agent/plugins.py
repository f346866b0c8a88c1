"""Plugins: what installed packages bring, by entry-point group and name.

Listing imports nothing, so a broken package takes no other down. A name that two packages bring is nobody's until one
says whose: ``package:name``. What a plugin is good for is known to the floor that uses its group.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from typing import Any

from agent.errors import ConfigurationError, TargetNotFound
from agent.importing import attribute, did_you_mean, module_name


class Group(StrEnum):
    """The entry-point groups that packages may add to."""

    BOTS = "agent.bots"
    SOURCES = "agent.sources"
    STORES = "agent.stores"
    MIDDLEWARE = "agent.middleware"

    @property
    def word(self) -> str:
        """What one of it is called."""
        return "middleware" if self is Group.MIDDLEWARE else self.removeprefix("agent.").removesuffix("s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One entry point.

    Attributes:
        target: where it leads, ``module:attribute``.
        package, version: the distribution that brings it, "?" where that is unknown.
        rivals: the other packages that bring something else by the same name.
    """

    group: Group
    name: str
    target: str
    package: str
    version: str
    rivals: tuple[str, ...] = ()

    @property
    def exact(self) -> str:
        """A name that is no other plugin's."""
        return f"{self.package}:{self.name}"


def plugins(group: Group) -> Sequence[Plugin]:
    """All plugins of `group`, by name and package; none is imported."""
    points = [(point.name, *_package(point), point.value) for point in metadata.entry_points(group=group)]
    return [
        Plugin(
            group=group,
            name=name,
            target=target,
            package=package,
            version=version,
            rivals=tuple(sorted({one[1] for one in points if one[0] == name and one[3] != target})),
        )
        for name, package, version, target in sorted(set(points))
    ]


def find(group: Group, name: str) -> Plugin:
    """The plugin of `group` called `name`, or ``package:name``.

    Raises:
        TargetNotFound: there is none, or several packages bring one; the text says what there is and how to choose.
    """
    found = _named(group, name)
    if not found:
        raise TargetNotFound(f"No {group.word} is called {name!r}. {offer(group, name)}")
    if rivals := found[0].rivals:
        packages = " and ".join(sorted({found[0].package, *rivals}))
        exact = " or ".join(one.exact for one in found)
        raise TargetNotFound(
            f"{name!r} is ambiguous: {packages} both bring a {group.word} of that name; "
            f"write {exact}, or module:{group.word}."
        )
    return found[0]


def load(group: Group, target: str, fits: Callable[[object], bool] = callable) -> Any:
    """What `target` leads to: a plugin's name, ``package:name``, or ``module:attribute``.

    The current directory is importable. `fits` says which names of a module are worth telling.

    Raises:
        TargetNotFound: it is not there; the text says what there is and what is near.
        TargetBroken: it is there, and importing it fails.
    """
    reference = _reference(group, target)
    return attribute(target, reference, word=group.word, fits=fits, offer=offer(group, target))


def loaded(plugin: Plugin, fits: Callable[[object], bool] = callable) -> Any:
    """What this very `plugin` leads to, whatever rivals it has. Raises as `load` does."""
    blame = f"The package {plugin.package} should have brought it."
    return attribute(plugin.name, plugin.target, word=plugin.group.word, fits=fits, offer=blame)


def trouble(plugin: Plugin) -> str | None:
    """Why `plugin` cannot be imported, in a sentence; None when it can."""
    try:
        loaded(plugin)
    except ConfigurationError as error:
        return str(error)
    return None


def offer(group: Group, wanted: str) -> str:
    """What there is of `group`, and which is near to `wanted`."""
    names = list(dict.fromkeys(plugin.name for plugin in plugins(group)))
    if not names:
        return f"No {group.word} is installed; name one as module:{group.word}."
    return f"{did_you_mean(wanted, names)}Installed: {', '.join(names)}. Or name one as module:{group.word}."


def _reference(group: Group, target: str) -> str:
    module, colon, name = target.partition(":")
    if not colon:
        return find(group, target).target
    if not module or not name:
        such = ", such as bots.echo:bot" if group is Group.BOTS else ""
        raise TargetNotFound(f"{target!r} is no target; write module:{group.word}{such}. {offer(group, target)}")
    if chosen := _named(group, target):
        return chosen[0].target
    return f"{module_name(module)}:{name}"


def _named(group: Group, name: str) -> Sequence[Plugin]:
    package, colon, short = name.rpartition(":")
    found = [plugin for plugin in plugins(group) if plugin.name == short]
    return [plugin for plugin in found if _normal(plugin.package) == _normal(package)] if colon else found


def _normal(package: str) -> str:
    """Packages are the same whatever the case and the kind of dash (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _package(point: metadata.EntryPoint) -> tuple[str, str]:
    return ("?", "?") if point.dist is None else (point.dist.name, point.dist.version)
