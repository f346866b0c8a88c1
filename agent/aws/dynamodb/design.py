"""The table as it must be: its keys, its one index, its time to live; and what is wrong with another.

===========================  ==================  =======================================================
partition key ``pk``         sort key ``sk``     the item
===========================  ==================  =======================================================
``contact#INSTANCE/CONTACT``  ``head``            the contact: epoch, owner, version of the write, body
``contact#INSTANCE/CONTACT``  ``part#WRITE#0000``  a piece of a body that is too long for one item
``lease``                    the worker's id     the worker's lease
===========================  ==================  =======================================================

The index ``by-holder`` (``holder``, then ``pk``) holds the keys of the contacts that are not over, under ``@OWNER`` or,
released, under ``-``. An index of DynamoDB follows its table a little later [documented], so it only ever proposes:
whether a contact may be claimed is decided by a strong read and a conditional write of its ``head``. ``expires`` is the
time to live. It makes no request.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from agent.ids import ContactId, ContactKey, InstanceId, WorkerId

PARTITION, SORT, HOLDER, EXPIRES = "pk", "sk", "holder", "expires"
INDEX = "by-holder"
HEAD, PART, LEASE = "head", "part#", "lease"
RELEASED = "-"
CONTACT = "contact#"

_KEYS = [{"AttributeName": PARTITION, "KeyType": "HASH"}, {"AttributeName": SORT, "KeyType": "RANGE"}]
_INDEX_KEYS = [{"AttributeName": HOLDER, "KeyType": "HASH"}, {"AttributeName": PARTITION, "KeyType": "RANGE"}]


def partition_of(key: ContactKey) -> str:
    """The partition of a contact. Instance ids are of one length, so partitions sort as their keys do."""
    instance = key.instance_id.replace("%", "%25").replace("/", "%2F")
    return f"{CONTACT}{instance}/{key.contact_id}"


def key_of(partition: str) -> ContactKey:
    """The contact of a partition."""
    instance, _, contact = partition.removeprefix(CONTACT).partition("/")
    return ContactKey(InstanceId(instance.replace("%2F", "/").replace("%25", "%")), ContactId(contact))


def holder_of(owner: WorkerId | None) -> str:
    """Under which key of the index the contacts of `owner` lie."""
    return RELEASED if owner is None else f"@{owner}"


def creation(table: str) -> dict[str, Any]:
    """What CreateTable is asked for."""
    names = (PARTITION, SORT, HOLDER)
    return {
        "TableName": table,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": _KEYS,
        "GlobalSecondaryIndexes": [
            {"IndexName": INDEX, "KeySchema": _INDEX_KEYS, "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }


def faults(description: Mapping[str, Any]) -> Sequence[str]:
    """What makes the described table unfit, each as a clause: expected, and found. Empty when it will do."""
    types = {one["AttributeName"]: one["AttributeType"] for one in description.get("AttributeDefinitions") or ()}
    indexes = {one["IndexName"]: one for one in description.get("GlobalSecondaryIndexes") or ()}
    wrong = []
    if (found := _shown(description, types)) != (expected := _shown_as(_KEYS)):
        wrong.append(f"its keys are {found}, not {expected}")
    if INDEX not in indexes:
        wrong.append(f"the index {INDEX} is missing")
    elif (found := _shown(indexes[INDEX], types)) != (expected := _shown_as(_INDEX_KEYS)):
        wrong.append(f"the keys of its index {INDEX} are {found}, not {expected}")
    return wrong


def _shown(described: Mapping[str, Any], types: Mapping[str, str]) -> str:
    return _words(
        (one["AttributeName"], one["KeyType"], types.get(one["AttributeName"], "?")) for one in _keys(described)
    )


def _keys(described: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    return sorted(described.get("KeySchema") or (), key=lambda one: one["KeyType"])


def _shown_as(keys: Sequence[Mapping[str, str]]) -> str:
    return _words((one["AttributeName"], one["KeyType"], "S") for one in keys)


def _words(keys: Any) -> str:
    return " and ".join(f"{name} ({kind}, {letter})" for name, kind, letter in keys)
