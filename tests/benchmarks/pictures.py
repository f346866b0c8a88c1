"""The outcome as pictures: what changes with the number of chats. It knows figures' names, not how they came about."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.suite import Result

PICTURES = {
    "performance-saturation.png": "Replies per second and CPU per reply at saturation, by the number of chats",
    "performance-idle.png": "Memory of a chat and CPU of all idle chats, by the number of chats",
}
"""File names, and what one who cannot see them is told."""

_PANELS = {
    "performance-saturation.png": (
        ("replies/s", "replies per second at saturation", "", "chats"),
        ("CPU µs per reply", "CPU µs per reply at saturation", "", "chats"),
        ("p99 ms", "p99 ms at saturation", "", "chats"),
    ),
    "performance-idle.png": (
        ("KB per chat", "KB per idle chat", "idle", "chats"),
        ("KB per chat", "KB per idle chat, TLS", "idle", "chats, TLS"),
        ("core", "part of a core that idle chats take", "idle", "chats"),
    ),
}
_COLOURS = {"product": "#0b7285", "naive": "#e8590c", "limit": "#868e96"}


def draw(results: Sequence[Result], folder: Path) -> list[str]:
    """Draws what was measured into `folder`: the names of the files, none for what was not."""
    from matplotlib.figure import Figure

    drawn = []
    for name, panels in _PANELS.items():
        picture = Figure(figsize=(10, 3), layout="constrained")
        found = [
            _plot(axes, results, *panel) for axes, panel in zip(picture.subplots(1, len(panels)), panels, strict=True)
        ]
        if any(found):
            picture.savefig(folder / name, dpi=80, metadata={"Software": None})
            drawn.append(name)
    return drawn


def _plot(axes: Any, results: Sequence[Result], figure: str, title: str, beginning: str, ending: str) -> bool:
    """Whether there was anything to plot: peers over sizes, of the workloads that begin and end so."""
    mine = [
        each
        for each in results
        if each.workload.startswith(beginning) and each.workload.endswith(ending) and each.median(figure) is not None
    ]
    for peer, colour in _COLOURS.items():
        sizes = sorted((each for each in mine if each.peer == peer), key=lambda each: each.chats)
        middles, spreads = [each.median(figure) for each in sizes], [each.spread(figure) for each in sizes]
        chats = [each.chats for each in sizes]
        if chats:
            axes.plot(chats, middles, marker="o", markersize=4, color=colour, label=peer)
            axes.fill_between(chats, *zip(*(each or (0, 0) for each in spreads), strict=True), color=colour, alpha=0.15)
    axes.set(xscale="log", yscale="log", xlabel="chats")
    _label(axes.xaxis, 1)
    _label(axes.yaxis, 1, 2, 5)
    axes.set_title(title, fontsize=10)
    axes.grid(visible=True, alpha=0.3)
    if mine:
        axes.legend(fontsize=8)
    return bool(mine)


def _label(axis: Any, *digits: int) -> None:
    """Plain numbers that begin with `digits`, not powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=digits))
    axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axis.set_minor_formatter(NullFormatter())
