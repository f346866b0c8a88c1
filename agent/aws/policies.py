"""Who may publish to a worker's topic, and who may write to its queue: the two resource policies, nothing wider.

Pure text from ARNs.
"""

import json
from typing import Any


def topic_policy(topic_arn: str) -> str:
    """Only Amazon Connect may publish, and only for instances of the topic's own account and region [documented]."""
    partition, region, account = _place(topic_arn)
    return _policy(
        {
            "Principal": {"Service": "connect.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": f"arn:{partition}:connect:{region}:{account}:instance/*"},
            },
        }
    )


def queue_policy(queue_arn: str, topic_arn: str) -> str:
    """Only this topic may write to this queue [documented]."""
    return _policy(
        {
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
    )


def topic_of(queue_arn: str) -> str:
    """The ARN of the topic that has the queue's name."""
    return queue_arn.replace(":sqs:", ":sns:", 1)


def _place(arn: str) -> tuple[str, str, str]:
    _, partition, _, region, account, _ = arn.split(":", 5)
    return partition, region, account


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
