"""Settings: what cannot work, or protects nothing, stops the start, and all that is wrong is listed."""

import base64
import hashlib
from pathlib import Path

import pytest
from support.databases import MASTER
from support.house import SECRET_KEY, environment

from checkin.config import load_settings
from checkin.config_reader import SettingsError

URL = "sqlite:////var/lib/checkin/checkin.sqlite3"
ANOTHER = hashlib.sha256(b"another").digest()


def b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def problems(**changes: str) -> tuple[str, ...]:
    """What is said about these settings, the rest of which are right."""
    try:
        load_settings(environment(URL) | changes)
    except SettingsError as error:
        return error.problems
    return ()


WRONG = {
    "no file": ({"DATABASE_URL": "sqlite:///"}, "DATABASE_URL must name a file"),
    "in memory": ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL must name a file"),
    "a relative file": ({"DATABASE_URL": "sqlite:///checkin.sqlite3"}, "DATABASE_URL must name a file"),
    "another database": ({"DATABASE_URL": "mysql://db/checkin"}, "DATABASE_URL must begin with"),
    "an old key too simple": ({"CHECKIN_OLD_SECRET_KEYS": f"{SECRET_KEY} x"}, "OLD_SECRET_KEYS is too short"),
    "a key of one letter": ({"CHECKIN_SECRET_KEY": "a" * 64}, "SECRET_KEY is too short or too simple"),
    "a key of a repeated word": ({"CHECKIN_SECRET_KEY": "correct-horse-ba" * 4}, "SECRET_KEY is too short"),
    "a key that counts": ({"CHECKIN_LOOKUP_KEY": b64(bytes(range(32)))}, "LOOKUP_KEY must be 32 random"),
    "a key that counts down": (
        {"CHECKIN_LOOKUP_KEY": b64(bytes(range(200, 168, -1)))},
        "LOOKUP_KEY must be 32 random",
    ),
    "a key of one byte": ({"CHECKIN_LOOKUP_KEY": b64(b"k" * 32)}, "LOOKUP_KEY must be 32 random"),
    "one key for both": ({"CHECKIN_LOOKUP_KEY": b64(MASTER)}, "LOOKUP_KEY is one of CHECKIN_MASTER_KEYS"),
    "two keys with one id": (
        {"CHECKIN_MASTER_KEYS": f"2026:{b64(MASTER)} 2026:{b64(ANOTHER)}"},
        "MASTER_KEYS has two keys with the same id",
    ),
    "an id that does not fit": (
        {"CHECKIN_MASTER_KEYS": f"{'x' * 41}:{b64(MASTER)}"},
        "MASTER_KEYS has an id of more than 40 characters",
    ),
    "a slip in a name": ({"CHECKIN_SENDS_PER_SECONDS": "9"}, "is it CHECKIN_SENDS_PER_SECOND?"),
    "a name of nothing": ({"CHECKIN_WHATEVER": "9"}, "CHECKIN_WHATEVER is no setting"),
    "a slip in a file's name": (
        {"CHECKIN_SECRETKEY_FILE": "/k"},
        "CHECKIN_SECRETKEY_FILE is no setting",
    ),
    "a value beside its file": (
        {"CHECKIN_METRICS_TOKEN": SECRET_KEY, "CHECKIN_METRICS_TOKEN_FILE": "/token"},
        "CHECKIN_METRICS_TOKEN and CHECKIN_METRICS_TOKEN_FILE are both set",
    ),
    **{
        f"the address {address}": ({"CHECKIN_BASE_URL": address}, "BASE_URL must")
        for address in (
            "https://ann@checkin.example.org",
            "https://checkin.example.org/?a=b",
            "https://checkin.example.org?",
            "https://checkin.example.org/#top",
            "https://checkin.example.org:99999",
            "https://checkin.example.org:0",
            "https://checkin.example.org:http",
            "https://checkin.example.org/app",
            "http://checkin.example.org",
            "checkin.example.org",
        )
    },
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_once(changes: dict[str, str], words: str) -> None:
    (said,) = problems(**changes)
    assert words in said


def test_everything_wrong_is_listed_at_once_and_no_secret_with_it() -> None:
    weak = {
        "DATABASE_URL": "postgresql://checkin:hunter2@db:port/checkin",
        "CHECKIN_BASE_URL": "https://ann:hunter2@checkin.example.org",
        "CHECKIN_SECRET_KEY": "hunter2",
        "CHECKIN_OLD_SECRET_KEYS": "hunter2",
        "CHECKIN_LOOKUP_KEY": "hunter2",
        "CHECKIN_MASTER_KEYS": "2026:hunter2",
        "CHECKIN_MAIL": "smtp://ann:hunter2@mail.example.org",
        "CHECKIN_MIAL": "hunter2",
    }
    found = problems(**weak)
    assert all(any(name in said for said in found) for name in weak), found
    assert "hunter2" not in " ".join(found)


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{SECRET_KEY}\n")
    token.chmod(0o600)
    settings = load_settings(
        environment(URL)
        | {
            "CHECKIN_BASE_URL": "https://checkin.example.org:8443/",
            "CHECKIN_OLD_SECRET_KEYS": f"{SECRET_KEY}1 {SECRET_KEY}2",
            "CHECKIN_MASTER_KEYS": f"{'x' * 40}:{b64(MASTER)} 2025:{b64(ANOTHER)}",
            "CHECKIN_METRICS_TOKEN_FILE": str(token),
        }
    )
    assert settings.base_url == "https://checkin.example.org:8443"
    assert settings.old_secret_keys == (f"{SECRET_KEY}1", f"{SECRET_KEY}2")
    assert list(settings.master_keys) == ["x" * 40, "2025"]
    assert settings.metrics_token == SECRET_KEY


def test_keys_drawn_at_random_are_strong_enough() -> None:
    for number in range(500):
        drawn = hashlib.sha256(str(number).encode())
        assert problems(CHECKIN_LOOKUP_KEY=b64(drawn.digest()), CHECKIN_SECRET_KEY=drawn.hexdigest()) == ()
