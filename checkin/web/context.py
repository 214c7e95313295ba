"""What a view needs of the application: its collaborators and who is asking."""

from typing import cast

from flask import current_app, request
from flask_login import current_user

from checkin.domain.errors import NotFound
from checkin.domain.person import Person
from checkin.domain.sign_in import SignIn
from checkin.services.deps import Deps
from checkin.services.throttle import Browser
from checkin.web.sign_in_state import DEVICE_COOKIE, SignedInUser, cookie_name

EXTENSION = "checkin"


def deps() -> Deps:
    """The collaborators built in the composition root."""
    return cast(Deps, current_app.extensions[EXTENSION])


def actor() -> Person:
    """Who is signed in. Raises ``NotFound`` when nobody is."""
    return _user().person


def this_sign_in() -> SignIn:
    """The sign-in of this browser. Raises ``NotFound`` when there is none."""
    return _user().sign_in


def browser() -> Browser:
    """Where the request comes from, as the services count it."""
    return Browser(
        address=request.remote_addr or "",
        description=device_name(request.user_agent.string),
        device=request.cookies.get(cookie_name(DEVICE_COOKIE), ""),
    )


_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """A browser as its owner would call it: "Firefox, Android"; empty if it does not say."""
    found = [
        next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name)


def _user() -> SignedInUser:
    user = current_user._get_current_object()
    if not isinstance(user, SignedInUser):
        raise NotFound
    return user
