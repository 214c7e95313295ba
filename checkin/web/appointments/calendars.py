"""A private calendar address for a calendar program: shown once, worthless once ended."""

from flask import Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.person import Role
from checkin.services import share_calendar
from checkin.services.set_preferences import my_zone
from checkin.web.appointments.views import appointments
from checkin.web.context import actor, deps
from checkin.web.moves import go

__all__ = ["appointments"]


@appointments.get("/account/calendar")
def calendar() -> ResponseReturnValue:
    return _page(None)


@appointments.post("/account/calendar")
def make_calendar() -> ResponseReturnValue:
    """The address stands on this one page and is kept nowhere; sending it again makes a new one."""
    return _page(share_calendar.make_calendar(deps(), actor()))


@appointments.post("/account/calendar/end")
def end_calendar() -> ResponseReturnValue:
    share_calendar.end_calendar(deps(), actor())
    return go(url_for("appointments.calendar"))


@appointments.get("/calendar/<secret>.ics")
def feed(secret: str) -> Response:
    response = make_response(share_calendar.read_calendar(deps(), secret))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="calendar.ics"'
    return response


def _page(address: str | None) -> ResponseReturnValue:
    roles = actor().roles
    places = {Role.THERAPIST: "appointments.planned", Role.PATIENT: "appointments.mine"}
    place = next((place for role, place in places.items() if role in roles), "account.show")
    return render_template(
        "appointments/calendar.html",
        address=address,
        made_at=share_calendar.my_calendar(deps(), actor()),
        zone=my_zone(deps(), actor()),
        back_url=url_for(place),
        to_account=place == "account.show",
    )
