"""Installed packages that are not there: entry points with a name and a version, and no files."""

from importlib import metadata


class Package(metadata.Distribution):
    """An installed package, version 1.2, without its files."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read_text(self, filename: str) -> str | None:
        return f"Name: {self._name}\nVersion: 1.2\n" if filename == "METADATA" else None

    def locate_file(self, path: object) -> None:  # type: ignore[override]
        raise AssertionError(path)


def entry_point(group: str, package: str, name: str, target: str) -> metadata.EntryPoint:
    """An entry point that `package` brings."""
    point: metadata.EntryPoint = metadata.EntryPoint(name, target, group)._for(Package(package))  # type: ignore[attr-defined]
    return point
