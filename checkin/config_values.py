"""What each setting must look like.

Every function reads one value and raises ``ValueError``, which says what to do and never repeats a secret.
"""

import base64
import binascii
from datetime import timedelta
from itertools import pairwise
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_SECRET_BYTES = 32
_LEAST_VARIETY = 10  # drawn at random, 32 bytes have far more, and so have 32 letters and digits
_ID_LENGTH = 40  # what the table of keys holds
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    try:
        parsed = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError("cannot be read as user:password@host:port/database") from None
    if parsed.get_backend_name() == "sqlite" and not PurePosixPath(parsed.database or "").is_absolute():
        # In memory each process would have its own; a relative path is another file from another folder.
        raise ValueError("must name a file with its whole path: sqlite:////var/lib/checkin/checkin.sqlite3")
    return value


def base_url(value: str) -> str:
    parts = urlsplit(value)
    more = parts.username or parts.password or parts.path.strip("/") or "?" in value or "#" in value
    if parts.scheme not in {"http", "https"} or not parts.hostname or more or not _has_usable_port(parts):
        raise ValueError("must be the address people open and no more, such as https://checkin.example.org")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("must use https except on this machine: answers would travel in clear")
    return value.rstrip("/")


def _has_usable_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _guessable(value: bytes) -> bool:
    """Whether it was typed and not drawn: few different bytes, bytes in a row, or a part again and again."""
    steps = {(after - before) % 256 for before, after in pairwise(value)}
    repeats = any(value == (value[:part] * len(value))[: len(value)] for part in range(1, 17))
    return len(value) < _SECRET_BYTES or min(len(set(value)), len(steps)) < _LEAST_VARIETY or repeats


def secret(value: str) -> str:
    if _guessable(value.encode()):
        raise ValueError("is too short or too simple; make one with: openssl rand -hex 32")
    return value


def token(value: str) -> str:
    return secret(value) if value else ""


def key(value: str) -> bytes:
    try:
        found = base64.b64decode(value, validate=True)
    except binascii.Error:
        found = b""
    if len(found) != _SECRET_BYTES or _guessable(found):
        raise ValueError("must be 32 random bytes in base64; make it with: openssl rand -base64 32")
    return found


def master_keys(value: str) -> dict[str, bytes]:
    """Read "id:base64 id:base64 …"; the first one seals what is new."""
    keys: dict[str, bytes] = {}
    for part in value.split():
        name, colon, encoded = part.partition(":")
        if not colon or not name:
            raise ValueError('must look like "2026:BASE64" (several with spaces, newest first)')
        if name in keys:
            raise ValueError("has two keys with the same id")
        if len(name) > _ID_LENGTH:
            raise ValueError(f"has an id of more than {_ID_LENGTH} characters")
        keys[name] = key(encoded)
    if not keys:
        raise ValueError("is empty")
    return keys


def secrets(value: str) -> tuple[str, ...]:
    return tuple(secret(part) for part in value.split())


def count(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("must be a number: how many proxies of yours stand in front")
    return int(value)


def days(value: str) -> timedelta:
    if not value.isdecimal() or not 1 <= int(value) <= 30:
        raise ValueError("must be a number of days, 1 to 30")
    return timedelta(days=int(value))


def rate(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) <= 100_000:
        raise ValueError("must be a number: how many messages a second your providers take")
    return int(value)


def flag(value: str) -> bool:
    if value.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError("must be yes or no")
    return value.lower() in {"yes", "true", "1"}
