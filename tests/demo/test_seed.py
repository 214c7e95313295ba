"""The demo clinic: who is in it, what became of them, and that it touches nobody else's database."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import databases
from support.clock import NOON
from support.demo import Loud, Told
from support.people import add_clinic

from checkin.demo.people import (
    CLINIC,
    HANNAH,
    MARCUS,
    PASSWORD,
    PATIENTS,
    STAFF,
    THERAPISTS,
    MadeUpPatient,
    email_of,
)
from checkin.demo.seed import DEMO_CLINIC, SOON, Expected, NotTheDemo, place, seed
from checkin.demo.story import Story
from checkin.domain.clock import to_local
from checkin.domain.message import WAITING, MessageKind
from checkin.domain.person import Role
from checkin.domain.prompt import PromptState
from checkin.domain.standing import worsening
from checkin.domain.window.values import State
from checkin.scheduler.jobs import run_once
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_by_link
from checkin.services.review_trajectory import patient_list
from checkin.services.sign_in import sign_in
from checkin.services.throttle import Browser
from checkin.storage import alerts, audit, clinics, grants, messages, people
from checkin.storage.engine import Database
from checkin.storage.estimates import find_estimate

DISPATCHER = UUID(int=7)


def test_the_clinic_has_its_people_and_nobody_else(told: Told) -> None:
    with told.deps.reading() as tx:
        assert [clinic.id for clinic in clinics.all_clinics(tx)] == [DEMO_CLINIC]
        everybody = people.people_of(tx, DEMO_CLINIC)
    assert Counter(role for person in everybody for role in person.roles) == {
        Role.STAFF: 3,
        Role.THERAPIST: 3,
        Role.PATIENT: 24,
    }
    assert len({person.name for person in everybody}) == 30
    assert all(person.email.endswith("@demo.example") for person in everybody), "no mail may arrive anywhere"


@pytest.mark.parametrize("name", [STAFF[0], THERAPISTS[0], PATIENTS[0].name])
def test_each_role_can_sign_in_with_the_password_that_is_told(told: Told, name: str) -> None:
    browser = Browser(address="127.0.0.1", description="Phone")
    told.clock.advance(minutes=1)
    came = sign_in(told.deps, email=email_of(name), password=PASSWORD, browser=browser)
    assert came.person.name == name


def test_a_responder_responds_and_fades(told: Told) -> None:
    responded = told.responded("Jonas Albrecht")
    assert any(responded[:4])
    assert not responded[-1]


def test_a_delayed_responder_is_late(told: Told) -> None:
    responded = told.responded("Anika Sharma")
    assert not any(responded[:3])
    assert responded[-1]


def test_a_non_responder_never_responds(told: Told) -> None:
    assert not any(told.responded("Leila Haddad"))


def test_one_patient_is_worse_than_before(told: Told) -> None:
    worse = [
        who.name
        for who in PATIENTS
        if who.infusions and worsening(told.trajectory(who.name).courses[-1].series[-1]) is not None
    ]
    assert "Peter Novak" in worse


def test_one_patient_has_a_course_of_six(told: Told) -> None:
    assert [len(course.series) for course in told.trajectory("Amara Okafor").courses] == [6]


def test_a_gap_is_a_gap(told: Told) -> None:
    first = told.infusions("Yuki Tanabe")[0].at
    quiet = [p for p in told.prompts("Yuki Tanabe") if 30 <= (p.due_at - first) / timedelta(hours=1) < 130]
    assert len(quiet) >= 3
    assert {prompt.state for prompt in quiet} == {PromptState.EXPIRED}


def test_what_is_out_of_the_ordinary_is_there_too(told: Told) -> None:
    everything = [check_in for who in PATIENTS for check_in in told.check_ins(who.name)]
    assert any(check_in.late for check_in in everything)
    assert any(check_in.corrects for check_in in everything)
    assert any(check_in.assisted for check_in in everything)
    assert any(check_in.prompt_id is None for check_in in everything)
    assert {check_in.note for check_in in everything} >= {"My phone was broken."}
    assert PromptState.DECLINED in {prompt.state for prompt in told.prompts("Fatima Rahmani")}
    assert told.prompts("Henrik Dahl") == (), "invited, and not there yet"


def test_the_therapist_to_sign_in_as_finds_windows_of_every_kind_at_once(told: Told) -> None:
    names = {"Esther Nakamura", "Callum Fraser", "Rosa Jimenez", "Leila Haddad"}
    with told.deps.reading() as tx:
        found = {name: find_estimate(tx, told.person(name).id) for name in names}
    assert {name: window and window.estimate.state for name, window in found.items()} == {
        "Esther Nakamura": State.OPEN,
        "Callum Fraser": State.FADING,
        "Rosa Jimenez": State.TOO_EARLY,
        "Leila Haddad": State.NOT_OPEN,
    }
    assert all(HANNAH in who.shares for who in PATIENTS if who.name in names)
    assert all(window is not None and window.stale_since is None for window in found.values())


def test_no_two_courses_are_alike(told: Told) -> None:
    courses = [tuple(c.scores for c in told.check_ins(who.name)) for who in PATIENTS if who.infusions]
    assert all(courses)
    assert len(set(courses)) == len(courses)


def test_one_alert_is_open_and_a_named_person_took_the_others(told: Told) -> None:
    with told.deps.reading() as tx:
        (alert,) = alerts.open_alerts(tx, DEMO_CLINIC)
    taken = [event for event in told.events() if event.action == "alert_acknowledged"]
    assert alert.patient_id == told.person("Leila Haddad").id
    assert alert.opened_at == NOON - timedelta(hours=2.6)
    assert taken
    assert {event.actor for event in taken} == {told.person(STAFF[0]).id}


def test_the_audit_is_one_whole_chain_in_the_order_of_time(told: Told) -> None:
    events = told.events()
    with told.deps.reading() as tx:
        assert audit.verify_chain(tx, DEMO_CLINIC) == len(events)
    moments = [event.at for event in events]
    assert moments == sorted(moments)
    assert moments[-1] <= NOON
    assert {"invited", "access_given", "answered", "looked", "infusion_confirmed"} <= {
        e.action for e in events
    }


def test_access_is_what_was_given(told: Told) -> None:
    listed = {row.patient.person.name for row in patient_list(told.deps, told.person(HANNAH)).rows}
    assert listed == {who.name for who in PATIENTS if HANNAH in who.shares}
    shown = patient_list(told.deps, told.person(MARCUS))
    assert "Beatrice Owusu" in shown.ended
    assert "Beatrice Owusu" not in {row.patient.person.name for row in shown.rows}


@pytest.mark.parametrize("who", PATIENTS, ids=lambda who: who.name)
def test_consent_came_before_treatment(told: Told, who: MadeUpPatient) -> None:
    with told.deps.reading() as tx:
        given = grants.grants_of(tx, told.person(who.name).id)
    assert len(given) == sum(len(scopes) for scopes in who.shares.values())
    assert {grant.recipient for grant in given} == {
        DEMO_CLINIC if name == CLINIC else told.person(name).id for name in who.shares
    }
    ends = [infusion.at for infusion in told.infusions(who.name)]
    assert all(grant.since < end - timedelta(days=1) for grant in given for end in ends)


def test_nothing_of_the_past_is_left_to_be_sent(told: Told) -> None:
    with told.deps.reading() as tx:
        waiting = [
            message
            for person in people.people_of(tx, DEMO_CLINIC)
            for message in messages.messages_of(tx, person.id)
            if message.state in WAITING and message.due_at < NOON - timedelta(minutes=1)
        ]
    assert waiting == []


def test_the_reminder_that_was_announced_comes_and_its_link_opens(told: Told, expected: Expected) -> None:
    assert expected == Expected(name=PATIENTS[0].name, due_at=NOON + SOON)
    assert timedelta(0) < expected.due_at - NOON <= timedelta(minutes=2)
    told.clock.set(expected.due_at)
    run_once(told.deps, DISPATCHER, Loud())
    told.clock.advance(seconds=31)
    run_once(told.deps, DISPATCHER, Loud())
    to_her = [o for o in told.channel.of_kind(MessageKind.NOTICE) if o.to_address == email_of(expected.name)]
    assert len(to_her) == 1
    assert to_her[0].link is not None
    assert open_by_link(told.deps, to_her[0].link.rpartition("/")[2]).form.questions


def test_both_databases_tell_the_same_story(told: Told, empty_postgresql: Database) -> None:
    other = Told(empty_postgresql, told.clock, told.channel)
    seed(other.deps, NOON)
    for who in PATIENTS:
        assert [(c.answered_at, c.scores, c.note) for c in told.check_ins(who.name)] == [
            (c.answered_at, c.scores, c.note) for c in other.check_ins(who.name)
        ]
        assert [(p.step, p.state, p.due_at) for p in told.prompts(who.name)] == [
            (p.step, p.state, p.due_at) for p in other.prompts(who.name)
        ]


def test_an_interrupted_seeding_leaves_nothing_behind(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Story.tell

    def interrupted(story: Story) -> None:
        story.at(NOON - timedelta(days=30), lambda: exec("raise KeyboardInterrupt"))  # noqa: S102
        told(story)

    monkeypatch.setattr(Story, "tell", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seed(deps, NOON)
    with deps.reading() as tx:
        assert clinics.all_clinics(tx) == ()


def test_a_database_with_another_clinic_is_never_touched(database: Database, deps: Deps) -> None:
    with database.transaction() as tx:
        add_clinic(tx, NOON)
    before = databases.dump(database)
    with pytest.raises(NotTheDemo):
        seed(deps, NOON)
    assert databases.dump(database) == before


@given(minutes=st.integers(0, 4 * 366 * 24 * 60))
def test_it_is_always_the_middle_of_the_day_there(minutes: int) -> None:
    now = NOON + timedelta(minutes=minutes)
    zone, country = place(now)
    assert 9 <= to_local(now, zone).hour < 19
    assert len(country) == 2
