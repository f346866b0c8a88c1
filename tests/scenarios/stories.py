"""Which story tells what: the pitfalls of Amazon Connect chat, the ways a chat ends, bad input, and lost workers.

It only names them; `tests.scenarios.page` shows them to readers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from tests.scenarios import test_bad_input as bad
from tests.scenarios import test_connecting as connecting
from tests.scenarios import test_ending as ending
from tests.scenarios import test_hearing as hearing
from tests.scenarios import test_one_chat as one_chat
from tests.scenarios import test_saying as saying
from tests.scenarios import test_takeover as takeover
from tests.scenarios import test_time as time

MODULES: tuple[ModuleType, ...] = (one_chat, hearing, connecting, saying, ending, time, bad, takeover)

Story = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Row:
    """Something that happens, and the stories that show what becomes of it; or why no story of a bot can."""

    happens: str
    told_by: tuple[Story, ...] | str


PITFALLS = (
    Row("Nothing: a chat from beginning to end", (one_chat.test_a_bot_greets_answers_and_ends_with_the_chat,)),
    Row(
        "Messages while the socket was down, which nobody replays",
        (hearing.test_what_was_said_while_the_socket_was_down_is_read_from_the_transcript,),
    ),
    Row(
        "Messages twice, or out of order",
        (
            hearing.test_a_message_that_comes_twice_is_answered_once,
            hearing.test_messages_that_overtake_each_other_are_put_in_order,
        ),
    ),
    Row(
        "Duplicates while the socket is replaced, every hour",
        (hearing.test_while_a_socket_is_replaced_both_deliver_and_each_message_counts_once,),
    ),
    Row('"Connection established" comes twice', (hearing.test_being_connected_twice_greets_once,)),
    Row(
        "A dead socket that nobody closed",
        (hearing.test_a_socket_that_falls_silent_is_dead_although_nobody_closed_it,),
    ),
    Row(
        "403 on CreateParticipantConnection",
        (
            connecting.test_a_403_while_reconnecting_means_that_the_chat_has_ended,
            connecting.test_a_403_after_a_restart_means_that_the_chat_has_ended,
        ),
    ),
    Row(
        "403 because participant token and connection token were mixed up",
        (connecting.test_the_participant_token_connects_and_the_connection_token_does_all_else,),
    ),
    Row(
        "CreateParticipantConnection throttled",
        (connecting.test_a_throttled_connection_is_asked_for_again_and_one_call_serves_one_socket,),
    ),
    Row(
        "StartChatContact answered with 429: old, idle chats hold the quota",
        "The chats are started by customers' pages, never by the bot. It helps by leaving what it has finished.",
    ),
    Row(
        "The token expires in a long chat",
        (
            connecting.test_a_token_is_replaced_before_it_expires,
            connecting.test_a_token_that_has_expired_unnoticed_costs_one_new_connection,
        ),
    ),
    Row(
        "A stored token is retired by a newer connection",
        (connecting.test_the_newest_token_is_used_from_the_moment_it_is_there,),
    ),
    Row(
        "The Wait block times out and does not remove the bot",
        (
            time.test_the_wait_block_times_out_and_the_bot_stays,
            time.test_a_bot_keeps_a_deadline_of_its_own_and_leaves_by_itself,
        ),
    ),
    Row(
        "The fifteen seconds after CreateParticipant are missed",
        (
            connecting.test_the_connection_follows_the_join_at_once,
            connecting.test_a_bot_that_missed_its_window_joins_anew,
            connecting.test_a_bot_that_always_misses_its_window_gives_up,
        ),
    ),
    Row("The bot hears itself", (hearing.test_the_bots_own_words_come_back_and_are_not_answered,)),
    Row(
        "Messages from before the bot joined, which nobody pushes",
        (hearing.test_what_was_said_before_the_bot_joined_is_answered,),
    ),
    Row(
        "409 for receipts, with a supervisor or a third party",
        (saying.test_refused_receipts_are_given_up_and_the_chat_goes_on,),
    ),
    Row(
        "A content type that the contact does not support",
        (saying.test_a_content_type_that_the_contact_does_not_take_is_sent_as_plain_text,),
    ),
    Row("A text over the limit", (saying.test_a_long_text_is_split_between_words_and_arrives_in_order,)),
    Row(
        "Parallel sends arrive in any order",
        (saying.test_messages_sent_at_the_same_time_arrive_in_the_order_of_sending,),
    ),
    Row(
        "A repeated call posts twice",
        (
            saying.test_a_message_whose_answer_was_lost_is_said_once,
            saying.test_a_message_whose_answer_was_lost_is_said_once_even_if_its_client_token_is_forgotten,
        ),
    ),
    Row(
        "The flow's Lambda is retried: a second CreateParticipant",
        (
            connecting.test_a_join_whose_answer_was_lost_is_repeated_as_the_same_join,
            connecting.test_a_contact_that_another_bot_holds_is_refused_once,
        ),
    ),
    Row(
        "The process restarts while its old participant holds the only place",
        (
            connecting.test_a_restarted_process_reconnects_and_never_joins_again,
            connecting.test_a_process_that_died_before_it_stored_its_participant_makes_the_same_join_again,
        ),
    ),
    Row(
        "DisconnectParticipant brings only `participant.left`, or `chat.ended` too",
        (
            ending.test_the_bot_leaves_and_the_chat_goes_on_without_it,
            ending.test_the_bot_leaves_and_the_flow_ends_the_chat,
        ),
    ),
    Row(
        "`chat.ended` comes long after the agent left",
        (ending.test_the_chats_end_long_after_the_agent_left_is_not_waited_for,),
    ),
    Row(
        "No operation says who is there",
        (
            hearing.test_an_agent_who_has_come_and_gone_does_not_silence_the_bot,
            hearing.test_an_agent_who_came_while_the_socket_was_down_silences_the_bot,
        ),
    ),
    Row(
        "A flood of typing events eats the quota",
        (saying.test_typing_is_sent_once_however_often_it_is_asked_for,),
    ),
    Row("A websocket URL that has expired", (connecting.test_a_websocket_url_that_has_expired_is_replaced,)),
)

ENDINGS = (
    Row("The bot leaves", (ending.test_the_bot_leaves_and_the_chat_goes_on_without_it,)),
    Row("The worker stops for good", (ending.test_a_worker_that_stops_for_good_leaves_politely,)),
    Row("A goodbye hangs", (ending.test_a_goodbye_that_hangs_is_cut_short,)),
    Row("The worker is drained", (ending.test_a_worker_that_is_drained_stays_on_the_chat_and_another_goes_on,)),
    Row("An agent joins", (ending.test_an_agent_joins_and_the_bot_falls_silent_in_the_middle_of_a_turn,)),
    Row("A Lex bot joins", (ending.test_a_lex_bot_joins_and_the_bot_falls_silent,)),
    Row(
        "The service removes the bot without telling it",
        (ending.test_a_bot_that_is_not_told_of_its_removal_finds_out,),
    ),
    Row("The Wait block times out", (time.test_the_wait_block_times_out_and_the_bot_stays,)),
    Row("The customer's auto-disconnect timer", (time.test_an_idle_customer_is_disconnected_from_the_bot,)),
    Row(
        "The customer leaves, with or without DisconnectOnCustomerExit",
        (
            ending.test_the_customer_leaves,
            ending.test_the_customer_leaves_and_the_chat_goes_on_for_a_while,
        ),
    ),
    Row("The customer's socket drops", (ending.test_the_customers_socket_drops_and_nothing_happens,)),
    Row("The flow reaches Disconnect", (ending.test_the_flow_disconnects,)),
    Row("StopContact", (ending.test_stop_contact_ends_the_chat_and_every_later_call_is_refused,)),
    Row("The chat's duration is over", (time.test_the_chats_duration_is_over,)),
    Row("The customer never connects", (time.test_the_customer_never_connects,)),
    Row(
        "A transfer to a queue",
        (
            ending.test_a_transfer_removes_the_bot_and_the_new_segment_gets_one_of_its_own,
            ending.test_a_bot_that_survives_a_transfer_goes_on_under_the_new_contact_id,
        ),
    ),
)

BAD_INPUT = (
    Row(
        "Garbage, binary and 1 MB frames to the bot",
        (
            bad.test_rubbish_on_the_bots_websocket_changes_nothing,
            bad.test_a_forbidden_frame_does_not_end_the_chat,
        ),
    ),
    Row("A frame of 3 MB", (bad.test_a_frame_beyond_all_bounds_costs_the_socket_and_not_the_chat,)),
    Row(
        "Garbage, binary and 1 MB frames from a customer",
        (bad.test_rubbish_on_the_customers_websocket_is_the_customers_affair,),
    ),
    Row("A bot that raises", (bad.test_a_bot_that_raises_apologises_once_and_other_chats_go_on,)),
    Row("A bot that hangs", (bad.test_a_bot_that_never_finishes_is_stopped_and_apologises,)),
    Row("A bot that says nothing", (bad.test_a_message_that_no_contact_takes_is_the_turns_failure,)),
    Row("A contact that does not exist", (bad.test_a_contact_that_the_instance_does_not_know_is_refused_once,)),
    Row("A contact that has ended", (bad.test_a_contact_that_has_ended_is_refused_once,)),
    Row("A contact that an agent has taken", (bad.test_a_contact_that_an_agent_has_taken_is_refused_once,)),
    Row("A contact that is not a chat", (bad.test_a_contact_that_is_not_a_chat_is_refused_once,)),
)

TAKEOVER = (
    Row(
        "A worker is killed in the middle of its dialogs",
        (takeover.test_what_a_killed_worker_left_in_the_middle_is_finished_once_by_another,),
    ),
    Row(
        "A worker stands still for longer than its lease",
        (takeover.test_a_worker_that_was_stopped_past_its_lease_says_nothing_when_it_wakes,),
    ),
)

TABLES = {
    "What builders stumble over": PITFALLS,
    "How it ends": ENDINGS,
    "Bad input": BAD_INPUT,
    "When a worker is gone": TAKEOVER,
}
