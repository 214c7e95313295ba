"""How a patient is reached: which channel first, quiet hours, a pause, the phone's own time zone."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.clock import zone_place
from checkin.domain.errors import Invalid, NotFound, Refusal
from checkin.domain.ladder import rung_words
from checkin.domain.push import device_words
from checkin.services import send_test as testing
from checkin.services import set_reminders
from checkin.services.send_test import last_tests
from checkin.services.set_reminders import my_reminders
from checkin.services.subscribe import drop_phone
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.speech import said

reminders = Blueprint("reminders", __name__)

_PAUSES = {"": None, "1": timedelta(days=1), "7": timedelta(days=7)}


@reminders.get("/reminders")
def show(status: int = 200, message: str = "") -> ResponseReturnValue:
    mine = my_reminders(deps(), actor())
    page = render_template(
        "reminders/show.html",
        tests=last_tests(deps(), actor(), actor().id),
        message=message,
        mine=mine,
        zone=mine.patient.zone,
        live_phones=[phone for phone in mine.phones if phone.gone_at is None],
        lost_phones=[phone for phone in mine.phones if phone.gone_at is not None],
        place=zone_place(mine.patient.zone),
        rung_words=rung_words,
        device_words=device_words,
    )
    return page, status


@reminders.post("/reminders/test")
def send_test() -> ResponseReturnValue:
    """Send the patient a test over every way they use."""
    try:
        testing.send_test(deps(), actor(), actor().id)
    except Refusal as refusal:
        return show(422, said(refusal.text))
    return go(url_for("reminders.show", _anchor="test"))


@reminders.post("/reminders/channels")
def arrange() -> ResponseReturnValue:
    """Move one channel up, take it out, or take it in again at the end."""
    order = [way.channel.value for way in my_reminders(deps(), actor()).ways if way.used]
    channel, act = request.form.get("channel", ""), request.form.get("act", "")
    if act == "up" and channel in order[1:]:
        place = order.index(channel)
        order[place - 1 : place + 1] = [channel, order[place - 1]]
    elif act == "in":
        order.append(channel)
    elif act == "out":
        order = [name for name in order if name != channel]
    try:
        set_reminders.choose_channels(deps(), actor(), order)
    except Invalid:  # the page offers no such choice
        raise NotFound from None
    return go(url_for("reminders.show"))


@reminders.post("/reminders/quiet")
def quiet() -> ResponseReturnValue:
    set_reminders.agree_to_quiet_hours(deps(), actor(), request.form.get("agreed") == "yes")
    return go(url_for("reminders.show"))


@reminders.post("/reminders/pause")
def pause() -> ResponseReturnValue:
    lasting = request.form.get("days", "")
    if lasting not in _PAUSES:
        raise NotFound
    set_reminders.pause(deps(), actor(), _PAUSES[lasting])
    return go(url_for("reminders.show"))


@reminders.post("/reminders/resume")
def resume() -> ResponseReturnValue:
    set_reminders.resume(deps(), actor())
    return go(url_for("reminders.show"))


@reminders.post("/reminders/zone")
def zone() -> ResponseReturnValue:
    """Answer the question that is asked once when the phone shows another zone."""
    try:
        moves = request.form.get("moves") == "yes"
        set_reminders.follow_phone(deps(), actor(), request.form.get("zone", ""), moves=moves)
    except Invalid:  # a phone that names a place nobody knows
        raise NotFound from None
    return go(url_for("patient.home"))


@reminders.post("/reminders/phones/<uuid:phone_id>/remove")
def remove_phone(phone_id: UUID) -> ResponseReturnValue:
    drop_phone(deps(), actor(), phone_id)
    return go(url_for("reminders.show"))
