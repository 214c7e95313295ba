"""Answering while signed in: a prompt, its correction, or a check-in nobody asked for."""

from datetime import datetime
from functools import partial
from uuid import UUID

from flask import render_template, session, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.errors import Conflict, NotFound, Refusal
from checkin.domain.ids import ClinicId, PromptId
from checkin.services import answer_check_in, open_check_in
from checkin.services.answer_check_in import Saved
from checkin.services.open_check_in import OpenForm, Over
from checkin.services.patient_home import my_home
from checkin.services.submission import Submission
from checkin.services.subscribe import may_offer
from checkin.web.check_in_pages import (
    DONE,
    Filled,
    again,
    blank,
    came_from_our_page,
    form_page,
    interruption_page,
    submission,
)
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.patient.views import patient
from checkin.web.receipts import by_script, receipt
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
    sent = submission()
    if by_script():
        return receipt(sent, partial(answer_check_in.answer_unprompted, deps(), actor()), _clinic)
    try:
        if not came_from_our_page():
            return check_in(again(sent, None))
        done = answer_check_in.answer_unprompted(deps(), actor(), sent)
    except Conflict:
        return go(url_for("patient.saved_unprompted"))
    except Refusal as refusal:
        return check_in(again(sent, refusal))
    return _thank(done, url_for("patient.saved_unprompted"), url_for("patient.interruption"))


@patient.get("/check-in/<uuid:prompt_id>")
def prompt(prompt_id: UUID, filled: Filled | None = None) -> ResponseReturnValue:
    opened = _opened(prompt_id)
    if opened is None:
        return _closed()
    if opened.answered and filled is None:
        return go(url_for("patient.saved", prompt_id=prompt_id))
    action, thanks = (url_for(f"patient.{name}", prompt_id=prompt_id) for name in ("send_prompt", "saved"))
    later = url_for("reminders.later", prompt_id=prompt_id)
    return form_page(opened, filled or blank(), action=action, thanks=thanks, later=later)


@patient.post("/check-in/<uuid:prompt_id>")
def send_prompt(prompt_id: UUID) -> ResponseReturnValue:
    return _send(prompt_id, submission())


@patient.get("/check-in/<uuid:prompt_id>/change")
def change(prompt_id: UUID, filled: Filled | None = None) -> ResponseReturnValue:
    opened = _opened(prompt_id)
    if opened is None or not opened.may_change:
        return _closed()
    if filled is None:
        earlier = open_check_in.earlier_answers(deps(), actor(), PromptId(prompt_id))
        filled = Filled(values=earlier, errors={}, key=blank().key)
    action, thanks = (url_for(f"patient.{name}", prompt_id=prompt_id) for name in ("send_change", "saved"))
    return form_page(opened, filled, action=action, thanks=thanks, replaces=True)


@patient.post("/check-in/<uuid:prompt_id>/change")
def send_change(prompt_id: UUID) -> ResponseReturnValue:
    return _send(prompt_id, submission(changes=True))


@patient.post("/check-in/<uuid:prompt_id>/not-today")
def decline(prompt_id: UUID) -> ResponseReturnValue:
    answer_check_in.decline(deps(), actor(), PromptId(prompt_id))
    return go(url_for("patient.home"))


@patient.get("/check-in/<uuid:prompt_id>/saved")
def saved(prompt_id: UUID) -> ResponseReturnValue:
    opened = _opened(prompt_id)
    if opened is None or not opened.answered:
        return _closed()
    changed = url_for("patient.change", prompt_id=prompt_id) if opened.may_change else None
    return _saved_page(opened.following[0] if opened.following else None, changed)


@patient.get("/check-in/saved")
def saved_unprompted() -> ResponseReturnValue:
    coming = my_home(deps(), actor()).coming
    return _saved_page(coming[0].due_at if coming else None, None)


@patient.get("/check-in/next")
def interruption() -> ResponseReturnValue:
    if not session.get(DONE, ["", False])[1]:
        return go(url_for("patient.home"))
    return interruption_page(actor().clinic_id, url_for("patient.home"))


def _send(prompt_id: UUID, sent: Submission) -> ResponseReturnValue:
    if by_script():
        save = partial(answer_check_in.answer_prompt, deps(), actor(), PromptId(prompt_id))
        return receipt(sent, save, _clinic)
    show = change if sent.changes else prompt
    try:
        if not came_from_our_page():
            return show(prompt_id, again(sent, None))
        done = answer_check_in.answer_prompt(deps(), actor(), PromptId(prompt_id), sent)
    except (Over, NotFound):
        return _closed()
    except Conflict:
        return go(url_for("patient.saved", prompt_id=prompt_id))
    except Refusal as refusal:
        return show(prompt_id, again(sent, refusal))
    return _thank(done, url_for("patient.saved", prompt_id=prompt_id), url_for("patient.interruption"))


def _thank(done: Saved, thanks: str, interrupt: str) -> ResponseReturnValue:
    session[DONE] = [done.prompt_id.hex if done.prompt_id else "", done.safety]
    return go(interrupt if done.safety else thanks)


def _clinic() -> ClinicId:
    return actor().clinic_id


def _opened(prompt_id: UUID) -> OpenForm | None:
    try:
        return open_check_in.open_prompt(deps(), actor(), PromptId(prompt_id))
    except (NotFound, Over):
        return None


def _closed() -> ResponseReturnValue:
    return render_template("check_in/closed.html", check_in_url=url_for("patient.check_in")), 404


def _saved_page(next_at: datetime | None, change_url: str | None) -> ResponseReturnValue:
    zone = my_home(deps(), actor()).patient.zone
    return render_template(
        "check_in/saved.html",
        next_at=None if next_at is None else reader().moment(next_at, zone),
        change_url=change_url,
        phone_url=url_for("phone.notices") if may_offer(deps(), actor()) else None,
        chart_url=url_for("patient.chart"),
        home_url=url_for("patient.home"),
    )
