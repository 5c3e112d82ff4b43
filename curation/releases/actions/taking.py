"""Taking what goes into a version that is being frozen, and storing why the rest of the stories do not."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import connection

from curation.releases import tiers
from curation.releases.models import Dataset, Release
from curation.releases.queries.arrow import fetch_arrays, held_connection
from curation.releases.queries.candidates import ReleasePlan

Ints = npt.NDArray[np.int64]
# Of so many stories at a time all is held that is known of them.
BATCH = 2_500

# What is left out is stored as it is found, so that it is of the same moment as what goes in.
TAKEN = """
{fates}, kept_out AS (
  INSERT INTO releases_leftout (release_id, story_id, reason, detail, instead_id)
  SELECT %s, story, reason, detail, instead FROM fated WHERE reason IS NOT NULL ORDER BY story
)
SELECT array_agg(story::bigint), array_agg(decision::bigint), array_agg(tier) FROM (
  SELECT story, decision, array_position(%s::text[], tier)::bigint AS tier, row_number() OVER () / %s AS part
  FROM fated WHERE reason IS NULL
) AS inside GROUP BY part"""

CANDIDATES = """
SELECT taken.story, taken.decision, COALESCE(NULLIF(s.license, ''), o.license), o.name, s.normal_sha256,
  s.language, s.generator, s.n_words, d.values::text, assigned.split
FROM unnest(%s::bigint[], %s::bigint[]) AS taken (story, decision)
JOIN annotations_decision d ON d.id = taken.decision
JOIN stories_story s ON s.id = taken.story JOIN stories_source o ON o.id = s.source_id
LEFT JOIN releases_splitassignment assigned ON assigned.dataset_id = %s AND assigned.story_id = taken.story
ORDER BY taken.story"""


class Candidate(NamedTuple):
    """A story that goes in, with its decision. `license` is the story's own or else its source's.

    `key` is the hash of its words; `values` are those of the decision, as JSON; `split` is that of earlier versions.
    """

    story: int
    decision: int
    license: str
    source: str
    key: str
    language: str
    generator: str
    n_words: int
    values: str
    split: str | None


@dataclass(frozen=True)
class Taken:
    """The stories that go in, in order, each with its decision (ids) and its tier, which is a place in `tiers`.

    A million of them take 17 MB. What else is known of them is looked up part by part.
    """

    story: Ints
    decision: Ints
    tier: npt.NDArray[np.int8]
    tiers: list[str]

    def __len__(self) -> int:
        return len(self.story)

    def among(self, stories: Collection[int]) -> list[int]:
        """Return those of `stories` that go in, in order."""
        inside: list[int] = self.story[np.isin(self.story, np.fromiter(stories, np.int64, len(stories)))].tolist()
        return inside

    def parts(self) -> Iterator["Taken"]:
        """Yield them in batches that fit one statement."""
        for start in range(0, len(self), BATCH):
            end = start + BATCH
            yield Taken(self.story[start:end], self.decision[start:end], self.tier[start:end], self.tiers)

    def candidates(self, dataset: Dataset) -> list[Candidate]:
        """Look up what is to be known of these stories, for a version of `dataset`."""
        with connection.cursor() as cursor:
            cursor.execute(CANDIDATES, [self.story.tolist(), self.decision.tolist(), dataset.pk])
            return [Candidate(*row) for row in cursor.fetchall()]


def take(plan: ReleasePlan, release: Release) -> Taken:
    """Return the stories that go into the release that is planned, and store why the others do not."""
    names = tiers.names((plan.policy.rules if plan.policy else {}).get("tiers") or {})
    parameters = [*plan.fates.parameters, release.pk, names, BATCH]
    story, decision, tier = fetch_arrays(held_connection(), TAKEN.format(fates=plan.fates.sql), parameters, 3)
    order = np.argsort(story)
    return Taken(story[order], decision[order], (tier[order] - 1).astype(np.int8), names)
