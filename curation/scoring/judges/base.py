"""The interface that every judge shares, the embedded scorer and language models alike."""

from collections.abc import Sequence
from typing import Protocol

from curation.scoring.schema import ScoreDraft, StoryInput


class Scorer(Protocol):
    """One judge version, ready to score. It touches no database: a story comes in, answers go out."""

    def score(self, stories: Sequence[StoryInput]) -> Sequence[Sequence[ScoreDraft]]:
        """Return, for each story in order, one draft per criterion of the rubric, none left out.

        Values are 1 to 5 and quotes stand in the text word for word. An exception means that none was scored.
        """
        ...
