"""From settings to a roster: targets become names, and every rule is checked before anything starts."""

from types import SimpleNamespace
from typing import Any

import pytest

from agent.config import Configuration
from agent.daemon.roster import Route
from agent.daemon.rostering import roster_of
from agent.errors import InvalidSetting
from agent.ids import ContactId, ContactKey, InstanceId
from agent.ports import Offer

ONE = "11111111-2222-4333-8444-555555555555"
TWO = "22222222-2222-4333-8444-555555555555"


def _settings(**sections: Any) -> Configuration:
    return Configuration(**sections)


def _bot(name: str) -> Any:
    return SimpleNamespace(name=name, display_name=name.title())


def test_rules_name_targets_and_the_roster_names_bots() -> None:
    """And each bot appears under its own name for customers."""
    settings = _settings(
        bot={"target": "m:shop"}, routing={"rules": [{"bot": "m:vip", "attribute": "tier", "value": "gold"}]}
    )
    roster = roster_of(settings, _bot("shop"), {"m:vip": _bot("vip")})
    assert roster.bots == {"shop": "Shop", "vip": "Vip"}
    assert roster.default == "shop"
    assert roster.routes == (Route(bot="vip", attribute="tier", value="gold"),)


def test_a_rule_may_lead_back_to_the_default_bot() -> None:
    """As an exception to a rule behind it."""
    settings = _settings(bot={"target": "m:shop"}, routing={"rules": [{"bot": "m:shop", "queue": "q"}]})
    shop = _bot("shop")
    assert roster_of(settings, shop, {"m:shop": shop}).routes == (Route(bot="shop", queue="q"),)


def test_with_rules_alone_only_what_fits_one_is_served() -> None:
    """There is no default then."""
    vip = _bot("vip")
    roster = roster_of(_settings(routing={"rules": [{"bot": "m:vip", "flow": "f"}]}), vip, {"m:vip": vip})
    offer = Offer(key=ContactKey(InstanceId(ONE), ContactId("c")))
    assert roster.bot_for(offer) is None


def test_who_serves_one_bot_by_hand_is_not_bound_by_the_rules() -> None:
    """That bot gets everything."""
    roster = roster_of(_settings(routing={"rules": [{"bot": "m:vip", "flow": "f"}]}), _bot("echo"))
    assert (roster.default, roster.routes) == ("echo", ())


def test_all_named_instances_are_served() -> None:
    """The one and the others."""
    settings = _settings(connect={"instance": ONE, "instances": [TWO]})
    assert roster_of(settings, _bot("echo")).instances == {ONE, TWO}


def test_mistakes_in_rules_are_told_at_once() -> None:
    """With the rule's place."""
    echo = _bot("echo")
    with pytest.raises(InvalidSetting, match=r"routing\.rules: 'm:b' is one of two bots called 'echo'"):
        roster_of(_settings(), echo, {"m:b": _bot("echo")})
    with pytest.raises(InvalidSetting, match=r"routing\.rules\.0\.bot: 'm:c' is not served here"):
        roster_of(_settings(routing={"rules": [{"bot": "m:c", "flow": "f"}]}), echo, {})
    with pytest.raises(InvalidSetting, match=r"routing\.rules\.0\.instance: this instance is not served"):
        roster_of(
            _settings(connect={"instance": ONE}, routing={"rules": [{"bot": "m:a", "instance": TWO}]}),
            echo,
            {"m:a": _bot("a")},
        )
