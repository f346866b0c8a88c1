"""What came of a question to AWS, in words that fit any finding; and the one question that several checks share."""

from agent.aws.inquiry import Refused, Reply, Unanswered
from agent.daemon.doctor.examination import Exam
from agent.daemon.doctor.findings import Finding, warn


async def about_instance(exam: Exam) -> Reply:
    """DescribeInstance, the harmless question that several checks share."""
    return await exam.ask("connect", "DescribeInstance", InstanceId=exam.settings.connect.instance)


def told(reply: Reply) -> str:
    """What came, in words."""
    if isinstance(reply, Unanswered):
        return reply.reason
    if isinstance(reply, Refused):
        return f"{reply.code or reply.status}{f': {reply.words}' if reply.words else ''}".rstrip(".")
    return "an answer"


def trouble(check: str, reply: Reply) -> Finding:
    """It could not be found out now."""
    return warn(
        check,
        "not known now",
        cause=told(reply),
        remedy="Ask again in a minute; if it stays, see the AWS Health Dashboard and the quotas.",
    )


def may_not_look(check: str, action: str, reply: Refused) -> Finding:
    """The doctor lacks a permission that serving chats does not take."""
    return warn(
        check,
        "it may not be looked at",
        cause=told(reply),
        remedy=f"Allow {action} to whoever runs the doctor ('chat-agent iam --doctor'); chats do not need it.",
    )
