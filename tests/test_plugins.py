"""What installed packages bring, group by group; and what is said when two bring the same."""

import json
from collections.abc import Callable
from importlib import metadata

import pytest

from agent.errors import TargetNotFound
from agent.plugins import Group, find, load, plugins, trouble
from tests.packages import entry_point

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs entry points ``package: (name, target)`` of one group, and nothing else."""

    def install(group: Group, **packages: tuple[str, str]) -> None:
        points = [
            entry_point(group, package.replace("_", "-"), name, target) for package, (name, target) in packages.items()
        ]
        installed = {group: points}
        monkeypatch.setattr(metadata, "entry_points", lambda group: installed.get(group, []))

    return install


def test_each_group_has_its_word() -> None:
    """As people call one of it."""
    assert [group.word for group in Group] == ["bot", "source", "store", "middleware"]


def test_a_plugin_is_known_by_package_and_version(install: Install) -> None:
    """And is not imported to be listed."""
    install(Group.STORES, shop_store=("redis", "no_such_module_y:store"))
    (one,) = plugins(Group.STORES)
    assert (one.name, one.package, one.version, one.exact) == ("redis", "shop-store", "1.2", "shop-store:redis")
    assert find(Group.STORES, "redis") is not None
    told = "'redis': there is no module 'no_such_module_y' here. The package shop-store should have brought it."
    assert trouble(one) == told


def test_a_name_that_two_packages_bring_is_nobodys(install: Install) -> None:
    """Until one says whose; the sentence names both, and how."""
    install(Group.SOURCES, one_pkg=("queue", "json:loads"), two_pkg=("queue", "json:dumps"))
    assert [one.rivals for one in plugins(Group.SOURCES)] == [("two-pkg",), ("one-pkg",)]
    with pytest.raises(TargetNotFound, match="one-pkg and two-pkg both bring a source of that name; write one"):
        find(Group.SOURCES, "queue")
    assert load(Group.SOURCES, "one-pkg:queue") is json.loads
    assert load(Group.SOURCES, "Two_Pkg:queue") is json.dumps
    assert load(Group.SOURCES, "json:loads") is json.loads


def test_one_target_by_two_packages_is_no_clash(install: Install) -> None:
    """It is the same, whoever brings it."""
    install(Group.STORES, one=("x", "json:loads"), two=("x", "json:loads"))
    assert find(Group.STORES, "x").rivals == ()


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("rdis", "No store is called 'rdis'. Did you mean 'redis'"),
        (":x", "':x' is no target; write module:store"),
        ("other:redis", "there is no module 'other' here"),
        ("json:lods", "Did you mean 'loads'"),
    ],
)
def test_a_wrong_name_says_what_there_is(install: Install, target: str, told: str) -> None:
    """And what is near."""
    install(Group.STORES, shop=("redis", "json:loads"))
    with pytest.raises(TargetNotFound, match=told):
        load(Group.STORES, target)
