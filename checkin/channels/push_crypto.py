"""What the push libraries do for us: encrypt for one browser (RFC 8291), sign for one service (RFC 8292).

Only a process that sends loads this module.
"""

from datetime import datetime

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from checkin.channels.vapid_key import VapidKey
from checkin.domain.push import PushAddress, from_base64url


def encrypt(content: bytes, address: PushAddress) -> bytes:
    """Return the body of a push that only this browser can read. Raises ``ValueError`` for unusable keys."""
    body: bytes = http_ece.encrypt(
        content,
        private_key=ec.generate_private_key(ec.SECP256R1()),  # a fresh one each time, as the standard wants
        dh=from_base64url(address.p256dh),
        auth_secret=from_base64url(address.auth),
        version="aes128gcm",
    )
    return body


def authorization(key: VapidKey, *, audience: str, subject: str, until: datetime) -> str:
    """Return the header that shows who sends: good for one push service, until a moment."""
    signer = Vapid02.from_raw(key.private.encode())
    claims = {"aud": audience, "exp": int(until.timestamp()), "sub": subject}
    header: str = signer.sign(claims)["Authorization"]
    return header
