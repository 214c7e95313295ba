"""Not now: remind me later, or not today. By link or signed in, and what a phone tells about a message."""

from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.errors import NotFound
from checkin.domain.ids import PromptId
from checkin.domain.snooze import Later, TooLate, later_words
from checkin.services import note_opened, put_off
from checkin.services.open_check_in import Over
from checkin.services.put_off import Door
from checkin.web.check_in_pages import closed_page
from checkin.web.context import actor, deps
from checkin.web.reminders.views import reminders
from checkin.web.same_origin import FromElsewhere, require_same_origin
from checkin.web.speech import reader, said


@reminders.get("/c/<secret>/later")
def later_by_link(secret: str) -> ResponseReturnValue:
    return _choices(put_off.by_link(deps(), secret), url_for("links.answer", secret=secret))


@reminders.post("/c/<secret>/later")
def put_off_by_link(secret: str) -> ResponseReturnValue:
    return _put_off(put_off.by_link(deps(), secret), url_for("links.answer", secret=secret))


@reminders.get("/check-in/<uuid:prompt_id>/later")
def later(prompt_id: UUID) -> ResponseReturnValue:
    door = put_off.signed_in(deps(), actor(), PromptId(prompt_id))
    return _choices(door, url_for("patient.prompt", prompt_id=prompt_id))


@reminders.post("/check-in/<uuid:prompt_id>/later")
def put_off_prompt(prompt_id: UUID) -> ResponseReturnValue:
    door = put_off.signed_in(deps(), actor(), PromptId(prompt_id))
    return _put_off(door, url_for("patient.prompt", prompt_id=prompt_id))


@reminders.post("/c/<secret>/opened")
def opened_by_link(secret: str) -> ResponseReturnValue:
    """Told by the page itself: a scanner that only loads it opens nothing."""
    _require_own_page()
    note_opened.opened_by_link(deps(), secret)
    return "", 204


@reminders.post("/c/<secret>/shown")
def shown_by_link(secret: str) -> ResponseReturnValue:
    """Told by the worker that has shown the notice."""
    _require_own_page()
    note_opened.shown_by_link(deps(), secret)
    return "", 204


@reminders.post("/check-in/<uuid:prompt_id>/opened")
def opened(prompt_id: UUID) -> ResponseReturnValue:
    _require_own_page()
    note_opened.opened_in_app(deps(), actor(), PromptId(prompt_id))
    return "", 204


def _choices(door: Door, answer_url: str, message: str = "", status: int = 200) -> ResponseReturnValue:
    try:
        options = put_off.my_options(deps(), door)
    except (Over, NotFound):
        return closed_page()
    buttons = [(one.value, said(later_words(one))) for one in options.later]
    page = render_template(
        "reminders/later.html", options=options, buttons=buttons, answer_url=answer_url, message=message
    )
    return page, status


def _put_off(door: Door, answer_url: str) -> ResponseReturnValue:
    """Do what the button says and show it at once: a link has no page of its own to go back to."""
    chosen = request.form.get("later", "")
    try:
        zone = put_off.my_options(deps(), door).zone
        if chosen == "not_today":
            put_off.decline(deps(), door)
            return render_template("reminders/put_off.html", at=None, answer_url=answer_url)
        at = put_off.put_off(deps(), door, _later(chosen))
    except TooLate as refusal:
        return _choices(door, answer_url, said(refusal.text), 422)
    except (Over, NotFound):
        return closed_page()
    return render_template("reminders/put_off.html", at=reader().moment(at, zone), answer_url=answer_url)


def _require_own_page() -> None:
    """Only our own scripts tell such things; nobody else finds anything here. Raises ``NotFound``."""
    try:
        require_same_origin()
    except FromElsewhere:
        raise NotFound from None


def _later(chosen: str) -> Later:
    try:
        return Later(chosen)
    except ValueError:
        raise TooLate from None
