"""Texts: numbers as they are written, what fits into one segment, and what STOP looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.errors import Invalid
from checkin.domain.texting import Wish, normal_number, segments, septets, to_alphabet, wish


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+44 7700 900123", "+447700900123"),
        ("0044 (7700) 900-123", "+447700900123"),
        ("+1 (555) 010-0199", "+15550100199"),
        ("+49.170/1234567", "+491701234567"),
        ("+1\u2013555\u20110100199", "+15550100199"),
        (" +447700900123\n", "+447700900123"),
    ],
)
def test_a_number_is_read_however_it_is_written(written: str, number: str) -> None:
    assert normal_number(written) == number
    assert normal_number(number) == number


@pytest.mark.parametrize(
    "written",
    ["", "07700 900123", "+0 7700 900123", "447700900123", "+44", "+4477009001234567", "+44 7700 90012x"]
    + ["+٤٤7700900123", "++447700900123", "+44;7700900123", "tel:+447700900123", "+447700900123,1"],
)
def test_what_is_no_full_number_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as caught:
        normal_number(written)
    assert caught.value.field == "number"


@pytest.mark.parametrize(
    ("words", "size"),
    [("", 0), ("hello", 5), ("£5 é Ω", 6), ("€", 2), ("[a]~", 7), ("ç", None), ("日", None), ("hi ’", None)],
)
def test_septets_are_counted_as_the_network_counts(words: str, size: int | None) -> None:
    assert septets(words) == size


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments(words: str, parts: int) -> None:
    assert segments(words) == parts


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("“It’s” – fine…", '"It\'s" - fine...'),
        ("ça va, João", "ca va, Joao"),
        ("déjà vu", "déjà vu"),
        ("Straße", "Straße"),
        ("日本", "日本"),
        ("fi\xa0x", "fi x"),
    ],
)
def test_signs_and_accents_are_written_plainly_where_that_helps(words: str, plain: str) -> None:
    assert to_alphabet(words) == plain


@given(st.text())
def test_writing_plainly_never_costs_a_word_that_was_in_the_alphabet(words: str) -> None:
    written = to_alphabet(words)
    assert to_alphabet(written) == written
    if septets(words) is not None:
        assert written == words


@pytest.mark.parametrize(
    "words",
    ["STOP", "stop", " Stop. ", "“Stop”", "STOPALL", "Unsubscribe", "stop texting me", "Stop!!!", "QUIT"]
    + ["end", "Cancel", "ARRÊT", "Stopp", "stop\nSent from my phone"],
)
def test_stop_is_understood(words: str) -> None:
    assert wish(words) is Wish.STOP


@pytest.mark.parametrize("words", ["START", "start.", " Unstop", "YES"])
def test_start_is_understood(words: str) -> None:
    assert wish(words) is Wish.START


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ",
        "?",
        "hello",
        "yes please",
        "start again",
        "don't stop",
        "nonstop",
        "end of the day",
        "stopwatch",
    ]
    + ["I feel better", "3", "cancel my appointment"],
)
def test_anything_else_changes_nothing(words: str) -> None:
    assert wish(words) is None


@given(st.text())
def test_whatever_is_written_is_read(words: str) -> None:
    assert wish(words) in {None, *Wish}
