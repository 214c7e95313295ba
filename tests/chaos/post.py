"""The way of the mail: a sink that keeps what it takes, behind a proxy that loses what it is told to lose."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Self
from uuid import UUID

from peers.smtp import SmtpPeer

_END_OF_DATA = b"\r\n.\r\n"
LATE_S = 0.8

# What happens to a connection, and in how many of a hundred.
FATES: Mapping[str, int] = {"clean": 80, "reply lost": 9, "reply late": 4, "cut before": 7}


class Post:
    """Dispatchers send to ``port``. ``troubled``: whether connections meet their fates or all go well."""

    def __init__(self, seed: str) -> None:
        self.port = 0
        self.troubled = False
        self.met: Counter[str] = Counter()
        self._sink = SmtpPeer()
        self._read = 0
        self._delivered: Counter[UUID] = Counter()
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._sink.__enter__()
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
        self._sink.__exit__()

    def delivered(self) -> Counter[UUID]:
        """How often each message was taken by the sink until now."""
        taken = self._sink.taken
        while self._read < len(taken):
            self._delivered[taken[self._read].message_id] += 1
            self._read += 1
        return Counter(self._delivered)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._relay, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _relay(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        fate = self._random.choices(list(FATES), list(FATES.values()))[0] if self.troubled else "clean"
        with suppress(OSError, asyncio.CancelledError):
            server, onward = await asyncio.open_connection("127.0.0.1", self._sink.port)
            relay = _Relay(fate, self.met)
            ways = (relay.forward(client, onward), relay.back(server, answer))
            tasks = [asyncio.ensure_future(way) for way in ways]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                onward.close()
                answer.close()


class _Relay:
    """Both ways of one connection. A way that ends ends the whole."""

    def __init__(self, fate: str, met: Counter[str]) -> None:
        self._fate = fate
        self._met = met
        self._tail = b""
        self._whole = False  # the sink has been given the whole message

    async def forward(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            if self._fate == "cut before" and chunk.upper().startswith(b"DATA\r\n"):
                self._met[self._fate] += 1
                return
            self._tail = (self._tail + chunk)[-len(_END_OF_DATA) :]
            self._whole = self._whole or self._tail == _END_OF_DATA
            target.write(chunk)
            await target.drain()

    async def back(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            if self._whole and self._fate in {"reply lost", "reply late"}:
                self._met[self._fate] += 1
                if self._fate == "reply lost":
                    return
                self._fate = "clean"
                await asyncio.sleep(LATE_S)
            target.write(chunk)
            await target.drain()
