"""The signed cookie behind Flask's ``session``: the seed of the form tokens and what was just sent.

It is Flask's own, put more simply: the signer is made once, a few short values are not worth compressing,
and no page may be kept by any cache, so none has to say that it varies by the cookie.
"""

import hashlib
import hmac
import json
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode


class _Signer(URLSafeTimedSerializer):
    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(json.dumps(obj, separators=(",", ":")))


class FormCookie(SessionInterface):
    """Reads and writes the cookie. ``keys``: the oldest first, the last one signs. ``lasts`` in seconds."""

    def __init__(self, keys: list[str], *, lasts: int) -> None:
        # Derived here once, in the place of a new derivation for each cookie.
        own = [hmac.digest(key.encode(), b"form cookie", hashlib.sha256) for key in keys]
        self._signer = _Signer(own, signer_kwargs={"key_derivation": "none", "digest_method": hashlib.sha256})
        self._lasts = lasts

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return what the browser sent, or an empty session for a cookie that we did not sign."""
        sent = request.cookies.get(self.get_cookie_name(app))
        if not sent:
            return SecureCookieSession()
        try:
            return SecureCookieSession(self._signer.loads(sent, max_age=self._lasts))
        except BadSignature:
            return SecureCookieSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie where the view changed it."""
        if not session.modified:
            return
        name, value = self.get_cookie_name(app), self._signer.dumps(dict(session)) if session else ""
        response.set_cookie(
            name,
            value,
            max_age=None if session else 0,
            secure=self.get_cookie_secure(app),
            httponly=True,
            samesite=self.get_cookie_samesite(app),
        )
