"""How the local Amazon Connect is to be: flags and files, and what is wrong with them."""

from pathlib import Path

import pytest

from agent.cli.landscape import Landscape, warn_of_strangers
from agent.emulator import emulate
from agent.errors import InvalidSetting

WEATHER = '[[rules]]\nfault = "drop"\nchance = 0.5\n'


def test_without_flags_the_sun_shines() -> None:
    """Quotas off, no faults, no sinks."""
    arguments = Landscape().arguments()
    assert not arguments["settings"].enforce_quotas
    assert not arguments["weather"]
    assert arguments["sinks"] == []


def test_files_and_flags_become_the_emulators_arguments(tmp_path: Path) -> None:
    """A flow is known by its file's name."""
    weather = tmp_path / "storm.toml"
    weather.write_text(WEATHER)
    landscape = Landscape(weather=weather, sinks=[f"stream=file:{tmp_path}/out"], quotas=True, quota_scale=2.0, seed=5)
    arguments = landscape.arguments()
    assert len(arguments["weather"]) == 1
    assert arguments["settings"].quota_scale == 2.0
    assert arguments["settings"].seed == 5


async def test_a_flow_from_a_file_can_be_started(tmp_path: Path) -> None:
    """`--flow shop.toml`, then ContactFlowId `shop`."""
    source = next((Path(__file__).parents[2] / "agent/emulator/flows").glob("no-bot.toml"))
    flow = tmp_path / "shop.toml"
    flow.write_text(source.read_text())
    async with emulate(**Landscape(flows=[flow]).arguments()) as connect:
        assert "shop" in connect.region.flows


@pytest.mark.parametrize(
    ("landscape", "flag"),
    [
        (Landscape(flows=[Path("/nonexistent.toml")]), "--flow"),
        (Landscape(weather=Path("/nonexistent.toml")), "--weather"),
        (Landscape(sinks=["rubbish"]), "--sink"),
    ],
)
def test_what_cannot_be_had_is_named_by_its_flag(landscape: Landscape, flag: str) -> None:
    """One sentence: which flag, which file, why."""
    with pytest.raises(InvalidSetting) as raised:
        landscape.arguments()
    assert str(raised.value).startswith(flag)


def test_a_broken_weather_file_says_what_is_wrong(tmp_path: Path) -> None:
    """Not a traceback."""
    weather = tmp_path / "storm.toml"
    weather.write_text('[[rules]]\nfault = "hail"\n')
    with pytest.raises(InvalidSetting, match=r"storm\.toml"):
        Landscape(weather=weather).arguments()


@pytest.mark.parametrize(
    ("host", "warned"), [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True)]
)
def test_an_address_that_others_may_reach_is_warned_of(
    host: str, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no login."""
    warn_of_strangers(host)
    assert ("no login" in capsys.readouterr().err) is warned
