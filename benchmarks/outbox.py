"""Filling the outbox and the plan: what is due, what is to come, and years of what is over."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import insert, select, text, update

from benchmarks.house import FORM, ZONE, House, add_person
from checkin.domain.ids import InfusionId, MessageId, PersonId, new_id
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.message import ChannelName, MessageKind, MessageState, rank
from checkin.domain.person import Person, Role, WakingHours
from checkin.domain.prompt import PromptState
from checkin.storage import infusions
from checkin.storage.engine import Transaction
from checkin.storage.messages import messages
from checkin.storage.patients import change_preferences, patients
from checkin.storage.prompts import prompts

_BATCH = 5_000


def add_patients(house: House, number: int, now: datetime) -> list[tuple[Person, InfusionId]]:
    """Store patients, each with an infusion of four hours ago and no prompts yet."""
    made = []
    with house.database.transaction() as tx:
        for _ in range(number):
            person = add_person(tx, house.clinic.id, Role.PATIENT, now)
            infusion = Infusion(
                id=InfusionId(new_id(now)),
                patient_id=person.id,
                state=InfusionState.GIVEN,
                at=now - timedelta(hours=4),
                zone=ZONE,
            )
            infusions.add_infusion(tx, infusion, house.clinic.id, now)
            made.append((person, infusion.id))
            always = WakingHours(since=time(0), until=time(23, 59))  # whatever the hour, messages may go
            change_preferences(tx, person.id, waking=always, reminders=True, set_up_at=now)
            tx.execute(update(patients).values(quiet_agreed_at=now))
    return made


def plan(
    house: House, asked: Sequence[tuple[Person, InfusionId]], due: Sequence[datetime], now: datetime
) -> None:
    """Plan one prompt for each moment, the people asked taking turns; each is open for six hours."""
    with house.database.transaction() as tx:
        for start in range(0, len(due), _BATCH):
            rows = []
            for number in range(start, min(start + _BATCH, len(due))):
                person, infusion = asked[number % len(asked)]
                rows.append(_prompt(house, person.id, infusion, f"step {due[0]} {number}", due[number], now))
            tx.execute(insert(prompts), rows)


def _prompt(
    house: House, person: PersonId, infusion: InfusionId, step: str, due: datetime, now: datetime
) -> dict[str, object]:
    return {
        "id": new_id(now),
        "clinic_id": house.clinic.id,
        "patient_id": person,
        "infusion_id": infusion,
        "step": step,
        "state": PromptState.PLANNED.value,
        "opens_at": due,
        "due_at": due,
        "remind_at": due + timedelta(hours=2),
        "expires_at": due + timedelta(hours=6),
        "zone": ZONE,
        "instruments": "\n".join(FORM),
        "notified": False,
        "reminded": False,
    }


def put_links(house: House, people: Sequence[Person], number: int, now: datetime) -> None:
    """Put so many links that people wait for into the outbox, all due now."""
    with house.database.transaction() as tx:
        for start in range(0, number, _BATCH):
            tx.execute(
                insert(messages),
                [
                    _message(house, people[n % len(people)].id, now)
                    for n in range(start, min(start + _BATCH, number))
                ],
            )


def _message(house: House, person: PersonId, now: datetime) -> dict[str, object]:
    return {
        "id": MessageId(new_id(now)),
        "clinic_id": house.clinic.id,
        "person_id": person,
        "kind": MessageKind.RESET.value,
        "channel": ChannelName.EMAIL.value,
        "rank": rank(MessageKind.RESET),
        "state": MessageState.PENDING.value,
        "due_at": now,
        "attempts": 0,
        "token": 0,
        "maybe_sent": False,
        "created_at": now,
    }


def add_past(tx: Transaction, number: int) -> None:
    """Copy an answered prompt and its sent notice so many times, within the database: half of each."""
    model = tx.execute(select(messages).where(messages.c.prompt_id.is_not(None)).limit(1)).one()
    known = {"message": model.id.hex, "prompt": model.prompt_id.hex}
    counted = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number)"
    over = {
        "id": "printf('%032x', i)",
        "step": "'past ' || i",
        "state": "'answered'",
        "closed_at": "due_at",
        "notified": "1",
        "reminded": "1",
    }
    values = {**known, "number": number // 2}
    tx.execute(text(_copying("prompts", over, counted, ":prompt")), values)
    sent = {
        "id": "printf('%032x', i)",
        "prompt_id": "printf('%032x', i)",
        "state": "'accepted'",
        "settled_at": "due_at",
    }
    tx.execute(text(_copying("messages", sent, counted, ":message")), values)


def _copying(table: str, changed: dict[str, str], counted: str, model: str) -> str:
    columns = [column.name for column in {"prompts": prompts, "messages": messages}[table].c]
    chosen = ", ".join(changed.get(name, f"m.{name}") for name in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) {counted} "  # noqa: S608 - names of our own
        f"SELECT {chosen} FROM n, {table} AS m WHERE m.id = {model}"
    )
