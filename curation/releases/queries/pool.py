"""Figures over the frozen ratings of a release."""

from django.db import connection

from curation.releases.models import Release

# Below this many stories with two ratings, the deviation of ratings from a story's mean is taken as one rating point.
LEAST_STORIES = 20
LEAST_SD = 0.3

FIGURES = """
SELECT key, sum(total) / sum(n), count(*) FILTER (WHERE n > 1), sum(squares) FILTER (WHERE n > 1),
  sum(n - 1) FILTER (WHERE n > 1)
FROM (
  SELECT c.key, i.story_id, count(g.value) AS n, sum(g.value)::float AS total,
    (sum(g.value * g.value) - sum(g.value) * sum(g.value) / count(g.value)::numeric)::float AS squares
  FROM releases_releaseitem i
  CROSS JOIN LATERAL jsonb_array_elements_text(i.review_ids) AS chosen(review)
  JOIN annotations_rating g ON g.review_id = chosen.review::bigint AND g.value IS NOT NULL
  JOIN standards_criterion c ON c.id = g.criterion_id
  WHERE i.release_id = %s AND i.facts->'applying' ? c.key
  GROUP BY c.key, i.story_id
) cell
GROUP BY key ORDER BY key"""


def pool_figures(release: Release) -> dict[str, dict[str, float]]:
    """Return the mean rating of each criterion, and the standard deviation of ratings around their story's mean.

    Over the stories to which the criterion applies, as the decision found. The sd is sqrt(sum of squares within stories
    / degrees of freedom), at least 0.3, and 1.0 with fewer than 20 stories that have two ratings.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [release.pk])
        rows = cursor.fetchall()
    figures = {}
    for key, mean, stories, squares, freedom in rows:
        enough = stories >= LEAST_STORIES
        sd = max(LEAST_SD, (float(squares) / float(freedom)) ** 0.5) if enough else 1.0
        figures[key] = {"mean": round(float(mean), 6), "sd": round(sd, 6)}
    return figures


VALUES = """
SELECT c.key, coalesce(g.value, 0), count(*)
FROM releases_releaseitem i
CROSS JOIN LATERAL jsonb_array_elements_text(i.review_ids) AS chosen(review)
JOIN annotations_rating g ON g.review_id = chosen.review::bigint
JOIN standards_criterion c ON c.id = g.criterion_id
WHERE i.release_id = %s
GROUP BY c.key, g.value"""


def rating_counts(release: Release) -> dict[str, list[int]]:
    """Return six counts per criterion: N/A, then the ratings 1 to 5."""
    with connection.cursor() as cursor:
        cursor.execute(VALUES, [release.pk])
        rows = cursor.fetchall()
    counts: dict[str, list[int]] = {}
    for key, value, n in rows:
        counts.setdefault(key, [0] * 6)[value] = n
    return counts
