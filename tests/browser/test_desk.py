"""The agent desk: a person sees who waits, accepts, talks and leaves."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.visit import Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_waiting_contact_is_accepted_talked_to_and_left(visit: Visiting) -> None:
    """The whole way of a human agent, seen from both sides."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await expect(customer.desk.get_by_text("with the bot")).to_be_visible()
        customer.connect.bot_leaves(await customer.contact_id())
        await expect(customer.desk.get_by_text("waiting in BasicQueue")).to_be_visible()
        await customer.desk.get_by_label("Your name as an agent").fill("Robin")
        await customer.desk.get_by_role("button", name="Accept Customer").click()
        await customer.sees("Robin joined")
        answer = customer.desk.get_by_label("Answer as the agent")
        await expect(answer).to_be_focused()
        await answer.press_sequentially("How can I help?")
        await customer.sees("Robin is typing…")
        await answer.press("Enter")
        await customer.sees("How can I help?")
        await customer.says("With my parcel")
        await expect(customer.desk.get_by_role("log").get_by_text("With my parcel")).to_be_visible()
        await customer.desk.get_by_role("button", name="Leave").click()
        await customer.sees("Robin left")
        assert await customer.said("AGENT") == ["How can I help?"]


async def test_an_agent_may_take_over_from_the_bot(visit: Visiting) -> None:
    """Agent joins now: the bot is removed."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.desk.get_by_role("button", name="Accept Customer").click()
        await customer.sees("Echo left")
        await customer.sees("Sam joined")
        await expect(customer.desk.get_by_text("with an agent")).to_be_visible()


async def test_the_agent_sees_the_customer_typing(visit: Visiting) -> None:
    """Typing is told to the desk as well."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.desk.get_by_role("button", name="Accept Customer").click()
        await expect(customer.desk.get_by_label("Answer as the agent")).to_be_focused()
        await customer.box.press_sequentially("hmm")
        await expect(customer.desk.get_by_text("Customer is typing…")).to_be_visible()


async def test_typing_that_began_before_the_agent_looked_is_seen(visit: Visiting) -> None:
    """The desk remembers who types, whichever chat it shows."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.box.press_sequentially("hmm")
        await expect(customer.inspector.get_by_text("SendEvent").first).to_be_visible()
        await customer.desk.get_by_role("button", name=re.compile("^Customer")).first.click()
        await expect(customer.desk.get_by_text("Customer is typing…")).to_be_visible()


async def test_what_can_be_done_to_a_chat_is_done(visit: Visiting) -> None:
    """Sockets close, the customer leaves: one button each."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.desk.locator(".pick").click()
        await customer.desk.get_by_text("Do to this chat").click()
        await customer.desk.get_by_role("button", name="Close sockets").click()
        await expect(customer.inspector.get_by_role("option").filter(has_text="close-sockets")).to_be_visible()
        await customer.says("still there?")
        await customer.sees("still there?")
        await customer.desk.get_by_role("button", name="Customer leaves").click()
        await customer.sees("This chat has ended.")
        await expect(customer.desk.get_by_text("ended", exact=True)).to_be_visible()


async def test_a_transfer_is_followed(visit: Visiting) -> None:
    """A new ContactId under the same chat: the desk stays with it."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.desk.locator(".pick").click()
        await customer.desk.get_by_text("Do to this chat").click()
        await customer.desk.get_by_role("button", name="Transfer to queue").click()
        await expect(customer.desk.get_by_text("waiting in BasicQueue")).to_be_visible()
        await expect(customer.desk.get_by_role("region", name="Conversation with the customer")).to_be_visible()
        await customer.says("still the same chat")
        await customer.sees("still the same chat")
