"""One request at a time in each process of the server: threads are for those that wait."""

from collections.abc import Iterable
from threading import Lock
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE_S = 0.05
"""A page takes a few milliseconds. Whatever takes longer than this waits for something, and others go on."""


class OneAtATime:
    """The application, to which a request comes when the one before it is answered.

    SQLite's driver lets other threads run at each of its calls. Where several threads work, each call costs a
    change of threads there and one back, which takes longer than the call. After ``patience`` seconds a
    request goes on beside the one that it waited for.
    """

    def __init__(self, inner: WSGIApplication, patience: float = PATIENCE_S) -> None:
        self._inner = inner
        self._patience = patience
        self._free = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        alone = self._free.acquire(timeout=self._patience)
        try:
            return self._inner(environ, start_response)
        finally:
            if alone:
                self._free.release()
