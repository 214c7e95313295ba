"""What links in messages open: one prompt to answer, reminders to stop. A link is no sign-in."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.errors import Conflict, NotFound, Refusal
from checkin.services import answer_check_in, open_check_in, set_preferences
from checkin.services.open_check_in import LinkOver, OpenForm, Over
from checkin.services.subscribe import push_key
from checkin.web.after_sending import interruption_page, remember, saved_page, sent_for
from checkin.web.check_in_pages import (
    Filled,
    again,
    blank,
    came_from_our_page,
    clinic_words,
    closed_page,
    form_page,
    submission,
)
from checkin.web.context import deps
from checkin.web.moves import go
from checkin.web.receipts import by_script, receipt
from checkin.web.speech import reader

links = Blueprint("links", __name__)


@links.get("/c/<secret>")
def answer(secret: str, filled: Filled | None = None) -> ResponseReturnValue:
    opened = _opened(secret)
    if opened is None:
        return closed_page()
    if opened.answered and filled is None:
        return _saved_page(secret, already=True)
    return form_page(
        opened,
        filled or blank(),
        action=url_for("links.send", secret=secret),
        thanks=url_for("links.saved", secret=secret),
        later=url_for("reminders.later_by_link", secret=secret),
    )


@links.post("/c/<secret>")
def send(secret: str) -> ResponseReturnValue:
    return _send(secret, changes=False)


@links.get("/c/<secret>/change")
def change(secret: str, filled: Filled | None = None) -> ResponseReturnValue:
    """By link the form starts empty: earlier answers are shown only to who has signed in."""
    opened = _opened(secret)
    if opened is None or not opened.answered or not (opened.may_change or filled):
        return closed_page()
    return form_page(
        opened,
        filled or blank(),
        action=url_for("links.send_change", secret=secret),
        thanks=url_for("links.saved", secret=secret),
        replaces=True,
    )


@links.post("/c/<secret>/change")
def send_change(secret: str) -> ResponseReturnValue:
    return _send(secret, changes=True)


@links.get("/c/<secret>/saved")
def saved(secret: str) -> ResponseReturnValue:
    """Loads again at any time; without this browser's own cookie it says no more than a closed link."""
    return _saved_page(secret, already=False)


@links.get("/c/<secret>/next")
def interruption(secret: str) -> ResponseReturnValue:
    """The page that comes before the thanks when the last answer was above zero."""
    opened = _opened(secret)
    sent = None if opened is None or opened.prompt is None else sent_for(opened.prompt.id)
    if opened is None or sent is None or not sent.safety:
        return closed_page()
    return interruption_page(opened.clinic_id, url_for("links.saved", secret=secret))


@links.get("/stop/<secret>")
def unsubscribe(secret: str) -> ResponseReturnValue:
    """Ask before acting: mail scanners open links too."""
    set_preferences.whose_reminders(deps(), secret)
    return render_template("links/stop.html", done=False)


@links.post("/stop/<secret>")
def stop(secret: str) -> ResponseReturnValue:
    """Also taken as one-click unsubscribe (RFC 8058); it can only stop messages."""
    set_preferences.stop_reminders(deps(), secret)
    return render_template("links/stop.html", done=True)


def _send(secret: str, *, changes: bool) -> ResponseReturnValue:
    sent = submission(changes=changes)
    if by_script():
        return receipt(
            sent,
            lambda sent: answer_check_in.answer_by_link(deps(), secret, sent),
            lambda: open_check_in.clinic_by_link(deps(), secret),
        )
    show = change if changes else answer
    try:
        if not came_from_our_page():
            return show(secret, again(sent, None))
        saved = answer_check_in.answer_by_link(deps(), secret, sent)
    except (LinkOver, Over):
        return closed_page()
    except Conflict:
        return go(url_for("links.saved", secret=secret, already=1))
    except Refusal as refusal:
        return show(secret, again(sent, refusal))
    remember(saved)
    return go(url_for("links.interruption" if saved.safety else "links.saved", secret=secret))


def _opened(secret: str) -> OpenForm | None:
    try:
        return open_check_in.open_by_link(deps(), secret, request.form.get("fetched", ""))
    except (NotFound, Over):
        return None


def _saved_page(secret: str, *, already: bool) -> ResponseReturnValue:
    try:
        sent = open_check_in.confirm_by_link(deps(), secret)
    except LinkOver:
        return closed_page()
    mine = sent_for(sent.prompt_id)
    offers_phone = mine and sent.first and push_key(deps()) is not None
    holes = {
        "next_at": reader().moment(*sent.following) if mine and sent.following else None,
        "phone_url": url_for("phone.notices") if offers_phone else None,
        "change_url": url_for("links.change", secret=secret) if sent.may_change else None,
    }
    words = clinic_words(sent.clinic_id, settling=sent.settling)
    return saved_page(mine, holes, clinic_words=words, already=already)
