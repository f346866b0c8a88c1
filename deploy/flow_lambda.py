"""Offers a chat to the bots: what the Lambda block of a contact flow runs. It logs nothing of the customer.

It may run twice for one contact [documented]; the workers know an offer that comes again. Timers have to be set before
the bot joins [documented], hence before the offer.
"""

import json
import os

import boto3

TIMERS = {"idleMinutes": "IDLE", "disconnectMinutes": "DISCONNECT_NONCUSTOMER"}


def handler(event, context):
    contact, wishes = event["Details"]["ContactData"], event["Details"].get("Parameters") or {}
    instance = contact["InstanceARN"].rpartition("/")[2]
    if timers := [_timer(kind, wishes[name]) for name, kind in TIMERS.items() if wishes.get(name)]:
        boto3.client("connect").update_participant_role_config(
            InstanceId=instance,
            ContactId=contact["ContactId"],
            ChannelConfiguration={"Chat": {"ParticipantTimerConfigList": timers}},
        )
    offer = {key: contact.get(key) for key in ("ContactId", "InitialContactId", "Attributes", "Channel")}
    offer |= {"InstanceId": instance, "Bot": wishes.get("bot")}
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps(offer))
    return {"status": "offered"}


def _timer(kind, minutes):
    value = {"ParticipantTimerDurationInMinutes": int(minutes)}
    return {"ParticipantRole": "CUSTOMER", "TimerType": kind, "TimerValue": value}
