"""What a phone sends: answers as submitted, read and checked before anything is stored."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.form import Answers, Form, compose, read_answers
from checkin.domain.ids import ClinicId
from checkin.domain.words import text
from checkin.services import catalogue
from checkin.storage.engine import Transaction

NOTE_LENGTH = 1000
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What came back: answers as submitted (field → value); ``key`` makes sending it twice harmless.

    ``waited`` is how long the answers lay on the phone before they were sent, as the phone says.
    """

    key: str
    submitted: Mapping[str, str]
    note: str = ""
    assisted: bool = False
    fetched: str = ""
    changes: bool = False
    waited: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A submission that was read: what it says, and the hash that tells it from another one."""

    form: Form
    answers: Answers
    note: str
    body_hash: bytes


def read(
    tx: Transaction,
    clinic: ClinicId,
    instruments: tuple[str, ...],
    submission: Submission,
    fetched: datetime | None,
) -> Answered:
    """Check what came in, by the forms there were when it was ``fetched``. Raises ``Problems``."""
    if not _KEY.fullmatch(submission.key):
        raise Invalid(text("This page is damaged. Reload it and answer again."))
    form = compose(catalogue.pick_instruments(tx, clinic, instruments, by=fetched))
    wrong: tuple[Refusal, ...] = ()
    answers: Answers = {}
    try:
        answers = read_answers(form, submission.submitted)
    except Problems as problems:
        wrong = problems.items
    note = submission.note.replace("\r\n", "\n").strip()  # forms send line ends so, scripts do not
    if len(note) > NOTE_LENGTH:
        words = text("Use at most %(most)s characters in your note.", most=NOTE_LENGTH)
        wrong = (*wrong, Invalid(words, field="note"))
    if wrong:
        raise Problems(wrong)
    body = json.dumps([answers, note, submission.assisted, submission.changes], sort_keys=True)
    return Answered(form=form, answers=answers, note=note, body_hash=hashlib.sha256(body.encode()).digest())
