"""`any_of` finds what `in` finds, with one parameter however many numbers are asked for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curation.stories.models import Stage, Story
from tests.builders import add_story

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("many", [0, 1, 2])
def test_it_finds_those_of_a_list(many: int) -> None:
    ids = [add_story().pk for _ in range(3)][:many]
    wanted = [*ids, 0, -1] if many else []
    assert sorted(Story.objects.filter(pk__any_of=wanted).values_list("pk", flat=True)) == ids
    assert sorted(Stage.objects.filter(story__any_of=set(wanted)).values_list("pk", flat=True)) == ids
    assert Story.objects.exclude(pk__any_of=wanted).count() == 3 - many
    assert Story.objects.filter(source__in=Story.objects.filter(pk__any_of=wanted).values("source")).count() >= many
    assert Story.objects.filter(stage__story__any_of=wanted).count() == many


def test_all_numbers_are_one_parameter() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        list(Story.objects.filter(pk__any_of=range(5)))
    assert "= ANY(" in asked[0]["sql"]
    assert "0,1,2,3,4" in asked[0]["sql"].replace(" ", "")
