"""The story browser and a story's page, as curators see them and nobody else does."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.actions import add_items, remove_member, withdraw
from annotations.models import Recusal
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.calibration.models import Exposure
from curation.pages.ordering import ORDERS
from curation.stories.actions import start_import
from curation.stories.actions.checking import check_slice
from curation.stories.actions.importing import claim as claim_import
from curation.stories.actions.importing import run_import
from curation.stories.models import Stage, Story
from curation.triage.filters import StoryFilter, matching_stories
from tests.builders import add_story, answers, claim, person, queue_of, review_by, scored_stories, source

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client) -> User:
    user = person(Role.CURATOR)
    client.force_login(user)
    return user


def titles(client: Client, **query: object) -> list[str]:
    page = client.get(reverse("story_list"), query).context["page"]
    return [story.title for story in page.stories]


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.RESEARCHER])
def test_only_curators_browse_stories(client: Client, role: Role) -> None:
    story = add_story(title="Secret")
    client.force_login(person(role))
    assert client.get(reverse("story_list")).status_code == 403
    answer = client.get(reverse("story_detail", args=[story.pk]))
    assert answer.status_code == 404
    assert b"Secret" not in answer.content
    assert client.post(reverse("story_scores", args=[story.pk])).status_code == 404
    assert not Exposure.objects.exists()


def test_without_stories_the_browser_says_what_to_do(client: Client, curator: User) -> None:
    assert b"Import stories" in client.get(reverse("story_list")).content


def test_words_are_found_in_titles_and_texts_once_checked(client: Client, curator: User) -> None:
    add_story("The harbour bells rang twice, and nobody in the whole village wanted to answer them.", title="Bells")
    add_story(
        "A quiet room, a borrowed lamp, and the words that would not stay on the page.", title="Lamp at the harbour"
    )
    assert titles(client, q="harbour") == []
    while check_slice():
        pass
    assert titles(client, q="harbour") == ["Lamp at the harbour", "Bells"]
    assert titles(client, q="harbours rang") == ["Bells"]
    assert titles(client, q='"quiet room" -bells') == ["Lamp at the harbour"]
    assert titles(client, q="'); DROP TABLE") == []


def test_filters_narrow_by_source_state_tags_and_findings(client: Client, curator: User) -> None:
    mine = source("mine")
    add_story("Sarah Chen said hello to the assistant and left again.", of=mine, title="Tagged", principles=["care"],
              themes=["boundaries"])  # fmt: skip
    add_story(title="Other")
    while check_slice():
        pass
    for query in ({"source": "mine"}, {"principle": "care"}, {"theme": "boundaries"}, {"flag": "check:stock_name"}):
        queue_of()
        assert titles(client, **query) == ["Tagged"], query
    assert titles(client, state="accepted") == []


def test_a_language_is_found_by_its_name_or_code_with_its_regions(client: Client, curator: User) -> None:
    for tag in ("de", "pt-BR", "pt", "pl"):
        add_story(title=tag, language=tag)
    for asked, found in {"Deutsch": ["de"], "pt": ["pt", "pt-BR"], "pt_br": ["pt-BR"], "nl": []}.items():
        assert titles(client, language=asked) == found, asked
    answer = client.get(reverse("story_list"), {"language": "Elvish"})
    assert "No language is called “Elvish”, so stories in every language are shown." in answer.content.decode()
    assert len(answer.context["page"].stories) == 4


def test_a_filter_that_means_nothing_is_said_to_be_left_out(client: Client, curator: User) -> None:
    for title in ("One", "Other"):
        add_story(title=title, of=source(title.lower()))
    answer = client.get(reverse("story_list"), {"source": "Nobody", "state": "nonsense", "sort": "size", "next": "x"})
    html = answer.content.decode()
    assert "No source is called “Nobody”" in html
    assert "No state is called “nonsense”" in html
    assert "No order is called “size”" in html
    assert [story.title for story in answer.context["page"].stories] == ["Other", "One"]
    assert "2 stories, wherever they stand" in html
    assert "1 of 2 stories fit" in client.get(reverse("story_list"), {"source": "one"}).content.decode()


def test_an_imports_link_shows_its_stories_and_no_others(
    client: Client, curator: User, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path / "home"
    add_story(title="Of another")
    path = tmp_path / "mine.csv"
    path.write_text("title,text\nMine,The tug asked the harbour master twice and then it waited for the tide.\n")
    origin = source("1984-tales")
    add_story(title="Of the same source", of=origin)
    run = start_import(actor=SYSTEM, source=origin, path=path)
    mine = claim_import(run_id=run.pk)
    assert mine
    run_import(run=mine)
    link = re.search(
        r'class="button" href="([^"]+\?run=[^"]+)"',
        client.get(reverse("import_detail", args=[run.pk])).content.decode(),
    )
    assert link
    answer = client.get(link[1])
    assert [story.title for story in answer.context["page"].stories] == ["Mine"]
    assert "Only the stories of one import:" in answer.content.decode()
    assert "There is no such import" in client.get(reverse("story_list"), {"run": "99999"}).content.decode()


def test_a_flag_that_a_reader_raised_is_a_filter(client: Client, curator: User) -> None:
    reader, other = person(), person()
    queue = queue_of(reader, other, stories=[add_story(title="Preachy")])
    add_story(title="Plain")
    review_by(reader, queue, answers(flags={"moral_lecture": {}}))
    assert titles(client, flag="raised:moral_lecture") == [], "somebody may still be let into the queue"
    review_by(other, queue)
    assert titles(client, flag="raised:moral_lecture") == ["Preachy"]


def test_flags_of_readers_stand_apart_from_those_of_checks_and_are_kept_from_whoever_may_still_judge(
    client: Client, curator: User
) -> None:
    reader = person()
    story = add_story("The tug waited.", title="Preachy")
    while check_slice():
        pass
    queue = queue_of(reader, stories=[story], overlap=1)
    review = review_by(reader, queue, answers(flags={"moral_lecture": {}, "stock_name": {}}))

    def shown() -> tuple[list[str], list[str]]:
        (row,) = client.get(reverse("story_list")).context["page"].stories
        return row.findings, row.raised

    assert shown() == (["too_short"], []), "a list of all stories puts nothing on record"
    beyond = client.get(reverse("story_list"), {"flag": "raised:moral_lecture", "next": "0"})
    assert "0 of 1" in beyond.content.decode()
    assert not Recusal.objects.exists()
    audit = queue_of(curator)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit")
    assert titles(client, flag="raised:moral_lecture") == []
    remove_member(actor=SYSTEM, queue=audit, user=curator)
    page = client.get(reverse("story_list"), {"flag": "raised:moral_lecture"}).content.decode()
    assert 'Raised by readers:</span> <span class="tag">Moral lecture</span>' in page
    assert Recusal.objects.get(user=curator).story == story
    assert shown() == (["too_short"], ["moral_lecture", "stock_name"]), "it is on record that they know"
    withdraw(reviewer=reader, review=review)
    assert shown() == (["too_short"], [])
    assert titles(client, flag="raised:moral_lecture") == []


def through(client: Client, sort: str) -> list[list[str]]:
    """The titles of the pages in this order, forth and back again."""
    address, pages = reverse("story_list"), []
    answer = client.get(address, {"sort": sort})
    assert answer.context["previous_url"] == ""
    for way in ("next_url", "previous_url"):
        while way == "next_url" or answer.context[way]:
            pages.append([story.title for story in answer.context["page"].stories])
            if not answer.context[way]:
                break
            answer = client.get(address + answer.context[way])
    return [*pages, [story.title for story in answer.context["page"].stories]]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", [["b", "a"], ["B", "a"], ["C: x"]]),
        ("oldest", [["C: x", "a"], ["B", "a"], ["b"]]),
        ("title", [["a", "a"], ["B", "b"], ["C: x"]]),
        ("longest", [["b", "a"], ["a", "C: x"], ["B"]]),
        ("changed", [["a", "b"], ["a", "B"], ["C: x"]]),
    ],
)
def test_pages_follow_each_other_without_gaps_in_every_order(
    client: Client, curator: User, monkeypatch: pytest.MonkeyPatch, sort: str, expected: list[list[str]]
) -> None:
    monkeypatch.setattr("curation.pages.browse.PAGE", 2)
    stories = [
        add_story(f"Story {n}" + " and on" * words, title=title)
        for n, (title, words) in enumerate([("C: x", 5), ("a", 5), ("B", 1), ("a", 9), ("b", 9)])
    ]
    Stage.objects.filter(story=stories[1]).update(changed_at=timezone.now())
    shown = through(client, sort)
    assert shown == [*expected, expected[2], expected[1], expected[0]]


@pytest.mark.parametrize("place", ["x", "1:", "1:x", ":", "9" * 40, "1:1:1", "1:2026-01-01T00:00:00", "²"])
def test_a_place_that_means_nothing_in_an_order_shows_some_page(client: Client, curator: User, place: str) -> None:
    add_story()
    for sort, way in product(ORDERS, ("next", "previous")):
        assert client.get(reverse("story_list"), {"sort": sort, way: place}).status_code == 200


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("newest", "stories_story_pkey"),
        ("oldest", "stories_story_pkey"),
        ("title", "story_by_title"),
        ("longest", "story_by_length"),
        ("changed", "stage_by_change"),
    ],
)
def test_a_page_in_any_order_begins_at_its_place_in_the_orders_index(sort: str, index: str) -> None:
    story = add_story()
    order = ORDERS[sort]
    place = order.place(order.write(order.marked(Story.objects.select_related("stage")).get(pk=story.pk)))
    assert place
    for backwards in (False, True):
        rows = order.marked(Story.objects.select_related("stage"))
        page = order.sorted(order.beyond(rows, place, backwards=backwards), backwards=backwards)[:3]
        with connection.cursor() as cursor, transaction.atomic():
            # So small a table would be read whole otherwise.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off")
            plan = page.explain(verbose=False)
        assert re.search(rf"{index} on .*\n\s+Index Cond: \(.*ROW|{index} on .*\n\s+Index Cond: \(\(?id", plan), plan
        assert "Sort" not in plan


def test_stories_in_a_language_are_found_by_its_index_with_those_of_each_country() -> None:
    wanted = {add_story(language=tag).pk for tag in ("pt", "pt-BR")}
    for tag in ("en", "pta", "de"):
        add_story(language=tag)
    found = matching_stories(StoryFilter(language="pt"))
    assert set(found.values_list("pk", flat=True)) == wanted
    with connection.cursor() as cursor, transaction.atomic():
        # So small a table would be read whole otherwise.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        plan = found.explain(verbose=False)
    assert plan.count("Bitmap Index Scan on story_by_language") == 2, plan


def test_the_browser_asks_as_much_for_many_as_for_few(client: Client, curator: User, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    queue_of()
    for _ in range(12):
        add_story(principles=["care", "honesty"])
    client.get(reverse("story_list"))
    for sort in ORDERS:
        with django_assert_num_queries(8):
            assert client.get(reverse("story_list"), {"sort": sort}).status_code == 200


def test_scores_are_hidden_until_asked_for_and_then_it_is_noted(client: Client, curator: User) -> None:
    (story,) = scored_stories(1)
    page = reverse("story_detail", args=[story.pk])
    before = client.get(page)
    assert before.context["scores"] == []
    assert b"Show model scores" in before.content
    client.post(reverse("story_scores", args=[story.pk]))
    after = client.get(page)
    assert after.context["scores"]
    assert "· Uncalibrated" in after.content.decode()
    assert Exposure.objects.filter(recusal__user=curator, recusal__story=story).exists()
    assert Recusal.objects.filter(user=curator, story=story).exists()


def test_who_is_reading_a_story_gets_no_scores(client: Client, curator: User) -> None:
    (story,) = scored_stories(1)
    queue = queue_of(curator, stories=[story])
    claim(reviewer=curator, queue=queue)
    assert client.post(reverse("story_scores", args=[story.pk])).status_code == 409
    assert not Exposure.objects.exists()


def test_reviews_wait_for_the_decision(client: Client, curator: User) -> None:
    readers = [person(), person()]
    queue = queue_of(*readers, stories=[add_story()])
    story = Story.objects.get()
    page = reverse("story_detail", args=[story.pk])
    review_by(readers[0], queue, answers(comment="Quietly good"))
    assert b"Quietly good" not in client.get(page).content
    review_by(readers[1], queue)
    assert b"Quietly good" in client.get(page).content


def test_a_block_is_lifted_by_a_curator(client: Client, curator: User) -> None:
    story = add_story("Too few.")
    check_slice()
    page = reverse("story_detail", args=[story.pk])
    assert b"Lift the block" in client.get(page).content
    client.post(reverse("story_unblock", args=[story.pk]))
    answer = client.get(page)
    assert b"Lift the block" not in answer.content
    assert "Blocked by a check → Checked" in answer.content.decode()


def test_a_storys_text_is_never_markup(client: Client, curator: User) -> None:
    story = add_story("<script>alert(1)</script> said the <b>lamp</b>.", title="<i>Title</i>")
    html = client.get(reverse("story_detail", args=[story.pk])).content.decode()
    assert "<script>alert" not in html
    assert "<i>Title" not in html
    assert "&lt;b&gt;lamp" in html
