"""What is sent to a model: a beginning that is the same for all stories of a run, and one message with the story."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from curation.scoring.reading.answers import KEPT, schema_for
from curation.scoring.reading.fencing import fenced
from curation.scoring.reading.prompts import Prompt, filled
from curation.scoring.schema import StoryInput

if TYPE_CHECKING:
    from curation.standards.spec import ConstitutionSpec, CriterionSpec, RubricSpec


class JudgeRequest(NamedTuple):
    """`prefix` is the system text, which providers can cache; `text` is the user's message; `schema` the answer's."""

    prefix: str
    text: str
    schema: dict[str, Any]


def request_for(
    prompt: Prompt, rubric: "RubricSpec", constitution: "ConstitutionSpec", story: StoryInput
) -> JudgeRequest:
    """Return what is sent so that a model reads `story` as the rubric asks.

    Prefix and schema depend on prompt, rubric and constitution alone. Of the story its text is sent, and those of its
    principles and themes that the constitution and the rubric know; a title or a tag that anybody made up is not.
    """
    return JudgeRequest(
        prefix=prefix_for(prompt, rubric, constitution),
        text=fenced(prompt, story.text, tags_of(story, rubric, constitution)),
        schema=schema_for(rubric, prompt.version),
    )


@lru_cache(maxsize=KEPT)
def prefix_for(prompt: Prompt, rubric: "RubricSpec", constitution: "ConstitutionSpec") -> str:
    """Return the beginning of every request: what to judge by, then how the story comes and how to answer."""
    words = {
        "constitution": "\n\n".join(paragraph for paragraph in principles(constitution)),
        "summary": rubric.summary,
        "themes": "\n".join(f"- `{theme.key}`: {theme.name}. {theme.description}".strip() for theme in rubric.themes)
        or "This rubric has no themes.",
        "criteria": "\n\n".join(criterion_in_full(criterion) for criterion in rubric.criteria),
        "flags": "\n".join(flags(rubric)) or "This rubric has no flags.",
    }
    return f"{filled(prompt.judging, words)}\n\n{prompt.answering}"


def principles(constitution: "ConstitutionSpec") -> Iterator[str]:
    """Yield a paragraph for each principle, the constitution's summary first."""
    if constitution.summary:
        yield constitution.summary
    for principle in constitution.principles:
        lines = [f"## `{principle.key}`: {principle.name}", principle.statement]
        if principle.looks_like:
            lines.append(f"Lived: {principle.looks_like}")
        if principle.fails_when:
            lines.append(f"Failed: {principle.fails_when}")
        yield "\n".join(lines)


def criterion_in_full(criterion: "CriterionSpec") -> str:
    """Return a criterion with its question, when it applies, and what each value means."""
    lines = [f"### `{criterion.key}`: {criterion.name}", criterion.question]
    if criterion.theme:
        lines.append(
            f"Belongs to the theme `{criterion.theme}`; N/A where the story neither shows it nor is tagged so."
        )
    elif criterion.na_allowed:
        lines.append("N/A where the story gives no occasion for it.")
    else:
        lines.append("Never N/A.")
    lines += [f"{step.value} ({step.label}): {step.anchor}" for step in criterion.steps]
    return "\n".join(lines)


def flags(rubric: "RubricSpec") -> Iterator[str]:
    """Yield a line for each flag."""
    for flag in rubric.flags:
        asks = " Quote the passage that shows it." if flag.asks_passage else ""
        yield f"- `{flag.key}`: {flag.name}. {flag.description}{asks}".rstrip()


def tags_of(story: StoryInput, rubric: "RubricSpec", constitution: "ConstitutionSpec") -> Iterator[str]:
    """Yield sentences about the principles and the themes that a story is tagged with."""
    tagged = {
        "principle": [f"`{one.key}` ({one.name})" for one in constitution.principles if one.key in story.principles],
        "theme": [f"`{one.key}` ({one.name})" for one in rubric.themes if one.key in story.themes],
    }
    for kind, names in tagged.items():
        if names:
            yield f"The story is tagged with the {kind}{'s' if len(names) > 1 else ''} {', '.join(names)}."
    if not tagged["principle"]:
        yield "It is tagged with no principle: where a criterion asks for its principle, take the one it shows most."
