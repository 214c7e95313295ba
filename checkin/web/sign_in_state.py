"""Flask-Login over sign-ins in the database: the cookie carries a random reference and nothing else.

Flask's own signed cookie holds the seed of the form tokens only; it gives access to nothing.
"""

from datetime import timedelta

from flask import Flask, Request, Response, current_app, g, session
from flask_login import LoginManager, UserMixin

from checkin.domain.person import Person
from checkin.domain.sign_in import SignIn
from checkin.services import sign_in
from checkin.services.deps import Deps
from checkin.services.sign_in import SignedIn

SIGN_IN_COOKIE = "signin"
DEVICE_COOKIE = "device"
_DEVICE_DAYS = timedelta(days=365)


class SignedInUser(UserMixin):
    """Who is signed in, for as long as the request lasts."""

    def __init__(self, opened: SignIn, person: Person) -> None:
        self.sign_in = opened
        self.person = person

    def get_id(self) -> str:
        return str(self.sign_in.id)


def install(app: Flask, deps: Deps) -> None:
    """Let Flask-Login find the person by the sign-in cookie, once per request."""
    manager = LoginManager()
    # In the place of init_app, which would look after each request for a "remember me" that is not offered
    # here, and would tell every template who it is: pages that anybody may open do not ask.
    app.login_manager = manager  # type: ignore[attr-defined]
    manager.session_protection = None  # it guards a sign-in kept in Flask's own cookie; ours is not

    @manager.request_loader
    def load(request: Request) -> SignedInUser | None:
        token = request.cookies.get(cookie_name(SIGN_IN_COOKIE))
        found = sign_in.who_is(deps, token) if token else None
        return None if found is None else SignedInUser(*found)


def who_was_found() -> SignedInUser | None:
    """Whom this request has been found to come from so far; unlike ``current_user`` it looks nobody up."""
    found = g.get("_login_user")  # where Flask-Login keeps it
    return found if isinstance(found, SignedInUser) else None


def cookie_name(name: str) -> str:
    """Over TLS the prefix makes browsers refuse a cookie set by another host or without TLS."""
    return f"__Host-{name}" if current_app.config["SESSION_COOKIE_SECURE"] else name


def carry(response: Response, signed_in: SignedIn, *, same_person: bool = False) -> Response:
    """Give the browser its new reference; the form seed starts anew.

    For the ``same_person`` it stays, so that forms open in other tabs can still be sent.
    """
    if not same_person:
        session.clear()
    ends = signed_in.sign_in.ends_at
    set_cookie(response, SIGN_IN_COOKIE, signed_in.token, ends - signed_in.sign_in.created_at)
    set_cookie(response, DEVICE_COOKIE, signed_in.device, _DEVICE_DAYS)
    return response


def forget(response: Response) -> Response:
    """Take the reference away and tell the browser to drop what it kept of the pages."""
    session.clear()
    response.delete_cookie(
        cookie_name(SIGN_IN_COOKIE), path="/", secure=_secure(), httponly=True, samesite="Lax"
    )
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def set_cookie(response: Response, name: str, value: str, lasts: timedelta) -> None:
    """Set a cookie that scripts and other sites cannot read."""
    response.set_cookie(
        cookie_name(name), value, max_age=lasts, path="/", secure=_secure(), httponly=True, samesite="Lax"
    )


def _secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
