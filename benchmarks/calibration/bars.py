"""What the estimator has to reach, and whether it does, give or take two standard errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.calibration.figures import (
    Figure,
    auc,
    better_than,
    closes_covered,
    false_open,
    measured,
    of_estimate,
    ratio,
)
from benchmarks.calibration.judged import FIRST_FIXED, FIRST_SLOTS, SECOND_FIXED, SECOND_SLOTS, Judged
from benchmarks.calibration.worsening import Alarms
from checkin.domain.simulator.families import DRUG_FAMILIES, Family

FIRST_NUMBER = FIRST_SLOTS.tolist().index(FIRST_FIXED)
SECOND_NUMBER = SECOND_SLOTS.tolist().index(SECOND_FIXED)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One thing to reach: at least ``least`` or at most ``most``."""

    what: str
    reached: Figure
    least: float | None = None
    most: float | None = None

    @property
    def ok(self) -> bool:
        enough = self.least is None or self.reached.reaches(self.least)
        return enough and (self.most is None or self.reached.stays_below(self.most))

    @property
    def limits(self) -> str:
        """The bar in words."""
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"


def all_bars(families: Mapping[Family, Judged], alarms: Alarms) -> Iterator[Bar]:
    """Return every bar with what was reached."""
    match = families[Family.MATCH]
    yield Bar(what="match: Brier", reached=measured(of_estimate, match), most=0.062)
    for family in sorted(DRUG_FAMILIES, key=list(Family).index):
        least = 0.97 if family is Family.MATCH else 0.93
        yield Bar(what=f"{family}: AUC, 24–96 h", reached=measured(auc, families[family]), least=least)
    for family in sorted(DRUG_FAMILIES, key=list(Family).index):
        covered = measured(closes_covered, families[family])
        yield Bar(what=f"{family}: 80 % interval of the end holds it", reached=covered, least=0.72, most=0.98)
    yield Bar(what="null: false open", reached=measured(false_open, families[Family.NULL]), most=0.05)
    silent = match.where(match.non_responder > 0)
    yield Bar(what="non-responders: false open", reached=measured(false_open, silent), most=0.05)
    yield Bar(what="placebo: false open", reached=measured(false_open, families[Family.PLACEBO]), most=0.12)
    pooled = measured(ratio, *families.values())
    yield Bar(what="all families: Brier / carried forward", reached=pooled, most=0.40)
    responsive = [families[family] for family in Family if family in DRUG_FAMILIES]
    first = measured(better_than(lambda one: one.first, FIRST_NUMBER), *responsive)
    yield Bar(what="first appointment inside, above “48 h after”", reached=first, least=0.05)
    second = measured(better_than(lambda one: one.second, SECOND_NUMBER), *responsive)
    yield Bar(what="second appointment inside, above “day 7 after”", reached=second, least=0.12)
    yield Bar(what="getting worse: review", reached=alarms.review, least=0.80)
    yield Bar(what="getting worse: alert", reached=alarms.alert, least=0.70)
    yield Bar(what="null: alert", reached=alarms.null_alert, most=0.12)
