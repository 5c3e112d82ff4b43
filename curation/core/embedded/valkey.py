"""Valkey, the Redis of a home: messages and a cache, kept over a restart but never the only copy of anything."""

import signal
from socket import AF_UNIX, socket

from curation.core.embedded import binaries
from curation.core.embedded.account import Account
from curation.core.embedded.home import REDIS, Home
from curation.core.embedded.server import Server

_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "256mb",
    # A queue must refuse a message rather than forget another one.
    "maxmemory-policy": "noeviction",
}


class Valkey(Server):
    """The Valkey of one home."""

    service = REDIS
    stop_signal, stop_within = signal.SIGTERM, 8.0

    def __init__(self, home: Home, account: Account) -> None:
        super().__init__(home, account, home.redis_socket)

    def prepare(self) -> None:
        """Create its directory, and clear away the socket of a server that was killed."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.account.give_tree(self.data)
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """The command line of the server."""
        program = binaries.runnable(binaries.valkey(), self.account)
        options = {**_OPTIONS, "unixsocket": f"{self.home.sockets_from_data}/{self.socket.name}"}
        return [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def is_ready(self) -> bool:
        """Whether it answers a ping; while it reads its files back it answers something else."""
        try:
            with socket(AF_UNIX) as client:
                client.settimeout(2)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
