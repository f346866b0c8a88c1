"""Where the settings of a bot are, for those who list what is installed. It reads none of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A bot's file.

    Attributes:
        file: its name in the current directory.
        variable: the environment variable that names another one.
        keys: what may stand in it, at its top.
    """

    file: str
    variable: str
    keys: tuple[str, ...]
