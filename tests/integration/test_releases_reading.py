"""What a release tells before it is built, and what a researcher finds on its page."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items, give_consent, recuse
from annotations.material import consent_version
from annotations.models import Queue
from annotations.models.queue import ItemKind
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.releases.actions import withdraw_story
from curation.releases.card import row_in
from curation.releases.models import Dataset, Release
from curation.releases.queries import outlook as outlooks
from curation.releases.queries.candidates import plan
from curation.releases.queries.fields import configs_of
from curation.releases.queries.outlook import Consents, outlook
from curation.releases.selecting import SelectionChoice
from curation.releases.story_ids import public_id
from curation.releases.views.files import text_of
from curation.stories.actions import advance, create_source
from curation.stories.models import Story
from curation.stories.stages import State
from tests import builders
from tests.releases_client import load, unpack

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def page_of(role: Role, url: str) -> str:
    client = Client()
    client.force_login(builders.person(role))
    return client.get(url).content.decode()


def cut_page(dataset: Dataset) -> str:
    return page_of(Role.CURATOR, reverse("release_new", args=[dataset.org, dataset.name]))


def page(release: Release) -> str:
    dataset = release.dataset
    return page_of(Role.RESEARCHER, reverse("release", args=[dataset.org, dataset.name, release.version]))


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def shown_code(page: str) -> str:
    found = re.search(r'<pre id="load-zip"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def test_the_titles_that_come_and_go_are_listed_before_a_version_is_cut() -> None:
    readers = builders.person(), builders.person()
    _kept, gone = [builders.accepted_stories(1, *readers, title=title)[0] for title in ("The Kept", "The <Gone>")]
    dataset = builders.dataset()
    first = words_of(cut_page(dataset))
    assert "Added since" not in first, "everything is new in a first version"
    builders.built_release(dataset)
    builders.accepted_stories(1, *readers, title="The New")
    untitled = builders.accepted_stories(1, *readers)[0]
    advance(stories=[gone.pk], to=State.QUEUED)
    said = words_of(cut_page(dataset))
    assert (
        f"Added since v0.1.0: 2 The New Story {untitled.pk} No longer in since v0.1.0: 1 1 by a changed decision "
        in said
    )
    assert "The <Gone> its decision changed" in said
    assert "The Kept" not in said
    assert plan(dataset).removed == 1


def test_a_list_of_titles_ends_and_says_how_many_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = builders.dataset()
    readers = builders.person(), builders.person()
    builders.accepted_stories(1, *readers)
    builders.built_release(dataset)
    monkeypatch.setattr(outlooks, "LISTED", 2)
    builders.accepted_stories(3, *readers, title="One of three")
    said = words_of(cut_page(dataset))
    assert said.count("One of three") == 2
    assert "and 1 more" in said


def test_it_is_said_whose_ratings_may_be_published() -> None:
    yes, no, silent = builders.person(), builders.person(publish=False), builders.person(publish=None)
    builders.accepted_stories(2, yes, no)
    builders.accepted_stories(1, no, silent)
    dataset = builders.dataset()
    assert outlook(plan(dataset)).consents == Consents(
        reviews=6, published_reviews=2, people=3, published_people=1, silent=1
    )
    said = words_of(cut_page(dataset))
    assert "1 of 3 reviewers let their ratings be published: 2 of 6 reviews. 1 story has none" in said
    release = builders.built_release(dataset)
    published = [review for item in release.items.all() for review in item.facts["published"]]
    assert len(published) == 2, "what was said is what is frozen"
    give_consent(user=yes, version=consent_version(), publish=False)
    assert outlook(plan(dataset)).consents.published_people == 0, "the latest answer holds"


def test_stories_without_a_known_licence_are_counted_by_source_in_a_private_dataset_too() -> None:
    for name, licence, count in (("Harbour", "", 1), ("Attic", "all rights reserved", 2), ("Free", "cc0", 1)):
        builders.accepted_stories(count, of=create_source(actor=SYSTEM, name=name, license=licence))
    private = builders.dataset(visibility="private")
    assert outlook(plan(private)).unlicensed == {"attic": 2, "harbour": 1}
    said = words_of(cut_page(private))
    assert "Without a known licence, by source: attic (2 stories), harbour (1 story)" in said
    assert "Freeze and build" in said


def rated_apart(reader: User, other: User, count: int) -> None:
    """Have stories accepted whose reviewers agree on everything but A2."""
    stories = [builders.add_story() for _ in range(count)]
    queue = builders.queue_of(reader, other, stories=stories, overlap=2)
    for number in range(count):
        value = 4 + number % 2
        first, second = builders.answers(value), builders.answers(value)
        second["ratings"] = {**second["ratings"], "A2": 4 + (number // 2) % 2}
        builders.review_by(reader, queue, first)
        builders.review_by(other, queue, second)


def test_the_weakest_agreement_is_named_with_its_interval() -> None:
    reader, other = builders.person(), builders.person()
    rated_apart(reader, other, 4)
    dataset = builders.dataset()
    assert "Too few stories have two blind ratings to say." in words_of(cut_page(dataset))
    rated_apart(reader, other, 16)
    found = outlook(plan(dataset)).weakest
    assert found is not None
    assert (found.key, found.low <= found.alpha <= found.high < 1) == ("A2", True)
    assert f"A2 {found.name}: alpha {found.alpha:.2f}, 95% interval" in words_of(cut_page(dataset)).replace("−", "-")
    frozen = builders.built_release(dataset).frozen["agreement"]
    assert min(frozen, key=lambda key: frozen[key]["alpha"] or 9) == "A2"


def test_what_to_know_of_a_version_takes_a_fixed_number_of_statements(django_assert_max_num_queries: Any) -> None:
    dataset = builders.dataset()
    builders.accepted_stories(1)
    builders.built_release(dataset)
    builders.accepted_stories(3)
    look = plan(dataset, reader=builders.person(Role.CURATOR))
    with django_assert_max_num_queries(5):
        outlook(look)


def test_the_loading_code_loads_the_download_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.accepted_stories(3)
    release = builders.built_release(builders.dataset())
    folder = tmp_path / "My downloads"
    folder.mkdir()
    client = Client()
    client.force_login(builders.person(Role.RESEARCHER))
    dataset = release.dataset
    at = [dataset.org, dataset.name]
    zipped = client.get(reverse("release_zip", args=[*at, release.version]))
    (folder / f"{release.folder}.zip").write_bytes(b"".join(zipped.streaming_content))
    monkeypatch.chdir(folder)
    code = shown_code(client.get(reverse("release", args=[*at, release.version])).content.decode())
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102 - what a researcher pastes
    assert sum(len(rows) for rows in found["stories"].values()) == 3
    assert sum(len(rows) for rows in found["ratings"].values()) == 3 * 2 * 7
    for url in (reverse("dataset", args=at), reverse("home")):
        assert shown_code(client.get(url).content.decode()) == code
    assert code in (folder / release.folder / "README.md").read_text(encoding="utf-8")


def test_the_loading_code_names_no_config_that_a_version_lacks() -> None:
    builders.accepted_stories(1, builders.person(publish=False), builders.person(publish=False))
    code = shown_code(page(builders.built_release(builders.dataset())))
    assert '"stories"' in code
    assert '"ratings"' not in code


def test_the_page_explains_every_field_and_shows_three_rows(tmp_path: Path) -> None:
    reader, other = builders.person(), builders.person()
    builders.accepted_stories(5, reader, other, title="A & B")
    release = builders.built_release(builders.dataset())
    client = Client()
    client.force_login(builders.person(Role.RESEARCHER))
    answer = client.get(reverse("release", args=[release.dataset.org, release.dataset.name, release.version]))
    configs = {config.name: config for config in answer.context["configs"]}
    folder = unpack(release, tmp_path / "release")
    in_order = ["stories", "ratings", "annotators", "constitution"]
    assert list(configs) == in_order, "in the card's order; nobody gave evidence"
    for name, config in configs.items():
        loaded = load(folder, name)
        assert config.splits == {split: len(rows) for split, rows in loaded.items()}
        largest = loaded[max(config.splits, key=config.splits.__getitem__)]
        assert [field.name for field in config.fields] == list(largest[0])
        assert all(field.meaning and field.type for field in config.fields)
        assert len(config.samples) == min(3, len(largest))
        at = [field.name for field in config.fields].index(
            {"stories": "id", "constitution": "key"}.get(name, "annotator")
        )
        key = config.fields[at].name
        assert [row[at] for row in config.samples] == [row[key] for row in largest[:3]]
    said = words_of(answer.content.decode())
    assert "n_words int32 Words in text license" in said
    assert "A &amp; B" in answer.content.decode()
    null = configs["stories"].samples[0][[field.name for field in configs["stories"].fields].index("twin_of")]
    assert null is None


def test_the_card_is_read_as_a_page() -> None:
    builders.accepted_stories(1)
    words = "Made by <script>alert(1)</script> us.\n\n# Shout\n\n[us](https://example.org)"
    shown = page(builders.built_release(builders.dataset(title="Sea stories", description=words)))
    assert '<div class="readme" lang="en" dir="ltr"><h3>Sea stories</h3>' in shown
    assert "# Shout" in shown
    assert "<h3>Shout</h3>" not in shown
    assert "<script>alert" not in shown
    assert "[us](https://example.org)" in shown
    assert "pretty_name" not in shown


def test_a_page_whose_files_are_gone_still_says_what_it_knows(settings: Any, tmp_path: Path) -> None:
    builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    settings.HOME = tmp_path / "elsewhere"
    said = words_of(page(release))
    assert "Manifest SHA-256" in said
    assert "n_words int32" not in said, "the fields of stories, from whose file they are read"


def audited(story: Story, *reviewers: User) -> Queue:
    """A queue in which people review a story that is decided, blind of what was said of it."""
    queue = builders.queue_of(*reviewers, overlap=len(reviewers))
    add_items(actor=SYSTEM, queue=queue, stories=[story], kind=ItemKind.AUDIT)
    return queue


def test_rows_of_a_story_that_a_reader_has_yet_to_judge_are_not_shown_to_them() -> None:
    named = {public_id(story.normal_sha256): story for story in builders.accepted_stories(6)}
    release = builders.built_release(builders.dataset())
    in_card = row_in(text_of(release.files.get(path="README.md")))
    assert in_card is not None
    configs = configs_of(release, list(release.files.select_related("blob")))
    sampled = next(config for config in configs if config.name == "stories")
    sample_ids = [row[0] for row in sampled.samples]
    # In a release this small the card's row need not be of the split whose first rows the page shows.
    in_sample = in_card if in_card in sample_ids else sample_ids[0]
    other = next(one for one in sample_ids if one != in_sample)
    curator = builders.person(Role.CURATOR)
    to_review = {in_card, in_sample}
    for one in to_review:
        audited(named[one], curator)
    client = Client()
    client.force_login(curator)
    url = reverse("release", args=[release.dataset.org, release.dataset.name, release.version])
    said = client.get(url).content.decode()
    assert all(one in page(release) for one in to_review)
    assert [one in said for one in (*to_review, other)] == [*(False for _one in to_review), True]
    assert "1 of the first rows is of a story that you may still review, so it is not shown here." in words_of(said)
    assert "You may still review the story of this row, so it is not shown here." in words_of(said)
    for one in to_review:
        recuse(user=curator, story=named[one])
    assert all(one in client.get(url).content.decode() for one in to_review)


def test_no_count_of_a_version_to_come_moves_with_a_review_of_a_story_that_one_has_yet_to_judge() -> None:
    story, _other = builders.accepted_stories(2, builders.person(publish=False), builders.person(publish=False))
    dataset, colleague, curator = builders.dataset(), builders.person(), builders.person(Role.CURATOR)
    queue = audited(story, colleague, curator)
    client = Client()
    client.force_login(curator)
    url = reverse("release_new", args=[dataset.org, dataset.name])
    before, all_before = client.get(url).content, outlook(plan(dataset)).consents
    builders.review_by(colleague, queue)
    assert outlook(plan(dataset)).consents != all_before
    assert words_of(client.get(url).content.decode()) == words_of(before.decode())
    assert outlook(plan(dataset, reader=curator)).consents == Consents(2, 0, 2, 0, silent=1)


def test_no_selection_is_narrow_enough_to_tell_what_became_of_a_story_that_one_has_yet_to_judge() -> None:
    """Its tier, its themes and its acceptance are what others said of it."""
    readers = [builders.person(), builders.person()]
    of_one, of_others = builders.source("there"), builders.source("here")
    (story,) = builders.accepted_stories(1, *readers, of=of_one, title="The harbour at dusk")
    builders.accepted_stories(1, *readers, of=of_others)
    dataset, curator = builders.dataset(), builders.person(Role.CURATOR)
    builders.built_release(dataset)
    builders.accepted_stories(1, *readers, of=of_others)
    audited(story, curator)
    client, here = Client(), [dataset.org, dataset.name]
    client.force_login(curator)
    api = {"content_type": "application/json"}

    def told() -> list[str]:
        found = [client.get(reverse("release_new", args=here)).content.decode()]
        found += [client.get(reverse("api:dataset_outlook", args=here)).content.decode()]
        for asked in ({}, {"sources": ["there"]}, {"sources": ["here"]}, {"tiers": ["gold"]}, {"per_principle": 1}):
            sent = {"selection": "1", "preview": "1", **asked}
            found.append(client.post(reverse("release_new", args=here), sent).content.decode())
            answer = client.post(reverse("api:dataset_preview", args=here), {"selection": asked}, **api)
            assert answer.status_code == 200
            found.append(answer.content.decode())
        # A part of a page, and JSON, are words as they are.
        return [words_of(one) or words_of(f"<main {one}") for one in found]

    narrow = plan(dataset, choice=SelectionChoice(sources=("there",)), reader=curator)
    assert (narrow.stories, narrow.tiers, narrow.blockers, narrow.removed) == (0, {}, [], 1)
    assert plan(dataset, choice=SelectionChoice(sources=("there",))).tiers == {"gold": 1}
    before = told()
    assert "Stories that you may still review are not counted here" in before[0]
    with transaction.atomic():
        withdraw_story(actor=SYSTEM, dataset=dataset, story=story.pk, reason="It was taken back.")
        assert plan(dataset).stories == 2
        after = told()
        transaction.set_rollback(True)
    assert after == before
    assert not any("The harbour at dusk" in one for one in before)
    client.force_login(other := builders.person(Role.CURATOR))
    assert plan(dataset, reader=other).stories == 3
    assert "Stories that you may still review" not in told()[0]
