"""The console shows a whole message at once and cannot be steered by what it shows."""

import io
from typing import Any

import pytest
from channels.outgoing import LINK, a_notice, a_renderer

from checkin.channels.base import Uncertain
from checkin.channels.console import ConsoleChannel
from checkin.domain.message import ChannelName, MessageKind


class Terminal(io.RawIOBase):
    """Keeps every write as the operating system would see it."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.writes.append(bytes(data))
        return len(bytes(data))


class Gone(Terminal):
    def write(self, data: Any) -> int:
        raise BrokenPipeError


def a_stream(terminal: Terminal, encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(terminal), encoding=encoding)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_a_message_is_one_write_with_its_words_and_link(kind: MessageKind) -> None:
    terminal = Terminal()
    stream, renderer = a_stream(terminal), a_renderer()
    receipt = ConsoleChannel(stream, renderer).send(a_notice(kind=kind))
    (shown,) = terminal.writes
    words = renderer.render(a_notice(kind=kind), ChannelName.EMAIL)
    assert f"To: ada@home.test\nFrom: Northside\nSubject: {words.subject}\n\n{words.text}" in shown.decode()
    assert LINK in shown.decode()
    assert receipt.provider_id == str(a_notice().message_id)
    stream.close()


def test_what_it_shows_cannot_steer_the_terminal() -> None:
    stream = io.StringIO()
    ConsoleChannel(stream, a_renderer()).send(
        a_notice(sender_name="\x1b[2JNorth\r\x07", to_address="\x1b]0;x\x07@home.test")
    )
    assert not set("\x1b\r\x07") & set(stream.getvalue())


def test_a_terminal_without_a_letter_shows_a_question_mark() -> None:
    terminal = Terminal()
    stream = a_stream(terminal, "ascii")
    ConsoleChannel(stream, a_renderer()).send(a_notice(sender_name="Zoë"))
    assert b"From: Zo?\n" in terminal.writes[0]
    stream.close()


def test_a_terminal_that_went_away_leaves_it_uncertain() -> None:
    stream = a_stream(Gone())
    with pytest.raises(Uncertain):
        ConsoleChannel(stream, a_renderer()).send(a_notice())
    with pytest.raises(BrokenPipeError):
        stream.close()
