"""What the documents promise is there: settings, commands, files, folders."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest
from test_architecture import MAY_IMPORT, OWNED

from checkin.cli import COMMANDS
from checkin.services.set_hours import LARGEST_FILE
from checkin.web.scripts import WORKER, script, small

ROOT = Path(__file__).parent.parent
README, GUIDE = ROOT / "README.md", ROOT / "docs" / "install.md"
DOCUMENTS = (README, GUIDE, *sorted((ROOT / "docs" / "decisions").glob("*.md")))


def test_every_setting_is_in_the_guide_and_no_other() -> None:
    source = (ROOT / "checkin" / "config.py").read_text()
    read = {f"CHECKIN_{name}" for name in re.findall(r'reader\.get\("([A-Z_]+)"', source)}
    told = set(
        re.findall(r"^\| `(?:DATABASE_URL` \|.*`)?(CHECKIN_[A-Z_]+)`", GUIDE.read_text(), re.MULTILINE)
    )
    assert told == read


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"\bflask ([a-z]+-[a-z-]+|tick|scheduler|simulate)\b", document.read_text()))
    assert named <= COMMANDS.keys()


@pytest.mark.parametrize("document", [README, GUIDE], ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)\b(?=`|  )", document.read_text())) <= targets


def test_the_map_names_every_folder_that_is_there() -> None:
    told = set(re.findall(r"`((?:checkin/)?[a-z]+)/`", README.read_text()))
    layers = {
        f"checkin/{path.name}" for path in (ROOT / "checkin").iterdir() if (path / "__init__.py").exists()
    }
    assert layers <= told
    assert {f"checkin/{layer}" for layer in MAY_IMPORT} <= told
    assert all((ROOT / folder).is_dir() for folder in told)


def test_the_map_says_what_each_layer_may_import() -> None:
    rows = dict(re.findall(r"^\| `checkin/([a-z]+)/` \|.*\| (.*) \|$", README.read_text(), re.MULTILINE))
    assert rows.keys() == MAY_IMPORT.keys()
    for layer, words in rows.items():
        told = set(re.sub(r" \(.*?\)", "", words).split(", "))
        libraries = {name for name in told if name.lower() in OWNED}
        assert told - libraries == MAY_IMPORT[layer] - {layer}
        assert all(owner.split(".")[0] == layer for name in libraries for owner in OWNED[name.lower()])


def test_the_map_names_every_place_of_the_web_and_no_other() -> None:
    (told,) = re.findall(r"pages by place: (.*?) \|", README.read_text())
    there = {path.parent.name for path in (ROOT / "checkin" / "web").glob("*/__init__.py")}
    assert set(re.split(r"[,;:] ", told.replace("without signing in: ", ""))) == there


def test_the_scripts_are_as_small_as_the_map_says() -> None:
    (most,) = re.findall(r"scripts of less than (\d+) KB", README.read_text())
    sent = [script(ROOT / "static"), small((ROOT / "static" / WORKER).read_text())]
    assert sum(len(gzip.compress(one.encode())) for one in sent) < int(most) * 1024


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_pointed_to_exists(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_units_start_what_the_guide_starts() -> None:
    units = {path.name: path.read_text() for path in (ROOT / "docs" / "systemd").iterdir()}
    assert set(units) == {"checkin-web.service", "checkin-scheduler.service"}
    assert 'gunicorn "wsgi:web()"' in units["checkin-web.service"]
    assert "flask scheduler" in units["checkin-scheduler.service"]
    assert all("EnvironmentFile=/etc/checkin/settings" in unit for unit in units.values())


def test_the_proxy_takes_the_largest_calendar_with_the_form_around_it_and_logs_no_path() -> None:
    (most,) = re.findall(r"location = /hours/busy \{ client_max_body_size (\d+)m;", GUIDE.read_text())
    assert int(most) * 1024**2 > LARGEST_FILE + 64 * 1024
    servers = re.findall(r"^    server \{\n(.*?)^    \}\n", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert [re.findall(r"access_log ([^;]+)", server) for server in servers] == [
        ["/var/log/nginx/checkin.log checkin"],
        ["off"],
    ]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this copy is not under git")
def test_nothing_that_is_to_be_left_out_is_under_git() -> None:
    """Above all not .venv: checking it out elsewhere deletes the environment that is there."""
    command = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_every_fault_that_is_injected_is_in_the_table_with_its_tests() -> None:
    injected: set[tuple[int, str]] = set()
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for numbers in re.findall(r"^def test_fault((?:_\d\d)+)_", file.read_text(), re.MULTILINE):
            injected |= {(int(n), str(file.relative_to(ROOT))) for n in numbers.strip("_").split("_")}
    rows = re.findall(
        r"^\| ([\d, ]+) \|.*\| (.*) \|$", (ROOT / "docs" / "faults.md").read_text(), re.MULTILINE
    )
    told = {
        (int(number), file)
        for numbers, files in rows
        for number in numbers.split(",")
        for file in re.findall(r"`(tests/[^`]+)`", files)
    }
    assert told == injected
    firsts = [int(numbers.split(",")[0]) for numbers, _ in rows]
    assert firsts == sorted(firsts), "the table is sorted"
