"""`python -m curation.demo.practice_model --port 8100`: run the practice model on this machine, until it is ended."""

import argparse
import asyncio
import signal
import socket

from curation.demo.practice_model.server import PracticeServer


async def run(listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, ended.set)
    server = await PracticeServer().listen(listener)
    await ended.wait()
    server.close()


def main() -> None:
    """Take the port, or the socket that was handed down, and serve."""
    parser = argparse.ArgumentParser(prog="practice_model", description=__doc__)
    parser.add_argument("--port", type=int, default=8100, help="the port on 127.0.0.1 (8100)")
    parser.add_argument("--descriptor", type=int, help="a bound socket that the parent has opened")
    options = parser.parse_args()
    if options.descriptor is not None:
        listener = socket.socket(fileno=options.descriptor)
    else:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", options.port))
    asyncio.run(run(listener))


if __name__ == "__main__":
    main()
