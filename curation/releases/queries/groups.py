"""The stories that a version could have, counted in groups of those that are alike for a release."""

from typing import NamedTuple

from curation.releases.models import Release
from curation.releases.queries.fates import Fates

COUNTED = """
SELECT reason, detail, tier, license, inherited, source, before, anew, was, count(*) FROM (
  SELECT fated.reason, CASE WHEN fated.reason IS NULL THEN '' ELSE fated.detail END AS detail, fated.tier,
    s.license, o.license AS inherited, o.name AS source,
    fated.had IS NOT NULL AS before, fated.had IS NOT NULL AND fated.had <> fated.decision AS anew,
    CASE WHEN fated.reason IS NULL THEN kept_out.reason END AS was
  FROM fated JOIN stories_story s ON s.id = fated.story JOIN stories_source o ON o.id = s.source_id
  LEFT JOIN releases_leftout kept_out ON kept_out.release_id = %s AND kept_out.story_id = fated.story
) AS one GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"""


class StoryGroup(NamedTuple):
    """So many (`n`) stories alike.

    `reason` says why they are left out, and is None for those that go in; `detail` is what there was enough of.
    `before`: the previous version has them; `anew`: by another decision. `was` is why that version left out those that
    go in now.
    """

    reason: str | None
    detail: str
    tier: str
    own: str
    inherited: str
    source: str
    before: bool
    anew: bool
    was: str | None
    n: int

    @property
    def license(self) -> str:
        """The stories' own licence or else their source's."""
        return self.own or self.inherited


def counted(fates: Fates, previous: Release | None) -> list[StoryGroup]:
    """Count these stories, in one statement."""
    return [StoryGroup(*row) for row in fates.ask(COUNTED, previous.pk if previous else None)]
