"""Sealing private values: AES-GCM bound to table, row, column and key; one wrapped data key a person.

The wrapped data key stands in the database, the master key in the environment only: destroying a person's
data key makes everything sealed with it unreadable, in backups too.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12  # NIST SP 800-38D 8.2.2: random 96-bit nonces, far fewer than 2**32 per data key
KEY_BYTES = 32
_FORMAT = b"\x01"


class Unreadable(Exception):
    """A sealed value cannot be opened: wrong key, wrong place, or changed bytes."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value as it stands in the table."""

    blob: bytes


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's data key as it is stored: encrypted under the master key ``master``."""

    id: UUID
    master: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class DataKey:
    """A person's data key, ready to use."""

    id: UUID
    cipher: AESGCM

    def seal(self, value: str, *, table: str, row: UUID, column: str) -> Sealed:
        """Encrypt ``value`` for this one place; it cannot be opened anywhere else."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        body = self.cipher.encrypt(nonce, value.encode(), _place(table, row, column, self.id))
        return Sealed(_FORMAT + nonce + body)

    def open(self, sealed: Sealed, *, table: str, row: UUID, column: str) -> str:
        """Decrypt a value sealed for this place. Raises ``Unreadable``."""
        start = len(_FORMAT)
        nonce, body = sealed.blob[start : start + _NONCE_BYTES], sealed.blob[start + _NONCE_BYTES :]
        if sealed.blob[:start] != _FORMAT:
            raise Unreadable(f"unknown format in {table}.{column}")
        try:
            return self.cipher.decrypt(nonce, body, _place(table, row, column, self.id)).decode()
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
            raise Unreadable(f"{table}.{column} of row {row} does not open with key {self.id}") from error


def _place(table: str, row: UUID, column: str, key: UUID) -> bytes:
    return f"{table}:{row.hex}:{column}:{key.hex}".encode()


class Keyring:
    """The master keys by id (the current one wraps new data keys) and the key for look-up hashes."""

    def __init__(self, masters: Mapping[str, bytes], current: str, lookup: bytes) -> None:
        self._masters = {name: AESGCM(key) for name, key in masters.items()}
        self._current = current
        self._lookup = lookup
        self._unwrapped = lru_cache(maxsize=4096)(self._unwrap)

    def new_key(self, key_id: UUID) -> WrappedKey:
        """Make a fresh data key, wrapped under the current master key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        raw = AESGCM.generate_key(bit_length=KEY_BYTES * 8)
        body = self._masters[self._current].encrypt(nonce, raw, key_id.bytes)
        return WrappedKey(key_id, self._current, nonce + body)

    def open(self, key: WrappedKey) -> DataKey:
        """Unwrap a data key. Raises ``Unreadable`` when its master key is missing or wrong."""
        return self._unwrapped(key)

    def hash(self, kind: str, value: str) -> bytes:
        """Return the keyed hash under which a private value can be looked up (HMAC-SHA-256)."""
        return hmac.digest(self._lookup, f"{kind}:{value}".encode(), hashlib.sha256)

    def _unwrap(self, key: WrappedKey) -> DataKey:
        if key.master not in self._masters:
            raise Unreadable(f"master key {key.master!r} is not configured")
        try:
            raw = self._masters[key.master].decrypt(
                key.wrapped[:_NONCE_BYTES], key.wrapped[_NONCE_BYTES:], key.id.bytes
            )
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"master key {key.master!r} does not open data key {key.id}") from error
        return DataKey(key.id, AESGCM(raw))


def token_hash(token: str) -> bytes:
    """The hash under which a random token is kept; the token has 256 bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()
