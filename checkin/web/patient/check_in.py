"""Answering while signed in: a prompt, its correction, or a check-in nobody asked for."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.errors import Conflict, NotFound, Refusal
from checkin.domain.ids import ClinicId, PromptId
from checkin.services import answer_check_in, open_check_in
from checkin.services.answer_check_in import Saved
from checkin.services.open_check_in import OpenForm, Over
from checkin.services.patient_home import my_home
from checkin.services.submission import Submission
from checkin.services.subscribe import may_offer
from checkin.services.time_of_answer import fetched_at
from checkin.web.after_sending import interruption_page, just_sent, remember, saved_page, sent_for
from checkin.web.check_in_pages import (
    Filled,
    again,
    blank,
    came_from_our_page,
    closed_page,
    form_page,
    submission,
)
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.patient.views import patient
from checkin.web.receipts import by_script, for_somebody_else, receipt
from checkin.web.speech import reader

__all__ = ["patient"]


@patient.get("/check-in")
def check_in(filled: Filled | None = None) -> ResponseReturnValue:
    """The prompt that is open now, else a check-in that nobody asked for."""
    waiting = my_home(deps(), actor()).open
    if waiting and filled is None:
        return go(url_for("patient.prompt", prompt_id=waiting[0].id))
    opened = open_check_in.open_unprompted(deps(), actor())
    action, thanks = url_for("patient.send_check_in"), url_for("patient.saved_unprompted")
    return form_page(opened, filled or blank(), action=action, thanks=thanks)


@patient.post("/check-in")
def send_check_in() -> ResponseReturnValue:
    return _send_unprompted(submission(), check_in)


@patient.get("/check-in/change")
def change_unprompted(filled: Filled | None = None) -> ResponseReturnValue:
    opened = open_check_in.change_unprompted(deps(), actor())
    if not (opened.may_change or filled):
        return closed_page()
    action, thanks = url_for("patient.send_change_unprompted"), url_for("patient.saved_unprompted")
    return form_page(opened, filled or _earlier(None), action=action, thanks=thanks, replaces=True)


@patient.post("/check-in/change")
def send_change_unprompted() -> ResponseReturnValue:
    return _send_unprompted(submission(changes=True), change_unprompted)


@patient.get("/check-in/<uuid:prompt_id>")
def prompt(prompt_id: UUID, filled: Filled | None = None) -> ResponseReturnValue:
    opened = _opened(prompt_id)
    if opened is None:
        return closed_page()
    if opened.answered and filled is None:
        return go(url_for("patient.saved", prompt_id=prompt_id, already=1))
    action, thanks = (url_for(f"patient.{name}", prompt_id=prompt_id) for name in ("send_prompt", "saved"))
    later = url_for("reminders.later", prompt_id=prompt_id)
    return form_page(opened, filled or blank(), action=action, thanks=thanks, later=later)


@patient.post("/check-in/<uuid:prompt_id>")
def send_prompt(prompt_id: UUID) -> ResponseReturnValue:
    return _send_prompt(prompt_id, submission(), prompt)


@patient.get("/check-in/<uuid:prompt_id>/change")
def change(prompt_id: UUID, filled: Filled | None = None) -> ResponseReturnValue:
    opened = _opened(prompt_id)
    if opened is None or not opened.answered or not (opened.may_change or filled):
        return closed_page()
    action, thanks = (url_for(f"patient.{name}", prompt_id=prompt_id) for name in ("send_change", "saved"))
    filled = filled or _earlier(PromptId(prompt_id))
    return form_page(opened, filled, action=action, thanks=thanks, replaces=True)


@patient.post("/check-in/<uuid:prompt_id>/change")
def send_change(prompt_id: UUID) -> ResponseReturnValue:
    return _send_prompt(prompt_id, submission(changes=True), change)


@patient.get("/check-in/<uuid:prompt_id>/saved")
def saved(prompt_id: UUID) -> ResponseReturnValue:
    opened = _opened(prompt_id)
    if opened is None or not opened.answered:
        return closed_page()
    changed = url_for("patient.change", prompt_id=prompt_id) if opened.may_change else None
    return _saved_page(PromptId(prompt_id), opened.following[0] if opened.following else None, changed)


@patient.get("/check-in/saved")
def saved_unprompted() -> ResponseReturnValue:
    coming = my_home(deps(), actor()).coming
    may_change = open_check_in.change_unprompted(deps(), actor()).may_change
    changed = url_for("patient.change_unprompted") if may_change else None
    return _saved_page(None, coming[0].due_at if coming else None, changed)


@patient.get("/check-in/next")
def interruption() -> ResponseReturnValue:
    """The page that comes before the thanks when the last answer was above zero."""
    sent = just_sent()
    if sent is None or not sent.safety:
        return go(url_for("patient.home"))
    thanks = url_for("patient.saved_unprompted")
    if sent.prompt:
        thanks = url_for("patient.saved", prompt_id=UUID(sent.prompt))
    return interruption_page(actor().clinic_id, thanks)


def _send_prompt(
    prompt_id: UUID, sent: Submission, show: Callable[[UUID, Filled], ResponseReturnValue]
) -> ResponseReturnValue:
    save = partial(answer_check_in.answer_prompt, deps(), actor(), PromptId(prompt_id))
    return _send(sent, save, partial(show, prompt_id), partial(url_for, "patient.saved", prompt_id=prompt_id))


def _send_unprompted(sent: Submission, show: Callable[[Filled], ResponseReturnValue]) -> ResponseReturnValue:
    if by_script() and fetched_at(deps(), actor().id, sent.fetched) is None:
        return for_somebody_else()
    save = partial(answer_check_in.answer_unprompted, deps(), actor())
    return _send(sent, save, show, partial(url_for, "patient.saved_unprompted"))


def _send(
    sent: Submission,
    save: Callable[[Submission], Saved],
    show: Callable[[Filled], ResponseReturnValue],
    thanks: Callable[..., str],
) -> ResponseReturnValue:
    """Save and go to the thanks, or show the form again with what was wrong."""
    if by_script():
        return receipt(sent, save, _clinic)
    try:
        if not came_from_our_page():
            return show(again(sent, None))
        done = save(sent)
    except (Over, NotFound):
        return closed_page()
    except Conflict:
        return go(thanks(already=1))
    except Refusal as refusal:
        return show(again(sent, refusal))
    remember(done)
    return go(url_for("patient.interruption") if done.safety else thanks())


def _clinic() -> ClinicId:
    return actor().clinic_id


def _opened(prompt_id: UUID) -> OpenForm | None:
    try:
        fetched = request.form.get("fetched", "")
        return open_check_in.open_prompt(deps(), actor(), PromptId(prompt_id), fetched)
    except (NotFound, Over):
        return None


def _earlier(prompt_id: PromptId | None) -> Filled:
    """The form with what was answered before, and a key of its own."""
    values = open_check_in.earlier_answers(deps(), actor(), prompt_id)
    return Filled(values=values, errors={}, key=blank().key)


def _saved_page(
    prompt_id: PromptId | None, next_at: datetime | None, change_url: str | None
) -> ResponseReturnValue:
    home = my_home(deps(), actor())
    holes = {
        "next_at": None if next_at is None else reader().moment(next_at, home.patient.zone),
        "change_url": change_url,
        "phone_url": url_for("phone.notices") if may_offer(deps(), actor()) else None,
        "chart_url": url_for("patient.chart"),
    }
    return saved_page(sent_for(prompt_id), holes, clinic_words=home.clinic_words)
