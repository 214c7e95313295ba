"""Text messages: numbers, what fits into one of them, and the words that stop and start them."""

import re
import unicodedata
from enum import StrEnum

from checkin.domain.errors import Invalid
from checkin.domain.words import text

# 3GPP TS 23.038, 6.2.1: the default alphabet, and the characters that take two septets.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
ONE_SEGMENT = 160  # septets in a message of one part
_UNICODE_SEGMENT = 70  # UTF-16 units, where one character is outside the alphabet
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "})

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164
_WRITTEN = re.compile(r"[\s().\-/\u2010-\u2015]")


def normal_number(written: str) -> str:
    """Return a phone number as +, country code and digits. Raises ``Invalid``."""
    number = _WRITTEN.sub("", written)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if not _NUMBER.fullmatch(number):
        words = text("Enter the number with its country code, such as +44 7700 900123.")
        raise Invalid(words, field="number")
    return number


def septets(message: str) -> int | None:
    """How much of a segment the words take, None if one of them is outside the alphabet."""
    if not all(c in _BASIC or c in _EXTENDED for c in message):
        return None
    return sum(2 if c in _EXTENDED else 1 for c in message)


def segments(message: str) -> int:
    """How many messages the network makes of it; each part of several holds a little less than one alone."""
    size = septets(message)
    if size is not None:
        return 1 if size <= ONE_SEGMENT else -(-size // (ONE_SEGMENT - 7))
    units = len(message.encode("utf-16-le")) // 2
    return 1 if units <= _UNICODE_SEGMENT else -(-units // (_UNICODE_SEGMENT - 3))


def to_alphabet(message: str) -> str:
    """Write typographic signs and foreign accents plainly where that brings them into the alphabet."""
    return "".join(_plain(c) for c in message.translate(_PLAIN))


def _plain(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return bare if septets(bare) is not None else character


class Wish(StrEnum):
    """What a person wants who answers a text."""

    STOP = "stop"
    START = "start"


# The words that networks and providers know (CTIA, Twilio), and some of other languages.
_STOPS = frozenset({"stop", "stopall", "unsubscribe", "arret", "arrêt", "stopp", "alto", "parar", "baja"})
_STOPS_ALONE = frozenset({"cancel", "end", "quit", "revoke", "optout", "ende", "fin"})
_STARTS = frozenset({"start", "unstop", "yes"})


def wish(message: str) -> Wish | None:
    """Read an answer. To stop, the first word is enough; to start, it must be the only one.

    Whoever begins with "stop" wants peace, whatever else they write; a mere "yes please" is no agreement.
    """
    words = re.findall(r"\w+", message.casefold())
    if words and (words[0] in _STOPS or (len(words) == 1 and words[0] in _STOPS_ALONE)):
        return Wish.STOP
    if len(words) == 1 and words[0] in _STARTS:
        return Wish.START
    return None
