"""What a judge says of stories, as suggestions. Whoever may see them there is recused before they are sent."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from curation.argilla.shaping import suggestion_of
from curation.scoring.models import Judge
from curation.scoring.schema import over_samples
from curation.scoring.values import newest_scores
from curation.standards.models import Rubric
from curation.standards.spec import spec_of


def suggestions(stories: Collection[int], rubric: Rubric, judge: Judge) -> dict[int, list[tuple[str, int]]]:
    """Return by story the answers that a judge suggests, as pairs of a question's name and a value. Two statements."""
    criteria = {criterion.id: criterion for criterion in spec_of(rubric).criteria}
    values: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for score in newest_scores(stories, rubric, judge).values("story_id", "criterion_id", "value"):
        values[score["story_id"], score["criterion_id"]].append(score["value"])
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for (story, criterion), said in values.items():
        value = suggestion_of(criteria[criterion], over_samples(said)[0])
        if value is not None:
            found[story].append((criteria[criterion].key, value))
    return found
