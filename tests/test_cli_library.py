"""The commands that import forms and protocols: what they take, and the words in which they refuse."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import Result
from support.command import run, told
from support.people import World

from checkin.domain.protocol import default_protocol
from checkin.services import catalogue
from checkin.services.deps import Deps
from checkin.storage.engine import Database

FORMS = Path(__file__).parent / "fixtures" / "questionnaires"
PROTOCOL = Path(__file__).parent.parent / "checkin" / "domain" / "protocols" / "default.toml"


class TestImportInstrument:
    def imported(
        self, database: Database, world: World, *arguments: object, typed: Iterable[str] = ()
    ) -> Result:
        chosen = ("--clinic", world.clinic.name)
        return run("import-instrument", *arguments, *chosen, database=database, typed=typed)

    def names(self, deps: Deps, world: World) -> set[str]:
        with deps.reading() as tx:
            return set(catalogue.instruments_of(tx, world.clinic.id))

    def test_it_says_what_it_took(self, database: Database, deps: Deps, world: World) -> None:
        result = self.imported(database, world, FORMS / "contained-value-set.json")
        assert result.exit_code == 0, result.output
        name = result.output.split(":")[0].removeprefix("Imported ")
        assert name in self.names(deps, world)
        with deps.reading() as tx:
            instrument = catalogue.instruments_of(tx, world.clinic.id)[name]
        assert instrument.scoring is not None
        assert (
            f"0 to {instrument.scoring.maximum}, from {', '.join(instrument.scoring.items)}" in result.output
        )
        assert f"suicide    {instrument.safety_items[0].link_id}" in result.output
        assert result.output.endswith("run: flask replan\n")

    def test_a_broken_one_is_refused_item_by_item(self, database: Database, deps: Deps, world: World) -> None:
        words = told(self.imported(database, world, FORMS / "broken.json"))
        assert "  Item half-weight: It has a weight that is no whole number" in words
        assert "  Item several: It takes several answers at once" in words
        assert "broken" not in self.names(deps, world)

    def test_a_form_silent_about_suicide_asks_and_takes_yes(
        self, database: Database, deps: Deps, world: World
    ) -> None:
        result = self.imported(database, world, FORMS / "whole-numbers.json", typed=["y"])
        assert result.exit_code == 0, result.output
        assert "  ten  Topic 1" in result.output
        assert "asks about suicide or self-harm?" in result.output
        assert "whole-numbers" in self.names(deps, world)

    @pytest.mark.parametrize("typed", [["n"], []])
    def test_without_a_yes_nothing_is_imported(
        self, database: Database, deps: Deps, world: World, typed: list[str]
    ) -> None:
        told(self.imported(database, world, FORMS / "whole-numbers.json", typed=typed))
        assert "whole-numbers" not in self.names(deps, world)

    def test_staff_can_confirm_beforehand(self, database: Database, deps: Deps, world: World) -> None:
        result = self.imported(database, world, FORMS / "whole-numbers.json", "--no-safety-item")
        assert (result.exit_code, "[y/N]" in result.output) == (0, False)

    def test_staff_can_name_the_question(self, database: Database, deps: Deps, world: World) -> None:
        result = self.imported(database, world, FORMS / "whole-numbers.json", "--safety-item", "listed")
        assert result.exit_code == 0, result.output
        with deps.reading() as tx:
            items = catalogue.instruments_of(tx, world.clinic.id)["whole-numbers"].safety_items
        assert [item.link_id for item in items] == ["listed"]

    def test_a_scoring_file_gives_the_weights(self, database: Database, deps: Deps, world: World) -> None:
        refused = told(self.imported(database, world, FORMS / "unweighted.json", "--no-safety-item"))
        assert "scoring file" in refused
        taken = self.imported(
            database,
            world,
            FORMS / "unweighted.json",
            "--no-safety-item",
            "--scoring",
            FORMS / "unweighted.scoring.json",
        )
        assert taken.exit_code == 0, taken.output

    def test_the_same_version_again_is_refused(self, database: Database, world: World) -> None:
        for _ in range(2):
            result = self.imported(database, world, FORMS / "whole-numbers.json", "--no-safety-item")
        assert "This version is here already" in told(result)

    @pytest.mark.parametrize("content", [b"", b"[]", b"not json", b"\xff\xfe", b"{}", b"[" * 5000, b"3"])
    def test_what_is_no_questionnaire_is_refused_in_words(
        self, database: Database, world: World, content: bytes, tmp_path: Path
    ) -> None:
        (tmp_path / "file.json").write_bytes(content)
        assert told(self.imported(database, world, tmp_path / "file.json")).startswith("Error: ")

    def test_a_form_cannot_take_the_name_of_our_own(
        self, database: Database, deps: Deps, world: World, tmp_path: Path
    ) -> None:
        document = json.loads((FORMS / "whole-numbers.json").read_text())
        (tmp_path / "file.json").write_text(json.dumps({**document, "name": "phq-style-24h"}))
        words = told(self.imported(database, world, tmp_path / "file.json", "--no-safety-item"))
        assert "that of a form that comes with checkin" in words

    def test_both_options_contradict_each_other(self, database: Database, world: World) -> None:
        options = ("--safety-item", "listed", "--no-safety-item")
        assert "contradict" in told(self.imported(database, world, FORMS / "whole-numbers.json", *options))


class TestImportProtocol:
    def imported(self, database: Database, world: World, file: Path) -> Result:
        return run("import-protocol", file, "--clinic", world.clinic.name, database=database)

    def changed(self, folder: Path, old: str, new: str) -> Path:
        words = PROTOCOL.read_text().replace('version = "1"', 'version = "2"')
        assert old in words
        file = folder / "protocol.toml"
        file.write_text(words.replace(old, new))
        return file

    def test_a_new_version_can_be_chosen_afterwards(
        self, database: Database, deps: Deps, world: World, tmp_path: Path
    ) -> None:
        result = self.imported(
            database, world, self.changed(tmp_path, "most_per_day = 2", "most_per_day = 3")
        )
        assert result.exit_code == 0, result.output
        assert "Imported default|2" in result.output
        with deps.reading() as tx:
            assert catalogue.protocol_by_reference(tx, world.clinic.id, "default|2").most_per_day == 3

    def test_every_mistake_is_told_with_its_line(
        self, database: Database, world: World, tmp_path: Path
    ) -> None:
        file = self.changed(tmp_path, "most_per_day = 2", "most_per_day = 99\nreminders = 1")
        words = told(self.imported(database, world, file))
        assert re.search(r"^  Line \d+, most_per_day: ", words, re.MULTILINE)
        assert re.search(r"^  Line \d+, reminders: ", words, re.MULTILINE)

    def test_the_one_that_comes_with_the_program_is_there_already(
        self, database: Database, world: World
    ) -> None:
        assert "here already" in told(self.imported(database, world, PROTOCOL))
        assert default_protocol().reference == "default|1"

    def test_a_file_in_another_encoding_is_refused_in_words(
        self, database: Database, world: World, tmp_path: Path
    ) -> None:
        (tmp_path / "file.toml").write_bytes(b"name = '\xff'")
        assert "UTF-8" in told(self.imported(database, world, tmp_path / "file.toml"))
