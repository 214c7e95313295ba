"""Passwords: argon2id, and a refusal of those that are quickly guessed."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from checkin.domain.errors import Invalid
from checkin.domain.words import text
from checkin.services.deps import PasswordCost

MIN_LENGTH = 10
MAX_LENGTH = 128
_MIN_GUESSES = 1_000_000  # more than the throttled sign-in lets anybody try


def check_new_password(password: str, *, known: tuple[str, ...] = ()) -> None:
    """Refuse a password that is too short or quickly guessed; ``known`` are words about the person.

    Raises ``Invalid``.
    """
    if len(password) < MIN_LENGTH:
        raise Invalid(text("Use at least %(least)s characters.", least=MIN_LENGTH), field="password")
    if len(password) > MAX_LENGTH:
        raise Invalid(text("Use at most %(most)s characters.", most=MAX_LENGTH), field="password")
    if zxcvbn(password[:72], user_inputs=[*known, "checkin"])["guesses"] < _MIN_GUESSES:
        raise Invalid(
            text("This password is quickly guessed. Use three or four unrelated words."), field="password"
        )


def hash_password(password: str, cost: PasswordCost) -> str:
    return _hasher(cost).hash(password)


def matches(password: str, stored: str | None, cost: PasswordCost) -> bool:
    """Whether the password is right; takes as long when there is none to compare with."""
    try:
        return _hasher(cost).verify(stored or _decoy(cost), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=2)
def _hasher(cost: PasswordCost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.time, memory_cost=cost.memory, parallelism=cost.parallelism)


@lru_cache(maxsize=2)
def _decoy(cost: PasswordCost) -> str:
    return _hasher(cost).hash("nobody has this password")
