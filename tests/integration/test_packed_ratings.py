"""Packed ratings: what leaves the database is what was rated, of criteria beyond the first number's, too."""

import pytest

from annotations.queries.packed_ratings import NOT_APPLICABLE, NOT_RATED, unpack
from curation.releases.queries.rated import rated_reviews
from tests import builders

pytestmark = pytest.mark.django_db


def test_ratings_of_each_review_by_criterion() -> None:
    values = {"A1": None, "A2": 1, "A3": 5, "B1": 4, "B2": 3, "B3": 2, "D1": 4}
    annie, ben = builders.person(), builders.person()
    (story,) = builders.checked_stories(1)
    queue = builders.queue_of(annie, ben, stories=[story])
    one = builders.review_by(annie, queue, builders.answers(ratings=values))
    other = builders.review_by(ben, queue, builders.answers(ratings={}, out_of_scope=True))
    criteria = dict(queue.rubric.criteria.values_list("key", "pk"))
    # Twenty strangers before them: the first of these is the last of its number, the others fill a second one.
    wanted = [*range(-20, 0), *(criteria[key] for key in values), criteria["C1"]]
    found = rated_reviews(queue.rubric, [story.pk], wanted)
    assert found[:, :3].tolist() == [[story.pk, one.pk, annie.pk], [story.pk, other.pk, ben.pk]]
    codes = [NOT_APPLICABLE if value is None else value for value in values.values()]
    nothing = [NOT_RATED] * len(wanted)
    assert unpack(found[:, 3:], len(wanted)).tolist() == [[*nothing[:20], *codes, NOT_RATED], nothing]
    assert rated_reviews(queue.rubric, [0], wanted).shape == (0, 5)
