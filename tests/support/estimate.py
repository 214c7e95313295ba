"""Estimates without an estimator: one that opened early and closes after some days, to be varied."""

from dataclasses import replace
from datetime import datetime, timedelta

from support.clock import NOON

from checkin.domain.ids import InfusionId, PersonId, new_id
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.values import Criterion, Estimate, Interval, Level, State

GRID = tuple((float(hours), round(0.9 - hours / 400, 4)) for hours in range(0, 337, 6))
_AN_ESTIMATE = Estimate(
    as_of=48.0,
    criterion=Criterion.MEANINGFUL,
    state=State.OPEN,
    p_open=0.86,
    p_ahead=0.8,
    p_ever=0.97,
    p_worse=0.01,
    opens=Interval(p10=2.0, p50=4.0, p90=12.0),
    closes=Interval(p10=96.0, p50=120.0, p90=144.0),
    grid=GRID,
    levels=tuple(
        Level(hours=hours, p10=max(0.0, middle - 3), p50=middle, p90=middle + 3)
        for hours in (0.0, 1.0, 3.0, *range(6, 349, 6))
        for middle in [8 + hours / 40]
    ),
    effective=900.0,
)


def an_estimate(**changes: object) -> Estimate:
    """An estimate with some of its values changed."""
    return replace(_AN_ESTIMATE, **changes)  # type: ignore[arg-type]


def placed(estimate: Estimate, *, begins: datetime = NOON, **changes: object) -> PlacedEstimate:
    """The estimate of somebody whose course began with one infusion that ended at ``begins``."""
    found = PlacedEstimate(
        patient_id=PersonId(new_id(NOON)),
        infusion_id=InfusionId(new_id(NOON)),
        begins=begins,
        latest=begins,
        estimate=estimate,
        computed_at=begins + timedelta(hours=estimate.as_of),
    )
    return replace(found, **changes)  # type: ignore[arg-type]
