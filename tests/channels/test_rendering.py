"""The words of each message: neutral, short, and with the reader's own times."""

import re
from datetime import UTC, datetime

import pytest
from channels.outgoing import LINK, STOP, a_notice, a_renderer
from channels.said import PRIVATE, UNKIND, Page
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from support.reading import missing

from checkin.channels.rendering import Rendered, one_line
from checkin.domain.message import LOOK_AGAIN, ChannelName, MessageKind

RENDERER = a_renderer()
EACH_KIND = pytest.mark.parametrize("kind", list(MessageKind))


def render(**changes: object) -> Rendered:
    return RENDERER.render(a_notice(**changes), ChannelName.EMAIL)


# Each kind


@EACH_KIND
def test_one_call_to_action_in_both_parts(kind: MessageKind) -> None:
    words = render(kind=kind, unsubscribe_link=None)
    assert Page(words.html).links == [LINK]
    assert re.findall(r"https?://\S+", words.text) == [LINK]


@EACH_KIND
def test_the_html_loads_nothing_runs_nothing_and_has_one_heading(kind: MessageKind) -> None:
    page = Page(render(kind=kind).html)
    assert not {"img", "script", "link", "iframe", "style", "form", "input"} & set(page.tags)
    assert "url(" not in render(kind=kind).html
    assert page.tags.count("h1") == 1
    assert page.attributes["html"] == {"lang": "en-GB", "dir": "ltr"}


@EACH_KIND
@pytest.mark.parametrize("repeat", [True, False])
def test_nothing_private_and_nothing_unkind_is_said(kind: MessageKind, repeat: bool) -> None:
    words = render(kind=kind, possible_repeat=repeat)
    for said in (words.subject, words.text, Page(words.html).text):
        assert not re.search(PRIVATE, said, re.IGNORECASE)
        assert not re.search(UNKIND, said, re.IGNORECASE)
        assert "ada" not in said


@EACH_KIND
def test_sentences_are_short(kind: MessageKind) -> None:
    for sentence in re.split(r"[.:\n]", render(kind=kind).text):
        assert len(sentence.split()) <= 20


@EACH_KIND
def test_it_does_not_pretend_that_somebody_reads_replies(kind: MessageKind) -> None:
    words = render(kind=kind)
    assert "Replies to this message may not be read." in words.text
    assert "Replies to this message may not be read." in Page(words.html).text


@EACH_KIND
def test_without_its_link_it_is_not_written_at_all(kind: MessageKind) -> None:
    with pytest.raises(UndefinedError):
        render(kind=kind, link=None)


@EACH_KIND
def test_what_is_not_known_is_not_said(kind: MessageKind) -> None:
    words = render(kind=kind, minutes=None, expires_at=None)
    assert "None" not in words.subject + words.text + words.html
    assert "minute" not in words.text
    assert "until" not in words.text


@EACH_KIND
def test_markup_in_the_senders_name_is_text(kind: MessageKind) -> None:
    page = Page(render(kind=kind, sender_name="<b>North</b> & {{ 7*7 }} %(link)s").html)
    assert "b" not in page.tags
    assert "<b>North</b> & {{ 7*7 }} %(link)s" in page.text


@given(st.text(), st.sampled_from(MessageKind))
def test_a_subject_is_one_line_whatever_the_sender_is_called(name: str, kind: MessageKind) -> None:
    subject = render(sender_name=name, kind=kind).subject
    assert len(subject.splitlines()) == 1
    assert subject == one_line(subject)


# Single kinds


def test_a_notice_reads_so() -> None:
    words = render()
    assert words.subject == "Your check-in is ready"
    assert words.text == (
        "Your check-in is ready.\nIt takes about 2 minutes.\n\n"
        f"Start: {LINK}\n\n"
        "You can answer until Tuesday 3 March, 8:30pm.\n\n"
        "Northside\n\n"
        f"To stop these messages: {STOP}\nReplies to this message may not be read.\n"
    )


def test_one_minute_is_one_minute() -> None:
    assert "It takes about 1 minute." in render(minutes=1).text
    assert "It takes about 1 minute." in Page(render(minutes=1).html).text


def test_a_reminder_says_that_it_is_the_last() -> None:
    words = render(kind=MessageKind.REMINDER)
    assert words.subject == "Your check-in is still open"
    assert "This is the last message about this check-in." in words.text
    assert "This is the last message about this check-in." in Page(words.html).text


@pytest.mark.parametrize("kind", [MessageKind.NOTICE, MessageKind.REMINDER])
def test_how_to_stop_is_always_told(kind: MessageKind) -> None:
    with_link, without = render(kind=kind), render(kind=kind, unsubscribe_link=None)
    assert Page(with_link.html).links == [LINK, STOP]
    assert "You can stop these messages in your settings." in without.text
    assert "You can stop these messages in your settings." in Page(without.html).text


@pytest.mark.parametrize("kind", [MessageKind.INVITATION, MessageKind.RESET])
def test_a_way_in_says_that_it_works_once_and_when_it_ends(kind: MessageKind) -> None:
    words = render(kind=kind)
    for said in (words.text, Page(words.html).text):
        assert "The link works once." in said
        assert "The link ends on Tuesday 3 March, 8:30pm." in said


def test_an_alert_holds_its_case_and_no_more() -> None:
    words = render(kind=MessageKind.ALERT)
    assert words.subject == "Case 4821: please sign in"
    assert "Case 4821 waits for you. Sign in to see it." in words.text
    assert "already" not in words.text
    with pytest.raises(UndefinedError):
        render(kind=MessageKind.ALERT, values={})


def test_a_value_stays_on_its_line_and_cannot_steer_a_terminal() -> None:
    words = render(kind=MessageKind.ALERT, values={"reference": "48\r\n21\x1b[2J"})
    assert "Case 48 21 [2J waits for you." in words.text


def test_a_possible_repeat_of_an_alert_says_so() -> None:
    words = render(kind=MessageKind.ALERT, possible_repeat=True)
    assert "You may have had this message already." in words.text
    assert "You may have had this message already." in Page(words.html).text


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "Wednesday 4 March, 2:30am"),
        ("Asia/Kolkata", "Wednesday 4 March, 7:00am"),
        ("Pacific/Honolulu", "Tuesday 3 March, 3:30pm"),
    ],
)
def test_times_are_the_readers(zone: str, expected: str) -> None:
    assert f"You can answer until {expected}." in render(zone=zone).text


def test_summer_time_is_kept() -> None:
    after_the_change = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert "Sunday 29 March, 3:30am" in render(zone="Europe/Berlin", expires_at=after_the_change).text


@pytest.mark.parametrize("kind", sorted(LOOK_AGAIN))
def test_a_mail_about_an_agreed_time_names_the_earlier_ones_or_claims_none(kind: MessageKind) -> None:
    times = (datetime(2026, 3, 4, 15, 0, tzinfo=UTC), datetime(2026, 3, 4, 20, 30, tzinfo=UTC))
    words = a_renderer().render(a_notice(kind=kind, times=times), ChannelName.EMAIL)
    for said in (words.text, Page(words.html).text):
        assert (
            missing(said, ("earlier times", "Wednesday 4 March, 10:00am", "Wednesday 4 March, 3:30pm")) == []
        )
    words = a_renderer().render(a_notice(kind=kind), ChannelName.EMAIL)
    for said in (words.text, Page(words.html).text):
        assert "Another time may be better." in said
        assert "earlier" not in said
    for word in ("window", "infusion", "likely", "%"):
        assert word not in words.subject + words.text


@pytest.mark.parametrize(("hour", "said"), [(0, "2:30am CEST"), (1, "2:30am CET"), (2, "3:30am.")])
def test_an_hour_that_the_clocks_show_twice_is_named(hour: int, said: str) -> None:
    at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    assert said in render(kind=MessageKind.APPOINTMENT, at=at, zone="Europe/Berlin").text


# One line


@given(st.text())
def test_one_line_has_no_breaks_or_controls_and_keeps_the_rest(value: str) -> None:
    line = one_line(value)
    assert len(line.splitlines()) <= 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", line)
    assert one_line(line) == line


def test_one_line_keeps_names_in_any_script() -> None:
    assert one_line("  Zoë\tö\r\n 日本  \x1b[2J‍") == "Zoë ö 日本 [2J‍"
