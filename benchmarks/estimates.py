"""Stored estimates: how long one scheduler takes for a thousand that are stale, and a list that reads 200."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from benchmarks.care import signed_in, treat
from benchmarks.house import opened
from benchmarks.measure import counted
from benchmarks.report import At, Row
from checkin.app import create_app
from checkin.logs import Log
from checkin.scheduler.jobs import make_jobs, run_job
from checkin.services.review_trajectory import patient_list
from checkin.storage import estimates, patients

STALE, HURRIED = 1_000, 100
LISTED = 200
BAR = 45.0


def measure(folder: Path, quick: bool) -> Iterator[Row]:
    """Courses of one to six infusions, every one with what was answered."""
    number = HURRIED if quick else STALE
    with opened(folder / "estimates.sqlite3") as house:
        treat(house.deps, house.clinic.id, number, datetime.now(UTC))
        with house.deps.transaction() as tx:
            for patient in patients.patients_of(tx, house.clinic.id):
                estimates.expect(tx, patient.id, house.clinic.id, datetime.now(UTC))
        (job,) = (job for job in make_jobs(house.deps, uuid4()) if job.name == "estimates")
        began = time.perf_counter()
        done = run_job(job, Log())
        took = time.perf_counter() - began
        if done != number:
            raise RuntimeError(f"{done} of {number} estimates were computed")
        yield Row(
            what=f"{number} stale estimates, one scheduler", bar=BAR * number / STALE, reached=took, unit="s"
        )
    with opened(folder / "list.sqlite3") as house:
        therapist = treat(house.deps, house.clinic.id, LISTED, datetime.now(UTC))
        with house.deps.transaction() as tx:
            for patient in patients.patients_of(tx, house.clinic.id):
                estimates.expect(tx, patient.id, house.clinic.id, datetime.now(UTC))
        (job,) = (job for job in make_jobs(house.deps, uuid4()) if job.name == "estimates")
        run_job(job, Log())
        if not all(row.window for row in patient_list(house.deps, therapist).rows):
            raise RuntimeError("a row has no estimate")
        browser = signed_in(create_app(house.settings, house.deps), house.deps, therapist)
        browser.get("/patients")
        with counted(house.database.engine) as found:
            browser.get("/patients")
        of_estimates = [statement for statement in found if "FROM estimates" in statement]
        yield Row(
            what=f"statements about estimates in a list of {LISTED}",
            bar=1,
            reached=len(of_estimates),
            at=At.EXACTLY,
        )
