"""What every page shows around its content: the way home, the places of the reader's roles, signing out."""

from flask import Flask, request, url_for
from flask_babel import gettext as _

from checkin.domain.person import Role
from checkin.services.subscribe import push_key
from checkin.web.context import deps
from checkin.web.look import looks
from checkin.web.rules import RULES, Access
from checkin.web.sign_in_state import who_was_found
from checkin.web.speech import reader

PLACES_OF = {
    Role.PATIENT: (
        ("patient.home", lambda: _("Home")),
        ("patient.chart", lambda: _("My chart")),
        ("sharing.show", lambda: _("Who can see this")),
    ),
    Role.THERAPIST: (
        ("therapist.list_patients", lambda: _("Patients")),
        ("appointments.planned", lambda: _("Appointments")),
    ),
    Role.STAFF: (
        ("clinic.today", lambda: _("Today")),
        ("clinic.list_people", lambda: _("People")),
        ("clinic.settings", lambda: _("Settings")),
    ),
}
# What a phone keeps of us is the same for everybody.
_KEPT = frozenset({"shell.worker", "shell.offline", "shell.help_page"})


def install(app: Flask) -> None:
    """Give every template the frame's values."""
    app.context_processor(frame)


def home_of(roles: frozenset[Role]) -> str:
    """The first page of somebody with these roles; care for others comes before one's own check-ins."""
    for role in (Role.STAFF, Role.THERAPIST, Role.PATIENT):
        if role in roles:
            return url_for(PLACES_OF[role][0][0])
    return url_for("account.sign_in")


def frame() -> dict[str, object]:
    """What every page gets: the language, the places of whoever is signed in, the ways home and out."""
    # A page that anybody may open does not say who is asking. The others have looked already; an error's page
    # must not look again, for that may be what went wrong.
    known = RULES.get(request.endpoint or "") not in (None, Access.PUBLIC, Access.LINK)
    user = who_was_found() if known else None
    same = {"lang": reader().language, "look": "" if request.endpoint in _KEPT else " ".join(looks())}
    if user is None:
        return {**same, "navigation": [], "home_url": None, "sign_out_url": None}
    roles = user.person.roles
    items = [
        (label(), url_for(endpoint), endpoint == request.endpoint)
        for role in Role
        if role in roles
        for endpoint, label in PLACES_OF[role]
    ]
    items.append((_("Account"), url_for("account.show"), request.endpoint == "account.show"))
    key = push_key(deps())
    return {
        **same,
        "navigation": items,
        "home_url": home_of(roles),
        "sign_out_url": url_for("account.sign_out"),
        "push_key": key and key.public,
        "me": deps().keys.hash("phone", user.person.id.hex).hex()[:16],
    }
