"""How pages look in this browser: dim for eyes that light hurts, with larger text, or both.

A cookie keeps it for whoever uses the browser, signed in or by the link in a message; it says nothing else.
"""

from collections.abc import Collection
from datetime import timedelta

from flask import Response, after_this_request, request

from checkin.web.sign_in_state import cookie_name, set_cookie

DIM, LARGE = "dim", "large"
_LOOKS = (DIM, LARGE)  # classes of the root in checkin.css
_COOKIE = "look"
_LASTS = timedelta(days=365)


def looks() -> tuple[str, ...]:
    """Return what was chosen in this browser."""
    kept = request.cookies.get(cookie_name(_COOKIE), "").split(".")
    return tuple(name for name in _LOOKS if name in kept)


def keep_look(wanted: Collection[str]) -> None:
    """Let pages look like this from now on; the answer to this request says so."""
    chosen = tuple(name for name in _LOOKS if name in wanted)
    if chosen == looks():
        return

    @after_this_request
    def keep(response: Response) -> Response:
        set_cookie(response, _COOKIE, ".".join(chosen), _LASTS if chosen else timedelta(0))
        return response


def switched() -> tuple[bool, str]:
    """Return whether a check-in is dim, which its own switch says, and how else it looks."""
    dim = bool(request.form.get(DIM)) if request.method == "POST" else DIM in looks()
    return dim, " ".join(name for name in looks() if name != DIM)


def keep_switched() -> None:
    """Let the switch of the check-in that was sent hold for the pages after it."""
    dim, rest = switched()
    keep_look({*rest.split(), *([DIM] if dim else [])})
