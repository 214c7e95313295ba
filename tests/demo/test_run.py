"""`make run` behind its make: both servers started, told about and stopped, its secrets kept to itself."""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.house import environment

from checkin.demo.seed import Expected

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "scripts" / "demo.py"
FOREIGN = {"DATABASE_URL": "postgresql://somebody@else/real", "CHECKIN_SECRET_KEY": "from the shell"}


@pytest.fixture
def folder(tmp_path: Path, seeded: tuple[Path, Expected]) -> Path:
    """Where the demo keeps its things: the keys of the tests, and the demo as it was seeded long ago."""
    settings = environment("")
    kept = ("CHECKIN_SECRET_KEY", "CHECKIN_MASTER_KEYS", "CHECKIN_LOOKUP_KEY")
    (tmp_path / "demo.env").write_text("".join(f"{name}={settings[name]}\n" for name in kept))
    shutil.copyfile(seeded[0], tmp_path / "demo.sqlite3")
    return tmp_path


def command(folder: Path, *arguments: str, port: int = 8000) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, SCRIPT, *arguments],
        env={"PATH": os.environ["PATH"], "CHECKIN_DEMO_FOLDER": str(folder), "PORT": str(port), **FOREIGN},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def at_work(folder: Path) -> list[Path]:
    """The processes that were started with the database in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is somebody else's
            if f"DATABASE_URL=sqlite:///{folder}/".encode() in (process / "environ").read_bytes():
                found.append(process)
    return found


def test_secrets_are_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    contents = []
    for _ in range(2):
        told = command(folder, "flask", "check-config").communicate(timeout=60)[0]
        assert told == "The settings are complete. People open http://127.0.0.1:8000.\n"
        contents.append((folder / "demo.env").read_text())
    assert contents[0] == contents[1]
    assert stat.S_IMODE((folder / "demo.env").stat().st_mode) == 0o600
    assert FOREIGN["CHECKIN_SECRET_KEY"] not in contents[0]


def test_a_command_works_on_the_database_of_the_demo_only(folder: Path) -> None:
    process = command(folder, "flask", "tick")
    assert "heartbeat: 0" in process.communicate(timeout=60)[0]
    assert process.returncode == 0


def test_it_starts_both_servers_and_stops_them_on_ctrl_c(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = command(folder, "run", port=taken.getsockname()[1])
        told = _until(process, "Ctrl-C stops it")
    address = next(line.split()[1] for line in told if line.startswith("Open http"))
    try:
        assert len(at_work(folder)) >= 3, "scheduler, web server and its workers"
        assert any("is taken, so this uses" in line for line in told)
        assert any("maya@demo.example" in line for line in told)
        with urllib.request.urlopen(f"{address}/sign-in", timeout=30) as answer:
            assert answer.status == 200
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        rest = process.communicate(timeout=60)[0]
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in rest
    assert at_work(folder) == []
    assert '"scheduler stopped"' in (folder / "scheduler.log").read_text()


def _until(process: subprocess.Popen[str], words: str) -> list[str]:
    assert process.stdout is not None
    told: list[str] = []
    while not told or words not in told[-1]:
        line = process.stdout.readline()
        assert line, f"it ended:\n{''.join(told)}"
        told.append(line)
    return told


def test_what_is_asked_wrongly_is_answered_with_how_to_ask(tmp_path: Path) -> None:
    process = command(tmp_path, "start")
    assert "python scripts/demo.py run" in process.communicate(timeout=60)[0]
    assert process.returncode == 1
