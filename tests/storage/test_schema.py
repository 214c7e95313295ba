"""Rules for every table, so that a new one cannot forget them."""

import pytest
from sqlalchemy import DateTime, ForeignKeyConstraint, LargeBinary, String, Table, Text, Uuid

from checkin.storage.all_tables import metadata
from checkin.storage.schema import Instant, SealedBytes

TABLES = list(metadata.tables.values())
WITHOUT_CLINIC = {
    "clinics": "it is the clinic",
    "dispatchers": "scheduler processes serve every clinic",
    "sign_in_failures": "counted before anybody is known",
    "stopped_numbers": "a phone that wants no texts wants none from any clinic",
}
# Columns of free text that are not about a person's health, and why they may stand in clear.
PLAIN_TEXT = {
    "clinics.name": "the clinic's own name",
    "clinic_settings.content": "what the clinic shows to everybody",
    "instruments.reference": "published questionnaires",
    "instruments.document": "published questionnaires",
    "instruments.options": "published questionnaires",
    "protocols.reference": "the clinic's plan of questions",
    "protocols.document": "the clinic's plan of questions",
    "prompts.instruments": "names of questionnaires",
}
LONGEST_CODE = 120  # codes, names of zones and steps, hashes; nobody's words


def each(tables: list[Table]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("table", tables, ids=[table.name for table in tables])


@each(TABLES)
def test_every_row_belongs_to_a_clinic(table: Table) -> None:
    if table.name in WITHOUT_CLINIC:
        assert "clinic_id" not in table.c
        return
    assert not table.c.clinic_id.nullable
    assert {key.column.table.name for key in table.c.clinic_id.foreign_keys} == {"clinics"}


@each(TABLES)
def test_every_key_is_a_time_ordered_uuid_made_by_the_program(table: Table) -> None:
    (key,) = table.primary_key.columns
    assert isinstance(key.type, Uuid)
    assert key.default is None
    assert key.server_default is None


@each(TABLES)
def test_every_moment_is_kept_in_utc(table: Table) -> None:
    assert [c.name for c in table.c if isinstance(c.type, DateTime)] == []
    moments = [c.name for c in table.c if c.name == "at" or c.name.endswith("_at")]
    assert [name for name in moments if not isinstance(table.c[name].type, Instant)] == []


@each(TABLES)
def test_free_text_is_sealed_unless_it_is_listed(table: Table) -> None:
    free = {
        f"{table.name}.{column.name}"
        for column in table.c
        if isinstance(column.type, Text)
        or (isinstance(column.type, String) and (column.type.length or 10_000) > LONGEST_CODE)
    }
    assert free - set(PLAIN_TEXT) - {"people.password", "prompts.reason"} == set()


@each(TABLES)
def test_unsealed_bytes_are_hashes_or_wrapped_keys(table: Table) -> None:
    for column in table.c:
        if isinstance(column.type, LargeBinary):
            assert column.type.length == 32 or f"{table.name}.{column.name}" == "data_keys.wrapped"


@each(TABLES)
def test_references_are_real_references(table: Table) -> None:
    referring = {
        column.name
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
        for column in constraint.columns
    }
    # These outlive what they point to, or point to one of several kinds.
    loose = {"actor_id", "subject_id", "object_id", "recipient_id"}
    ids = {c.name for c in table.c if c.name.endswith("_id") and c.name != "id"}
    assert ids - referring - loose == set()


def test_names_contacts_notes_and_answers_are_sealed() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.c
        if isinstance(column.type, SealedBytes)
    }
    assert sealed >= {
        "people.name",
        "people.email",
        "check_ins.answers",
        "check_ins.note",
        "infusions.treatment",
        "infusions.note",
        "audit_events.private",
    }


def test_the_lists_of_exceptions_name_what_exists() -> None:
    assert set(WITHOUT_CLINIC) <= set(metadata.tables)
    assert {name.partition(".")[0] for name in PLAIN_TEXT} <= set(metadata.tables)
