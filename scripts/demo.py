"""The demo on this machine: its secrets and database under var/, web server and scheduler in one terminal.

``python scripts/demo.py run`` starts everything; ``python scripts/demo.py flask COMMAND`` runs one command
with the demo's settings. Settings of the shell are left aside, so that no other database is touched.
"""

import base64
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("CHECKIN_DEMO_FOLDER", ROOT / "var"))
SECRETS, DATABASE = VAR / "demo.env", VAR / "demo.sqlite3"
BIN = Path(sys.executable).parent
HOST, PORT = "127.0.0.1", 8000
STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
START_SECONDS, STOP_SECONDS = 60, 15


def environment(port: int) -> dict[str, str]:
    """The settings of the demo; its secrets are made once."""
    if not SECRETS.exists():
        make_secrets()
    kept = dict(line.split("=", 1) for line in SECRETS.read_text().splitlines() if line)
    shell = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHECKIN_", "FLASK_")) and name != "DATABASE_URL"
    }
    return {
        **shell,
        **kept,
        "DATABASE_URL": f"sqlite:///{DATABASE}",
        "CHECKIN_BASE_URL": f"http://{HOST}:{port}",
        "CHECKIN_MAIL": "console",
        "CHECKIN_DEMO": "yes",
    }


def make_secrets() -> None:
    """Write fresh keys where only this user can read them."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    values = {
        "CHECKIN_SECRET_KEY": secrets.token_hex(32),
        "CHECKIN_MASTER_KEYS": f"demo:{key()}",
        "CHECKIN_LOOKUP_KEY": key(),
    }
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(SECRETS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


def flask(arguments: list[str], port: int = PORT) -> int:
    """Run one command and return how it ended."""
    done = subprocess.run([BIN / "flask", *arguments], cwd=ROOT, env=environment(port), check=False)  # noqa: S603
    return done.returncode


def free_port() -> int:
    """The usual port, or any other where somebody has that one."""
    wanted = int(os.environ.get("PORT", PORT))
    for port in (wanted, 0):
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((HOST, port))
            return int(tried.getsockname()[1])
    raise SystemExit("There is no free port on this machine.")


class Servers:
    """Web and scheduler. Each is a session of its own, so that Ctrl-C reaches them through us, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.logs = {name: VAR / f"{name}.log" for name in ("web", "scheduler")}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        web = [BIN / "gunicorn", "wsgi:web()", "--bind", f"{HOST}:{self.port}", "--no-control-socket"]
        self._start("web", [*web, "--workers", "2", "--worker-class", "gthread", "--threads", "4"])
        self._start("scheduler", [BIN / "flask", "scheduler"])

    def _start(self, name: str, command: list[str | Path]) -> None:
        with self.logs[name].open("wb") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603
                command, cwd=ROOT, env=environment(self.port), stderr=log, start_new_session=True
            )

    def ended(self) -> str | None:
        """The name of one that is not running any more."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def wait_for_web(self) -> None:
        """Return once somebody answers, or one of the two has ended."""
        ends = time.monotonic() + START_SECONDS
        while self.ended() is None and time.monotonic() < ends:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            time.sleep(0.1)

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def run() -> int:
    """Prepare what is missing, run both servers until somebody stops us, and return how that ended."""
    port = free_port()
    wanted = int(os.environ.get("PORT", PORT))
    if port != wanted:
        print(f"Port {wanted} is taken, so this uses {port}.")
    if not DATABASE.exists():
        print("Filling the demo clinic: once, for some ten seconds.", flush=True)
    servers = Servers(port)
    try:
        if flask(["db-upgrade"], port) or flask(["seed-demo"], port):
            return 1
        servers.start()
        servers.wait_for_web()
        return watch(servers)
    except KeyboardInterrupt:
        return 0
    finally:
        servers.stop()


def watch(servers: Servers) -> int:
    """Wait until we are told to stop, or until one of the two ends by itself, which is a fault."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    if servers.ended() is None:
        print(f"\nOpen http://{HOST}:{servers.port}\nCtrl-C stops it. Messages appear below.\n", flush=True)
    while (name := servers.ended()) is None:
        if signal.sigtimedwait(STOPS, 1) is not None:
            print("\nStopping.", flush=True)
            return 0
    log = servers.logs[name].read_text(errors="replace").splitlines()[-20:]
    print(f"The {name} ended. The end of {servers.logs[name]}:", *log, sep="\n", file=sys.stderr)
    return 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run"]:
            sys.exit(run())
        case ["flask", *rest]:
            sys.exit(flask(rest))
        case _:
            sys.exit(__doc__)
