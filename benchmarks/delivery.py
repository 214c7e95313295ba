"""How quickly messages leave the house: mails a second, claims, lateness, and a tick after years."""

import os
import signal
import smtplib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

from sqlalchemy import Connection, event, select

from benchmarks.house import House, add_person, opened
from benchmarks.outbox import add_past, add_patients, plan, put_links
from benchmarks.report import At, Row, middle
from checkin.domain.message import LEASE, MessageState
from checkin.domain.person import Role
from checkin.scheduler.jobs import Job, make_jobs, run_job
from checkin.storage import messages
from checkin.storage.prompts import prompts
from checkin.wiring import build_deps

ROOT = Path(__file__).parent.parent
ROUNDS = 3
CLAIMED_AT_ONCE = 500
PLANNED = 100_000
FEW, MANY = 1_000, 1_000_000
_BODY = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: bare\r\n\r\n" + b"x" * 4_000


class Silent:
    """A log for jobs under measurement; a fault ends the measurement."""

    def info(self, event: str, **values: object) -> None: ...

    def fault(self, event: str, error: BaseException, **values: object) -> None:
        raise error


def measure(folder: Path, quick: bool) -> Iterator[Row]:
    """Measure with the scheduler's own jobs and a mail server that takes everything at once."""
    with _sink() as port:
        yield from _mails(folder, port, 200 if quick else 1_000)
        yield from _claims(folder, 5_000 if quick else 50_000)
        yield from _due_together(folder, port, 1_000)
        yield from _lateness(folder, port, PLANNED // 10 if quick else PLANNED)
        yield from _ticks(folder, port, MANY // 20 if quick else MANY)


@contextmanager
def _sink() -> Iterator[int]:
    """The port of a mail server in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _house(folder: Path, name: str, port: int = 25) -> Iterator[House]:
    mail = {"CHECKIN_MAIL": f"smtp://127.0.0.1:{port}", "CHECKIN_MAIL_FROM": "checkin@example.org"}
    with opened(folder / f"{name}.sqlite3", **mail) as house:
        yield house


def _mails(folder: Path, port: int, number: int) -> Iterator[Row]:
    """Mails a second, taking turns with a bare loop that sends as many and commits as often."""
    reached, shares = [], []
    with _house(folder, "mails", port) as house:
        now = datetime.now(UTC)
        with house.database.transaction() as tx:
            staff = [add_person(tx, house.clinic.id, Role.STAFF, now) for _ in range(50)]
        for turn in range(ROUNDS):
            put_links(house, staff, number, datetime.now(UTC))
            with _committed(house) as commits:
                seconds = _delivered(house, number)
            bare = _bare(folder / f"bare-{turn}.sqlite3", port, number, commits[0] / number)
            reached.append(number / seconds)
            shares.append(100 * bare / seconds)
    yield middle("mails a second to a server on this machine", reached, bar=250, at=At.LEAST)
    yield middle("  of a bare loop's with as many commits", shares, bar=50, at=At.LEAST, unit=" %")


def _delivered(house: House, number: int) -> float:
    """Seconds that the scheduler's job takes to send what is due."""
    deliver = _job(house, "deliver")
    began = time.perf_counter()
    taken = run_job(deliver, Silent())
    seconds = time.perf_counter() - began
    assert taken == number, f"{taken} of {number} were sent"
    return seconds


def _job(house: House, name: str) -> Job:
    deps = build_deps(house.settings, house.database)
    return next(job for job in make_jobs(deps, uuid4()) if job.name == name)


@contextmanager
def _committed(house: House) -> Iterator[list[int]]:
    """Count the transactions that wrote something."""
    counted = [0]

    def note(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            connection.info["wrote"] = True

    def commit(connection: Connection) -> None:
        counted[0] += bool(connection.info.pop("wrote", False))

    event.listen(house.database.engine, "before_cursor_execute", note)
    event.listen(house.database.engine, "commit", commit)
    try:
        yield counted
    finally:
        event.remove(house.database.engine, "before_cursor_execute", note)
        event.remove(house.database.engine, "commit", commit)


def _bare(path: Path, port: int, number: int, commits_each: float) -> float:
    """Seconds for as many mails of that size, one connection each, with as many durable commits."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE sent (id INTEGER PRIMARY KEY, state TEXT)")
    began, owed = time.perf_counter(), 0.0
    for _ in range(number):
        owed += commits_each
        while owed >= 1:
            database.execute("INSERT INTO sent (state) VALUES ('attempting')")
            owed -= 1
        smtp = smtplib.SMTP("127.0.0.1", port, "example.org", timeout=10)
        smtp.sendmail("a@example.org", ["b@example.org"], _BODY)
        smtp.quit()
    seconds = time.perf_counter() - began
    database.close()
    return seconds


def _claims(folder: Path, number: int) -> Iterator[Row]:
    reached = []
    with _house(folder, "claims") as house:
        now = datetime.now(UTC)
        with house.database.transaction() as tx:
            staff = [add_person(tx, house.clinic.id, Role.STAFF, now)]
        for _ in range(ROUNDS):
            put_links(house, staff, number, now)
            began, claimed = time.perf_counter(), 0
            while got := _claim(house):
                claimed += got
            reached.append(claimed / (time.perf_counter() - began))
            assert claimed == number
    what = f"messages claimed a second, {CLAIMED_AT_ONCE} at once"
    yield middle(what, reached, bar=10_000, at=At.LEAST)


def _claim(house: House) -> int:
    with house.database.transaction() as tx:
        return len(
            messages.claim(
                tx,
                dispatcher=uuid4(),
                now=datetime.now(UTC),
                lease_now=house.deps.lease_now(tx),
                lease=LEASE,
                limit=CLAIMED_AT_ONCE,
            )
        )


@contextmanager
def _scheduler(house: House, log: Path) -> Iterator[None]:
    """`flask scheduler` on this database, as a clinic runs it."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "scheduler"],
            cwd=ROOT,
            env={**inherited, **house.environment},
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _due_together(folder: Path, port: int, number: int) -> Iterator[Row]:
    """Seconds from the second in which so many prompts are due until the last one has left."""
    with _house(folder, "together", port) as house:
        now = datetime.now(UTC)
        patients = add_patients(house, number, now)
        due = datetime.now(UTC) + timedelta(seconds=6)
        plan(house, patients, [due] * number, now)
        with _scheduler(house, folder / "together.log"):
            left = _moments(house, number)
    took = max((settled - prompt_due).total_seconds() for settled, prompt_due, _, _ in left)
    yield Row(what=f"seconds until {number:,} prompts of one second have left", bar=5, reached=took)


def _lateness(folder: Path, port: int, planned: int) -> Iterator[Row]:
    """Seconds by which prompts leave later than they should, amid a plan of many."""
    number, a_second = 400, 20
    with _house(folder, "late", port) as house:
        now = datetime.now(UTC)
        patients = add_patients(house, 1_000, now)
        plan(house, patients, [now + timedelta(hours=1, seconds=20 * n) for n in range(planned)], now)
        first = datetime.now(UTC) + timedelta(seconds=6)
        plan(house, patients, [first + timedelta(seconds=n / a_second) for n in range(number)], now)
        with _scheduler(house, folder / "late.log"):
            left = _moments(house, number)
    late = [(settled - due).total_seconds() - wanted for settled, due, wanted, _ in left]
    what = f"99th percentile of seconds a prompt is late, {planned:,} planned"
    yield Row(what=what, bar=2, reached=quantiles(late, n=100)[98], runs=[median(late)])


def _moments(house: House, number: int) -> list[tuple[datetime, datetime, float, str]]:
    """Wait until so many notices have left; return when, when each was due, and how long it was spread."""
    of_prompt = (
        select(messages.messages, prompts.c.due_at.label("prompt_due"))
        .join(prompts, prompts.c.id == messages.messages.c.prompt_id)
        .where(messages.messages.c.state == MessageState.ACCEPTED.value)
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with house.database.reading() as tx:
            rows = tx.execute(of_prompt).all()
        if len(rows) >= number:
            return [
                (row.settled_at, row.prompt_due, (row.due_at - row.created_at).total_seconds(), row.channel)
                for row in rows
            ]
        time.sleep(0.5)
    raise RuntimeError(f"{len(rows)} of {number} have left")


def _ticks(folder: Path, port: int, many: int) -> Iterator[Row]:
    """What a tick with something to do costs after years, beside what it costs at the beginning."""
    costs: dict[int, list[float]] = {FEW: [], many: []}
    with _house(folder, "young", port) as young, _house(folder, "old", port) as old:
        houses = {FEW: young, many: old}
        patients = {past: add_patients(house, 20, datetime.now(UTC)) for past, house in houses.items()}
        for past, house in houses.items():
            _tick(house, patients[past])
            with house.database.transaction() as tx:
                add_past(tx, past)
        for _ in range(15):
            for past, house in houses.items():
                costs[past].append(_tick(house, patients[past]))
    ratio = median(costs[many]) / median(costs[FEW])
    yield Row(what=f"CPU a tick with {many:,} past rows, times that with {FEW:,}", bar=1.5, reached=ratio)


def _tick(house: House, patients: list) -> float:  # type: ignore[type-arg]
    """Processor seconds of one pass of the scheduler's jobs, in which twenty prompts are due."""
    now = datetime.now(UTC)
    plan(house, patients, [now - timedelta(seconds=1)] * len(patients), now - timedelta(days=1))
    jobs = make_jobs(house.deps, uuid4())
    began = time.process_time()
    for job in jobs:
        run_job(job, Silent())
    return time.process_time() - began
