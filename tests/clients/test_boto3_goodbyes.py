"""Views and authentication, which no flow here offers, and the ways out of a chat, as boto3 meets them."""

from uuid import uuid4

from tests.clients.boto import Boto, refused


def test_no_views_and_no_authentication(boto: Boto) -> None:
    """No flow here offers them: modelled errors, not failures."""
    customer = boto.customer()
    by = {"ConnectionToken": customer.token}
    with refused(boto.participant, "ResourceNotFoundException"):
        boto.participant.describe_view(ViewToken="a/b c", **by)
    for call in ("get_authentication_url", "cancel_participant_authentication"):
        more = {"RedirectUri": "https://example.com"} if call == "get_authentication_url" else {}
        with refused(boto.participant, "ValidationException"):
            getattr(boto.participant, call)(SessionId=str(uuid4()), **more, **by)


def test_a_bot_leaves_and_the_chat_goes_on(boto: Boto) -> None:
    """DisconnectParticipant: participant.left, dead tokens, and a customer who goes on."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    assert bot.leaves()["ResponseMetadata"]["HTTPStatusCode"] == 200
    with refused(boto.participant, "AccessDeniedException"):
        bot.says("one more thing")
    assert customer.reads()[0] == "participant.left"
    assert customer.says("anybody?")


def test_the_customers_goodbye_is_the_end(boto: Boto) -> None:
    """When the customer leaves, the chat is over for the bot too."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    customer.leaves()
    with refused(boto.participant, "AccessDeniedException"):
        bot.says("goodbye")
    with refused(boto.connect, "ContactNotFoundException"):
        boto.ends(customer.contact_id)
