"""Settings that belong to another kind of store or source than the one that is chosen, and so would do nothing.

Told are those that say where something is kept or comes from: whoever names a table means it. A kind that is chosen
above them (by a flag over the file) is a choice, not a mistake. What a kind does is not known here.
"""

from collections.abc import Iterator, Mapping, Sequence

from agent.config.sections import Configuration
from agent.config.wording import Location, told

_INSTALLED = "installed"
_OWNERS: Mapping[str, Mapping[str, str]] = {
    "store": {
        "path": "sqlite",
        "table": "dynamodb",
        "region": "dynamodb",
        "endpoint_url": "dynamodb",
        "options": _INSTALLED,
    },
    "source": {"queue_url": "sqs", "url": "local", "secret": "http", "options": _INSTALLED},
}
_BUILT_IN = {"store": {"memory", "sqlite", "dynamodb"}, "source": {"sqs", "http", "local"}}


def strangers(settings: Configuration, origins: Mapping[Location, str], layers: Sequence[str]) -> Iterator[str]:
    """A sentence for each; `layers` are the origins, the later covering the earlier."""
    for section, owners in _OWNERS.items():
        kind, chosen = getattr(settings, section).kind, origins[section, "kind"]
        for name, owner in owners.items():
            said = [layers.index(origin) for where, origin in origins.items() if where[:2] == (section, name)]
            meant = max(said, default=0) >= max(layers.index(chosen), 1)
            if meant and kind is not None and not _fits(section, kind, owner):
                yield told((section, name), _sentence(section, owner, chosen), origins)


def _fits(section: str, kind: str, owner: str) -> bool:
    return kind not in _BUILT_IN[section] if owner is _INSTALLED else kind == owner


def _sentence(section: str, owner: str, chosen: str) -> str:
    wanted = f"{section}.kind names an installed one" if owner is _INSTALLED else f'[{section}] has kind = "{owner}"'
    return f"counts only where {wanted}, and the kind (from {chosen}) is another; set that kind or leave this out"
