"""The customer's side: the page is a customer's website over the real protocol."""

from typing import Any

import pytest
from playwright.async_api import Route, expect

from agent.emulator.participants import Role
from tests.browser.scripted import BotChat
from tests.browser.visit import Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_newcomer_types_at_once_and_sees_the_answer(visit: Visiting) -> None:
    """A chat starts by itself and the cursor is where one writes: nothing to click, nothing to learn."""
    async with visit() as customer:
        await expect(customer.box).to_be_focused()
        await expect(customer.box).to_be_focused()
        await customer.page.keyboard.type("hello")
        await customer.page.keyboard.press("Enter")
        await customer.sees("You said: hello")
        answer = customer.message("You said: hello")
        await expect(answer.locator(".sender")).to_have_text("Echo bot")
        await expect(answer.locator("time")).to_have_count(1)
        assert await customer.said() == ["hello"]


async def test_what_is_written_before_the_connection_stands_is_sent_once_it_does(visit: Visiting) -> None:
    """Nobody has to wait for a green dot before writing."""
    async with visit() as customer:
        await customer.says("early")
        await customer.says("bird")
        await customer.sees("You said: bird")
        assert await customer.said() == ["early", "bird"]


async def test_the_bots_typing_is_shown_until_its_message_comes(visit: Visiting) -> None:
    """Typing is shown by name and ends with the message it announced."""
    async with visit() as customer:
        bot = await customer.meets_the_bot()
        await bot.types()
        await expect(customer.chat.get_by_text("Echo is typing…")).to_be_visible()
        await bot.say("there")
        await customer.sees("there")
        await expect(customer.chat.get_by_text("Echo is typing…")).to_be_hidden()


async def test_own_typing_is_told_once_in_ten_seconds_and_never_shown_to_oneself(visit: Visiting) -> None:
    """Typing costs quota: one event for a whole sentence, and its echo is not shown."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.box.press_sequentially("a whole sentence")
        await customer.box.press("Enter")
        await customer.sees("You said: a whole sentence")
        told = [entry for entry in customer.connect.timeline.entries() if entry.name.endswith("event.typing")]
        assert len(told) == 1
        await expect(customer.chat.get_by_text("is typing")).to_be_hidden()


async def test_own_messages_say_sent_and_then_read(visit: Visiting) -> None:
    """Receipts of others show under the newest message they are true of."""
    items: list[dict[str, Any]] = []

    async def keep(chat: BotChat, item: dict[str, Any]) -> None:
        items.append(item)
        await chat.say("hm")

    async with visit(keep) as customer:
        bot = await customer.meets_the_bot()
        await customer.says("read me")
        await expect(customer.message("read me").get_by_text("Sent", exact=True)).to_be_visible()
        await customer.sees("hm")
        await bot.reads(items[0]["Id"])
        await expect(customer.message("read me").get_by_text("Read", exact=True)).to_be_visible()


async def test_what_the_customer_has_seen_is_acknowledged(visit: Visiting) -> None:
    """The page sends a receipt for the newest message of the others."""
    async with visit() as customer:
        await customer.says("hello")
        await customer.sees("You said: hello")
        rows = customer.inspector.get_by_role("option").filter(has_text="message.metadata")
        await expect(rows.first).to_be_visible()


async def test_a_refused_message_stays_and_can_be_sent_again(visit: Visiting) -> None:
    """What failed is shown as failed, with the reason, and one click sends it: once."""
    refusal = {"__type": "ValidationException", "Message": "Not today"}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=400, json=refusal, headers={"x-amzn-ErrorType": "ValidationException"})

    async with visit(allow="400") as customer:
        await customer.meets_the_bot()
        await customer.page.route("**/participant/message", refuse)
        await customer.says("important")
        await expect(customer.chat.get_by_text("Not sent: Not today")).to_be_visible()
        await customer.page.unroute("**/participant/message")
        await customer.chat.get_by_role("button", name="Try again").click()
        await customer.sees("You said: important")
        await expect(customer.chat.get_by_text("Not sent")).to_be_hidden()
        assert await customer.said() == ["important"]


async def test_a_lost_answer_does_not_post_a_message_twice(visit: Visiting) -> None:
    """The message arrived but its answer did not: the retry carries the same ClientToken."""
    lost: list[str] = []

    async def lose_the_first(route: Route) -> None:
        if lost:
            return await route.continue_()
        lost.append(route.request.url)
        await route.fetch()
        return await route.abort()

    async with visit(allow="ERR_FAILED") as customer:
        await customer.meets_the_bot()
        await customer.page.route("**/participant/message", lose_the_first)
        await customer.says("once")
        await customer.sees("You said: once")
        await expect(customer.chat.locator('[data-state="sent"]')).to_have_count(1)
        assert lost
        assert await customer.said() == ["once"]


async def test_a_lost_socket_is_replaced_and_the_gap_is_filled(visit: Visiting) -> None:
    """Items are never replayed on a new socket: the page reads the transcript."""
    async with visit() as customer:
        bot = await customer.meets_the_bot()
        contact_id = await customer.contact_id()
        await customer.page.route("**/participant/connection", lambda route: route.abort())
        customer.connect.close_sockets(contact_id)
        await expect(customer.chat.get_by_text("Reconnecting…")).to_be_visible()
        await bot.say("said in the gap")
        await customer.page.unroute("**/participant/connection")
        await customer.sees("said in the gap")
        await expect(customer.chat.get_by_text("Connected")).to_be_visible()
        customer.trouble.clear()  # the aborted calls are on the console, as they should be


async def test_an_expired_connection_token_is_renewed_unnoticed(visit: Visiting) -> None:
    """A 403 with a living participant token means a stale connection token, not the end."""
    async with visit(allow="403") as customer:
        await customer.meets_the_bot()
        customer.connect.expire_tokens(await customer.contact_id(), Role.CUSTOMER)
        await customer.says("still here")
        await customer.sees("still here")
        await expect(customer.message("still here").get_by_text("Sent", exact=True)).to_be_visible()


async def test_a_chat_is_ended_and_another_started(visit: Visiting) -> None:
    """The end is Connect's to tell; afterwards there is nothing to type into but a new chat."""
    async with visit() as customer:
        await customer.meets_the_bot()
        first = await customer.contact_id()
        await customer.chat.get_by_role("button", name="End chat").click()
        await customer.sees("You left")
        await customer.sees("This chat has ended.")
        await expect(customer.box).to_be_hidden()
        assert customer.connect.contact(first)["state"] == "ended"
        await customer.chat.get_by_role("button", name="Start another chat").click()
        await expect(customer.chat).not_to_have_attribute("data-contact", first)
        await customer.meets_the_bot()


async def test_an_end_from_elsewhere_is_shown(visit: Visiting) -> None:
    """StopContact ends a chat for the customer, too."""
    async with visit() as customer:
        await customer.meets_the_bot()
        customer.connect.stop(await customer.contact_id())
        await customer.sees("The chat has ended")
        await customer.sees("This chat has ended.")


async def test_several_chats_go_on_beside_each_other(visit: Visiting) -> None:
    """Each chat has its tab with what is unread in it; all can be seen at once."""
    async with visit() as customer:
        first = await customer.meets_the_bot()
        await customer.says("from the first")
        await customer.sees("You said: from the first")
        await customer.page.keyboard.press("Alt+n")
        await expect(customer.customer.get_by_role("tab")).to_have_count(2)
        await customer.meets_the_bot()
        await expect(customer.chat.get_by_text("from the first")).to_be_hidden()
        await first.say("psst")
        await expect(customer.customer.get_by_role("tab").first.locator(".unread")).to_contain_text("1")
        await customer.customer.get_by_role("tab").first.click()
        await customer.sees("psst")
        await expect(customer.customer.locator(".unread")).to_have_count(0)
        await customer.customer.get_by_role("button", name="Chats side by side").click()
        await expect(customer.chat).to_have_count(2)


async def test_a_reload_comes_back_to_the_same_chat(visit: Visiting) -> None:
    """As on a website: the chat and its transcript survive."""
    async with visit() as customer:
        await customer.says("remember")
        await customer.sees("You said: remember")
        before = await customer.contact_id()
        await customer.page.reload()
        await customer.sees("You said: remember")
        assert await customer.contact_id() == before
        await customer.says("again")
        await customer.sees("You said: again")


async def test_a_reload_leaves_ended_chats_behind(visit: Visiting) -> None:
    """A chat that the page knows to be over is not even asked for: its refusal would stand on the console."""
    async with visit() as customer:
        await customer.meets_the_bot()
        first = await customer.contact_id()
        customer.connect.stop(first)
        await customer.sees("This chat has ended.")
        await customer.page.reload()
        await customer.meets_the_bot()
        await expect(customer.customer.get_by_role("tab")).to_have_count(1)
        assert await customer.contact_id() != first


async def test_name_and_flow_of_a_new_chat_can_be_chosen(visit: Visiting) -> None:
    """The form beside the tabs: another name, and the flow that offers nobody anything."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.customer.get_by_role("button", name="New chat").click()
        form = customer.customer.get_by_role("form", name="Start a chat")
        await form.get_by_label("Your name").fill("Ana")
        await form.get_by_label("Contact flow").fill("no-bot")
        await form.get_by_role("button", name="Start chat").click()
        await expect(customer.customer.get_by_role("tab", name="Ana")).to_be_visible()
        await customer.sees("Welcome to Amazon Connect on localhost.")
        contact = customer.connect.contact(await customer.contact_id())
        assert (contact["customer"], contact["contactFlowId"]) == ("Ana", "no-bot")


async def test_a_file_is_attached_and_can_be_fetched_again(visit: Visiting) -> None:
    """The three steps of an attachment, and its link."""
    async with visit() as customer:
        await customer.meets_the_bot()
        note = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello from a file"}
        await customer.chat.locator("input[type=file]").set_input_files(note)  # type: ignore[arg-type]
        link = customer.chat.get_by_role("button", name="note.txt")
        await expect(link).to_be_visible()
        async with customer.page.context.expect_page() as opened:
            await link.click()
        await opened.value
