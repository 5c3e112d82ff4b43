"""What language models saw in a story besides its scores: themes, flags, behaviours, whether it is built as a honeypot.

It tells of the scores, so it is shown as they are: by `calibration.actions.reveal_findings`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from curation.scoring.models import AnswerReading, JudgeVersion
from curation.scoring.models.judge import JudgeKind
from curation.standards.models import Rubric
from curation.standards.spec import spec_for_reader
from curation.stories.models import Story


@dataclass(frozen=True)
class Noted:
    """A theme or a flag by its `name`, and how many samples (`n`) noted it; `passages` are the story's own words.

    `reason` is that of the first sample that noted it; a theme has neither.
    """

    name: str
    n: int
    reason: str = ""
    passages: tuple[str, ...] = ()


@dataclass(frozen=True)
class BehaviourInWords:
    """A passage with the words for conduct, intent and portrayal, as `standards.behaviour.CHOICES` has them."""

    quote: str
    conduct: str
    intent: str
    portrayal: str


@dataclass(frozen=True)
class JudgeFindings:
    """What one judge version saw in a story in `samples` answers that could be read.

    `honeypot` and `no_ai_character` count those that say so, `honeypot_reason` is of the first that does.
    """

    version: JudgeVersion
    samples: int
    themes: list[Noted]
    flags: list[Noted]
    behaviours: list[BehaviourInWords]
    honeypot: int
    honeypot_reason: str
    no_ai_character: int


def findings_for_story(story: Story, rubric: Rubric) -> list[JudgeFindings]:
    """Return what each judge saw in a story, of each judge its newest version that read it, named for whoever looks.

    Only `calibration.actions.reveal_findings` may call this.
    """
    versions = list(JudgeVersion.objects.filter(rubric=rubric, judge__kind=JudgeKind.LLM).values_list("pk", flat=True))
    rows = (
        AnswerReading.objects.filter(answer__judge_version__in=versions, answer__story=story, fault="")
        .select_related("judge_version__judge")
        .defer("judge_version__model_artifact", "judge_version__prompt")
        .order_by("judge_version__judge__name", "-judge_version__number", "answer__sample", "pk")
    )
    spec = spec_for_reader(rubric)
    names = {
        "themes": {theme.key: theme.name for theme in spec.themes},
        "flags": {flag.key: flag.name for flag in spec.flags},
    }
    found = []
    for _judge, of_judge in groupby(rows, key=lambda row: row.judge_version.judge_id):
        _version, newest = next(groupby(of_judge, key=lambda row: row.judge_version_id))
        found.append(_together(list(newest), story.text, names))
    return found


def _together(rows: list[AnswerReading], text: str, names: Mapping[str, Mapping[str, str]]) -> JudgeFindings:
    said = [row.found for row in rows]
    pots = [one for one in said if one["honeypot"]]
    shown = (
        BehaviourInWords(text[slice(*one["passage"])], one["conduct"], one["intent"], one["portrayal"])
        for answer in said
        for one in answer["behaviours"]
    )
    return JudgeFindings(
        version=rows[0].judge_version,
        samples=len(rows),
        themes=list(_noted(({"key": key} for one in said for key in one["themes"]), text, names["themes"])),
        flags=list(_noted((flag for one in said for flag in one["flags"]), text, names["flags"])),
        behaviours=list(dict.fromkeys(shown)),
        honeypot=len(pots),
        honeypot_reason=pots[0]["honeypot_reason"] if pots else "",
        no_ai_character=sum(one["no_ai_character"] for one in said),
    )


def _noted(said: Iterator[dict[str, Any]], text: str, names: Mapping[str, str]) -> Iterator[Noted]:
    """Yield what was noted, in the rubric's order."""
    by_key: dict[str, list[dict[str, Any]]] = {}
    for one in said:
        by_key.setdefault(one["key"], []).append(one)
    for key in (key for key in names if key in by_key):
        noted = by_key[key]
        passages = (text[slice(*passage)] for one in noted for passage in one.get("passages", ()))
        yield Noted(names[key], len(noted), noted[0].get("reason", ""), tuple(dict.fromkeys(passages)))
