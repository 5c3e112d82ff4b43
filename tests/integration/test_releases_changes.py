"""What differs between two versions: as data, as a page and as text, for whom both are open."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import InvalidInput
from curation.core.storage import storage
from curation.releases import blobs
from curation.releases.actions import build, describe_dataset, start_release, withdraw_story
from curation.releases.diff import changelog, compare
from curation.releases.models import CardVersion, Release
from curation.releases.story_ids import public_id
from curation.releases.verify import verify
from curation.releases.views.difference import grown
from curation.stories.actions import add_tag
from curation.stories.models.tag import TagKind
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path / "home"


def text_of(release: Release, path: str) -> str:
    file = release.files.get(path=path)
    return b"".join(storage().read(blobs.key_of(file.blob_id))).decode()


def address(release: Release) -> str:
    return reverse("release_changes", args=[release.dataset.org, release.dataset.name, release.version])


@pytest.fixture
def versions() -> Sequence[Any]:
    """A version and its successor, and its stories: one withdrawn, one decided anew, one tagged, one new, one alike."""
    curator = builders.person(Role.CURATOR)
    data = builders.answers(themes=["boundaries"], ratings={**builders.answers()["ratings"], "C1": 5})
    gone, anew, tagged, same = builders.accepted_stories(4, principles=["care"], data=data)
    dataset = builders.dataset(visibility="private", authors=["Ada Lovelace", "O’Neil & Sons"], doi="10.1234/abc")
    old = builders.built_release(dataset)
    withdraw_story(actor=curator, dataset=dataset, story=gone.pk, reason="Its author asked for it.")
    builders.decided_anew(anew)
    add_tag(actor=curator, story=tagged, kind=TagKind.PRINCIPLE, key="honesty")
    (new_one,) = builders.accepted_stories(1, title="A new one", generator="m-2")
    new = builders.built_release(dataset, "v0.2.0")
    return old, new, (gone, anew, tagged, same, new_one)


def test_all_that_differs_is_told_once_and_in_the_card_of_the_newer_version(versions: Sequence[Any]) -> None:
    old, new, (gone, anew, tagged, _same, new_one) = versions
    found = compare(old, new)
    assert found.stories == {"added": 1, "removed": 1, "changed": 2, "same": 1}
    names = [[(one.id, one.what) for one in part] for part in (found.added, found.removed, found.changed)]
    assert names == [
        [(public_id(new_one.normal_sha256), [])],
        [(public_id(gone.normal_sha256), [])],
        [(public_id(anew.normal_sha256), ["decision", "published"]), (public_id(tagged.normal_sha256), ["tags"])],
    ]
    assert found.removed[0].reason == "Its author asked for it."
    assert (found.what, found.deciders) == ({"decision": 1, "published": 1, "tags": 1}, {"policy > adjudicator": 1})
    assert found.distributions["generators"]["m-2"] == [0, 1]
    assert found.coverage == {"care": {"boundaries": [4, 3]}, "honesty": {"boundaries": [0, 1]}}
    assert (found.columns, found.standards) == ({}, {})
    # Backwards, what was added is gone.
    back = compare(new, old)
    assert (back.stories["added"], back.stories["removed"], back.added[0].id) == (1, 1, names[1][0][0])
    data = found.as_data()
    assert new.frozen["changes"] == json.loads(json.dumps(data)), "frozen with the version that it leads to"
    assert old.frozen["changes"] is None
    text = changelog(data)
    assert "Stories since v0.1.0: 1 added, 1 no longer in, 2 changed, 1 the same." in text
    assert f"Withdrawn: `{names[1][0][0]}`, Its author asked for it." in text
    assert text in text_of(new, "README.md")
    # One line for each kind, and none is made otherwise from what the database kept.
    assert verify(new).notes == []


def test_columns_standards_agreement_and_coverage_are_compared(versions: Sequence[Any]) -> None:
    old, new, _stories = versions
    old.frozen |= {
        "columns": {"stories": [["id", "string"], ["n_words", "int16"], ["old", "string"]], "gone": [["x", "bool"]]},
        "schema": 2,
        "rubric": {**old.frozen["rubric"], "version": 0},
        "constitution": None,
        "agreement": {"B1": {"alpha": 0.5, "low": 0.4, "high": 0.6, "stories": 30}},
        "pool": {"B1": {"mean": 3.25, "sd": 1.0}},
    }
    found = compare(old, new)
    assert found.columns["stories"]["removed"] == ["old"]
    assert found.columns["stories"]["changed"] == ["n_words: int16 > int32"]
    assert "text" in found.columns["stories"]["added"]
    assert found.columns["gone"] == {"added": [], "removed": ["x"], "changed": []}
    assert found.standards["schema"] == ["2", str(new.frozen["schema"])]
    assert set(found.standards) == {"schema", "rubric", "constitution"}
    assert found.agreement["B1"][0]["alpha"] == 0.5
    assert found.ratings["B1"] == [3.25, 4.0]
    text = changelog(found.as_data())
    for said in ("Agreement (alpha): ", "B1 0.50 > too few", "Mean rating: ", "B1 3.25 > 4.00", "Schema: 2 > "):
        assert said in text
    # A version that does not say which columns it has is compared in all else.
    old.frozen.pop("columns")
    assert compare(old, new).columns == {}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_it_to_whom_both_versions_are_open(versions: Sequence[Any]) -> None:
    old, new, (_gone, anew, *_rest) = versions
    researcher, annie = builders.person(Role.RESEARCHER), builders.person()
    shown = signed_in(researcher).get(address(new))
    said = shown.content.decode()
    assert "From v0.1.0 to v0.2.0" in said
    for words in ("A new one", "Its author asked for it.", "decided anew", public_id(anew.normal_sha256)):
        assert words in said
    text = signed_in(researcher).get(address(new), {"as": "text", "since": "v0.1.0"})
    assert text.headers["Content-Type"].startswith("text/markdown")
    assert text.content.decode() == changelog(compare(old, new).as_data())
    assert signed_in(researcher).get(address(old)).status_code == 404, "there is none before it"
    assert signed_in(researcher).get(address(old), {"since": "v0.2.0"}).status_code == 200
    assert signed_in(researcher).get(address(new), {"since": "v9.9.9"}).status_code == 404
    assert signed_in(annie).get(address(new)).status_code == 404


def test_stories_that_somebody_has_yet_to_review_are_counted_and_not_named(versions: Sequence[Any]) -> None:
    old, new, (*_rest, new_one) = versions
    reader = builders.person()
    add_items(actor=SYSTEM, queue=builders.queue_of(reader), stories=[new_one], kind="audit")
    found = compare(old, new, reader=reader)
    assert (found.stories["added"], found.added) == (1, [])
    assert found.changed


def test_a_dataset_says_who_made_it_and_a_new_word_of_it_is_a_card_version_and_no_release(
    versions: Sequence[Any],
) -> None:
    old, new, _stories = versions
    cff = text_of(new, "CITATION.cff")
    assert "cff-version: 1.2.0" in cff
    for words in ("type: dataset", "- name: Ada Lovelace", "doi: 10.1234/abc", "version: 0.2.0", "license: CC-BY-4.0"):
        assert words in cff
    readme = text_of(new, "README.md")
    assert "author = {{Ada Lovelace} and {O’Neil \\& Sons}}" in readme
    assert "doi = {10.1234/abc}" in readme
    dataset, curator = new.dataset, builders.person(Role.CURATOR)
    describe_dataset(actor=curator, dataset=dataset, doi="https://doi.org/10.5555/xyz", authors=["", " Ada  Byron "])
    describe_dataset(actor=curator, dataset=dataset, doi="10.5555/xyz")
    cards = CardVersion.objects.filter(dataset=dataset).order_by("number")
    assert [(card.number, card.doi, card.authors) for card in cards] == [
        (1, "10.1234/abc", ["Ada Lovelace", "O’Neil & Sons"]), (2, "10.5555/xyz", ["Ada Byron"])
    ]  # fmt: skip
    assert Release.objects.filter(dataset=dataset).count() == 2
    page = signed_in(curator).get(reverse("dataset", args=[dataset.org, dataset.name])).content.decode()
    for words in ("By Ada Byron", "https://doi.org/10.5555/xyz", "Card version 2", "doi = {10.5555/xyz}"):
        assert words in page
    older = signed_in(curator).get(reverse("release", args=[dataset.org, dataset.name, old.version])).content.decode()
    assert "author = {{Ada Byron}}" in older, "a version is cited by what the dataset says today"
    assert text_of(new, "README.md") == readme, "and its files stay as they are"
    for wrong in ({"doi": "12.3/x"}, {"doi": "10.1234/<b>"}, {"authors": ["x" * 121]}, {"authors": ["x"] * 101}):
        with pytest.raises(InvalidInput):
            describe_dataset(actor=SYSTEM, dataset=dataset, **wrong)
    sent = {"title": "T", "authors": "Ada\n\n Bo \n", "doi": "no"}
    describe = reverse("dataset_describe", args=[dataset.org, dataset.name])
    assert "is not a DOI" in signed_in(curator).post(describe, sent).content.decode()
    assert signed_in(curator).post(describe, {**sent, "doi": ""}).status_code == 302
    dataset.refresh_from_db()
    assert (dataset.authors, dataset.doi) == (["Ada", "Bo"], "")
    assert "Ada\nBo</textarea>" in signed_in(curator).get(describe).content.decode()


def test_a_further_format_that_there_is_not_is_refused() -> None:
    builders.accepted_stories(1)
    with pytest.raises(InvalidInput, match="jsonl, messages, text"):
        builders.built_release(builders.dataset(), formats=["csv"])


def test_a_version_is_in_the_formats_of_the_one_before_unless_others_are_asked_for() -> None:
    builders.accepted_stories(1)
    curator, dataset = builders.person(Role.CURATOR), builders.dataset()
    builders.built_release(dataset, formats=["text", "jsonl"])
    page = signed_in(curator).get(reverse("release_new", args=[dataset.org, dataset.name])).content.decode()
    ticked = re.findall(r'<input[^>]*name="formats"[^>]*value="(\w+)"[^>]* checked', page)
    assert ticked == ["jsonl", "text"]
    for version, formats, kept in (("v0.1.1", None, ["jsonl", "text"]), ("v0.1.2", [], []), ("v0.1.3", None, [])):
        asked = {"actor": curator, "dataset": dataset, "version": version, "notes": "Again.", "formats": formats}
        made = start_release(**asked)
        assert (made.formats, start_release(**asked)) == (kept, made)
        build(release=made)


@pytest.mark.parametrize(("by", "digits", "said"), [(3, "d", "+3"), (-3, "d", "-3"), (-0.004, ".2f", "0.00"),
                                                    (0.1, ".2f", "+0.10"), (-0.08, ".2f", "-0.08")])  # fmt: skip
def test_a_difference_has_its_sign_and_nothing_has_none(by: float, digits: str, said: str) -> None:
    assert grown(by, digits) == said
