"""How the local Amazon Connect is to be, from flags and files: flows, weather, sinks, quotas. It starts nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import typer

from agent.emulator import BadFlow, BadSink, BadWeather, Settings, load_flow, parse_weather, read_sink
from agent.errors import InvalidSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """The flags of ``chat-agent emulator`` and ``dev``.

    Attributes:
        flows: TOML files; each is known by its file name, and one called ``default`` replaces the built-in.
        weather: a TOML file of faults.
        sinks: ``KIND=DESTINATION`` each.
        quotas: whether Connect's rates are enforced.
        quota_scale: multiplies every rate.
        secure: https and wss with a certificate made for the run.
        seed: makes ids, tokens and weather the same each time.
        bot_websocket: whether a custom participant gets a websocket.
    """

    flows: Sequence[Path] = ()
    weather: Path | None = None
    sinks: Sequence[str] = ()
    quotas: bool = False
    quota_scale: float = 1.0
    secure: bool = False
    seed: int | None = None
    bot_websocket: bool = True

    def arguments(self) -> dict[str, Any]:
        """What `agent.emulator.emulate` takes.

        Raises:
            InvalidSetting: a file or a sink cannot be used; the sentence says which and why.
        """
        rules, weather_seed = self._weather()
        return {
            "settings": Settings(
                enforce_quotas=self.quotas,
                quota_scale=self.quota_scale,
                secure=self.secure,
                bot_may_use_websocket=self.bot_websocket,
                seed=weather_seed if self.seed is None else self.seed,
            ),
            "flows": {path.stem: self._flow(path) for path in self.flows},
            "weather": rules,
            "sinks": [self._sink(text) for text in self.sinks],
        }

    def _flow(self, path: Path) -> Any:
        try:
            return load_flow(path)
        except (BadFlow, OSError, UnicodeDecodeError) as error:
            raise InvalidSetting("--flow", f"{path}: {_reason(error)}") from error

    def _weather(self) -> tuple[Any, int | None]:
        if self.weather is None:
            return (), None
        try:
            return parse_weather(self.weather.read_text(encoding="utf-8"))
        except (BadWeather, OSError, UnicodeDecodeError) as error:
            raise InvalidSetting("--weather", f"{self.weather}: {_reason(error)}") from error

    @staticmethod
    def _sink(text: str) -> Any:
        try:
            return read_sink(text)
        except BadSink as error:
            raise InvalidSetting("--sink", str(error)) from error


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)


def warn_of_strangers(host: str) -> None:
    """There is no login: whoever reaches the port may read and speak in every chat."""
    if not _is_loopback(host):
        typer.secho(
            f"Warning: listening on {host}, where others may reach it. There is no login: anyone who does can read "
            "and speak in every chat. Use --host 127.0.0.1 unless that is meant.",
            fg="yellow",
            err=True,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
