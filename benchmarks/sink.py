"""``python -m benchmarks.sink``: the quickest SMTP server, on a port that it prints. It keeps nothing."""

import asyncio

_ANSWERS = {b"data": b"354 go on\r\n", b"quit": b"221 bye\r\n"}
_END = b"\r\n.\r\n"


class Connection(asyncio.Protocol):
    """Takes any message from anybody."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._waiting = b""
        self._in_message = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while self._waiting:
            end = _END if self._in_message else b"\r\n"
            line, found, rest = self._waiting.partition(end)
            if not found:
                return
            self._waiting = rest
            if self._in_message:
                self._in_message = False
                self._transport.write(b"250 taken\r\n")
                continue
            command = line[:4].lower()
            self._in_message = command == b"data"
            self._transport.write(_ANSWERS.get(command, b"250 yes\r\n"))
            if command == b"quit":
                self._transport.close()


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
