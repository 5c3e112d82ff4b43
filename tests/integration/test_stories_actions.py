"""Adding stories, moving them along, tagging them, asking for rewrites."""

import pytest
from django.db import ProgrammingError, connection, transaction

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.stories.actions import add_stories, add_tag, advance, create_source, request_rewrite, unblock
from curation.stories.models import Source, Story, Tag
from curation.stories.models.tag import TagKind
from curation.stories.stages import State
from tests.builders import add_story, person

pytestmark = pytest.mark.django_db


def test_a_stored_story_has_its_fields_tags_and_stage() -> None:
    source = create_source(actor=SYSTEM, name="Our own", license="CC0-1.0")
    row = {
        "text": "The tide\r\ncame in.",
        "title": "Tide",
        "themes": ["Self-criticism", "equanimity"],
        "principles": "honesty; care",
        "content_notes": ["Loss of a parent"],
        "mood": "quiet",
    }
    (story,) = add_stories(actor=SYSTEM, source=source, rows=[row])
    assert source.name == "our-own"
    assert (story.text, story.title, story.license, story.language) == ("The tide\ncame in.", "Tide", "CC0-1.0", "en")
    assert (story.n_words, story.original, story.stage.state) == (4, {"mood": "quiet"}, State.STORED)
    assert set(story.tags.values_list("kind", "key")) == {
        ("theme", "self_criticism"),
        ("theme", "equanimity"),
        ("principle", "honesty"),
        ("principle", "care"),
        ("note", "Loss of a parent"),
    }


def test_a_story_in_another_script_is_in_no_language_unless_its_row_says_one() -> None:
    source = create_source(actor=SYSTEM, name="lanterns")
    text = "夜里，机器数了一遍灯笼，然后把缺了一盏的事情告诉了守门人。"
    rows = [{"text": text}, {"text": text * 2, "language": "Chinese"}, {"text": "The lamp stayed lit."}]
    assert [story.language for story in add_stories(actor=SYSTEM, source=source, rows=rows)] == ["", "zh", "en"]


def test_the_same_text_in_other_quotes_is_the_same_story() -> None:
    source = create_source(actor=SYSTEM, name="twice")
    rows = [{"text": "“Wait,” it  said."}, {"text": '"Wait," it said.'}, {"text": "Go, it said."}]
    first, second, third = add_stories(actor=SYSTEM, source=source, rows=rows)
    assert first == second != third
    assert add_stories(actor=SYSTEM, source=source, rows=rows[:1]) == [first]
    assert Story.objects.count() == 2


def test_a_row_without_text_adds_nothing() -> None:
    source = create_source(actor=SYSTEM, name="empty")
    with pytest.raises(InvalidInput, match="Row 2"):
        add_stories(actor=SYSTEM, source=source, rows=[{"text": "A story."}, {"text": " "}])
    assert not Story.objects.exists()


def test_a_taken_source_name_is_a_conflict() -> None:
    create_source(actor=SYSTEM, name="taken")
    with pytest.raises(Conflict):
        create_source(actor=SYSTEM, name="Taken")
    assert Source.objects.count() == 1


@pytest.mark.parametrize("statement", ["UPDATE stories_story SET title = 'x'", "DELETE FROM stories_story"])
def test_the_database_refuses_to_change_a_story(statement: str) -> None:
    add_story()
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_advance_moves_only_what_may_move(django_assert_num_queries: pytest.FixtureRequest) -> None:
    one, two = add_story(), add_story()
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert advance(stories=[one.pk, two.pk], to=State.CHECKED) == 2
    assert advance(stories=[one.pk], to=State.CHECKED) == 0
    assert advance(stories=[one.pk], to=State.ACCEPTED) == 0
    curator = person(Role.CURATOR)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert advance(stories=[one.pk, two.pk], to=State.QUEUED, actor=curator) == 2
    entry = Entry.objects.filter(verb="story.moved", target_id=str(one.pk)).get()
    assert (entry.actor, entry.data) == (curator, {"from": "checked", "to": "queued"})


def test_only_a_curator_lifts_a_block_and_only_where_there_is_one() -> None:
    story, curator = add_story(), person(Role.CURATOR)
    with pytest.raises(Conflict):
        unblock(actor=curator, story=story)
    advance(stories=[story.pk], to=State.BLOCKED)
    with pytest.raises(NotAllowed):
        unblock(actor=person(), story=story)
    unblock(actor=curator, story=story)
    story.stage.refresh_from_db()
    assert story.stage.state == State.CHECKED


def test_a_tag_is_added_once() -> None:
    story = add_story()
    assert add_tag(actor=SYSTEM, story=story, kind=TagKind.THEME, key="Equanimity") == add_tag(
        actor=SYSTEM, story=story, kind=TagKind.THEME, key="equanimity"
    )
    assert Tag.objects.filter(story=story, key="equanimity").count() == 1


def test_one_rewrite_request_is_open_at_a_time() -> None:
    story = add_story()
    first = request_rewrite(story=story, reason="The reasons do not lead to the act.", actor=SYSTEM)
    assert request_rewrite(story=story, reason="Again.", actor=SYSTEM) == first


def test_only_curators_and_admins_see_all_stories() -> None:
    add_story()
    seen = {role: Story.objects.visible_to(person(role)).count() for role in Role}
    assert seen == {Role.ANNOTATOR: 0, Role.CURATOR: 1, Role.RESEARCHER: 0, Role.ADMIN: 1}
