"""Contacts in one DynamoDB table, for workers on any number of machines."""

from agent.aws.dynamodb.settings import TableSettings
from agent.aws.dynamodb.store import DynamoDBStore

__all__ = ["DynamoDBStore", "TableSettings"]
