"""``import-instrument`` and ``import-protocol``: what a clinic can ask, from files."""

from collections.abc import Mapping
from pathlib import Path

import click

from checkin.cli_base import choose_clinic, open_house, said
from checkin.domain.clinic import Clinic
from checkin.domain.instrument import Instrument
from checkin.domain.questionnaire import NeedsSafetyItem, load_document
from checkin.services import catalogue
from checkin.services.deps import Deps

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_clinic_option = click.option("--clinic", "wanted", help="Id or name of the clinic, where there are several.")


@click.command("import-instrument")
@click.argument("file", type=_FILE)
@click.option(
    "--safety-item", metavar="LINKID", help="The question about suicide, where the file does not say."
)
@click.option("--no-safety-item", is_flag=True, help="Confirm that no question is about suicide.")
@click.option("--scoring", type=_FILE, help="JSON file with weights and total, where the form has none.")
@_clinic_option
def import_instrument(
    file: Path, safety_item: str | None, scoring: Path | None, wanted: str | None, *, no_safety_item: bool
) -> None:
    """Add a FHIR R4 Questionnaire to the clinic's forms."""
    if safety_item is not None and no_safety_item:
        raise click.UsageError("--safety-item and --no-safety-item contradict each other.")
    with open_house() as house:
        clinic = choose_clinic(house.deps, wanted)
        load_document(file.read_bytes())
        document = file.read_bytes().decode("utf-8-sig")
        rule = None if scoring is None else load_document(scoring.read_bytes())
        instrument = _import(house.deps, clinic, document, safety_item, rule, none=no_safety_item)
    _show(instrument)


def _import(
    deps: Deps,
    clinic: Clinic,
    document: str,
    safety_item: str | None,
    scoring: Mapping[str, object] | None,
    *,
    none: bool,
) -> Instrument:
    """Import it; where the file is silent about the question about suicide, ask."""
    try:
        return catalogue.import_instrument(
            deps,
            clinic.id,
            document,
            actor=None,
            safety_item=safety_item,
            no_safety_item=none,
            scoring=scoring,
        )
    except NeedsSafetyItem as open_question:
        click.echo("The file does not say which question is about suicide. It asks:")
        for link_id, words in open_question.questions:
            click.echo(f"  {link_id}  {said(words)}")
        if not click.confirm("Is it right that none of them asks about suicide or self-harm?"):
            raise click.ClickException("Nothing was imported. Name it with --safety-item LINKID.") from None
        return _import(deps, clinic, document, None, scoring, none=True)


def _show(instrument: Instrument) -> None:
    click.echo(f"Imported {instrument.name}: {said(instrument.title)}")
    click.echo(f"  reference  {instrument.reference}")
    click.echo(f"  questions  {len(instrument.items)}")
    scoring = instrument.scoring
    if scoring is None:
        click.echo("  total      none")
    else:
        click.echo(f"  total      0 to {scoring.maximum}, from {', '.join(scoring.items)}")
        bands = [f"{band.lowest} {said(band.label)}" for band in scoring.bands]
        click.echo(f"  bands      {'; '.join(bands) or 'none'}")
    suicide = ", ".join(item.link_id for item in instrument.safety_items)
    click.echo(f"  suicide    {suicide or 'no question; the own one is asked after it'}")
    for remark in instrument.remarks:
        click.echo(f"  note       {said(remark)}")
    click.echo("Check-ins that are planned already ask it from the next change of their infusion on.")
    click.echo("To have them ask it now, run: flask replan")


@click.command("import-protocol")
@click.argument("file", type=_FILE)
@_clinic_option
def import_protocol(file: Path, wanted: str | None) -> None:
    """Add a protocol (TOML) that the clinic can choose."""
    with open_house() as house:
        clinic = choose_clinic(house.deps, wanted)
        try:
            document = file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise click.ClickException("The file is not readable as TOML in UTF-8.") from error
        protocol = catalogue.import_protocol(house.deps, clinic.id, document, actor=None)
    click.echo(f"Imported {protocol.reference}: {protocol.title}")
    click.echo(
        f"  before an infusion  {', '.join(step.name for step in protocol.baseline_steps) or 'nothing'}"
    )
    click.echo(f"  after it            {', '.join(step.name for step in protocol.steps)}")
    click.echo("Staff choose it in the clinic's settings.")
