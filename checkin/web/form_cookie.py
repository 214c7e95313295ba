"""The signed cookie behind Flask's ``session``: the seed of the form tokens and what was just sent.

It gives access to nothing. It is Flask's own, put more simply: the signer is made once, a few short values
are not worth compressing, and no page may be kept by any cache, so none has to say that it varies by it.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode


class FormCookie(SessionInterface):
    """Reads and writes the cookie. ``keys``: the oldest first, the last one signs."""

    def __init__(self, keys: Sequence[str]) -> None:
        # Derived here once, in the place of a new derivation for each cookie.
        own = [hmac.digest(key.encode(), b"form cookie", hashlib.sha256) for key in keys]
        self._signer = Signer(own, key_derivation="none", digest_method=hashlib.sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return what the browser sent, or an empty session for a cookie that we did not sign."""
        sent = request.cookies.get(self.get_cookie_name(app))
        if not sent:
            return SecureCookieSession()
        try:
            return SecureCookieSession(json.loads(base64_decode(self._signer.unsign(sent))))
        except BadData:
            return SecureCookieSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie where the view changed it."""
        if not session.modified:
            return
        body = base64_encode(json.dumps(dict(session), separators=(",", ":")))
        response.set_cookie(
            self.get_cookie_name(app),
            self._signer.sign(body).decode() if session else "",
            max_age=None if session else 0,
            secure=self.get_cookie_secure(app),
            httponly=True,
            samesite=self.get_cookie_samesite(app),
        )
