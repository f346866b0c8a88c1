"""What an instance tells about itself: DescribeInstance, ListContactFlows, DescribeContactFlow, for those who check.

Reading only. It must not know chats.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agent.emulator.errors import InvalidInput, not_found
from agent.emulator.flow_language import document
from agent.emulator.region import Region

Params = dict[str, Any]
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
KIND = "CONTACT_FLOW"
PAGE = 1000  # [documented] as the most


def describe_instance(region: Region, params: Params) -> Params:
    """DescribeInstance: every instance that is well formed exists, and is active."""
    instance = params["InstanceId"]
    return {
        "Instance": {
            "Id": instance,
            "Arn": _arn(region, instance),
            "IdentityManagementType": "CONNECT_MANAGED",
            "InstanceAlias": "local",
            "CreatedTime": 0,
            "InstanceStatus": "ACTIVE",
            "InboundCallsEnabled": False,
            "OutboundCallsEnabled": False,
        }
    }


def list_contact_flows(region: Region, params: Params) -> Params:
    """ListContactFlows: the flows of this region, the same in every instance."""
    kinds = params.get("ContactFlowTypes")
    names = sorted(region.flows) if not kinds or KIND in kinds else []
    first, size = _position(params), params.get("MaxResults", PAGE)
    answer: Params = {"ContactFlowSummaryList": [_summary(region, params, name) for name in names[first:][:size]]}
    if first + size < len(names):
        answer["NextToken"] = str(first + size)
    return answer


def _position(params: Params) -> int:
    token = params.get("NextToken", "0")
    if not token.isdecimal():
        raise InvalidInput("NextToken is not one that this operation gave")
    return int(token)


def describe_contact_flow(region: Region, params: Params) -> Params:
    """DescribeContactFlow: as JSON, also a flow that came from TOML. Unknown UUIDs behave as ``default`` here."""
    name = params["ContactFlowId"].rsplit("/", 1)[-1]
    if name not in region.flows and not UUID.fullmatch(name):
        raise not_found("The contact flow was not found.")
    return {"ContactFlow": {**_summary(region, params, name, short=False), "Content": document(region.flow(name))}}


def _summary(region: Region, params: Params, name: str, *, short: bool = True) -> Params:
    prefix = "ContactFlow" if short else ""
    return {
        "Id": name,
        "Arn": f"{_arn(region, params['InstanceId'])}/contact-flow/{name}",
        "Name": name,
        f"{prefix}Type": KIND,
        f"{prefix}State": "ACTIVE",
        f"{prefix}Status": "PUBLISHED",
    }


def _arn(region: Region, instance: str) -> str:
    settings = region.settings
    return f"arn:aws:connect:{settings.region_name}:{settings.account_id}:instance/{instance}"


OPERATIONS: dict[str, Callable[[Region, Params], Params]] = {
    "DescribeInstance": describe_instance,
    "ListContactFlows": list_contact_flows,
    "DescribeContactFlow": describe_contact_flow,
}
