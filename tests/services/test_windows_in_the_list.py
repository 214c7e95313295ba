"""The therapist's list reads stored estimates, in as many statements for 200 patients as for 2."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from support.clock import NOON
from support.course import a_course
from support.estimate import an_estimate, placed
from support.meetings import more_patients
from support.people import World, give

from checkin.domain.consent import Scope
from checkin.domain.infusion import InfusionState
from checkin.domain.need import Rank
from checkin.domain.person import Person
from checkin.domain.window.values import Interval, State
from checkin.services import share
from checkin.services.deps import Deps
from checkin.services.review_trajectory import Row, patient_list, review
from checkin.storage import estimates, infusions
from checkin.storage.engine import Database

WELL = ((-30, 18), (-2, 18), (24, 5), (48, 5))
PACKAGE = Path(__file__).parents[2]


def store_window(deps: Deps, patient: Person, state: State, *, closes: float) -> None:
    """A course that went well and ended 3 days ago, and an estimate of it."""
    with deps.transaction() as tx:
        a_course(tx, patient, WELL, days_ago=3)
        (infusion,) = infusions.infusions_of(tx, patient.id)
        estimates.expect(tx, patient.id, patient.clinic_id, deps.now())
        (due,) = estimates.due_estimates(tx, deps.now(), 1)
        interval = Interval(p10=closes - 10, p50=closes, p90=closes + 10)
        window = placed(
            an_estimate(as_of=72.0, state=state, closes=interval),
            begins=infusion.at,
            patient_id=patient.id,
            infusion_id=infusion.id,
        )
        assert estimates.store(tx, due, window, next_at=None)


def test_what_closes_soonest_comes_first_and_the_state_is_there(deps: Deps, world: World) -> None:
    patients = more_patients(deps, world, 4)
    kinds = [(State.NOT_OPEN, 90.0), (State.OPEN, 200.0), (State.LIKELY, 100.0), (State.FADING, 300.0)]
    for patient, (state, closes) in zip(patients, kinds, strict=True):
        store_window(deps, patient, state, closes=closes)
    rows = [row for row in patient_list(deps, world.therapist).rows if row.window is not None]
    states = [row.window.estimate.state for row in rows if row.window is not None]
    assert states == [State.FADING, State.LIKELY, State.OPEN, State.NOT_OPEN]
    assert [row.window.probability_at(NOON + timedelta(hours=6)) for row in rows if row.window] == [
        pytest.approx(0.9 - 78 / 400, abs=1e-4)
    ] * 4


def test_an_estimate_of_the_infusion_before_is_not_told_after_the_next_one(deps: Deps, world: World) -> None:
    (patient,) = more_patients(deps, world, 1)
    store_window(deps, patient, State.FADING, closes=100.0)

    def listed() -> Row:
        return next(row for row in patient_list(deps, world.therapist).rows if row.patient.id == patient.id)

    assert (listed().need.rank, listed().window is None) == (Rank.FADING, False)
    with deps.transaction() as tx:
        a_course(tx, patient, (), days_ago=0.2)
    assert (listed().need.rank, listed().need.closing, listed().window) == (Rank.STABLE, None, None)
    assert review(deps, world.therapist, patient.id).window is None
    with deps.transaction() as tx:
        (*_, newest) = infusions.infusions_of(tx, patient.id)
        taken_back = replace(newest, state=InfusionState.CANCELLED, revision=2)
        assert infusions.change_infusion(tx, taken_back, expected=1)
    assert listed().window is not None, "it was not given"


def test_as_many_statements_for_200_patients_as_for_2(deps: Deps, world: World, database: Database) -> None:
    def statements() -> list[str]:
        found: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
            found.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        rows = patient_list(deps, world.therapist).rows
        event.remove(database.engine, "before_cursor_execute", note)
        assert sum(row.window is not None for row in rows) == len(rows) - 1
        return found

    patients = more_patients(deps, world, 200)
    for patient in patients[2:]:
        share.withdraw_access(deps, patient, world.therapist.id)
    for patient in patients:
        store_window(deps, patient, State.OPEN, closes=150.0)
    few = len(statements())
    with deps.transaction() as tx:
        for patient in patients[2:]:
            give(tx, patient, world.therapist.id, [Scope.SCORES], NOON)
    many = statements()
    assert len(many) == few
    asked = [statement for statement in many if "FROM estimates" in statement]
    assert len(asked) == 1
    assert "estimates.fan" not in asked[0], "the list draws no fan"


def test_nothing_that_answers_a_request_loads_numpy() -> None:
    services = [path.stem for path in sorted((PACKAGE / "checkin" / "services").glob("*.py"))]
    modules = [
        *(f"checkin.services.{name}" for name in services if name != "estimate_windows"),
        *(f"checkin.charts.{path.stem}" for path in sorted((PACKAGE / "checkin" / "charts").glob("*.py"))),
        "checkin.web.places",
        "checkin.app",
    ]
    program = (
        "import sys, importlib\n"
        f"for name in {modules}:\n"
        "    importlib.import_module(name)\n"
        "    assert 'numpy' not in sys.modules, name\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE, timeout=60, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
