"""The words of a text: one segment with the whole link, and nothing that others should not read."""

import re

import pytest
from channels.said import PRIVATE, UNKIND
from channels.sms_words import LINK, written
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.message import MessageKind
from checkin.domain.texting import ONE_SEGMENT, segments, septets

SAID = [MessageKind.NOTICE, MessageKind.REMINDER, MessageKind.ALERT]


def test_a_notice_reads_so() -> None:
    assert written() == f"Northside: your check-in is ready: {LINK} Reply STOP to end."


def test_a_reminder_and_an_alert_read_so() -> None:
    assert written(kind=MessageKind.REMINDER) == (
        f"Northside: your check-in is still open: {LINK} Reply STOP to end."
    )
    assert written(kind=MessageKind.ALERT) == f"Northside: case 4821 waits for you. Sign in: {LINK}"
    assert "You may have had this already." in written(kind=MessageKind.ALERT, possible_repeat=True)


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("repeat", [True, False])
def test_canaries_nothing_private_and_nothing_unkind_is_said(kind: MessageKind, repeat: bool) -> None:
    words = written(kind=kind, possible_repeat=repeat)
    assert not re.search(PRIVATE, words, re.IGNORECASE)
    assert not re.search(UNKIND, words, re.IGNORECASE)
    assert "ada" not in words


@given(st.text(max_size=300), st.sampled_from(SAID), st.booleans())
def test_it_is_one_segment_whatever_the_sender_is_called(name: str, kind: MessageKind, repeat: bool) -> None:
    words = written(sender_name=name, kind=kind, possible_repeat=repeat)
    assert segments(words) == 1
    assert septets(words) is not None
    assert LINK in words


def test_a_long_name_is_cut_before_anything_else() -> None:
    words = written(sender_name="The Northside Check-in Team of the Old Harbour " * 3)
    assert words.startswith("The Northside Check-in Team of the")
    assert words.endswith("Reply STOP to end.")
    assert ONE_SEGMENT - 1 <= len(words) <= ONE_SEGMENT


def test_a_name_in_another_script_gives_way() -> None:
    assert written(sender_name="日本") == f"Your check-in is ready: {LINK} Reply STOP to end."


def test_a_link_that_is_too_long_still_goes_out_whole() -> None:
    long = "https://checkin.test/c/" + "x" * 200
    assert long in written(link=long)
