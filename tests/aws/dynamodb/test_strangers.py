"""Items that this version did not write, or cannot read: each is refused alone, named, and left as it is."""

import base64
from dataclasses import replace

import boto3
import msgspec
import pytest

from agent.aws.dynamodb import DynamoDBStore, TableSettings
from agent.aws.dynamodb.design import HEAD, creation, key_of, partition_of
from agent.aws.dynamodb.rows import at_head, at_lease
from agent.errors import StoreUnusable
from agent.ids import ContactId, ContactKey, InstanceId, Secret, WorkerId
from agent.store import AesGcmSealer
from agent.testing.clocks import ManualClock
from agent.testing.conformance.records import PARTICIPANT_TOKEN, key, record
from tests.aws.dynamodb.tables import items_in, made_table
from tests.aws.moto import Moto

ANN, BOB = WorkerId("ann"), WorkerId("bob")
OLD, NEW = (Secret(base64.b64encode(bytes([n]) * 32).decode()) for n in (1, 2))


def put(settings: TableSettings, item: dict[str, object]) -> None:
    client = boto3.client("dynamodb", endpoint_url=settings.endpoint_url, region_name=settings.region)
    client.put_item(TableName=settings.table, Item=item)
    client.close()


async def refused(settings: TableSettings, *keys: Secret) -> str:
    """What is said about the first contact; nothing in the table changes, and other contacts go on."""
    before = items_in(settings)
    sealer = AesGcmSealer(keys) if keys else None
    async with await DynamoDBStore.open(settings, clock=ManualClock(), sealer=sealer) as store:
        sentences = []
        for call in (store.load(key()), store.claim(record(), owner=ANN)):
            with pytest.raises(StoreUnusable) as raised:
                await call
            sentences.append(str(raised.value))
        assert [one for one in items_in(settings) if one["pk"] != {"S": "lease"}] == [
            one for one in before if one["pk"] != {"S": "lease"}
        ]
        await store.claim(record(2), owner=ANN)
    assert sentences[0] == sentences[1]
    assert str(key()) in sentences[0]
    return sentences[0]


async def stored(settings: TableSettings, *keys: Secret) -> None:
    sealer = AesGcmSealer(keys) if keys else None
    async with await DynamoDBStore.open(settings, clock=ManualClock(), sealer=sealer) as store:
        await store.claim(record(), owner=BOB)


async def with_body(settings: TableSettings, body: bytes) -> None:
    await stored(settings)
    (item,) = [one for one in items_in(settings) if one["sk"] == {"S": HEAD}]
    put(settings, {**item, "body": {"B": body}})


async def test_a_later_format_is_refused(moto: Moto) -> None:
    """Never guessed at."""
    settings = made_table(moto)
    await with_body(settings, msgspec.msgpack.encode({"format": 99, "record": {}}))
    assert "format 99" in await refused(settings)


async def test_rubbish_is_refused(moto: Moto) -> None:
    """A body that is no record, and an item that is no contact's."""
    settings = made_table(moto)
    await with_body(settings, b"rubbish")
    assert "unreadable" in await refused(settings)
    put(settings, {**at_head(key()), "epoch": {"N": "1"}})
    assert "is no contact's" in await refused(settings)


async def test_a_sealed_record_needs_its_key(moto: Moto) -> None:
    """None, or another one; with both it opens."""
    settings = made_table(moto)
    await stored(settings, OLD)
    assert PARTICIPANT_TOKEN.encode() not in b"".join(
        one["body"]["B"]  # type: ignore[index,misc]
        for one in items_in(settings)
        if "body" in one
    )
    assert "no key is configured" in await refused(settings)
    assert "not among those configured" in await refused(settings, NEW)
    async with await DynamoDBStore.open(settings, clock=ManualClock(), sealer=AesGcmSealer([NEW, OLD])) as store:
        assert (await store.claim(record(), owner=ANN)).participant == record().participant


async def test_a_record_in_another_contacts_place_is_refused(moto: Moto) -> None:
    """Somebody copied it."""
    settings = made_table(moto)
    await with_body(settings, record(7).encode())
    assert "another contact's record" in await refused(settings)


async def test_a_lease_that_is_none_is_refused(moto: Moto) -> None:
    """It names the item."""
    settings = made_table(moto)
    put(settings, {**at_lease(BOB), "beat": {"S": "yesterday"}})
    async with await DynamoDBStore.open(settings, clock=ManualClock()) as store:
        with pytest.raises(StoreUnusable, match="pk is lease"):
            await store.workers()


async def test_a_table_with_other_keys_is_refused(moto: Moto) -> None:
    """With what was expected, and what was found."""
    name = moto.name()
    wanted = {**creation(name), "KeySchema": creation(name)["KeySchema"][:1]}
    wanted["GlobalSecondaryIndexes"] = [{**wanted["GlobalSecondaryIndexes"][0]}]
    wanted["GlobalSecondaryIndexes"][0]["KeySchema"] = [{"AttributeName": "sk", "KeyType": "HASH"}]
    wanted["AttributeDefinitions"] = [{"AttributeName": one, "AttributeType": "S"} for one in ("pk", "sk")]
    client = boto3.client("dynamodb", endpoint_url=moto.url)
    client.create_table(**wanted)
    client.close()
    settings = replace(made_table(moto), table=name)
    with pytest.raises(StoreUnusable) as raised:
        await DynamoDBStore.open(settings, clock=ManualClock())
    assert "its keys are pk (HASH, S), not pk (HASH, S) and sk (RANGE, S)" in str(raised.value)
    assert "by-holder are sk (HASH, S), not holder (HASH, S) and pk (RANGE, S)" in str(raised.value)


@pytest.mark.parametrize("instance", ["i", "a/b", "a%2Fb", "%/%"])
def test_a_contact_is_found_again_in_its_partition(instance: str) -> None:
    """Whatever its ids hold."""
    contact = ContactKey(InstanceId(instance), ContactId("c/d%25"))
    assert key_of(partition_of(contact)) == contact
