"""Fault 45: five thousand check-ins due at 09:00, with alerts among them and a provider that has a limit."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World, add_person

from checkin.channels.base import ChannelError, Outgoing
from checkin.domain.ids import InfusionId, PersonId, new_id
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.message import ChannelName, MessageKind, spread
from checkin.domain.person import Role
from checkin.domain.prompt import PlannedPrompt
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import infusions, messages, prompts
from checkin.storage.all_tables import metadata
from checkin.storage.engine import Transaction

NINE = datetime(2026, 3, 10, 13, tzinfo=UTC)  # 09:00 in New York
DUE = 5000
A_SECOND = 400
DISPATCHER = UUID(int=7)


def due_at_nine(tx: Transaction, world: World, patients: list[PersonId]) -> None:
    """Store a check-in for each that is due at 09:00 to the second and open for two hours."""
    before, zone = NINE - timedelta(days=1), "America/New_York"
    infusion = InfusionId(new_id(before))  # one for all: nothing here asks whose it was
    state, owner = InfusionState.GIVEN, world.patient.id
    given = Infusion(id=infusion, patient_id=owner, state=state, at=before, zone=zone)
    infusions.add_infusion(tx, given, world.clinic.id, before)
    for place, patient in enumerate(patients):
        planned = PlannedPrompt(
            step=f"step-{place}",
            opens_at=NINE,
            due_at=NINE,
            remind_at=NINE + timedelta(minutes=90),
            expires_at=NINE + timedelta(hours=2),
            zone=zone,
            instruments=("phq-style-24h",),
        )
        clinic = world.clinic.id
        prompts.add_prompts(
            tx, [planned], clinic=clinic, patient=patient, infusion=infusion, now=before, awaits={}
        )


def copies(tx: Transaction, world: World, number: int) -> list[PersonId]:
    """So many patients as rows, which is all that reminding looks at: nobody could open what is sealed."""
    made = [PersonId(new_id(NINE)) for _ in range(number)]
    for name, column in (("people", "id"), ("patients", "person_id")):
        table = metadata.tables[name]
        row = dict(tx.execute(select(table).where(table.c[column] == world.patient.id)).one()._mapping)
        hashes = [key for key in row if key.endswith("_hash")]
        tx.execute(
            insert(table),
            [{**row, **{key: person.bytes * 2 for key in hashes}, column: person} for person in made],
        )
    return made


class LimitedChannel(FakeChannel):
    """A provider that takes so many messages a second and tells everybody else to wait."""

    def __init__(self, clock: Clock, most: int) -> None:
        super().__init__(ChannelName.EMAIL)
        self.clock, self.most = clock, most
        self.a_second = Counter[datetime]()
        self.refused = 0
        self.meanwhile = self._count

    def _count(self, _outgoing: Outgoing) -> None:
        second = self.clock.now().replace(microsecond=0)
        self.a_second[second] += 1
        if self.a_second[second] > self.most:
            self.refused += 1
            wait = timedelta(seconds=1)
            raise ChannelError(permanent=False, reason="content 452", retry_after=wait)


def planned_moments(deps: Deps) -> dict[PersonId, datetime]:
    table = metadata.tables["messages"]
    with deps.reading() as tx:
        rows = tx.execute(select(table.c.person_id, table.c.due_at).where(table.c.kind == "notice"))
        return {PersonId(row.person_id): row.due_at for row in rows}


def remind_all(deps: Deps) -> None:
    while remind(deps):
        pass


def test_fault_45_they_are_spread_each_by_a_delay_of_its_own_and_alerts_go_first(
    deps: Deps, world: World, clock: Clock
) -> None:
    clock.at = NINE
    with deps.transaction() as tx:
        made = copies(tx, world, DUE)
        due_at_nine(tx, world, made)
    remind_all(deps)
    moments = planned_moments(deps)
    assert moments.keys() == set(made)
    a_second = Counter(int((at - NINE).total_seconds()) for at in moments.values())
    assert max(a_second.values()) <= A_SECOND
    assert max(a_second) <= DUE / A_SECOND * 1.25
    order = sorted(made, key=lambda patient: spread(patient, timedelta(hours=1)))
    early, late = order[: DUE // 10], order[-DUE // 10 :]
    assert max(moments[one] for one in early) < min(moments[one] for one in late), "the same ones every day"
    with deps.transaction() as tx:
        for person in (world.staff, world.colleague):
            messages.add_message(
                tx,
                clinic=world.clinic.id,
                person=person.id,
                kind=MessageKind.ALERT,
                channel=ChannelName.EMAIL,
                now=clock.advance(seconds=20),
            )
        claimed = messages.claim(
            tx,
            dispatcher=DISPATCHER,
            now=clock.now(),
            lease_now=deps.lease_now(tx),
            lease=timedelta(minutes=2),
            limit=10,
        )
    assert [one.message.kind for one in claimed][:3] == [MessageKind.ALERT] * 2 + [MessageKind.NOTICE]


@pytest.mark.parametrize("most", [1000, 20])
def test_fault_45_a_provider_with_a_limit_gets_everything_in_the_end_and_nothing_twice(
    deps: Deps, world: World, clock: Clock, most: int
) -> None:
    """With the limit set here it is kept; with a lower one that nobody set, its "not now" is believed."""
    number, a_second, look = 60, 40, 0.2
    provider = LimitedChannel(clock, most)
    house = replace(
        deps,
        channels={ChannelName.EMAIL: provider},
        settings=replace(deps.settings, sends_per_second=a_second),
    )
    clock.at = NINE
    with deps.transaction() as tx:
        before, clinic = NINE - timedelta(days=1), world.clinic.id
        made = [add_person(tx, clinic, before, f"Patient {one}", Role.PATIENT).id for one in range(number)]
        due_at_nine(tx, world, made)
    remind_all(house)
    for _ in range(6000):
        clock.advance(seconds=look)
        deliver(house, DISPATCHER)
        if len(provider.sent) == number:
            break
    assert len({one.to_address for one in provider.sent}) == len(provider.sent) == number
    # What was due since the look before goes out together, and with it some of another second's.
    assert max(provider.a_second.values()) <= a_second * (1 + look)
    assert (provider.refused > 0) is (most < a_second)
