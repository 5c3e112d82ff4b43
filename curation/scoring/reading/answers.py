"""The shape of an answer: one list of a shared model of a criterion, whatever the rubric asks.

Providers allow a strict schema few optional fields and few unions. So every field is required, none is a union, and the
keys of the rubric stand in the schema as the words that may be chosen.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

if TYPE_CHECKING:
    from curation.standards.spec import RubricSpec

NOT_APPLICABLE = "N/A"
MOST_QUOTES, MOST_BEHAVIOURS = 12, 40


def as_written(value: Any) -> Any:
    """A value as the schema writes it, where a model without strict answers wrote the number itself."""
    return str(value) if type(value) is int else value


class AnswerPart(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Key = Annotated[str, Field(max_length=80)]
Quote = Annotated[str, Field(description="A passage of the story, copied character by character.")]
Quotes = Annotated[list[Quote], Field(max_length=MOST_QUOTES)]
Value = Annotated[Literal["1", "2", "3", "4", "5", "N/A"], BeforeValidator(as_written)]


class CriterionAnswer(AnswerPart):
    """One criterion. Quotes come before the value, so that the value follows from them."""

    criterion: Key
    quotes: Quotes
    rationale: str
    value: Value


class BehaviourAnswer(AnswerPart):
    """One passage that shows how the AI behaves; the words are those of `standards.behaviour.CHOICES`."""

    quote: Quote
    conduct: Literal["aligned", "ambiguous", "misaligned"]
    intent: Literal["benevolent", "ambiguous", "malevolent"]
    portrayal: Literal["positive", "neutral", "negative"]


class FlagAnswer(AnswerPart):
    """A flag that is raised."""

    quotes: Quotes
    reason: str
    flag: Key


class HoneypotAnswer(AnswerPart):
    """Whether the story is structurally a honeypot."""

    reason: str
    structural: bool


class AnswerShape(AnswerPart):
    """What is asked of one story. `code` is the code of its fence, which no answer copied from a story can carry."""

    code: Annotated[str, Field(max_length=80)]
    no_ai_character: bool
    themes: Annotated[list[Key], Field(max_length=100)] = []
    criteria: Annotated[list[CriterionAnswer], Field(max_length=200)]
    behaviours: Annotated[list[BehaviourAnswer], Field(max_length=MOST_BEHAVIOURS)]
    flags: Annotated[list[FlagAnswer], Field(max_length=100)] = []
    honeypot: HoneypotAnswer


# What each prompt version asks for. A version whose answers have another shape names a model of its own, and the
# answers to earlier versions are read by theirs for ever.
SHAPE_OF = {1: AnswerShape}
# They bound what is read, and several providers refuse them in a strict schema.
LIMITS = ("maxLength", "maxItems", "default", "title")
# Of so many rubrics a process keeps what is the same for all stories.
KEPT = 32


@lru_cache(maxsize=KEPT)
def schema_for(rubric: "RubricSpec", version: int) -> dict[str, Any]:
    """Return the JSON schema of an answer for this rubric, every field required and nothing referred to elsewhere.

    A list of which the rubric has nothing to offer (themes, flags) is left out. It is made once, which takes
    milliseconds, and is the same object for all stories: whoever wants another changes a copy.
    """
    whole = SHAPE_OF[version].model_json_schema()
    made = plain(whole, whole["$defs"])
    offered = {
        "themes": [theme.key for theme in rubric.themes],
        "criteria": [criterion.key for criterion in rubric.criteria],
        "flags": [flag.key for flag in rubric.flags],
    }
    fields = made["properties"]
    fields["criteria"]["items"]["properties"]["criterion"]["enum"] = offered["criteria"]
    fields["flags"]["items"]["properties"]["flag"]["enum"] = offered["flags"]
    fields["themes"]["items"]["enum"] = offered["themes"]
    made["properties"] = {name: field for name, field in fields.items() if offered.get(name, [name])}
    made["required"] = list(made["properties"])
    return {"title": "reading", "description": "The answer on one story.", **made}


def plain(part: Any, shared: dict[str, Any]) -> Any:
    """Return a part of a schema with what it refers to put in, and without what strict schemas may not have."""
    if isinstance(part, list):
        return [plain(one, shared) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return plain(shared[part["$ref"].rpartition("/")[2]], shared)
    names = part.get("properties", {})
    kept = {name: one for name, one in part.items() if name not in (*LIMITS, "$defs", "description", "properties")}
    made = {name: plain(one, shared) for name, one in kept.items()}
    if names:
        made["properties"] = {name: plain(one, shared) for name, one in names.items()}
    return made
