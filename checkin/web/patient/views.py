"""Where a patient stands: home, the chart on request, and how to be reached."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from checkin.charts.patient_chart import patient_chart
from checkin.domain.errors import Refusal
from checkin.domain.person import Role, WakingHours
from checkin.domain.window.sentence import sentence
from checkin.services.patient_home import my_home
from checkin.services.review_trajectory import review
from checkin.services.see_appointments import my_agenda
from checkin.services.set_preferences import my_preferences, set_preferences
from checkin.services.share_estimate import my_window
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.patient.forms import PreferencesForm
from checkin.web.speech import reader

patient = Blueprint("patient", __name__)


@patient.get("/home")
def home() -> ResponseReturnValue:
    shown, agenda = my_home(deps(), actor()), my_agenda(deps(), actor(), Role.PATIENT)
    return render_template(
        "patient/home.html", home=shown, agenda=agenda, zone=shown.patient.zone, **_window()
    )


@patient.get("/chart")
def chart() -> ResponseReturnValue:
    found = review(deps(), actor(), actor().id)
    meetings = [time.since for time in found.appointments]
    drawn = patient_chart(found.trajectory, to=reader(), zone=found.patient.zone, meetings=meetings)
    return render_template(
        "patient/chart.html", chart=drawn, review=found, zone=found.patient.zone, **_window()
    )


def _window() -> dict[str, object]:
    """What a therapist shares of the estimate, in words; nobody shares it by default."""
    shared = my_window(deps(), actor())
    words = shared and sentence(shared.window, now=shared.now, zone=shared.zone)
    return {"shared": shared, "words": words}


@patient.get("/preferences")
def preferences(form: PreferencesForm | None = None, status: int = 200) -> ResponseReturnValue:
    mine = my_preferences(deps(), actor())
    if form is None:
        form = PreferencesForm(
            zone=mine.zone, wakes=mine.waking.since, sleeps=mine.waking.until, reminders=mine.reminders
        )
    return render_template("patient/preferences.html", form=form, first=mine.set_up_at is None), status


@patient.post("/preferences")
def save_preferences() -> ResponseReturnValue:
    form = PreferencesForm()
    if not form.validate_on_submit():
        return preferences(form, 422)
    waking = WakingHours(since=form.wakes.data, until=form.sleeps.data)
    try:
        set_preferences(deps(), actor(), zone=form.zone.data, waking=waking, reminders=form.reminders.data)
    except Refusal as refusal:
        form.show(refusal)
        return preferences(form, 422)
    return go(url_for("patient.home"))
