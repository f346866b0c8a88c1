"""The CloudFormation templates: linted by cfn-lint, and what moto can make is made there and used."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from agent.aws.dynamodb.design import EXPIRES, creation, faults
from agent.aws.permissions import Need, policy
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.doctor.checkup import checked_up
from agent.daemon.doctor.findings import Severity
from agent.daemon.doctor.queue import QUEUE
from tests.aws.moto import Moto
from tests.deploy.places import DEPLOY, template

INSTANCE = "11111111-2222-4333-8444-555555555555"
GAPS = {
    "partition": "${AWS::Partition}",
    "region": "${AWS::Region}",
    "account": "${AWS::AccountId}",
    "instance": "${InstanceId}",
    "queue": "${Name}-offers",
    "queue_region": "${AWS::Region}",
    "table": "${Name}",
    "table_region": "${AWS::Region}",
    "prefix": "${Name}",
}


@pytest.mark.processes
@pytest.mark.parametrize("name", ["cloudformation.yaml", "ecs.yaml"])
def test_the_template_is_clean(name: str) -> None:
    """cfn-lint, in a process of its own because it is heavy."""
    command = [Path(sys.executable).with_name("cfn-lint"), DEPLOY / name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.fixture
def stack(moto: Moto) -> Iterator[dict[str, Any]]:
    """The outputs of the stack, made by moto; it knows no queue policies and no integration of Amazon Connect."""
    client = boto3.client("cloudformation", endpoint_url=moto.url)
    parameters = [("InstanceId", INSTANCE), ("ContactEvents", "yes"), ("AssociateLambda", "no")]
    client.create_stack(
        StackName="chat-agent",
        TemplateBody=(DEPLOY / "cloudformation.yaml").read_text(encoding="utf-8"),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters],
    )
    (made,) = client.describe_stacks(StackName="chat-agent")["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    yield {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}
    client.close()


def test_the_table_is_one_that_the_store_takes(moto: Moto, stack: dict[str, Any]) -> None:
    """Its keys and its index; and the template says what `chat-agent table create` would."""
    client = boto3.client("dynamodb", endpoint_url=moto.url)
    described = client.describe_table(TableName=stack["Table"])["Table"]
    client.close()
    assert list(faults(described)) == []
    properties = template("cloudformation.yaml")["Resources"]["Chats"]["Properties"]
    for name in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"):
        assert properties[name] == creation("any")[name]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": EXPIRES, "Enabled": True}  # moto passes it over


async def test_the_doctor_finds_nothing_wrong_with_the_queue(moto: Moto, stack: dict[str, Any]) -> None:
    """It is there, with its dead letters."""
    queue = f"{moto.url}/{stack['QueueUrl'].split('/', 3)[3]}"
    settings = Configuration(connect={"endpoint_url": moto.url}, source={"kind": "sqs", "queue_url": queue})
    findings = await checked_up(settings, clock=SystemClock(), checks=QUEUE)
    assert {one.severity for one in findings} == {Severity.OK, Severity.SKIPPED}


def test_the_rule_sends_new_chats_to_the_queue(moto: Moto, stack: dict[str, Any]) -> None:
    """Of this instance alone."""
    client = boto3.client("events", endpoint_url=moto.url)
    (rule,) = client.list_rules()["Rules"]
    (target,) = client.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    client.close()
    pattern = json.loads(rule["EventPattern"])
    assert pattern["detail"]["instanceArn"] == [f"arn:aws:connect:{moto.region}:123456789012:instance/{INSTANCE}"]
    assert target["Arn"].endswith(":chat-agent-offers")


def test_the_offer_may_be_made_by_amazon_connect(moto: Moto, stack: dict[str, Any]) -> None:
    """By this instance alone."""
    client = boto3.client("lambda", endpoint_url=moto.url)
    document = json.loads(client.get_policy(FunctionName="chat-agent-offer")["Policy"])
    client.close()
    (statement,) = document["Statement"]
    assert statement["Principal"] == {"Service": "connect.amazonaws.com"}
    assert INSTANCE in json.dumps(statement["Condition"])


def test_streams_are_named_as_the_policy_allows(stack: dict[str, Any]) -> None:
    """The first stack tells the beginning, the second hands it on; another would be refused at each chat."""
    assert stack["Prefix"] == stack["Table"] == "chat-agent"
    (worker,) = template("ecs.yaml")["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    told = {one["Name"]: one["Value"] for one in worker["Environment"]}
    assert told["CHAT_AGENT_STREAMING__PREFIX"] == {"Ref": "Prefix"}
    assert template("cloudformation.yaml")["Outputs"]["Prefix"]["Value"] == {"Ref": "Name"}
    asked = {
        name for name, one in template("ecs.yaml")["Parameters"].items() if "Output of" in one.get("Description", "")
    }
    assert asked <= {*stack}


def _statements(resource: str) -> list[dict[str, Any]]:
    found = template("cloudformation.yaml")["Resources"][resource]["Properties"]["PolicyDocument"]["Statement"]
    return [{**one, "Resource": one["Resource"] if one["Resource"] == "*" else one["Resource"]["Sub"]} for one in found]


def test_the_policies_are_those_that_the_command_prints() -> None:
    """Nothing missing, nothing more."""
    worker = policy({Need.SERVE, Need.QUEUE, Need.TABLE, Need.STREAM}, GAPS)
    assert _statements("WorkerPolicy") == worker["Statement"]
    assert _statements("DoctorPolicy") == policy({Need.DOCTOR}, GAPS)["Statement"]


def test_the_functions_code_is_the_file_beside_it() -> None:
    """One text, two places; small enough to stand in a template [documented: 4 MB of text, once 4096 characters]."""
    code = template("cloudformation.yaml")["Resources"]["Offer"]["Properties"]["Code"]["ZipFile"]
    assert code.strip() == (DEPLOY / "flow_lambda.py").read_text(encoding="utf-8").strip()
    assert len(code) < 4_096


def test_only_encrypted_calls_and_only_the_rule_may_use_the_queue() -> None:
    """The queue's own policy, which moto cannot make."""
    deny, allow = template("cloudformation.yaml")["Resources"]["OffersPolicy"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert allow["Principal"] == {"Service": "events.amazonaws.com"}
    assert "aws:SourceArn" in allow["Condition"]["ArnLike"]


def test_a_fargate_worker_is_hardened() -> None:
    """No root, no writable root, no capability, time to drain."""
    task = template("ecs.yaml")["Resources"]["Task"]["Properties"]
    (worker,) = task["ContainerDefinitions"]
    assert worker["ReadonlyRootFilesystem"] is True
    assert worker["User"] == "10001:10001"
    assert worker["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert worker["StopTimeout"] > Configuration().worker.drain_deadline
    assert "HealthCheck" in worker
