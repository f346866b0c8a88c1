"""Amazon Connect without a network has the weather of the one behind HTTP."""

from __future__ import annotations

import pytest

from agent.emulator import INSTANCE_ID, Fault, Operations, Region, Rule
from agent.emulator.weather import ScriptedWeather
from agent.errors import Throttled
from agent.ports import Operation
from agent.testing.inmemory import InMemoryCalls


async def test_a_rule_for_one_role_strikes_its_calls_and_no_others() -> None:
    """Whose call it is, the token tells."""
    region = Region()
    region.weather = weather = ScriptedWeather(region)
    operations = Operations(region)
    calls = InMemoryCalls(operations)
    details = {"DisplayName": "Ana"}
    params = {"InstanceId": INSTANCE_ID, "ContactFlowId": "no-bot", "ParticipantDetails": details}
    token = operations.call("StartChatContact", params)["ParticipantToken"]
    weather.set([Rule(role="CUSTOM_BOT", fault=Fault.ERROR, error="ThrottlingException")])
    await calls(Operation.CREATE_PARTICIPANT_CONNECTION, Type=["CONNECTION_CREDENTIALS"], ParticipantToken=token)
    weather.set([Rule(role="CUSTOMER", fault=Fault.ERROR, error="ThrottlingException")])
    with pytest.raises(Throttled):
        await calls(Operation.CREATE_PARTICIPANT_CONNECTION, Type=["CONNECTION_CREDENTIALS"], ParticipantToken=token)
