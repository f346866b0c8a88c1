"""Everything that is installed with the project is pinned, licensed, and known; and the audit fails when it should."""

import re
from importlib.metadata import PackageNotFoundError, distribution, requires

import pytest
from packaging.requirements import Requirement

from tests.audit.__main__ import CONSTRAINTS, verdict

PINS = dict(
    line.split("==", 1) for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
)
_FREE = re.compile(
    r"apache|mit\b|bsd|psf|python|mpl|mozilla|isc\b|unlicense|zlib|lgpl|0bsd|public domain", re.IGNORECASE
)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed(name: str, seen: set[str]) -> set[str]:
    """The packages without which the installed `name` does not work, itself included."""
    for text in requires(name) or ():
        wanted = Requirement(text)
        if (wanted.marker is None or wanted.marker.evaluate({"extra": ""})) and _plain(wanted.name) not in seen:
            seen.add(_plain(wanted.name))
            _needed(wanted.name, seen)
    return seen


NEEDED = sorted(_needed("connect-chat-agent", set()))


@pytest.mark.parametrize("name", NEEDED)
def test_what_runs_in_production_is_pinned_and_free(name: str) -> None:
    """To one version, under a licence that lets anybody use it."""
    assert name in {_plain(pinned) for pinned in PINS}, f"{name} is not in constraints.txt"
    try:
        told = distribution(name).metadata
    except PackageNotFoundError:
        pytest.skip(f"{name} is not for this machine")
    fields = ("License-Expression", "License", "Classifier", "License-File")
    licences = [licence for field in fields for licence in told.get_all(field) or ()]
    assert any(_FREE.search(str(licence)) for licence in licences), f"{name}: {licences[:6]}"
    assert "Development Status :: 7 - Inactive" not in licences


def test_each_pin_is_one_version() -> None:
    """No range, no address, no path."""
    assert all(re.fullmatch(r"[\w.!+-]+( ?;.*)?", version.strip()) for version in PINS.values())


@pytest.mark.parametrize(
    ("code", "told", "wanted", "warns"),
    [
        (0, "", 0, False),
        (0, "yarl   Dependency not found and could not be audited: yarl (1.25.1)", 0, True),
        (1, "Found 1 known vulnerability in 1 package\naiohttp 3.0 GHSA-1", 1, False),
        (1, "requests.exceptions.ConnectionError: Max retries exceeded", 0, True),
        (2, "pip-audit: error: no such option", 1, False),
    ],
)
def test_a_finding_fails_and_silence_warns(code: int, told: str, wanted: int, warns: bool) -> None:
    """A machine that cannot ask is not a machine that found nothing, and says so."""
    assert verdict(code, told)[0] == wanted
    assert ("WARNING" in verdict(code, told)[1]) == warns
