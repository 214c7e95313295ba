"""Who may read what of a patient's record, under every state a grant can be in."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from support.care import nobody
from support.clock import Clock
from support.people import World, give

from checkin.domain.consent import RULES, Reads, Scope
from checkin.domain.errors import NotFound
from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.person import Person, Role
from checkin.services.access import LOOKED, record_of
from checkin.services.deps import Deps
from checkin.storage import audit
from checkin.storage.engine import Transaction
from checkin.storage.grants import grant_withdrawals, grants, grants_of, withdraw_grants

HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)
ALWAYS = "always"

# The truth, by hand: what each role may do, under which scope of a grant. What is missing is never allowed.
TRUTH: dict[tuple[Role, Reads], Scope | str] = {
    (Role.STAFF, Reads.CONTACT): ALWAYS,
    (Role.STAFF, Reads.INFUSIONS): ALWAYS,
    (Role.STAFF, Reads.INFUSION_NOTES): ALWAYS,
    (Role.STAFF, Reads.DELIVERY): ALWAYS,
    (Role.STAFF, Reads.RECORD_INFUSION): ALWAYS,
    (Role.STAFF, Reads.SCORES): Scope.SCORES,
    (Role.STAFF, Reads.ANSWERS): Scope.ANSWERS,
    (Role.STAFF, Reads.NOTES): Scope.NOTES,
    (Role.STAFF, Reads.EXPORT): Scope.EXPORT,
    (Role.THERAPIST, Reads.INFUSIONS): Scope.SCORES,
    (Role.THERAPIST, Reads.INFUSION_NOTES): Scope.NOTES,
    (Role.THERAPIST, Reads.SCORES): Scope.SCORES,
    (Role.THERAPIST, Reads.ANSWERS): Scope.ANSWERS,
    (Role.THERAPIST, Reads.NOTES): Scope.NOTES,
    (Role.THERAPIST, Reads.EXPORT): Scope.EXPORT,
    (Role.THERAPIST, Reads.RECORD_INFUSION): Scope.RECORD_INFUSIONS,
}

Put = Callable[[Transaction, World, Person, Scope, datetime], None]


def _recipient(world: World, actor: Person) -> PersonId | ClinicId:
    return world.clinic.id if Role.STAFF in actor.roles else actor.id


def _put(**moments: timedelta) -> Put:
    def put(tx: Transaction, world: World, actor: Person, scope: Scope, now: datetime) -> None:
        since = now + moments.get("since", -HOUR)
        until = now + moments["until"] if "until" in moments else None
        given = give(tx, world.other_patient, _recipient(world, actor), [scope], since, until=until)
        if "withdrawn" in moments:
            withdraw_grants(tx, given, by=world.other_patient.id, now=now + moments["withdrawn"])

    return put


def _to_somebody_else(tx: Transaction, world: World, actor: Person, scope: Scope, now: datetime) -> None:
    for recipient in (world.colleague.id, world.therapist.id, world.elsewhere.id, world.elsewhere_staff.id):
        give(tx, world.other_patient, recipient, [scope], now - HOUR)


def _by_somebody_else(tx: Transaction, world: World, actor: Person, scope: Scope, now: datetime) -> None:
    give(tx, world.elsewhere_patient, _recipient(world, actor), [scope], now - HOUR)


def _again(tx: Transaction, world: World, actor: Person, scope: Scope, now: datetime) -> None:
    _put(withdrawn=-HOUR / 2)(tx, world, actor, scope, now)
    _put(since=-HOUR / 4)(tx, world, actor, scope, now)


GRANTS: dict[str, tuple[bool, Put]] = {
    "in force": (True, _put()),
    "in force from this moment on": (True, _put(since=timedelta(0))),
    "in force for a moment longer": (True, _put(until=MOMENT)),
    "withdrawn a moment from now": (True, _put(withdrawn=MOMENT)),
    "given again after a withdrawal": (True, _again),
    "not given": (False, lambda tx, world, actor, scope, now: None),
    "given for later": (False, _put(since=MOMENT)),
    "over by now": (False, _put(until=timedelta(0))),
    "withdrawn at this moment": (False, _put(withdrawn=timedelta(0))),
    "withdrawn long ago": (False, _put(since=-HOUR * 9, withdrawn=-HOUR)),
    "given to others": (False, _to_somebody_else),
    "given by somebody else": (False, _by_somebody_else),
}


def reads_it(deps: Deps, actor: Person, patient: Person, reads: Reads) -> bool:
    try:
        with record_of(deps, actor, patient.id, reads) as (_tx, found):
            assert found.id == patient.id
    except NotFound:
        return False
    return True


def test_the_rules_are_the_truth() -> None:
    rules = {(rule.role, rule.reads): rule.scope or ALWAYS for rule in RULES}
    assert rules == TRUTH
    assert len(RULES) == len(TRUTH)


@pytest.mark.parametrize(("holds", "put"), GRANTS.values(), ids=GRANTS.keys())
@pytest.mark.parametrize("role", [Role.STAFF, Role.THERAPIST])
def test_every_cell(deps: Deps, world: World, clock: Clock, role: Role, holds: bool, put: Put) -> None:
    actor = world.staff if role is Role.STAFF else world.unasked
    for scope in Scope:
        with deps.transaction() as tx:
            tx.execute(grant_withdrawals.delete())
            tx.execute(grants.delete())
            put(tx, world, actor, scope, clock.now())
        for reads in Reads:
            needed = TRUTH.get((role, reads))
            expected = needed == ALWAYS or (holds and needed == scope)
            assert reads_it(deps, actor, world.other_patient, reads) == expected, (scope, reads)


def grant_all(deps: Deps, world: World) -> None:
    """The patient lets everybody do everything."""
    with deps.transaction() as tx:
        people: list[PersonId | ClinicId] = [person.id for person in world.everybody]
        for recipient in (*people, world.clinic.id, world.elsewhere.id):
            give(tx, world.patient, recipient, Scope, deps.now() - HOUR)


@pytest.mark.parametrize(
    "who", ["other_patient", "disabled", "elsewhere_staff", "elsewhere_therapist", "elsewhere_patient"]
)
def test_no_grant_opens_a_record_to_whom_the_rules_do_not_know(deps: Deps, world: World, who: str) -> None:
    grant_all(deps, world)
    found = [reads for reads in Reads if reads_it(deps, getattr(world, who), world.patient, reads)]
    assert found == []


def test_a_patient_reads_all_of_the_own_record_and_no_look_is_noted(deps: Deps, world: World) -> None:
    assert all(reads_it(deps, world.patient, world.patient, reads) for reads in Reads)
    with deps.reading() as tx:
        assert audit.events_of(tx, world.clinic.id, limit=9) == ()


def test_a_role_more_is_a_right_more_and_no_right_less(deps: Deps, world: World) -> None:
    both = Person(**{**vars(world.staff), "roles": frozenset({Role.STAFF, Role.THERAPIST})})
    with deps.transaction() as tx:
        give(tx, world.other_patient, both.id, [Scope.SCORES], deps.now() - HOUR)
    allowed = {reads for reads in Reads if reads_it(deps, both, world.other_patient, reads)}
    always = {reads for (role, reads), needed in TRUTH.items() if role is Role.STAFF and needed == ALWAYS}
    assert allowed == always | {Reads.SCORES}


@pytest.mark.parametrize("reads", Reads)
def test_every_look_and_every_refusal_leaves_one_event(deps: Deps, world: World, reads: Reads) -> None:
    grant_all(deps, world)
    looked = reads_it(deps, world.therapist, world.patient, reads)
    assert not reads_it(deps, world.unasked, world.other_patient, reads)
    with deps.reading() as tx:
        events = audit.events_of(tx, world.clinic.id, limit=9)[::-1]
    assert [(e.action, e.actor, e.subject) for e in events] == [
        (LOOKED if looked else "refused", world.therapist.id, world.patient.id),
        ("refused", world.unasked.id, world.other_patient.id),
    ]


def test_what_does_not_exist_is_refused_like_what_is_not_shared(deps: Deps, world: World) -> None:
    answers = []
    for patient_id in (world.other_patient.id, world.elsewhere_patient.id, nobody(), world.staff.id):
        with pytest.raises(NotFound) as refused, record_of(deps, world.unasked, patient_id, Reads.SCORES):
            pass
        answers.append(repr(refused.value.text))
    assert len(set(answers)) == 1


def test_withdrawing_holds_from_the_next_look_on(deps: Deps, world: World, clock: Clock) -> None:
    assert reads_it(deps, world.therapist, world.patient, Reads.SCORES)
    with deps.transaction() as tx:
        withdraw_grants(tx, grants_of(tx, world.patient.id), by=world.patient.id, now=clock.now())
    assert not reads_it(deps, world.therapist, world.patient, Reads.SCORES)


def test_a_look_that_fails_half_way_is_undone_with_its_event(deps: Deps, world: World) -> None:
    class Broken(Exception):
        pass

    with pytest.raises(Broken), record_of(deps, world.therapist, world.patient.id, Reads.SCORES):
        raise Broken
    with deps.reading() as tx:
        assert audit.events_of(tx, world.clinic.id, limit=9) == ()


def test_an_access_check_that_breaks_denies(
    deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_more: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("checkin.services.access.may", broken)
    with pytest.raises(ZeroDivisionError), record_of(deps, world.therapist, world.patient.id, Reads.SCORES):
        pytest.fail("the record was opened")
