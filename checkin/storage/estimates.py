"""Estimates: the last one of each patient, sealed with the patient's key, and when the next one is due."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Uuid,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)

from checkin.domain.ids import ClinicId, InfusionId, PersonId
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.values import Criterion, Estimate, Interval, Level, State
from checkin.storage.data_keys import get_key, get_keys
from checkin.storage.engine import Transaction
from checkin.storage.keyring import DataKey, Sealed
from checkin.storage.schema import Instant, SealedBytes, clinic_id, metadata, person_id

# ``version`` counts the changes of what an estimate rests on, so that one computed meanwhile is not taken for
# new. The fan of levels stands apart: only the page that draws it opens it.
estimates = Table(
    "estimates",
    metadata,
    Column("patient_id", Uuid, ForeignKey("patients.person_id"), primary_key=True),
    clinic_id(),
    Column("infusion_id", Uuid, ForeignKey("infusions.id"), nullable=True),
    Column("version", Integer, nullable=False),
    Column("stale_since", Instant, nullable=True),
    Column("due_at", Instant, nullable=True),
    Column("computed_at", Instant, nullable=True),
    Column("content", SealedBytes, nullable=True),
    Column("fan", SealedBytes, nullable=True),
    person_id("shared_by", nullable=True),
    Column("shared_at", Instant, nullable=True),
    CheckConstraint("(content IS NULL) = (computed_at IS NULL)", name="computed"),
    CheckConstraint("(content IS NULL) = (infusion_id IS NULL)", name="of_an_infusion"),
    CheckConstraint("(shared_by IS NULL) = (shared_at IS NULL)", name="shared_by_somebody"),
    Index("ix_estimates_due", "due_at"),
)


@dataclass(frozen=True, kw_only=True)
class Due:
    """An estimate to be computed; ``version`` is that of the inputs to read now."""

    patient_id: PersonId
    clinic_id: ClinicId
    version: int
    stale_since: datetime | None


def mark_stale(tx: Transaction, patient: PersonId, now: datetime) -> bool:
    """Note that something changed which the estimate does not know; False if there never was an infusion."""
    return tx.execute(_MARK, {"patient": patient, "now": now}).rowcount == 1


def expect(tx: Transaction, patient: PersonId, clinic: ClinicId, now: datetime) -> None:
    """Have an estimate computed with the next tick; the first one needs a row."""
    if not mark_stale(tx, patient, now):
        values = {"version": 1, "stale_since": now, "due_at": now}
        tx.execute(insert(estimates).values(patient_id=patient, clinic_id=clinic, **values))


def any_due(tx: Transaction, now: datetime) -> bool:
    """Whether anything is due, without locking it."""
    return tx.execute(_ANY_DUE, {"now": now}).first() is not None


def due_estimates(tx: Transaction, now: datetime, limit: int) -> tuple[Due, ...]:
    """Return what is due, stale ones first, locked against others where the transaction writes."""
    rows = tx.execute(_DUE, {"now": now, "most": limit})
    return tuple(Due(**row._mapping) for row in rows)


def claim(tx: Transaction, due: Iterable[Due], until: datetime) -> None:
    """Keep others from these until then; after a crash they are simply due again."""
    wanted = [one.patient_id for one in due]
    tx.execute(update(estimates).where(estimates.c.patient_id.in_(wanted)).values(due_at=until))


def store(tx: Transaction, due: Due, placed: PlacedEstimate | None, *, next_at: datetime | None) -> bool:
    """Keep what was computed, None where there is nothing to estimate; due again at ``next_at``.

    False, and nothing changes, if the inputs changed in the meantime.
    """
    key = get_key(tx, due.patient_id)
    values = {
        "infusion_id": None if placed is None else placed.infusion_id,
        "computed_at": None if placed is None else placed.computed_at,
        "content": None if placed is None else _seal(key, placed, "content", _content(placed)),
        "fan": None if placed is None else _seal(key, placed, "fan", _fan(placed)),
        "stale_since": None,
        "due_at": next_at,
    }
    same = (estimates.c.patient_id == due.patient_id, estimates.c.version == due.version)
    return tx.execute(update(estimates).where(*same).values(values)).rowcount == 1


def find_estimate(tx: Transaction, patient: PersonId, *, fan: bool = False) -> PlacedEstimate | None:
    """Return a patient's last estimate, with its ``levels`` if ``fan``; None where none was computed yet."""
    return estimates_by_patient(tx, [patient], fan=fan).get(patient)


def estimates_by_patient(
    tx: Transaction, patients: Iterable[PersonId], *, fan: bool = False
) -> Mapping[PersonId, PlacedEstimate]:
    """Return the last estimates of several patients in two statements."""
    wanted = list(patients)
    keys = get_keys(tx, wanted)
    columns = [column for column in estimates.c if fan or column.name != "fan"]
    rows = tx.execute(
        select(*columns).where(estimates.c.patient_id.in_(wanted), estimates.c.content.is_not(None))
    )
    return {
        PersonId(row.patient_id): _placed_from(keys[row.patient_id], row, row.fan if fan else None)
        for row in rows
    }


def set_shared(tx: Transaction, patient: PersonId, by: PersonId | None, at: datetime | None) -> bool:
    """Let the patient read the sentence from now on, or no longer (both None); False without a row."""
    changed = update(estimates).where(estimates.c.patient_id == patient)
    return tx.execute(changed.values(shared_by=by, shared_at=at)).rowcount == 1


def is_shared(tx: Transaction, patient: PersonId) -> bool:
    """Whether somebody let the patient read the sentence, without opening anything."""
    shared = select(estimates.c.patient_id).where(
        estimates.c.patient_id == patient, estimates.c.shared_at.is_not(None)
    )
    return tx.execute(shared).first() is not None


# What every check-in and every tick runs is built once.
_MARK = (
    update(estimates)
    .where(estimates.c.patient_id == bindparam("patient"))
    .values(
        version=estimates.c.version + 1,
        stale_since=func.coalesce(estimates.c.stale_since, bindparam("now", type_=Instant)),
        due_at=bindparam("now", type_=Instant),
    )
)
_ANY_DUE = (
    select(estimates.c.patient_id).where(estimates.c.due_at <= bindparam("now", type_=Instant)).limit(1)
)
_DUE = (
    select(*(estimates.c[name] for name in Due.__dataclass_fields__))
    .where(estimates.c.due_at <= bindparam("now", type_=Instant))
    .order_by(case((estimates.c.stale_since.is_(None), 1), else_=0), estimates.c.due_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)


def _seal(key: DataKey, placed: PlacedEstimate, column: str, content: Any) -> Sealed:
    compact = json.dumps(content, separators=(",", ":"))
    return key.seal(compact, table="estimates", row=placed.patient_id, column=column)


def _content(placed: PlacedEstimate) -> dict[str, Any]:
    found = placed.estimate
    return {
        "begins": placed.begins.isoformat(),
        "latest": placed.latest.isoformat(),
        "digest": placed.digest,
        "as_of": round(found.as_of, 3),
        "criterion": found.criterion,
        "state": found.state,
        "chances": [round(p, 4) for p in (found.p_open, found.p_ahead, found.p_ever, found.p_worse)],
        "opens": _hours(found.opens),
        "closes": _hours(found.closes),
        "grid": [[round(hours, 3), round(chance, 4)] for hours, chance in found.grid],
        "effective": round(found.effective),
    }


def _fan(placed: PlacedEstimate) -> list[list[float]]:
    return [
        [round(level.hours, 3), round(level.p10, 2), round(level.p50, 2), round(level.p90, 2)]
        for level in placed.estimate.levels
    ]


def _hours(found: Interval | None) -> list[float] | None:
    return None if found is None else [round(hours, 2) for hours in (found.p10, found.p50, found.p90)]


def _placed_from(key: DataKey, row: Any, fan: Sealed | None) -> PlacedEstimate:
    place = {"table": "estimates", "row": row.patient_id}
    read = json.loads(key.open(row.content, column="content", **place))
    levels = [] if fan is None else json.loads(key.open(fan, column="fan", **place))
    p_open, p_ahead, p_ever, p_worse = read["chances"]
    return PlacedEstimate(
        patient_id=PersonId(row.patient_id),
        infusion_id=InfusionId(row.infusion_id),
        begins=datetime.fromisoformat(read["begins"]),
        latest=datetime.fromisoformat(read["latest"]),
        computed_at=row.computed_at,
        digest=read["digest"],
        stale_since=row.stale_since,
        shared_at=row.shared_at,
        shared_by=row.shared_by,
        estimate=Estimate(
            as_of=read["as_of"],
            criterion=Criterion(read["criterion"]),
            state=State(read["state"]),
            p_open=p_open,
            p_ahead=p_ahead,
            p_ever=p_ever,
            p_worse=p_worse,
            opens=_interval(read["opens"]),
            closes=_interval(read["closes"]),
            grid=tuple((hours, chance) for hours, chance in read["grid"]),
            levels=tuple(Level(hours=at, p10=low, p50=mid, p90=high) for at, low, mid, high in levels),
            effective=read["effective"],
        ),
    )


def _interval(hours: list[float] | None) -> Interval | None:
    return None if hours is None else Interval(p10=hours[0], p50=hours[1], p90=hours[2])
