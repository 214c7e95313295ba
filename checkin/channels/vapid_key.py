"""The key by which push services know this server (VAPID, RFC 8292): made, checked, its public half shown."""

import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checkin.domain.push import from_base64url, to_base64url

_CURVE = ec.SECP256R1()
_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


@dataclass(frozen=True, kw_only=True)
class VapidKey:
    """``private`` is the secret number of a P-256 key, base64url. Raises ``ValueError`` if it is none."""

    id: str
    private: str = field(repr=False)

    def __post_init__(self) -> None:
        raw = from_base64url(self.private)
        if not _ID.fullmatch(self.id) or len(raw) != 32:
            raise ValueError("needs an id and 32 bytes in base64url")
        self._secret()

    @property
    def public(self) -> str:
        """The public half as browsers take it: an uncompressed point in base64url."""
        point = self._secret().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return to_base64url(point)

    def _secret(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(from_base64url(self.private)), _CURVE)


def new_vapid_key(name: str) -> VapidKey:
    """Make a fresh key."""
    secret = ec.generate_private_key(_CURVE).private_numbers().private_value
    return VapidKey(id=name, private=to_base64url(secret.to_bytes(32)))
