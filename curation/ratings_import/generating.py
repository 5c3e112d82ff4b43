"""A rubric made of a dataset's own questions, for what was asked there and is asked nowhere here."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from curation.ratings_import.looking import is_shown
from curation.ratings_import.plan import COMMENT, CRITERION, FLAG, HIGHEST, LOWEST, MARKS, NOTHING, Target, on_scale
from curation.ratings_import.shapes import Kind, Question
from curation.standards.schema import CriterionFile, FlagFile, PolicyFile, PolicyRules, RubricFile
from curation.standards.spec import CriterionSpec, FlagSpec, RubricSpec, ScaleValue

MOST_CRITERIA, MOST_FLAGS = 40, 60
GROUP: Final = "D"


def rubric_from(
    name: str, version: int, questions: Sequence[Question], summary: str
) -> tuple[RubricFile, dict[str, Target]]:
    """Return a rubric for these questions, and what each becomes in it.

    Ratings and choices become criteria; each of several labels, and of the labels of passages, becomes a soft flag.
    What is written becomes the comment, and what has no place here, nothing. Where nothing could be rated at all, one
    criterion stands for the whole.
    """
    criteria: list[CriterionFile] = []
    flags: dict[str, FlagFile] = {}
    targets: dict[str, Target] = {}
    for question in questions:
        labelled = is_shown(question)
        if question.kind in {Kind.RATING, Kind.LABEL} and labelled and len(criteria) < MOST_CRITERIA:
            criteria.append(_criterion(f"{GROUP}{len(criteria) + 1}", question))
            targets[question.name] = Target(CRITERION + criteria[-1].key, on_scale(question))
        elif (
            question.kind in {Kind.MULTI_LABEL, Kind.SPAN}
            and labelled
            and len(flags) + len(question.options) <= MOST_FLAGS
        ):
            options = {}
            for value, shown in question.options.items():
                flag = _flag(question, value, shown, set(flags))
                flags[flag.key] = flag
                options[value] = FLAG + flag.key
            targets[question.name] = Target(MARKS, options)
        elif question.kind is Kind.SPAN or question.kind is Kind.OTHER:
            targets[question.name] = Target(NOTHING)
        else:
            targets[question.name] = Target(COMMENT)
    if not criteria:
        criteria.append(_overall())
    file = RubricFile(
        name=name[:120].strip(), version=version, summary=summary, criteria=criteria, flags=list(flags.values())
    )
    return file, targets


def policy_for(name: str, version: int) -> PolicyFile:
    """Return a policy for a rubric that has none: a mean of 3 in every criterion."""
    return PolicyFile(name=name, version=version, rules=PolicyRules(floor=3, conduct_group=GROUP, rewrite_groups=[]))


def _criterion(key: str, question: Question) -> CriterionFile:
    shown = list(_steps(question))
    return CriterionFile(
        key=key,
        group=GROUP,
        name=question.shown[:80].strip() or key,
        short=question.shown[:24].strip() or key,
        question=question.description or question.shown or key,
        na_allowed=True,
        labels=[one[:40].strip() for one in shown],
        anchors=[one[:240].strip() for one in shown],
    )


def _steps(question: Question) -> Iterator[str]:
    """Yield what each of the values 1 to 5 stands for, in the dataset's own words."""
    by_rating: dict[int, list[str]] = {}
    for value, mapped in on_scale(question).items():
        by_rating.setdefault(int(mapped), []).append(question.options[value].strip() or value)
    for rating in range(LOWEST, HIGHEST + 1):
        yield " / ".join(by_rating.get(rating, [])) or f"({rating})"


def _flag(question: Question, value: str, shown: str, taken: set[str]) -> FlagFile:
    base = re.sub(r"[^A-Za-z0-9]+", "_", value).strip("_").lower()[:34]
    base = base if base[:1].isalpha() else f"label_{base}".rstrip("_")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return FlagFile(
        key=key,
        name=(shown.strip() or value)[:80].strip() or key,
        description=question.shown,
        severity="soft",
        asks_passage=question.kind is Kind.SPAN,
    )


def _overall() -> CriterionFile:
    words = ["Very poor", "Poor", "Fair", "Good", "Very good"]
    return CriterionFile(
        key=f"{GROUP}1",
        group=GROUP,
        name="Overall",
        short="Overall",
        question="How good is the story as a whole?",
        na_allowed=True,
        labels=words,
        anchors=words,
    )


def spec_from(file: RubricFile) -> RubricSpec:
    """Return a rubric that is not stored yet as pages read it; its parts have no keys of rows."""
    criteria = tuple(
        CriterionSpec(
            id=0,
            key=one.key,
            group=one.group,
            name=one.name,
            theme="",
            na_allowed=one.na_allowed,
            short=one.short,
            question=one.question,
            steps=tuple(
                ScaleValue(str(value), label, anchor)
                for value, (label, anchor) in enumerate(zip(one.labels, one.anchors, strict=True), start=1)
            ),
        )
        for one in file.criteria
    )
    flags = tuple(
        FlagSpec(0, one.key, one.name, one.severity, one.safety, one.asks_passage, one.asks_conduct, one.description)
        for one in file.flags
    )
    return RubricSpec(criteria, (), flags, file.summary)
