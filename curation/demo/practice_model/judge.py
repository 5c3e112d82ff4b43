"""What the practice model says of a story: numbers from counting words, in whatever form a JSON schema asks for."""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any

LOWEST, HIGHEST = 1, 5
SAYS = "Practice model: words were counted, nothing was read."
INVENTED = "“Nobody in this story ever says this,” said nobody at all."
MOST_CHARS = 20_000

SENTENCE = re.compile(r"(?<!\S)\S[^.!?\n]{12,160}[.!?]")
WORD = re.compile(r"[^\W\d_]+")
# Between these lines stands the story, and the code is to be given back.
FENCED = re.compile(r"^=+ STORY (\w+) =+\n(.*)\n=+ END OF STORY \1 =+$", re.DOTALL | re.MULTILINE)
# Of the instructions, the part on one criterion, and what it says where the criterion always applies.
PART, ALWAYS = r"^#+ `?%s\b.*?(?=^#|\Z)", "Never N/A"

VALUE = re.compile(r"value|rating|score", re.IGNORECASE)
QUOTE = re.compile(r"quote|passage|excerpt|evidence", re.IGNORECASE)
CRITERION = re.compile(r"criterion|key", re.IGNORECASE)
# What a flag or a behaviour is said to be is mostly the first, and never the worst, of what may be chosen.
MILD = re.compile(r"conduct|intent|portrayal", re.IGNORECASE)

# By the letter that a criterion begins with: the words that raise its value.
WORDS = {
    "A": "told tell honest truth report ask asked refuse objected agreed promise careful permission",
    "B": "because if whether weigh decide decided reason why therefore instead could should choice doubt",
    "C": "sorry calm steady boundary mistake mend breathe enough limit afraid felt patience",
    "D": "said whispered rain light hand door window river smell laughed quiet",
}
COUNTED = {letter: frozenset(words.split()) for letter, words in WORDS.items()}
# How often they occur in a story that is neither one thing nor the other.
USUAL = 0.012

Truth = Callable[[str, str], float]


@lru_cache(maxsize=64)
def shares(story: str) -> dict[str, float]:
    """For each group of criteria, the share of its words among those of the story."""
    words = [word.lower() for word in WORD.findall(story[:MOST_CHARS])]
    return {letter: sum(word in chosen for word in words) / max(1, len(words)) for letter, chosen in COUNTED.items()}


@lru_cache(maxsize=64)
def name_of(story: str) -> str:
    """A short name for a story, to draw the errors by that stay with it."""
    return sha256(story.encode("utf-8", "surrogatepass")).hexdigest()


def counted(story: str, criterion: str) -> float:
    """A value from 1 to 5 that goes with how often words of the criterion's group occur; no more than that."""
    share = shares(story).get(criterion[:1].upper(), 1.5 * USUAL)
    of_its_own = random.Random(f"{criterion}|{name_of(story)}").uniform(-0.5, 0.5)  # noqa: S311 # nosec
    return min(float(HIGHEST), max(float(LOWEST), 2.0 + share / USUAL + of_its_own))


@dataclass(frozen=True)
class PracticeJudge:
    """How a model judges: `truth`, plus `bias` (for all criteria or by key), plus errors of normal distribution.

    `noise` is the standard deviation of an error that stays with a story, `sample_noise` of one that is drawn anew with
    each answer, all in rating points. `not_applicable` and `invented` are chances: that a criterion is answered by N/A,
    and that an answer quotes what the story does not say.
    """

    bias: float | Mapping[str, float] = 0.0
    noise: float = 0.4
    sample_noise: float = 0.3
    not_applicable: float = 0.03
    invented: float = 0.0
    seed: int = 1
    truth: Truth = field(default=counted, repr=False)

    def value(self, story: str, criterion: str, chance: random.Random) -> int | None:
        """Its value of one criterion, 1 to 5, or None for N/A."""
        if chance.random() < self.not_applicable:
            return None
        bias = self.bias if isinstance(self.bias, int | float) else self.bias.get(criterion, 0.0)
        stays = random.Random(f"{self.seed}|{criterion}|{name_of(story)}").gauss(0, self.noise)  # noqa: S311 # nosec
        found = self.truth(story, criterion) + bias + stays + chance.gauss(0, self.sample_noise)
        return min(HIGHEST, max(LOWEST, round(found)))

    def answer(self, schema: Mapping[str, Any], *, system: str, text: str, draw: int) -> str:
        """The answer in JSON, as `schema` asks; the same for the same question and `draw`."""
        chance = random.Random(f"{self.seed}|{draw}|{name_of(text)}")  # noqa: S311 # nosec
        filled = _Filling(self, schema, text, system, chance).fill(schema, "", None)
        return json.dumps(filled, ensure_ascii=False)


def story_in(text: str) -> tuple[str, str]:
    """The code of the fence within a message, and the story in it; without a fence, none and all of the message."""
    found = FENCED.search(text)
    return (found[1], found[2]) if found else ("", text)


@lru_cache(maxsize=64)
def always_applies(system: str, criterion: str) -> bool:
    """Whether the instructions say that a criterion is never N/A."""
    part = re.search(PART % re.escape(criterion), system, re.DOTALL | re.MULTILINE)
    return part is not None and ALWAYS in part[0]


class _Filling:
    """One answer in the making: a walk through the schema, led by the names of its properties."""

    def __init__(
        self, judge: PracticeJudge, schema: Mapping[str, Any], text: str, system: str, chance: random.Random
    ) -> None:
        self.judge, self.root, self.system, self.chance = judge, schema, system, chance
        self.code, self.story = story_in(text)
        self.sentences = [one.strip() for one in SENTENCE.findall(self.story[:MOST_CHARS])]
        self.invents = chance.random() < judge.invented

    def fill(self, schema: Mapping[str, Any], name: str, criterion: str | None) -> Any:
        """A value for this part of the schema, which is the property `name` and speaks of `criterion`."""
        schema = self.resolved(schema)
        if criterion and VALUE.search(name):
            return self.rated(schema, criterion)
        if "const" in schema:
            return schema["const"]
        if choices := schema.get("enum"):
            return self.chosen(choices, name, criterion)
        if branches := schema.get("anyOf"):
            return self.fill(next(one for one in branches if one.get("type") != "null"), name, criterion)
        kind = schema.get("type", "string")
        if kind == "object":
            return {one: self.fill(part, one, criterion) for one, part in schema["properties"].items()}
        if kind == "array":
            return self.listed(schema, name, criterion)
        return self.plain(kind, name)

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema itself, or what it refers to."""
        while "$ref" in schema:
            found: Any = self.root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def chosen(self, choices: Sequence[Any], name: str, criterion: str | None) -> Any:
        """One of some words."""
        if criterion in choices:
            return criterion
        if MILD.search(name):
            return choices[self.chance.random() < 0.2]
        return self.chance.choice(choices)

    def listed(self, schema: Mapping[str, Any], name: str, criterion: str | None) -> list[Any]:
        """A list: one item for each criterion where items are rated, about half of some words, a few passages."""
        items = self.resolved(schema["items"])
        properties = items.get("properties", {})
        if any(VALUE.search(one) for one in properties):
            known = [self.resolved(part) for one, part in properties.items() if CRITERION.search(one)]
            return [self.fill(items, name, key) for part in known for key in part.get("enum", [])]
        if "enum" in items:
            return [one for one in items["enum"] if self.chance.random() < 0.5]
        if QUOTE.search(name):
            return [self.passage() for _ in range(self.chance.randint(1, 2)) if self.sentences]
        is_mild = any(MILD.search(one) for one in properties)
        says_so = self.sentences and self.chance.random() < (0.9 if is_mild else 0.05)
        return [self.fill(items, name, criterion)] if says_so else []

    def rated(self, schema: Mapping[str, Any], criterion: str) -> Any:
        """A value in the type that is asked for; N/A by null, or by the word, where it may be said."""
        value = self.judge.value(self.story, criterion, self.chance)
        branches = [self.resolved(one) for one in schema.get("anyOf", [schema])]
        words = [word for one in branches for word in one.get("enum", [])]
        says_nothing = [word for word in words if isinstance(word, str) and not word.isdigit()]
        may_be_null = any(one.get("type") == "null" for one in branches)
        if value is None and not always_applies(self.system, criterion) and (says_nothing or may_be_null):
            return says_nothing[0] if says_nothing else None
        given = 3 if value is None else value
        return str(given) if str(given) in words else given

    def passage(self) -> str:
        """A sentence of the story; once in an answer that invents, one that is not there."""
        if self.invents:
            self.invents = False
            return INVENTED
        return self.chance.choice(self.sentences) if self.sentences else ""

    def plain(self, kind: str, name: str) -> Any:
        """A value of a plain type."""
        if kind == "boolean":
            return False
        if kind in ("integer", "number"):
            return 0
        return self.code if name == "code" else self.passage() if QUOTE.search(name) else SAYS
