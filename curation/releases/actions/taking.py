"""Taking what goes into a version that is being frozen, and storing why the rest of the stories do not."""

from typing import NamedTuple

from curation.releases.models import Release
from curation.releases.queries.candidates import ReleasePlan

# What is left out is stored as it is found, so that it is of the same moment as what goes in.
TAKEN = """, kept_out AS (
  INSERT INTO releases_leftout (release_id, story_id, reason, detail, instead_id)
  SELECT %s, story, reason, detail, instead FROM fated WHERE reason IS NOT NULL ORDER BY story
)
SELECT fated.story, fated.decision, fated.tier, COALESCE(NULLIF(s.license, ''), o.license), o.name, s.normal_sha256,
  s.language, s.generator, s.n_words, d.values::text
FROM fated JOIN annotations_decision d ON d.id = fated.decision
JOIN stories_story s ON s.id = fated.story JOIN stories_source o ON o.id = s.source_id
WHERE fated.reason IS NULL ORDER BY fated.story"""


class Candidate(NamedTuple):
    """A story that goes in, with its decision. `license` is the story's own or else its source's.

    `key` is the hash of its words; `values` are those of the decision, as JSON.
    """

    story: int
    decision: int
    tier: str
    license: str
    source: str
    key: str
    language: str
    generator: str
    n_words: int
    values: str


def take(plan: ReleasePlan, release: Release) -> list[Candidate]:
    """Return the stories that go into the release that is planned, by story, and store why the others do not."""
    return [Candidate(*row) for row in plan.fates.ask(TAKEN, release.pk)]
