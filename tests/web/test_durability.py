"""What was acknowledged is kept, through kills of the web process and amid a commit (fault 16)."""

import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPException
from itertools import islice
from pathlib import Path

import pytest
from support.asked import stored
from support.care import a_link, open_prompts, prompts_of
from support.house import url_of
from support.people import PASSWORD, World
from support.server import Phone, Server, start_server
from support.threads import together

from checkin.domain.prompt import PromptState
from checkin.services.deps import Deps
from checkin.storage import audit, check_ins
from checkin.storage.engine import Database

pytestmark = pytest.mark.slow

SUBMISSIONS, AT_ONCE = 200, 8
Sent = tuple[str, dict[str, str], dict[str, str]]  # where to, the fields, the cookies
LOST = (OSError, HTTPException)  # what a client sees when the server dies under it


@pytest.fixture
def now() -> datetime:
    """The server runs on the real clock, so what is planted is of today."""
    return datetime.now(UTC)


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Servers that a test started; none survives it."""
    started: list[Server] = []
    yield started
    for server in started:
        server.stop()


def links(database: Database, world: World, now: datetime, number: int) -> list[str]:
    found = open_prompts(database, world.patient, now, number=number)
    return [a_link(database, world.patient, prompt, now) for prompt in found]


def receipts(deps: Deps, world: World) -> dict[str, str]:
    """Submission key → id of the check-in, as stored."""
    table = check_ins.check_ins
    with deps.reading() as tx:
        rows = tx.execute(table.select().where(table.c.patient_id == world.patient.id)).all()
    return {row.submission_key: str(row.id) for row in rows}


def whole(deps: Deps, world: World) -> None:
    """Each check-in has its answered prompt and its event, and the chain holds: all of it or nothing."""
    kept = stored(deps, world.patient)
    answered = [p.id for p in prompts_of(deps, world.patient) if p.state is PromptState.ANSWERED]
    assert sorted(answered) == sorted({one.prompt_id for one in kept if one.prompt_id})
    with deps.reading() as tx:
        assert audit.verify_chain(tx, world.clinic.id) == len(kept)


@pytest.mark.parametrize("whom", ["a worker", "everything"])
def test_fault_16_every_acknowledged_answer_of_two_hundred_survives_a_kill(
    database: Database,
    deps: Deps,
    world: World,
    now: datetime,
    tmp_path: Path,
    servers: list[Server],
    whom: str,
) -> None:
    secrets = links(database, world, now, SUBMISSIONS)
    servers.append(start_server(url_of(database), tmp_path, workers=2))
    acknowledged: set[str] = set()
    sent: dict[str, Sent] = {}
    half = threading.Event()

    def submit(secret: str) -> None:
        phone = Phone(servers[-1].port)
        try:
            action, fields = phone.open_check_in(secret)
            sent[fields["key"]] = (action, fields, dict(phone.cookies))
            status, _, _ = phone.ask("POST", action, fields)
        except LOST:
            return
        if status == 303:
            acknowledged.add(fields["key"])
        if len(acknowledged) >= SUBMISSIONS // 3:
            half.set()

    def strike() -> None:
        assert half.wait(timeout=60)
        if whom == "everything":
            servers[-1].kill()
            servers.append(start_server(url_of(database), tmp_path, workers=2))
        else:
            os.kill(servers[-1].workers()[0], signal.SIGKILL)

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        struck = pool.submit(strike)
        list(pool.map(submit, secrets))
        struck.result(timeout=90)
    before = receipts(deps, world)
    assert acknowledged <= before.keys(), "an acknowledged answer is gone"
    assert len(acknowledged) >= SUBMISSIONS // 3
    for action, fields, cookies in sent.values():  # everybody presses the button once more
        assert Phone(servers[-1].port, dict(cookies)).ask("POST", action, fields)[0] == 303
    after = receipts(deps, world)
    assert after.keys() == sent.keys()
    assert {key: after[key] for key in before} == before
    whole(deps, world)


def test_fifty_sendings_of_one_key_at_once_are_one_check_in_with_one_receipt(
    database: Database, deps: Deps, world: World, now: datetime, tmp_path: Path, servers: list[Server]
) -> None:
    (secret,) = links(database, world, now, 1)
    servers.append(start_server(url_of(database), tmp_path, workers=2))
    _action, fields = Phone(servers[-1].port).open_check_in(secret)
    replies = together(50, lambda _index: Phone(servers[-1].port).send_kept(secret, fields))
    assert replies == [(200, replies[0][1])] * 50  # type: ignore[index]
    assert fields["key"] in replies[0][1]  # type: ignore[index]
    assert receipts(deps, world).keys() == {fields["key"]}
    whole(deps, world)


def strace(folder: Path, *arguments: str) -> list[str]:
    """The program around a server that watches or disturbs its calls to the kernel."""
    if shutil.which("strace") is None:
        pytest.skip("NOT CHECKED: strace is not installed")
    return ["strace", "-f", "-qq", "-y", "-s", "40", "-o", str(folder / "trace"), *arguments]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_disk_is_told_before_each_acknowledgement(
    database: Database, world: World, now: datetime, tmp_path: Path, servers: list[Server]
) -> None:
    secrets = links(database, world, now, 7)
    watching = strace(tmp_path, "-e", "trace=fsync,fdatasync,recvfrom,sendto")
    servers.append(start_server(url_of(database), tmp_path, threads=1, around=watching))
    for secret in secrets[:5]:
        phone = Phone(servers[-1].port)
        action, fields = phone.open_check_in(secret)
        assert phone.ask("POST", action, fields)[0] == 303
    for secret in secrets[5:]:
        phone = Phone(servers[-1].port)
        assert phone.send_kept(secret, phone.open_check_in(secret)[1])[0] == 200
    staff, people = Phone(servers[-1].port), "/clinic/people"
    assert staff.press("/sign-in", "/sign-in", email=world.staff.email, password=PASSWORD) == 303
    for act in ("disable", "enable"):
        assert staff.press(people, f"{people}/{world.unasked.id}/{act}") == 303
    servers[-1].stop()
    synced, acting, acknowledged = False, False, 0
    for line in (tmp_path / "trace").read_text().splitlines():
        if '"POST ' in line:
            synced, acting = False, True
        elif re.search(r"f(data)?sync\(\d+<[^>]*checkin\.sqlite3-wal>\)\s+= 0", line):
            synced = True
        elif acting and '"HTTP/1.1 ' in line:
            acting, acknowledged = False, acknowledged + 1
            assert synced, f"acknowledged before the disk was told: {line}"
    assert acknowledged == len(secrets) + 3, "the sign-in and two acts of staff with them"


# The n-th call at which the process is killed: SQLite tells the disk once or twice a commit; to PostgreSQL
# each statement is a call, so that these fall before, in and after its commit.
MOMENTS = [("sqlite", "fdatasync", 1), ("sqlite", "fdatasync", 2)]
MOMENTS += [("postgresql", "sendto", 22), ("postgresql", "sendto", 28)]
FURTHER = 6  # so many calls later at most: how many a start and a page take differs a little


@pytest.mark.parametrize(("database", "call", "when"), MOMENTS, indirect=["database"])
def test_fault_16_killed_in_a_commit_a_retry_gets_the_original_receipt(
    database: Database,
    deps: Deps,
    world: World,
    now: datetime,
    tmp_path: Path,
    servers: list[Server],
    call: str,
    when: int,
) -> None:
    secrets = iter(links(database, world, now, 4 * FURTHER))
    lost = None
    for later in range(FURTHER):  # until the call is one of a submission, not of a page that is only opened
        at = f"inject={call}:signal=SIGKILL:when={when + later}"
        kill = strace(tmp_path, "-e", f"trace={call}", "-e", at)
        servers.append(start_server(url_of(database), tmp_path, threads=1, around=kill))
        tried = (submit_and_be_lost(servers[-1], secret) for secret in islice(secrets, 4))
        lost = next(filter(None, tried), None)
        servers[-1].kill()
        if lost is not None:
            break
    assert lost is not None, "it was never killed"
    before = receipts(deps, world)
    whole(deps, world)
    servers.append(start_server(url_of(database), tmp_path))
    action, fields, cookies = lost
    for _ in range(2):
        assert Phone(servers[-1].port, dict(cookies)).ask("POST", action, fields)[0] == 303
    after = receipts(deps, world)
    assert {key: after[key] for key in before} == before
    assert fields["key"] in after
    whole(deps, world)


# What fails, at the n-th call after the server is ready: the write-ahead log is full, broken or not synced.
DISKS = [("pwrite64", "ENOSPC", "1+"), ("pwrite64", "EIO", "1+"), ("pwrite64", "ENOSPC", "2+")]
DISKS += [("fdatasync", "EIO", "1+")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("call", "error", "when"), DISKS)
def test_fault_23_a_full_or_broken_disk_shows_no_success_and_leaves_nothing_half_written(
    database: Database,
    deps: Deps,
    world: World,
    now: datetime,
    tmp_path: Path,
    servers: list[Server],
    call: str,
    error: str,
    when: str,
) -> None:
    secrets = links(database, world, now, 3)
    log = f"{database.engine.url.database}-wal"
    assert Path(log).exists()
    broken = strace(
        tmp_path, "-P", log, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"
    )
    servers.append(start_server(url_of(database), tmp_path, threads=1, around=broken))
    phones = [Phone(servers[-1].port) for _ in secrets]
    sent = [phone.open_check_in(secret) for phone, secret in zip(phones, secrets, strict=True)]
    for phone, (action, fields) in zip(phones, sent, strict=True):
        status, text, _ = phone.ask("POST", action, fields)
        assert status == 503, "no success is shown"
        assert "We could not save this just now" in text
    assert phones[0].open_check_in(secrets[0]), "reading still works"
    servers[-1].kill()
    # What reached the disk without being acknowledged may be there, but only whole.
    whole(deps, world)
    servers.append(start_server(url_of(database), tmp_path))
    for phone, (action, fields) in zip(phones, sent, strict=True):
        assert Phone(servers[-1].port, dict(phone.cookies)).ask("POST", action, fields)[0] == 303
    assert receipts(deps, world).keys() == {fields["key"] for _, fields in sent}
    whole(deps, world)


def submit_and_be_lost(server: Server, secret: str) -> Sent | None:
    """Submit once; return what was sent if no answer came back."""
    phone = Phone(server.port)
    try:
        action, fields = phone.open_check_in(secret)
    except LOST:
        return None
    try:
        assert phone.ask("POST", action, fields)[0] == 303
    except LOST:
        return action, fields, phone.cookies
    return None
