"""The figures for people: a table and a histogram in the terminal, a histogram as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from agent.cli.benching.figures import Figures
from agent.errors import ConfigurationError, InvalidSetting

_BINS = 12
_WIDTH = 40
_MIB = 1 << 20


def show(figures: Figures, console: Console) -> None:
    """Prints the table and, if anything was answered, the histogram."""
    console.print(_table(figures.record()))
    for line in histogram(figures.tally.latencies):
        console.print(line, highlight=False, markup=False)


def _table(known: dict[str, Any]) -> Table:
    table = Table("", "p50", "p95", "p99", "max", box=None, header_style="bold")
    for words, name in (("reply latency, ms", "latency_ms"), ("join, ms", "join_ms")):
        table.add_row(words, *(_number(value) for value in known[name].values()))
    rows = {
        "chats": known["chats"],
        "messages answered": f"{known['answered']} of {known['messages']}",
        "answered/s": known["answered_per_second"],
        "replies/s": known["replies_per_second"],
        "joins": known["joins"],
        "unanswered": known["unanswered"],
        "chats without a bot": known["missed_chats"],
        "left by the bot": known["left_by_bot"],
        "failed turns": known["failed_turns"],
        "CPU ms/chat, ms/message": f"{_number(known['cpu_ms_per_chat'])}, {_number(known['cpu_ms_per_message'])}",
        "memory KiB/chat, MiB in all": f"{_part(known['memory_bytes_per_chat'], 1024)}, "
        f"{_part(known['memory_bytes'], _MIB)}",
    }
    for words, value in rows.items():
        table.add_row(words, str(value))
    return table


def histogram(latencies: Sequence[float]) -> list[str]:
    """Lines of text, one for each span of milliseconds."""
    if not latencies:
        return []
    spans = _spans(latencies)
    most = max(count for _, _, count in spans)
    return [f"{low:9.1f} - {high:9.1f} ms {'█' * round(_WIDTH * n / most):<{_WIDTH}} {n}" for low, high, n in spans]


def _spans(latencies: Sequence[float]) -> list[tuple[float, float, int]]:
    low, high = min(latencies) * 1000, max(latencies) * 1000
    width = (high - low) / _BINS or 1.0
    counts = [0] * _BINS
    for latency in latencies:
        counts[min(_BINS - 1, int((latency * 1000 - low) / width))] += 1
    return [(low + width * n, low + width * (n + 1), count) for n, count in enumerate(counts)]


def plotter() -> Any:
    """What draws pictures.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigurationError(
            "--plot needs matplotlib, which is not installed; install it with: pip install 'connect-chat-agent[bench]'"
        ) from error

    def figure() -> Any:
        made = Figure(figsize=(8, 4.5), layout="constrained")
        FigureCanvasAgg(made)
        return made

    return figure


def plot(figures: Figures, file: Path, figure: Any) -> None:
    """Writes the histogram of the latencies.

    Raises:
        InvalidSetting: the file cannot be written, or is of no kind that can be.
    """
    known = figures.record()["latency_ms"]
    picture = figure()
    axes = picture.add_subplot()
    axes.hist([latency * 1000 for latency in figures.tally.latencies], bins=40)
    for name in ("p50", "p95", "p99"):
        if known[name] is not None:
            axes.axvline(known[name], linestyle="--", linewidth=1, color="black")
            axes.text(known[name], 1.0, f" {name}", transform=axes.get_xaxis_transform(), va="top", fontsize=8)
    axes.set(xlabel="reply latency, ms", ylabel="messages", title=f"{figures.bot}: {figures.chats} chats")
    try:
        picture.savefig(file, dpi=120)
    except (OSError, ValueError) as error:
        raise InvalidSetting("--plot", f"{file} cannot be written ({type(error).__name__}: {error}).") from error


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _part(value: int | None, unit: int) -> str:
    return _number(None if value is None else value / unit)
