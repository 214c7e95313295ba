"""The commands: what each does, what it says, and that expected errors are told in words."""

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.cli import FlaskGroup
from support.command import run, told
from support.databases import copied_sqlite
from support.people import World

from checkin.cli import COMMANDS, load
from checkin.domain.clinic import NEVER_VERIFIED, HelpKind
from checkin.domain.help_numbers import default_numbers
from checkin.domain.message import MessageKind
from checkin.domain.person import Role
from checkin.domain.simulator.families import Family, Profile
from checkin.domain.token import Purpose
from checkin.services.deps import Deps
from checkin.services.reset_password import request_reset
from checkin.services.sign_in import whose_token
from checkin.storage import audit, clinics, messages, people
from checkin.storage.audit import audit_events
from checkin.storage.engine import Database
from wsgi import create_app

FORMS = Path(__file__).parent / "fixtures" / "questionnaires"
PROTOCOL = Path(__file__).parent.parent / "checkin" / "domain" / "protocols" / "default.toml"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_one_whole_line_of_help(name: str) -> None:
    assert load(name).name == name
    listed = CliRunner().invoke(FlaskGroup(create_app=create_app), ["--help"]).output
    line = next(line for line in listed.splitlines() if line.split()[:1] == [name])
    assert line.endswith(".")
    assert not line.endswith("..."), "it is cut off in the list"


def test_an_unknown_command_is_told_in_words() -> None:
    assert "No such command 'cure'" in told(CliRunner().invoke(FlaskGroup(create_app=create_app), ["cure"]))


def test_every_command_the_documents_name_is_there() -> None:
    assert COMMANDS.keys() >= {
        "check-audit",
        "check-config",
        "create-staff",
        "db-upgrade",
        "import-instrument",
        "import-protocol",
        "scheduler",
        "seed-demo",
        "simulate",
        "tick",
        "window",
    }


@pytest.mark.parametrize(
    "command", ["check-audit", "check-config", "create-staff", "db-upgrade", "scheduler", "seed-demo", "tick"]
)
def test_without_settings_a_command_lists_all_that_are_missing(command: str) -> None:
    words = told(run(command, typed=["Ann Lee", "ann@example.org"]))
    for name in ("DATABASE_URL", "BASE_URL", "SECRET_KEY", "MASTER_KEYS", "LOOKUP_KEY", "MAIL"):
        assert re.search(rf"^  CHECKIN_{name} is not set$", words, re.MULTILINE), name


@pytest.mark.parametrize("command", ["create-staff", "scheduler", "seed-demo", "tick"])
def test_an_old_schema_is_refused(command: str, tmp_path: Path, sqlite_template: Path) -> None:
    with copied_sqlite(sqlite_template, tmp_path) as database:
        with database.transaction() as tx:
            tx.connection.exec_driver_sql("DELETE FROM alembic_version")
        words = told(run(command, database=database, typed=["Ann Lee", "ann@example.org"]))
    assert "flask db-upgrade" in words


def test_a_database_that_cannot_be_opened_is_told_in_words(tmp_path: Path) -> None:
    words = told(run("tick", database=f"sqlite:///{tmp_path}/missing/there.sqlite3"))
    assert "database cannot be used" in words


def test_an_address_of_a_database_that_nobody_can_read_is_told_without_its_password() -> None:
    words = told(run("check-config", database="postgresql://checkin:hunter2@db:port/checkin"))
    assert "DATABASE_URL cannot be read" in words
    assert "hunter2" not in words


def test_check_config_names_the_address(database: Database) -> None:
    result = run("check-config", database=database)
    assert (result.exit_code, "http://127.0.0.1:8000" in result.output) == (0, True)


def test_db_upgrade_says_from_where_to_where(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'checkin.sqlite3'}"
    first, second = (run("db-upgrade", database=url) for _ in range(2))
    assert re.fullmatch(r"The database went from nothing to \w+\.\n", first.output)
    assert re.fullmatch(r"The database is at \w+\.\n", second.output)


def test_tick_prints_what_each_job_did(database: Database) -> None:
    result = run("tick", database=database)
    assert result.exit_code == 0
    done = dict(line.split(": ") for line in result.stdout.splitlines())
    assert {"heartbeat", "remind", "deliver", "tidy"} <= done.keys()
    assert set(done.values()) == {"0"}


class TestCreateStaff:
    ANSWERS = ("Harbour House", "gb", "Europe/London", "")

    def test_a_fresh_install_gets_its_clinic_and_a_link_that_works(
        self, database: Database, deps: Deps
    ) -> None:
        typed = ["Ann Lee", "ann@example.org", *self.ANSWERS]
        result = run("create-staff", database=database, typed=typed)
        assert result.exit_code == 0, result.output
        with deps.reading() as tx:
            (clinic,) = clinics.all_clinics(tx)
            (person,) = people.people_of(tx, clinic.id)
            assert audit.verify_chain(tx, clinic.id) == 2
        assert (clinic.name, clinic.settings.country) == ("Harbour House", "GB")
        assert (clinic.settings.zone, clinic.settings.sender_name) == ("Europe/London", "Check-in")
        assert (person.name, person.roles, person.ready) == ("Ann Lee", {Role.STAFF}, False)
        secret = result.output.rstrip().rpartition("http://127.0.0.1:8000/welcome/")[2]
        assert whose_token(deps, secret, Purpose.INVITE).id == person.id
        with deps.reading() as tx:
            assert messages.messages_of(tx, person.id) == ()

    def test_the_numbers_it_begins_with_are_shown_and_marked_as_never_tried(
        self, database: Database, deps: Deps
    ) -> None:
        typed = ["Ann Lee", "ann@example.org", *self.ANSWERS]
        output = run("create-staff", database=database, typed=typed).output
        with deps.reading() as tx:
            settings = clinics.all_clinics(tx)[0].settings
        assert [number.number for number in settings.numbers] == ["999", "116 123"]
        assert settings.stale_numbers(deps.now().date()) == settings.numbers
        assert "999  Emergency services" in output
        assert "Nobody has tried them yet" in output

    def test_by_mail_the_invitation_waits_in_the_outbox(
        self, database: Database, deps: Deps, world: World
    ) -> None:
        result = run(
            "create-staff",
            "--by-mail",
            "--clinic",
            world.clinic.name,
            database=database,
            typed=["Ann Lee", "ann@example.org"],
        )
        assert result.exit_code == 0, result.output
        assert "/welcome/" not in result.output
        with deps.reading() as tx:
            found = people.find_by_email(tx, "ann@example.org")
            assert found is not None
            kinds = [message.kind for message in messages.messages_of(tx, found[0].id)]
        assert kinds == [MessageKind.INVITATION]

    def test_somebody_with_a_password_keeps_it(self, database: Database, deps: Deps, world: World) -> None:
        typed = ["Anybody", world.therapist.email]
        result = run("create-staff", "--clinic", world.clinic.name, database=database, typed=typed)
        assert "have a password here already" in result.output
        assert "/welcome/" not in result.output
        with deps.reading() as tx:
            roles = people.get_person(tx, world.therapist.id, world.clinic.id).roles
        assert roles == {Role.THERAPIST, Role.STAFF}

    def test_several_clinics_must_be_told_apart(self, database: Database, world: World) -> None:
        result = run("create-staff", database=database, typed=["Ann Lee", "ann@example.org"])
        words = told(result)
        assert "--clinic" in words
        assert world.clinic.name in words
        assert str(world.elsewhere.id) in words

    def test_somebody_known_is_refused_in_words(self, database: Database, world: World) -> None:
        result = run(
            "create-staff",
            "--clinic",
            world.clinic.id,
            database=database,
            typed=["Another", world.staff.email],
        )
        assert "email: Somebody with this e-mail is here already." in told(result)

    def test_a_wrong_country_or_zone_is_asked_again(self, database: Database, deps: Deps) -> None:
        typed = ["Ann Lee", "ann@example.org", "House", "Deutschland", "de", "berlin", "Europe/Berlin", ""]
        result = run("create-staff", database=database, typed=typed)
        assert result.exit_code == 0, result.output
        assert "two letters" in result.output
        assert "Did you mean Europe/Berlin?" in result.output
        with deps.reading() as tx:
            assert clinics.all_clinics(tx)[0].settings.country == "DE"


@pytest.mark.parametrize(
    ("country", "emergency", "crisis"),
    [("US", "911", "988"), ("GB", "999", "116 123"), ("DE", "112", "0800 1110111"), ("FR", "112", None)],
)
def test_a_country_has_its_numbers(country: str, emergency: str, crisis: str | None) -> None:
    numbers = {number.kind: number for number in default_numbers(country)}
    assert numbers[HelpKind.EMERGENCY].number == emergency
    assert (numbers[HelpKind.CRISIS].number if HelpKind.CRISIS in numbers else None) == crisis
    assert {number.verified_on for number in numbers.values()} == {NEVER_VERIFIED}


class TestSimulate:
    def test_it_needs_no_settings_and_prints_a_table(self) -> None:
        result = run("simulate", "--patients", 3, "--seed", 5)
        assert result.exit_code == 0, result.output
        rows = list(csv.DictReader(result.output.splitlines()))
        assert set(rows[0]) == {"patient", "hours", "kind", "score"}
        assert {row["patient"] for row in rows} == {"match-5", "match-6", "match-7"}
        assert {row["kind"] for row in rows} == {"baseline", "infusion", "check_in"}

    def test_the_same_seed_gives_the_same_table(self) -> None:
        first, again, other = (run("simulate", "--seed", seed).output for seed in (1, 1, 2))
        assert first == again != other

    @pytest.mark.parametrize("kind", [*Family, *Profile])
    def test_every_kind_of_course_can_be_had(self, kind: Family | Profile) -> None:
        options = ("--courses", "--dirt", "--missing-when-worse", "--completion", "0.5", "--patients", "2")
        assert run("simulate", "--kind", kind.value, *options).exit_code == 0


def test_check_audit_says_that_the_trails_are_whole_and_which_one_is_not(
    database: Database, world: World, deps: Deps
) -> None:
    for _ in range(3):
        request_reset(deps, world.patient.email, address="198.51.100.7")
    result = run("check-audit", database=database)
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            "Harbour House: 3 entries, all as they were written.",
            "Elsewhere: 0 entries, all as they were written.",
        ],
    )
    with database.transaction() as tx:
        second = (audit_events.c.clinic_id == world.clinic.id) & (audit_events.c.sequence == 2)
        tx.execute(audit_events.update().where(second).values(action="sign_out"))
    broken = run("check-audit", database=database)
    assert broken.exit_code == 1
    assert "Harbour House: audit event 2 of clinic" in broken.output
    assert "Elsewhere: 0 entries, all as they were written." in broken.output
