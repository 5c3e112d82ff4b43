"""Which judges an ensemble combines, and how much each of them moves it."""

from dataclasses import dataclass

from curation.scoring.models import JudgeVersion
from curation.standards.translating import words_for_reader


@dataclass(frozen=True)
class CombinedCriterion:
    """A criterion on which the judges are weighed, by `n` rated stories: `shares` has each judge's name and share.

    `error` is by how many rating points held-out stories were missed (root mean square).
    """

    key: str
    name: str
    n: int
    shares: list[tuple[str, float]]
    error: float


@dataclass(frozen=True)
class CombinedJudges:
    """The versions that are combined; `weighed` has the criteria with rated stories enough, in the rubric's order.

    On the others the judges count the same.
    """

    members: list[JudgeVersion]
    weighed: list[CombinedCriterion]


def combined_judges(version: JudgeVersion) -> CombinedJudges:
    """Return what a version of an ensemble combines, named for whoever looks, in two statements."""
    members = version.members.select_related("member__judge").defer("member__model_artifact").order_by("pk")
    found = [one.member for one in members]
    facts = version.parameters.get("criteria", {})
    criteria = [one for one in version.rubric.criteria.all() if one.key in facts]
    return CombinedJudges(
        found,
        [
            CombinedCriterion(
                key=one.key,
                name=str(words_for_reader(version.rubric, one, "name")),
                n=facts[one.key]["n"],
                shares=[
                    (member.judge.name, share) for member, share in zip(found, facts[one.key]["shares"], strict=True)
                ],
                error=facts[one.key]["error"],
            )
            for one in criteria
        ],
    )
