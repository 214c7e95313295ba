"""Trouble: what a channel calls it when something goes wrong, in words, and whose trouble it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.message import ChannelName, reason_words
from checkin.domain.words import Text, text

MOST_FAILURES = 2
"""So many tries in a row that went wrong on our side are more than a hiccup of the network."""


@dataclass(frozen=True, kw_only=True)
class Failing:
    """A channel over which nothing goes out at all. ``since``: when something was last taken there.

    Where nothing was, it is when the first of what waits was made. ``number`` counts the messages that failed
    since or wait for another try, ``code`` is what the channel calls the most frequent trouble.
    """

    channel: ChannelName
    since: datetime
    number: int
    code: str


# For people who do not run mail servers. What is the sender's own trouble would befall any message just now.
_OURS: Sequence[tuple[str, Text]] = (
    (r"server 53\d", text("The mail server refuses our sign-in.")),
    (r"no_connection|connection_lost|server \d+", text("The server that sends it could not be reached.")),
    (
        r"certificate_refused|tls_failed|not_supported",
        text("The way to the server that sends it is not secure."),
    ),
    (r"no_answer|odd_answer|console_lost", text("The server that sends it did not say whether it took it.")),
    (r"sender 4\d\d.*", text("The mail server is busy or holds mail back.")),
    (r"sender 5\d\d.*", text("The mail server refuses the address we send from.")),
    (r"push 40[13]", text("The phone's message service refuses our key.")),
    (r"push_key_missing", text("The phone was subscribed with a key that is no longer in the settings.")),
    (r"push (408|425|429|5\d\d)", text("The phone's message service is busy or out of order.")),
    (r"sms 40[13]", text("The provider of text messages refuses our sign-in.")),
    (r"sms (408|425|429|5\d\d)", text("The provider of text messages is busy or out of order.")),
    (r"unexpected", reason_words("unexpected")),
)
_THEIRS: Sequence[tuple[str, Text]] = (
    (
        r"bounced|recipient 5\d\d 5\.1\.(1|2|6|10)",
        text("The mail came back: nobody gets mail at this address."),
    ),
    (r"recipient 5\d\d.*", text("A mail server refused mail for this address.")),
    (r"content 5\d\d.*", text("A mail server refused this mail.")),
    (r"(recipient|content) 4\d\d.*", text("The mail server is busy or holds mail back.")),
    (r"address_gone|address_invalid", text("Nothing arrives at this address.")),
    (r"address_not_supported", text("The mail server cannot send to such an address.")),
    (r"no_phone_subscribed", text("The patient has not switched on messages on a phone.")),
    (r"push (404|410)|push_keys_unusable", text("The phone does not take messages any more.")),
    (
        r"push_service_not_listed|address_not_public",
        text("The phone's message service is not one that we send to."),
    ),
    (r"push \d+|push_too_large", text("The phone's message service refused it.")),
    (r"no_number", text("There is no phone number that works.")),
    (r"texts_stopped|sms \w+ (21610|opted_out)", text("The patient answered STOP to text messages.")),
    (
        r"sms \w+ (21211|21217|21614|30005|30006|number_unknown|number_gone)",
        text("The provider says that texts do not arrive at this number."),
    ),
    (r"sms (failed|undelivered).*", text("The provider could not deliver the text.")),
    (r"sms \d+.*", text("The provider of text messages refused it.")),
    (r"kind_not_sent_here", text("Such a message is not sent this way.")),
)


def ours(reason: str) -> bool:
    """Whether the trouble is the sender's or its provider's, and says nothing about this one message."""
    return any(re.fullmatch(code, reason) for code, _words in _OURS)


def why(reason: str) -> Text:
    """A message's reason in words for staff; what nobody has put into words is shown as it is."""
    known = (words for code, words in (*_OURS, *_THEIRS) if re.fullmatch(code, reason))
    return next(known, None) or reason_words(reason)
