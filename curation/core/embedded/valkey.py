"""Valkey, the Redis of a home: a doorbell and a cache, kept over a restart but never the only copy of anything."""

import signal
from dataclasses import dataclass
from pathlib import Path
from socket import AF_UNIX, socket
from typing import ClassVar

from curation.core.embedded import binaries
from curation.core.embedded.account import Account
from curation.core.embedded.places import REDIS, Places


@dataclass(frozen=True)
class Valkey:
    """The Valkey of one home."""

    places: Places
    account: Account

    name: ClassVar[str] = REDIS
    orphan_signal: ClassVar[signal.Signals] = signal.SIGTERM
    # It ignores SIGTERM when its directory has vanished, because it cannot save there.
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]] = ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0))

    @property
    def socket(self) -> Path:
        """The socket it listens on."""
        return self.places.redis_socket

    def prepare(self) -> None:
        """Create its directory, and clear away the socket of a server that was killed."""
        data = self.places.data(REDIS)
        data.mkdir(mode=0o700, exist_ok=True)
        self.account.give_tree(data)
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """The command line of the server."""
        program = binaries.runnable(binaries.valkey(), self.account)
        inside = self.places.sockets.parent == self.places.state
        address = "../run/redis.sock" if inside else str(self.places.redis_socket)
        options = {
            "port": "0",
            "unixsocket": address,
            "unixsocketperm": "700",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory": "256mb",
            # A queue must refuse a message rather than forget another one.
            "maxmemory-policy": "noeviction",
        }
        return [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def is_ready(self, pid: int) -> bool:
        """Whether it answers a ping; while it reads its files back it answers something else."""
        return pid > 0 and answers(str(self.socket))


def answers(path: str) -> bool:
    """Whether a Redis server answers a ping on this socket."""
    try:
        with socket(AF_UNIX) as client:
            client.settimeout(2)
            client.connect(path)
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False
