"""Settings as the environment says them, and which variables are wrong; what a setting means is not known here."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_settings import EnvSettingsSource, SettingsError

from agent.config.sections import Configuration
from agent.config.wording import ENVIRONMENT_PREFIX, fields, variable
from agent.errors import ConfigurationError

FILE_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"
"""It names the file of settings, so it is none itself."""


def environment() -> Mapping[str, Any]:
    """What the variables say, nested like the file.

    Raises:
        ConfigurationError: some that must be JSON are none; each is named.
    """
    try:
        return EnvSettingsSource(Configuration)()
    except SettingsError as error:
        broken = [_no_json(name) for name, value in sorted(os.environ.items()) if not _readable(name, value)]
        raise ConfigurationError("\n".join(broken)) from error


def _readable(name: str, value: str) -> bool:
    """By itself: pydantic-settings stops at the first mistake, and names its section alone."""
    source = EnvSettingsSource(Configuration)
    source.env_vars = {name.lower(): value}
    try:
        source()
    except SettingsError:
        return False
    return True


def _no_json(name: str) -> str:
    section = name.removeprefix(ENVIRONMENT_PREFIX).lower()
    if section in Configuration.model_fields:
        inside = variable((section, fields((section,))[0]))
        return f"{name}: is a section; set what is in it, such as {inside} (from the environment)"
    return f'{name}: must be JSON; a list is written ["a", "b"] (from the environment)'


def unknown_variables(merged: Mapping[str, Any]) -> Iterator[str]:
    """pydantic-settings passes over a variable whose section it does not know; a misspelt one must not be silent."""
    sections = list(Configuration.model_fields)
    for name in sorted(os.environ):
        section = name.removeprefix(ENVIRONMENT_PREFIX).split("__")[0].lower()
        expected = section in sections or name == FILE_VARIABLE or f"env:{name}" in str(merged)
        if name.startswith(ENVIRONMENT_PREFIX) and not expected:
            near = get_close_matches(section, sections, n=1)
            hint = (
                f"did you mean {ENVIRONMENT_PREFIX}{near[0].upper()}__…?"
                if near
                else f"sections: {', '.join(sections)}"
            )
            yield f"{name}: unknown setting; {hint} (from the environment)"
