"""Serves a real Argilla, in an environment of its own: SQLite, a Redis that it is told of, and an index in memory.

`python serve.py HOME SOCKET OWNER_KEY`, started by `tests.argilla.running`. All but the search engine is Argilla's
own: API, policies, validators, migrations, jobs, pages. It reads its program, which takes seconds, and ends when its
standard input does. `{"start": PORT}` as a line there starts the server, as a process of its own, which says its port,
0 for any, and its number on standard output once it is ready; its end is said too. Each line meanwhile is an order, an
object: `{"refuse": STATUS, "after": N, "times": N, "wait": SECONDS}` has the calls after the next N be refused, as a
proxy would, so often; `{"break": ..., "after": N}` ends the process in the middle of the call after the next N, before
it is carried out or after; `{"kill": PROCESS}` ends another one so, that of whoever called. `only` is for calls of one
method, `path` for those whose path ends so. `{"clock": SECONDS}` has its clock be ahead by so much.
"""

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

HOME, REDIS, OWNER_KEY = sys.argv[1:]
# The server reads its settings when it is imported.
os.environ.update(
    ARGILLA_HOME_PATH=HOME,
    ARGILLA_DATABASE_URL=f"sqlite+aiosqlite:///{HOME}/argilla.db?check_same_thread=False",
    ARGILLA_DATABASE_SQLITE_TIMEOUT="30",
    ARGILLA_REDIS_URL=f"unix://{REDIS}",
    ARGILLA_SEARCH_ENGINE="memory",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_OFFLINE="1",
)

import alembic.config  # noqa: E402
import bcrypt  # noqa: E402
import uvicorn  # noqa: E402
from argilla_server import app, database  # noqa: E402
from argilla_server.cli.database.users.create import _create as create_user  # noqa: E402
from argilla_server.cli.search_engine.reindex import Reindexer  # noqa: E402
from argilla_server.contexts import datasets  # noqa: E402
from argilla_server.enums import UserRole  # noqa: E402
from argilla_server.jobs.queues import DEFAULT_QUEUE, HIGH_QUEUE, REDIS_CONNECTION  # noqa: E402
from argilla_server.models import mixins  # noqa: E402
from argilla_server.models.base import DatabaseModel  # noqa: E402
from argilla_server.webhooks.v1 import commons  # noqa: E402
from memory_engine import MemoryEngine  # noqa: E402
from rq import SimpleWorker  # noqa: E402
from rq.timeouts import TimerDeathPenalty  # noqa: E402
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: E402
from sqlalchemy.pool import NullPool  # noqa: E402


class ThreadWorker(SimpleWorker):
    """Carries jobs out in a thread of this process, where the index is."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self):
        """Signals are the main thread's."""


class Clock(datetime):
    """What the server takes the time from."""

    ahead = timedelta(0)

    @classmethod
    def utcnow(cls):
        return datetime.now(UTC).replace(tzinfo=None) + cls.ahead

    @classmethod
    def put_in(cls):
        """Have what is stored and what is signed have the time of this clock."""
        for module in (mixins, datasets, commons):
            module.datetime = cls
        for table in DatabaseModel.metadata.tables.values():
            if "inserted_at" in table.columns:
                table.columns["inserted_at"].default.arg = lambda _context: cls.utcnow()
            if "updated_at" in table.columns:
                table.columns["updated_at"].onupdate.arg = lambda _context: cls.utcnow()


class Gate:
    """What stands between a caller and the server: it refuses, or breaks down, as it is ordered."""

    def __init__(self):
        self.order = {}

    async def __call__(self, scope, receive, send):
        order = self.order if scope["type"] == "http" and scope["path"].startswith("/api/") else {}
        meant = order.get("only", scope.get("method")) == scope.get("method")
        if order and meant and scope["path"].endswith(order.get("path", "")):
            if order.get("after", 0) > 0:
                order["after"] -= 1
            elif "break" in order:
                if order["break"] == "after":
                    await app(scope, receive, _nowhere)
                os._exit(9)
            elif "kill" in order:
                self.order = {}
                receive = await _heard_to_its_end(receive)
                os.kill(order["kill"], signal.SIGKILL)
            elif order.get("times", 1) > 0:
                order["times"] = order.get("times", 1) - 1
                headers = [(b"retry-after", str(order["wait"]).encode())] if "wait" in order else []
                await send({"type": "http.response.start", "status": order["refuse"], "headers": headers})
                await send({"type": "http.response.body", "body": b"busy"})
                return
        await app(scope, receive, send)

    def listen(self):
        for line in sys.stdin:
            self.order = json.loads(line)
            Clock.ahead = timedelta(seconds=self.order.pop("clock", 0))
            say(ordered=True)
        os._exit(0)


async def _heard_to_its_end(receive):
    """What a caller has said, whose call is carried out though they are gone by then."""
    heard = [await receive()]
    while heard[-1].get("more_body"):
        heard.append(await receive())

    async def again():
        return heard.pop(0) if heard else await asyncio.Future()

    return again


async def _nowhere(_message):
    """What was answered is lost."""


def say(**told):
    sys.__stdout__.write(json.dumps(told) + "\n")
    sys.__stdout__.flush()


async def serve(gate, port):
    with contextlib.redirect_stdout(io.StringIO()):
        await create_user("Owner", "owner", UserRole.owner, "12345678", api_key=OWNER_KEY, workspace=["argilla"])
    async with database.AsyncSessionLocal() as db:
        async for dataset in Reindexer.reindex_datasets(db, MemoryEngine()):
            async for _ in Reindexer.reindex_dataset_records(db, MemoryEngine(), dataset):
                pass
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(gate, lifespan="off", access_log=False, log_level="error"))
    begun = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.02)
    threading.Thread(target=gate.listen, daemon=True).start()
    say(port=listening.getsockname()[1], process=os.getpid())
    await begun


def run(port):
    """Serve, on what was there at the last start."""
    with contextlib.redirect_stdout(io.StringIO()):
        alembic.config.main(argv=["-c", database.ALEMBIC_CONFIG_FILE, "upgrade", "head"])
    # No pool: a connection must not be shared between the loop of the server and those of the thread with the jobs.
    engine_args = database.settings.database_engine_args
    database.AsyncSessionLocal.configure(
        bind=create_async_engine(database.settings.database_url, poolclass=NullPool, **engine_args)
    )
    Clock.put_in()
    # Nobody signs in by a password here, and to hash one takes a third of a second otherwise.
    bcrypt.gensalt = partial(bcrypt.gensalt, 4)
    jobs = ThreadWorker([HIGH_QUEUE, DEFAULT_QUEUE], connection=REDIS_CONNECTION)
    threading.Thread(target=jobs.work, kwargs={"logging_level": "ERROR"}, daemon=True).start()
    asyncio.run(serve(Gate(), port))


while line := sys.stdin.readline():
    serving = os.fork()
    if not serving:
        run(json.loads(line)["start"])
        break
    os.waitpid(serving, 0)
    say(ended=serving)
