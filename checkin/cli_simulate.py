"""``simulate``: made-up patients as a table, for trying things out. It needs no settings and no database."""

import csv
import sys

import click

from checkin.domain.simulator.families import Family, Profile
from checkin.domain.simulator.patient import CLEAN, Dirt
from checkin.domain.simulator.rows import COLUMNS, ITEM_COLUMNS, simulate_cohort, simulated_rows

_KINDS: dict[str, Family | Profile] = {kind.value: kind for kind in (*Family, *Profile)}


@click.command("simulate")
@click.option("--kind", type=click.Choice(list(_KINDS)), default="match", show_default=True)
@click.option("--patients", type=click.IntRange(min=1), default=10, show_default=True)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Number of the first one."
)
@click.option("--completion", type=click.FloatRange(0, 1), help="Share of check-ins that are answered.")
@click.option("--courses", is_flag=True, help="Give half of them further infusions.")
@click.option("--missing-when-worse", is_flag=True, help="Let people answer less when they are worse.")
@click.option("--dirt", is_flag=True, help="Add what goes wrong in real data.")
@click.option("--items", is_flag=True, help="Add a column for the answer to each question.")
def simulate(
    kind: str,
    patients: int,
    seed: int,
    completion: float | None,
    *,
    courses: bool,
    missing_when_worse: bool,
    dirt: bool,
    items: bool,
) -> None:
    """Print made-up patients as CSV.

    The columns are patient, hours since the first infusion, kind and score.
    """
    cohort = simulate_cohort(
        _KINDS[kind],
        patients,
        seed=seed,
        completion=completion,
        courses=courses,
        missing_when_worse=missing_when_worse,
        dirt=Dirt() if dirt else CLEAN,
    )
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow((*COLUMNS, *ITEM_COLUMNS) if items else COLUMNS)
    writer.writerows(simulated_rows(cohort, items=items))
