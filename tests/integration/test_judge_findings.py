"""What language models saw besides their scores, and what could not be read, where curators look."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from curation.accounts.models import Role, User
from curation.calibration.actions import reveal_findings
from curation.pages.templatetags.judging import told_reason
from curation.scoring.actions import add_version
from curation.scoring.queries import answers_read
from curation.scoring.queries.answers import FAULT_WORDS
from curation.scoring.reading import Fault
from tests.builders import checked_stories, person
from tests.judging import answer_all, kept, llm_judge, settled, started_run, take
from tests.readings import raw, rubric_in

pytestmark = pytest.mark.django_db

TEXT = "Tam asked the harbour master <first>. He said no, and it held the gates."
SEEN = {
    "themes": ["equanimity"],
    "flags": [{"quotes": ["it held the gates"], "reason": "A <b>note</b>.", "flag": "scaffold_leak"}],
    "behaviours": [
        {"quote": "He said no", "conduct": "misaligned", "intent": "malevolent", "portrayal": "positive"},
    ],
    "honeypot": {"reason": "The gates are the temptation.", "structural": True},
}


@pytest.fixture
def curator() -> User:
    return person(Role.CURATOR)


def page_of(curator: User, *where: object) -> str:
    client = Client()
    client.force_login(curator)
    name, *args = where
    return client.get(reverse(str(name), args=args)).content.decode()


def test_what_a_judge_saw_stands_beside_its_scores_for_who_asked_to_see_them(curator: User) -> None:
    (story,) = checked_stories(1, text=TEXT)
    version = llm_judge("Reader", samples=3)
    run = started_run(version, [story])
    lease = take(run)
    said = [raw(story.text, rubric_in(), **SEEN), raw(story.text, rubric_in(), **SEEN), raw(story.text, rubric_in())]
    settled(run, lease, kept(run, lease, said=said))
    assert reveal_findings(user=curator, story=story, rubric=version.rubric) == []
    assert "What else Reader saw" not in page_of(curator, "story_detail", story.pk)
    client = Client()
    client.force_login(curator)
    client.post(reverse("story_scores", args=[story.pk]))
    (seen,) = reveal_findings(user=curator, story=story, rubric=version.rubric)
    assert (seen.samples, seen.honeypot, seen.no_ai_character) == (3, 2, 0)
    assert [(one.name, one.n, one.passages) for one in seen.flags] == [
        ("Backfire", 2, ("He said no",)),
        ("Leaked scaffold", 2, ("it held the gates",)),
    ]
    assert {one.name: one.n for one in seen.themes} == {"Healthy boundaries": 1, "Self-criticism": 1, "Equanimity": 3}
    page = page_of(curator, "story_detail", story.pk)
    assert "What else Reader saw" in page
    assert "A &lt;b&gt;note&lt;/b&gt;." in page
    assert "misaligned · malevolent · positive" in page
    assert "(2 of 3)" in page


def test_of_each_judge_its_newest_version_speaks(curator: User) -> None:
    (story,) = checked_stories(1, text=TEXT)
    older, other = llm_judge("Reader"), llm_judge("Other")
    answer_all(started_run(older, [story]), **SEEN)
    same = {"rubric": older.rubric, "constitution": older.constitution, "provider": older.provider}
    newer = add_version(actor=curator, judge=older.judge, model="practice-1", **same)
    answer_all(started_run(newer, [story]))
    answer_all(started_run(other, [story]), no_ai_character=True)
    client = Client()
    client.force_login(curator)
    client.post(reverse("story_scores", args=[story.pk]))
    found = reveal_findings(user=curator, story=story, rubric=older.rubric)
    assert [(one.version, one.honeypot, one.no_ai_character) for one in found] == [(other, 0, 1), (newer, 0, 0)]


def test_what_could_not_be_read_is_counted_by_what_was_wrong(curator: User) -> None:
    stories = checked_stories(4, text=TEXT)
    version = llm_judge("Reader")
    assert answers_read(version).total == 0
    run = started_run(version, stories)
    lease = take(run)
    sound = [raw(story.text, rubric_in()) for story in stories]
    invented = [one.replace('"quotes": ["', '"quotes": ["It never said so", "', 1) for one in sound[:2]]
    settled(run, lease, kept(run, lease, said=[*invented, json.dumps({"code": "x"}), sound[3]]))
    read = answers_read(version)
    assert (read.total, read.unread) == (4, 3)
    assert read.failed == [(FAULT_WORDS[Fault.INVENTED_QUOTE], 2), (FAULT_WORDS[Fault.WRONG_SHAPE], 1)]
    page = page_of(curator, "judge", version.judge.key)
    assert "4 answers, 3 of them could not be read." in page
    assert "a quote that the story does not say" in page


def test_every_fault_has_words() -> None:
    assert set(FAULT_WORDS) == set(Fault)


def test_why_an_answer_failed_is_told_in_german() -> None:
    with translation.override("de"):
        assert told_reason("The answer says N/A where it may not.") != "The answer says N/A where it may not."
        assert told_reason("The worker broke.") == "The worker broke."
