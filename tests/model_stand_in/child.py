"""The process of the stand-in: takes orders as lines of JSON, answers each with a line, and ends with its input."""

import asyncio
import json
import socket
import sys
from dataclasses import asdict, replace
from typing import Any

from curation.demo.practice_model.billing import Bill
from curation.demo.practice_model.models import MODELS, Models
from tests.model_stand_in import digest
from tests.model_stand_in.faults import Faults, FaultyServer


class Child:
    """The server and its socket, which may be closed and opened again on the same port."""

    def __init__(self) -> None:
        self.server = FaultyServer(Models())
        self.port = 0
        self.listening: asyncio.Server | None = None

    async def listen(self) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self.listening = await self.server.listen(listener)

    async def refuse(self) -> None:
        """Let nobody connect, and end all connections."""
        if self.listening is not None:
            self.listening.close()
            self.listening = None
        for out in list(self.server.connected):
            out.abort()

    async def obey(self, order: dict[str, Any]) -> Any:
        """Do one thing, and return what there is to say."""
        server = self.server
        match order:
            case {"begin": faults, "seconds": seconds, "batch_seconds": batches, "key": key, "keep_bill": keep}:
                server.seconds, server.batches.seconds, server.key = seconds, batches, key
                server.begin(Faults(**faults))
                if not keep:
                    server.models.bill = Bill()
                    server.models.asked.clear()
                    server.batches.known.clear()
                    server.models.cache.clear()
                    server.models.models = dict(MODELS)
                if self.listening is None:
                    await self.listen()
            case {"judge": model, "fields": fields, "truths": truths}:
                known = server.models.models[model]
                judge = replace(known.judge, **fields)
                if truths is not None:
                    judge = replace(judge, truth=lambda story, key: truths[digest(story)].get(key, 3.0))
                server.models.models[model] = replace(known, judge=judge)
            case {"end_batches": _}:
                for batch in server.batches.known.values():
                    batch.ends_at = 0.0
            case {"refuse": _}:
                await self.refuse()
            case {"accept": _}:
                if self.listening is None:
                    await self.listen()
            case {"bill": with_entries}:
                bill = server.models.bill
                entries = [asdict(entry) for entry in bill.entries] if with_entries else []
                return {"calls": len(bill.entries), "micro_usd": bill.micro_usd(), "entries": entries}
            case {"seen": _}:
                return {"calls": server.calls, "most_working": server.most_working, "met": dict(server.met)}
        return {}


async def run() -> None:
    """Listen, say on which port, then take orders."""
    child = Child()
    await child.listen()
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=256_000_000)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(json.dumps({"port": child.port}), flush=True)  # noqa: T201
    while line := await orders.readline():
        print(json.dumps(await child.obey(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(run())
