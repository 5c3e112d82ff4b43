"""A stand-in for the providers of language models: the practice model in a process of its own, at a test's command."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from curation.demo.practice_model.billing import Charge, PracticeUsage
from tests.model_stand_in.faults import Faults

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Billed:
    """The stand-in's own bill."""

    calls: int
    micro_usd: int
    entries: list[Charge]


class StandIn:
    """A running stand-in. `url` is the `base_url` of a provider that speaks as Anthropic, `openai_url` as OpenAI."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.model_stand_in.child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._read()["port"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.openai_url = f"{self.url}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    def begin(
        self,
        faults: Faults | None = None,
        *,
        seconds: float = 0.0,
        batch_seconds: float = 0.2,
        key: str = "",
        keep_bill: bool = False,
    ) -> None:
        """From now on, answers and batches take so long and these faults are met; the rest is as after a start."""
        told = {"seconds": seconds, "batch_seconds": batch_seconds, "key": key, "keep_bill": keep_bill}
        self._order(begin=asdict(faults or Faults()), **told)

    def judge(self, model: str, *, truths: Mapping[str, Mapping[str, float]] | None = None, **fields: Any) -> None:
        """Have a model judge otherwise: fields of `PracticeJudge`, and truths by the text of a story."""
        known = None if truths is None else {digest(story): dict(values) for story, values in truths.items()}
        self._order(judge=model, fields=fields, truths=known)

    def end_batches(self) -> None:
        """Let the batches that it has be worked off when somebody next asks for them."""
        self._order(end_batches=True)

    def refuse(self) -> None:
        """End all connections and take none, until `accept`."""
        self._order(refuse=True)

    def accept(self) -> None:
        """Be there again, on the same port."""
        self._order(accept=True)

    def bill(self, *, with_entries: bool = False) -> Billed:
        """What was charged since `begin`."""
        told = self._order(bill=with_entries)
        entries = [Charge(**{**entry, "usage": PracticeUsage(**entry["usage"])}) for entry in told["entries"]]
        return Billed(told["calls"], told["micro_usd"], entries)

    def seen(self) -> dict[str, Any]:
        """What was seen since `begin`: `calls`, the `most_working` at a time, and how often each fault was `met`."""
        return self._order(seen=True)

    def _order(self, **order: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the stand-in has ended"
        read: dict[str, Any] = json.loads(line)
        return read


def digest(story: str) -> str:
    """What a story is known by."""
    return sha256(story.strip().encode("utf-8", "surrogatepass")).hexdigest()
