"""Every route is closed unless the table of rules opens it."""

from flask import Flask, Response, make_response, request, url_for
from flask_login import current_user

from checkin.domain.errors import NotFound
from checkin.services.access import note_wrong_place
from checkin.services.sign_in import is_fresh, note_seen
from checkin.web.context import deps
from checkin.web.moves import go
from checkin.web.rules import RULES, STEP_UP, Access
from checkin.web.sign_in_state import SignedInUser


def install(app: Flask) -> None:
    """Check the rule of every request before its view."""
    app.before_request(_check)


def _check() -> Response | None:
    if request.endpoint is None:
        raise NotFound
    access = RULES.get(request.endpoint)
    if access is None:
        raise NotFound
    if access is Access.PUBLIC or access is Access.LINK:
        return None
    user = current_user._get_current_object()
    if not isinstance(user, SignedInUser):
        return _to_sign_in()
    note_seen(deps(), user.sign_in)
    if access is not Access.SIGNED_IN and access.value not in user.person.roles:
        note_wrong_place(deps(), user.person, request.endpoint)
        raise NotFound
    if request.endpoint in STEP_UP and not is_fresh(deps(), user.sign_in):
        return _to_confirm(STEP_UP[request.endpoint])
    return None


def _to_confirm(then: str) -> Response:
    """Ask for the password again, then go on from a page that changes nothing."""
    kept = {name: value for name, value in (request.view_args or {}).items() if name == "patient_id"}
    return go(url_for("account.confirm", next=url_for(then, **kept)))


def _to_sign_in() -> Response:
    """Ask a stranger to sign in; only the address of a page is remembered, not of an act.

    A script that followed a redirect would take the sign-in page for its answer.
    """
    if request.is_json or request.accept_mimetypes.best == "application/json":
        return make_response({"error": "sign_in"}, 401)
    if request.method == "GET":
        return go(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    return go(url_for("account.sign_in", unsent=1))
