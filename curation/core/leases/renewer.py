"""The process that renews its parent's leases. Its input is lines of JSON; it ends with its input, or its parent."""

import json
import os
import random
import select
import sys
import time
from typing import Any

# An idle renewer costs its memory, and a new one a moment.
IDLE = 60.0
LOOK = 2.0


class Renewer:
    """Keeps leases over one connection, which is opened when the first is to be renewed."""

    def __init__(self, parent: int, parameters: dict[str, Any]) -> None:
        self.parent, self.parameters = parent, parameters
        self.kept: dict[int, dict[str, Any]] = {}
        self.due: dict[int, float] = {}
        self.noted: dict[int, dict[str, int]] = {}
        self.connection: Any = None

    def hear(self, line: dict[str, Any]) -> None:
        """Follow one line of the parent's."""
        if "keep" in line:
            self.kept[line["keep"]] = line
            self.due[line["keep"]] = self.next_time(line)
        elif "note" in line and line["note"] in self.kept:
            self.noted[line["note"]] = line["figures"]
            self.due[line["note"]] = 0.0
        elif "drop" in line:
            self.forget(line["drop"])

    def next_time(self, line: dict[str, Any]) -> float:
        """When to renew next: never at the same time as the renewers that began together with this one."""
        return time.monotonic() + float(line["every"]) * random.uniform(0.8, 1.2)  # noqa: S311 # nosec

    def forget(self, token: int) -> None:
        for known in (self.kept, self.due, self.noted):
            known.pop(token, None)

    def renew_due(self) -> None:
        """Renew what is due. A lease that is somebody else's by now, or has ended, is renewed no longer."""
        for token in [token for token, at in self.due.items() if at <= time.monotonic()]:
            line = self.kept[token]
            self.due[token] = self.next_time(line)
            try:
                if not self.renew(token, line, self.noted.pop(token, {})):
                    self.forget(token)
            except Exception as error:
                # The database is away; there is time for more than one try.
                print(f"could not renew a lease: {error}", file=sys.stderr)  # noqa: T201
                self.due[token] = time.monotonic() + float(line["every"]) / 4
                self.close()

    def renew(self, token: int, line: dict[str, Any], figures: dict[str, int]) -> bool:
        """Renew one lease, and store figures with it; returns whether it is still the parent's."""
        import psycopg
        from psycopg import sql

        if self.connection is None:
            self.connection = psycopg.connect(**{"connect_timeout": 5, **self.parameters}, autocommit=True)
            self.connection.execute("SET lock_timeout = '3s'")
            self.connection.execute("SET statement_timeout = '10s'")
            # That may have taken a while. What a holder that is gone had is free when its lease runs out, and no later.
            if os.getppid() != self.parent:
                return False
        statement = sql.SQL(
            "UPDATE {table} SET lease_until = clock_timestamp() + make_interval(secs => %s), by_token = %s{figures} "
            "WHERE {column} = ANY(%s) AND token = %s AND lease_until IS NOT NULL"
        ).format(
            table=sql.Identifier(line["table"]),
            column=sql.Identifier(line["column"]),
            figures=sql.SQL("").join(
                sql.SQL(", {} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in figures.items()
            ),
        )
        return bool(self.connection.execute(statement, [line["seconds"], token, line["ids"], token]).rowcount)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def run(self, pipe: int) -> None:
        """Go on until the parent closes its end of the pipe, is gone, or has nothing to keep for a while."""
        heard, idle = b"", time.monotonic()
        while os.getppid() == self.parent:
            now = time.monotonic()
            if self.kept:
                idle = now
            else:
                self.close()
            if now - idle > IDLE:
                return
            patience = max(0.0, min([LOOK, *(at - now for at in self.due.values())]))
            if select.select([pipe], [], [], patience)[0]:
                piece = os.read(pipe, 65536)
                if not piece:
                    return
                *lines, heard = (heard + piece).split(b"\n")
                for line in lines:
                    self.hear(json.loads(line))
            self.renew_due()


def main() -> None:
    """Read whose leases these are, then keep them."""
    pipe = sys.stdin.fileno()
    first = b""
    while not first.endswith(b"\n"):
        byte = os.read(pipe, 1)
        if not byte:
            return
        first += byte
    told = json.loads(first)
    Renewer(told["parent"], told["connect"]).run(pipe)


if __name__ == "__main__":
    main()
