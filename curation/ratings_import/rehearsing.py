"""What an import would bring, over the first rows of its file. Nothing is stored."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from curation.core.plain_text import with_lf
from curation.ratings_import.looking import Look, opened
from curation.ratings_import.models.not_kept import What, Why
from curation.ratings_import.plan import RatingsImportPlan
from curation.ratings_import.turning import Text, text_of, turned
from curation.stories.ingest import Survey, survey

MOST_ROWS = 1_000


@dataclass
class Rehearsal:
    """Counts over the rows that were looked at; `whole` says that those were all.

    `stories` counts them as an import of stories does, `not_kept` by what, why and question, the commonest first.
    """

    stories: Survey
    rows: int = 0
    whole: bool = True
    reviews: int = 0
    scores: Mapping[str, int] = field(default_factory=dict)
    not_kept: list[tuple[What, Why, str, int]] = field(default_factory=list)

    @property
    def n_scores(self) -> int:
        """How many scores there would be."""
        return sum(self.scores.values())

    @property
    def n_not_kept(self) -> int:
        """How much would not be kept."""
        return sum(n for *_about, n in self.not_kept)


def rehearse(path: Path, file_name: str, look: Look, plan: RatingsImportPlan, *, most: int = MOST_ROWS) -> Rehearsal:
    """Go through the first `most` rows of a file as an import would. Raises `InvalidInput` for an unreadable one."""
    found = Rehearsal(survey(path=path, file_name=file_name, mapping=plan.columns, whole=most > MOST_ROWS))
    questions = {question.name: question for question in look.questions}
    scores, left = Counter[str](), Counter[tuple[What, Why, str]]()
    with opened(path, file_name) as dataset:
        rows = dataset.records()
        for row, record in islice(rows, most):
            found.rows += 1
            text = "" if record is None else text_of(row.values, plan)
            if record is None or not text:
                left[What.RECORD, Why.NO_STORY, ""] += 1
                continue
            came = turned(record, plan=plan, questions=questions, text=Text(text, with_lf(text)))
            found.reviews += len(came.reviews)
            scores.update(one.agent for one in came.scores)
            left.update((one.what, one.why, one.question) for one in came.left)
        found.whole = next(rows, None) is None
    found.scores = dict(scores.most_common())
    found.not_kept = [(*about, n) for about, n in left.most_common()]
    return found
