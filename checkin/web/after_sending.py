"""The pages after a check-in was sent, the same whether it was sent by link or signed in."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from flask import render_template, request, session
from flask.typing import ResponseReturnValue

from checkin.domain.ids import ClinicId, PromptId
from checkin.services import help_page
from checkin.services.answer_check_in import Saved
from checkin.web.context import deps
from checkin.web.help.views import help_calls
from checkin.web.look import keep_switched
from checkin.web.speech import reader
from checkin.web.stencil import fill

_SENT = "sent"  # in the signed form cookie


@dataclass(frozen=True)
class Sent:
    """What this browser sent last. ``prompt``: its id as hex, empty for a check-in that nobody asked for."""

    prompt: str = ""
    safety: bool = False
    beside: bool = False


def remember(saved: Saved) -> None:
    """Keep in this browser what it has just sent: without it, the pages after it say less."""
    sent = Sent(_hex(saved.prompt_id), saved.safety, saved.beside)
    nonce = secrets.token_hex(16)
    session[_SENT] = [sent.prompt, nonce, _sealed(sent, nonce)]
    keep_switched()


def just_sent() -> Sent | None:
    """What this browser sent last, if anything."""
    prompt, nonce, proof = session.get(_SENT, ("", "", ""))
    possible = (Sent(prompt, *said) for said in product((False, True), repeat=2))
    return next((sent for sent in possible if _sealed(sent, nonce) == proof), None)


def sent_for(prompt: PromptId | None) -> Sent | None:
    """What this browser sent last, if it was for this prompt, or unasked for None."""
    sent = just_sent()
    return sent if sent is not None and sent.prompt == _hex(prompt) else None


def saved_page(
    sent: Sent | None, holes: Mapping[str, str | None], *, clinic_words: str, already: bool = False
) -> str:
    """The thanks; ``sent``: what this browser sent, ``already``: it had been saved before.

    ``holes`` are the values of saved.html; what is None is not offered, nor anything but the chart and a
    change after thoughts of death.
    """
    sent = sent or Sent()
    shown = {name: value for name, value in holes.items() if value is not None}
    if sent.safety:
        shown.pop("phone_url", None)
    already = already or "already" in request.args
    return fill(
        "check_in/saved.html",
        shown,
        already=already,
        safety=sent.safety,
        beside=sent.beside,
        clinic_words=clinic_words,
    )


def interruption_page(clinic: ClinicId, continue_url: str) -> ResponseReturnValue:
    """Say who is told and when somebody next looks; promise nothing else."""
    calls = help_calls(help_page.numbers(deps(), clinic))
    return render_template(
        "check_in/interruption.html",
        continue_url=continue_url,
        talks_now=any(line.talks_now for line in calls),
        **who_looks(clinic),
    )


def who_looks(clinic: ClinicId) -> dict[str, str | None]:
    """Until when somebody of the care team looks, or when next, in words; None for what is not known."""
    lines = help_page.help_lines(deps(), clinic)
    moments = {"looks_until": lines.looks_until, "next_check": lines.next_check}
    return {
        name: None if at is None or lines.settings is None else reader().moment(at, lines.settings.zone)
        for name, at in moments.items()
    }


def _sealed(sent: Sent, nonce: str) -> str:
    """What the cookie, which is signed and not encrypted, says about the answers: nothing without our key."""
    return deps().keys.hash("sent", f"{nonce}:{sent.prompt}:{sent.safety}:{sent.beside}").hex()


def _hex(prompt: PromptId | None) -> str:
    return prompt.hex if prompt else ""
