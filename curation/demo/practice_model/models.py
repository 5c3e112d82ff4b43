"""The models that the practice model has, and how a question becomes a paid answer, whoever's form it came in."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from curation.demo.practice_model.billing import Bill, Charge, PracticePrice, PracticeUsage, price, tokens
from curation.demo.practice_model.judge import PracticeJudge

# As the providers do: a prefix that is shorter is not kept, and one that nobody asks for is forgotten.
LEAST_CACHED, KEPT_SECONDS = 1024, 300.0


@dataclass(frozen=True)
class Model:
    """One model: how it judges, what it costs, and whether it takes a temperature."""

    judge: PracticeJudge
    price: PracticePrice
    takes_temperature: bool = True


MODELS: dict[str, Model] = {
    "practice-steady": Model(PracticeJudge(bias=-0.3, seed=1), price("3", "15")),
    "practice-kind": Model(PracticeJudge(bias=0.8, noise=0.6, seed=2), price("1", "5")),
    "practice-erratic": Model(
        PracticeJudge(noise=1.2, sample_noise=0.8, seed=3), price("0.25", "1.25"), takes_temperature=False
    ),
}


@dataclass(frozen=True)
class PracticeQuestion:
    """What a request asks, without its form. `cached` says whether the provider was asked to keep the system text."""

    model: str
    system: str
    text: str
    schema: Mapping[str, Any] | None
    most_tokens: int
    cached: bool
    temperature: float | None = None
    key: str = ""


@dataclass(frozen=True)
class PracticeAnswer:
    """What is answered: JSON, cut off where `most_tokens` ended it."""

    id: str
    model: str
    text: str
    usage: PracticeUsage
    is_cut: bool


class QuestionRefused(Exception):
    """A question that the provider does not take; `kind` is the word for it in Anthropic's form."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


@dataclass
class Models:
    """All models of one server, with their bill and what they have in their cache."""

    models: dict[str, Model] = field(default_factory=lambda: dict(MODELS))
    bill: Bill = field(default_factory=Bill)
    now: Callable[[], float] = time.monotonic
    asked: Counter[str] = field(default_factory=Counter)
    cache: dict[str, float] = field(default_factory=dict)

    def check(self, question: PracticeQuestion) -> Model:
        """The model that is asked; `QuestionRefused` if there is none of the name, or it does not take the rest."""
        model = self.models.get(question.model)
        if model is None:
            raise QuestionRefused(404, "not_found_error", f"model: {question.model}")
        if question.temperature is not None and not model.takes_temperature:
            raise QuestionRefused(400, "invalid_request_error", "temperature: this model does not take it")
        return model

    def remembers(self, question: PracticeQuestion) -> bool:
        """Whether the system text is in the cache."""
        kept_until = self.cache.get(_prefix(question), 0.0)
        return question.cached and kept_until > self.now()

    def answer(self, question: PracticeQuestion, *, remembered: bool = False, batch: bool = False) -> PracticeAnswer:
        """Answer a question and charge for it. `remembered` is what the cache had when the question came."""
        model = self.check(question)
        asked = sha256("\0".join([question.model, question.system, question.text]).encode("utf-8", "surrogatepass"))
        digest = asked.hexdigest()
        draw = self.asked[digest]
        self.asked[digest] += 1
        schema = question.schema or schema_in(question.system) or {"type": "string"}
        text = model.judge.answer(schema, system=question.system, text=question.text, draw=draw)
        is_cut = tokens([text]) > question.most_tokens
        if is_cut:
            text = text.encode()[: 4 * question.most_tokens].decode(errors="ignore")
        usage = self._usage(question, text, remembered=remembered)
        entry = Charge(
            id=uuid.uuid4().hex,
            model=question.model,
            usage=usage,
            micro_usd=usage.micro_usd(model.price, batch=batch),
            key=question.key,
            asked=digest,
            batch=batch,
        )
        self.bill.add(entry)
        return PracticeAnswer(entry.id, question.model, text, usage, is_cut)

    def _usage(self, question: PracticeQuestion, text: str, *, remembered: bool) -> PracticeUsage:
        prefix, rest, output = tokens([question.system]), tokens([question.text]), tokens([text])
        if not question.cached or prefix < LEAST_CACHED:
            return PracticeUsage(prefix + rest, output)
        self.cache[_prefix(question)] = self.now() + KEPT_SECONDS
        return (
            PracticeUsage(rest, output, cached_read=prefix)
            if remembered
            else PracticeUsage(rest, output, cached_write=prefix)
        )


def schema_in(system: str) -> Mapping[str, Any] | None:
    """The JSON schema that stands in the instructions themselves, as where a provider takes none."""
    place = system.find('{"')
    while place >= 0:
        try:
            found, _end = json.JSONDecoder().raw_decode(system, place)
        except ValueError:
            found = None
        if isinstance(found, dict) and "properties" in found:
            return found
        place = system.find('{"', place + 1)
    return None


def _prefix(question: PracticeQuestion) -> str:
    return f"{question.model}\0{question.system}"
