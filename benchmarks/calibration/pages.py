"""The report as Markdown: every figure with its standard error, and what was not reached."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.calibration.bars import FIRST_NUMBER, SECOND_NUMBER, Bar
from benchmarks.calibration.figures import (
    Figure,
    auc,
    better_than,
    closes_covered,
    false_open,
    inside,
    mean_end_error,
    measured,
    median_end_error,
    missed_open,
    of_carried,
    of_estimate,
    of_spline,
    opens_covered,
    ratio,
)
from benchmarks.calibration.judged import Judged
from benchmarks.calibration.worsening import Alarms
from checkin.domain.simulator.families import DRUG_FAMILIES, Family

Measure = Callable[[Sequence[Judged]], float]

_FAMILY_COLUMNS: Mapping[str, Measure] = {
    "Brier": of_estimate,
    "carried forward": of_carried,
    "spline": of_spline,
    "Brier / carried": ratio,
    "AUC 24–96 h": auc,
    "end in 80 %": closes_covered,
    "opening in 80 %": opens_covered,
}
_SHORT_COLUMNS: Mapping[str, Measure] = {
    name: what for name, what in _FAMILY_COLUMNS.items() if name not in {"spline", "opening in 80 %"}
}
_HOUR_COLUMNS: Mapping[str, Measure] = {
    "end error, mean (h)": mean_end_error,
    "median (h)": median_end_error,
}
_CALL_COLUMNS: Mapping[str, Measure] = {"false open": false_open, "missed open": missed_open}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bar_table(rounds: Sequence[Sequence[Bar]]) -> str:
    """Return all bars with what was reached: from the first seed, the second, and both together."""
    return table(
        ("what", "bar", "first seed", "second seed", "both", ""),
        (
            (bars[0].what, bars[0].limits, *(str(bar.reached) for bar in bars), _verdict(bars[-1]))
            for bars in zip(*rounds, strict=True)
        ),
    )


def missed(bars: Sequence[Bar]) -> str:
    """Return in words what was not reached, and what was only give or take its error."""
    lines = [
        f"- {bar.what}: {bar.reached}; the bar is {bar.limits}. {_VERDICTS[_verdict(bar)]}"
        for bar in bars
        if _verdict(bar) != "ok"
    ]
    return "\n".join(lines) or "Every bar is reached."


def family_table(families: Mapping[Family, Judged]) -> str:
    """Return what is said of each family, and of all together."""
    columns = {**_FAMILY_COLUMNS, **_CALL_COLUMNS}
    head = ("family", "windows", *columns, *_HOUR_COLUMNS)
    rows = [_family_row(str(family), [judged], columns) for family, judged in families.items()]
    silent = families[Family.MATCH].where(families[Family.MATCH].non_responder > 0)
    rows.append(_family_row("match, non-responders", [silent], columns))
    drugs = [judged for family, judged in families.items() if family in DRUG_FAMILIES]
    rows.append(_family_row("the drug does something", drugs, columns))
    rows.append(_family_row("all families", list(families.values()), columns))
    return table(head, rows)


def short_table(title: str, cohorts: Mapping[str, Sequence[Judged]]) -> str:
    """Return a row of the main figures for each of several groups."""
    head = (title, "patients", *_SHORT_COLUMNS, *_HOUR_COLUMNS)
    return table(
        head,
        (
            (
                name,
                str(sum(len(one) for one in group)),
                *(str(measured(what, *group)) for what in _SHORT_COLUMNS.values()),
                *(_hours(measured(what, *group)) for what in _HOUR_COLUMNS.values()),
            )
            for name, group in cohorts.items()
        ),
    )


def quartiles(families: Mapping[Family, Judged]) -> dict[str, list[Judged]]:
    """Return the patients in four groups by how much they answer."""
    together = np.concatenate([one.answered for one in families.values()])
    edges = np.quantile(together, (0.25, 0.5, 0.75))
    groups: dict[str, list[Judged]] = {}
    for number in range(4):
        parts = [
            one.where(np.searchsorted(edges, one.answered, side="left") == number)
            for one in families.values()
        ]
        parts = [part for part in parts if len(part)]
        shares = np.concatenate([part.answered for part in parts])
        groups[f"{number + 1} ({shares.min():.0%} to {shares.max():.0%} answered)"] = parts
    return groups


def appointment_table(families: Mapping[Family, Judged]) -> str:
    """Return the share of appointments inside the open window, chosen by the estimate and by rules."""
    responsive = {str(family): [families[family]] for family in families if family in DRUG_FAMILIES}
    responsive["together"] = [one for group in responsive.values() for one in group]
    first, second = (lambda one: one.first), (lambda one: one.second)
    return table(
        ("family", "first: estimate", "48 h after", "difference", "second: estimate", "day 7", "difference"),
        (
            (
                name,
                str(measured(inside(first, None), *group)),
                str(measured(inside(first, FIRST_NUMBER), *group)),
                str(measured(better_than(first, FIRST_NUMBER), *group)),
                str(measured(inside(second, None), *group)),
                str(measured(inside(second, SECOND_NUMBER), *group)),
                str(measured(better_than(second, SECOND_NUMBER), *group)),
            )
            for name, group in responsive.items()
        ),
    )


def alarm_table(alarms: Alarms) -> str:
    """Return how often thresholds for getting worse are met."""
    return table(
        ("who", "review", "alert"),
        (
            (f"{alarms.rising} who truly rise by 5 points", str(alarms.review), str(alarms.alert)),
            ("nothing changes", str(alarms.null_review), str(alarms.null_alert)),
        ),
    )


def _family_row(name: str, group: Sequence[Judged], columns: Mapping[str, Measure]) -> list[str]:
    windows = sum(int(np.isfinite(one.true_closes).sum()) for one in group)
    figures = [str(measured(what, *group)) for what in columns.values()]
    hours = [_hours(measured(what, *group)) for what in _HOUR_COLUMNS.values()]
    return [name, str(windows), *figures, *hours]


def _hours(figure: Figure) -> str:
    return "–" if np.isnan(figure.value) else f"{figure.value:.0f} ±{figure.error:.0f}"


_VERDICTS = {"within error": "Within two standard errors.", "**not reached**": "Not reached."}


def _verdict(bar: Bar) -> str:
    if not bar.ok:
        return "**not reached**"
    return "ok" if replace(bar, reached=replace(bar.reached, error=0.0)).ok else "within error"
