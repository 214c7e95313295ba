"""The real web server on a port of the kernel's choice, to be killed and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from support.house import PLAIN, environment
from support.visitor import forms_of

ROOT = Path(__file__).parent.parent.parent
_START_S = 60.0
_LISTENS = re.compile(r"Listening at: http://127\.0\.0\.1:(\d+) \((\d+)\)")


@dataclass
class Server:
    """A gunicorn of our own; ``port`` is what it listens on, ``log`` everything it writes."""

    process: subprocess.Popen[bytes]
    port: int
    master: int
    log: Path

    def workers(self) -> list[int]:
        """The processes that answer requests now."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill(self) -> None:
        """End everything at once, as a power cut would; only what this helper started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=_START_S)

    def stop(self) -> None:
        """End it in an orderly way, if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()


def start_server(
    database_url: str,
    folder: Path,
    *,
    workers: int = 1,
    threads: int = 4,
    around: Sequence[str] = (),
) -> Server:
    """Start ``gunicorn "wsgi:web()"`` and wait until it listens. ``around`` is a program to run it under."""
    log = folder / f"server-{time.monotonic_ns()}.log"
    gunicorn = ["-m", "gunicorn", f"--workers={workers}", f"--threads={threads}", "--bind=127.0.0.1:0"]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*around, sys.executable, *gunicorn, "--no-control-socket", "wsgi:web()"],
            cwd=ROOT,
            env={**os.environ, **environment(database_url)},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    port, master = _wait_until_it_listens(process, log)
    return Server(process=process, port=port, master=master, log=log)


def _wait_until_it_listens(process: subprocess.Popen[bytes], log: Path) -> tuple[int, int]:
    """The port and pid it says; refuses a listener that is neither the child nor a child of it."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        found = _LISTENS.search(log.read_text())
        if found:
            port, pid = int(found[1]), int(found[2])
            assert os.getpgid(pid) == process.pid, "somebody else listens there"
            return port, pid
        assert process.poll() is None, f"the server did not start:\n{log.read_text()}"
        time.sleep(0.02)
    raise AssertionError(f"the server does not listen:\n{log.read_text()}")


@dataclass
class Phone:
    """A browser over a real connection: cookies, and the form of the last page."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Mapping[str, str] | None = None, **more: str
    ) -> tuple[int, str, str]:
        """Make one request, with ``more`` headers; return status, text and where it sends on.

        Raises ``OSError`` or ``HTTPException`` when no answer comes.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            headers |= {name.replace("_", "-"): value for name, value in more.items()}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, None if body is None else urlencode(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie") or ():
            self.cookies.update({name: cookie.value for name, cookie in SimpleCookie(header).items()})
        return answer.status, text, answer.headers.get("Location") or ""

    def send_kept(self, link: str, fields: Mapping[str, str]) -> tuple[int, str]:
        """Send answers as the script does that keeps them on the phone; return status and receipt."""
        script = {"Idempotency_Key": fields["key"], "Sec_Fetch_Site": "same-origin", "Origin": PLAIN}
        return self.ask("POST", f"/c/{link}", fields, **script)[:2]

    def press(self, page: str, action: str, **values: str) -> int:
        """Send a form of a page, the rest of its fields as they are; return the status."""
        forms = forms_of(self.ask("GET", page)[1])
        form = next(form for form in forms if urlsplit(form.action or page).path == action)
        return self.ask("POST", action, {**form.values, **values})[0]

    def open_check_in(self, link: str) -> tuple[str, dict[str, str]]:
        """Open a check-in link; return where its form goes and its fields, all answered with 0 or 1."""
        status, text, _ = self.ask("GET", f"/c/{link}")
        assert status == 200, status
        form = next(form for form in forms_of(text) if "key" in form.values)
        chosen = {name: "0" for name in form.choices if re.fullmatch(r"q\d+", name)}
        return urlsplit(form.action).path or f"/c/{link}", {**form.values, **chosen, "q1": "1"}
