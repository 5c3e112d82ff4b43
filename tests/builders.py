"""Building blocks for tests. Every state is reached by the real actions of the rooms."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.test import Client, override_settings

from annotations.actions import (
    add_items,
    add_member,
    adjudicate,
    claim,
    create_queue,
    expire,
    give_consent,
    revise,
    submit,
    withdraw,
)
from annotations.actions.practising import practise
from annotations.material import consent_version
from annotations.models import Assignment, Queue, Review
from annotations.practising import practice_stories
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import BrowserSession, Role, User
from curation.core.leases import Fatal, Lease, Leased, take
from curation.releases.actions import build, create_dataset, set_visibility, start_release
from curation.releases.actions.building import claim as claim_release
from curation.releases.actions.freezing import freeze
from curation.releases.manifest import rows_by_split
from curation.releases.models import Approval, Dataset, Release
from curation.research.actions import add_outcome, profile_of, report_row
from curation.research.models import RowReport, TrainingOutcome
from curation.research.rows.questions import RowFilter
from curation.research.rows.reading import page_of
from curation.scoring.actions import ensure_embedded_judge, work
from curation.standards.actions import install_defaults
from curation.standards.models import Rubric
from curation.standards.queries import current_policy, current_rubric
from curation.standards.spec import spec_of
from curation.stories.actions import add_stories, create_source, unblock
from curation.stories.actions.checking import check_slice
from curation.stories.models import Source, Stage, Story
from curation.stories.stages import State
from curation.triage.filters import StoryFilter
from curation.triage.queries import READY, StorySelection

CONDUCT = {"conduct": "misaligned", "intent": "benevolent", "portrayal": "positive"}
numbers = itertools.count(1)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def person(role: Role = Role.ANNOTATOR, username: str = "", *, publish: bool | None = True) -> User:
    """Create a person with the password `a-long-password`.

    A reviewer has said yes to the publication of ratings; or no with `publish` False, or nothing yet with None.
    """
    name = username or f"{role}-{next(numbers)}"
    user = User.objects.create_user(username=name, password="a-long-password", role=role)
    if publish is not None and user.is_reviewer:
        give_consent(user=user, version=consent_version(), publish=publish)
    return user


def signed_in(user: User, agent: str = FIREFOX) -> BrowserSession:
    """Sign a person in somewhere, in a browser of its own."""
    browser = Client(headers={"user-agent": agent})
    browser.force_login(user)
    session = browser.session
    session.agent = agent
    session.save()
    return BrowserSession.objects.get(session=session.session_key)


def practised(user: User) -> User:
    """Have a person pass the practice round, rating each story as the expert does."""
    spec = spec_of(default_rubric())
    for story in practice_stories():
        flags = {flag["key"]: passage_of(story.text, flag["quote"]) | CONDUCT for flag in story.flags}
        ratings = {key: verdict.value for key, verdict in story.ratings.items()}
        data = answers(flags=flags, ratings=ratings, themes=list(story.themes))
        submission = parse_submission(data, current_rubric())
        practise(user=user, story=story, submission=submission, spec=spec)
    return user


def passage_of(text: str, quote: str) -> dict[str, Any]:
    """Say where a quote stands in a text, as the page does."""
    start = text.index(quote)
    return {"start": start, "end": start + len(quote), "quote": quote}


def source(name: str = "") -> Source:
    """Create a source."""
    return create_source(actor=SYSTEM, name=name or f"source-{next(numbers)}", license="CC0-1.0")


def add_story(text: str = "", *, of: Source | None = None, **fields: Any) -> Story:
    """Store one story, of a text of its own unless one is given."""
    return add_stories(actor=SYSTEM, source=of or source(), rows=[{"text": text or own_text(), **fields}])[0]


def own_text() -> str:
    """Return a text that no other story has."""
    return f"Story {next(numbers)}. The tug asked the harbour master twice, and then it waited."


def check(stories: Iterable[Story]) -> None:
    """Run the checks over everything that waits for them; have a curator let on those of `stories` that they block."""
    while check_slice():
        pass
    for stage in Stage.objects.filter(story__in=list(stories), state=State.BLOCKED).select_related("story"):
        unblock(actor=SYSTEM, story=stage.story)


def queue_of(*reviewers: User, stories: Iterable[Story] = (), **fields: Any) -> Queue:
    """Make a queue under the default standards, with these reviewers and these stories, checked first."""
    install_defaults()
    rubric, number = current_rubric(), next(numbers)
    defaults = {"name": f"Queue {number}", "slug": f"queue-{number}", "rubric": rubric}
    queue = create_queue(actor=SYSTEM, **{**defaults, "policy": current_policy(rubric), **fields})
    for reviewer in reviewers:
        add_member(actor=SYSTEM, queue=queue, user=reviewer)
    stories = list(stories)
    check(stories)
    add_items(actor=SYSTEM, queue=queue, stories=stories)
    return queue


def answers(value: int = 4, *, flags: Mapping[str, dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """Answer every criterion outside the themes with `value`; `flags` maps a raised flag to its passage, or to {}."""
    ratings = dict.fromkeys(["A1", "A2", "A3", "B1", "B2", "B3", "D1"], value)
    spans = [{"criterion": None, "flag": flag, **span} for flag, span in (flags or {}).items() if span]
    data = {"themes": [], "ratings": ratings, "flags": list(flags or {}), "spans": spans, "out_of_scope": False}
    return {**data, "comment": "", "active_seconds": 60, **fields}


def review_by(reviewer: User, queue: Queue, data: dict[str, Any] | None = None) -> Review:
    """Claim the next story and submit a review of it, all 4 unless `data` says otherwise."""
    assignment = claim(reviewer=reviewer, queue=queue)
    assert assignment is not None, "nothing left to review"
    submission = parse_submission(data or answers(), assignment.rubric)
    return submit(reviewer=reviewer, assignment=assignment, submission=submission, idempotency_key=uuid4())


def checked_stories(count: int, *, text: str = "", **fields: Any) -> list[Story]:
    """Store `count` stories that passed their checks, so that they wait for their scores."""
    base = text or "The tug asked the harbour master, because it was not sure whether the second option was safe."
    rows = [{"text": f"{base} It logged berth {next(numbers)}.", **fields} for _ in range(count)]
    stories = add_stories(actor=SYSTEM, source=source(), rows=rows)
    check(stories)
    return stories


def default_rubric() -> Rubric:
    """Install the default standards and return their rubric."""
    install_defaults()
    return current_rubric()


def scored_stories(count: int, **fields: Any) -> list[Story]:
    """Store `count` stories and have the embedded scorer score them for the default rubric."""
    ensure_embedded_judge(rubric=default_rubric())
    stories = checked_stories(count, **fields)
    work()
    return stories


def labelled_stories(ratings: Sequence[int], *, texts: Sequence[str] = (), reviewers: int = 1, **fields: Any) -> Queue:
    """Store one story per rating, all criteria outside the themes rated with it by each of `reviewers` people."""
    rows = [
        {"text": texts[place] if texts else f"Story {next(numbers)}. The tug waited for the harbour master.", **fields}
        for place in range(len(ratings))
    ]
    stories = add_stories(actor=SYSTEM, source=source(), rows=rows)
    people = [person() for _ in range(reviewers)]
    queue = queue_of(*people, stories=stories, overlap=reviewers)
    of_story = {story.pk: rating for story, rating in zip(stories, ratings, strict=True)}
    for reviewer in people:
        while (assignment := claim(reviewer=reviewer, queue=queue)) is not None:
            submission = parse_submission(answers(of_story[assignment.story_id]), assignment.rubric)
            submit(reviewer=reviewer, assignment=assignment, submission=submission, idempotency_key=uuid4())
    return queue


def accepted_stories(count: int, *reviewers: User, data: dict[str, Any] | None = None, **fields: Any) -> list[Story]:
    """Store `count` stories and have two reviewers accept each, all 4 unless `data` says otherwise."""
    readers = reviewers or (person(), person())
    origin = fields.pop("of", None) or source()
    words = fields.pop("text", "")
    rows = [{"text": words or own_text(), **fields} for _ in range(count)]
    stories = add_stories(actor=SYSTEM, source=origin, rows=rows)
    queue = queue_of(*readers, stories=stories, overlap=len(readers))
    for _ in stories:
        for reader in readers:
            review_by(reader, queue, data)
    return stories


def frozen_release(of: Dataset, version: str = "v0.1.0", notes: str = "For a test.") -> Release:
    """Create a version, and have its rows frozen and nothing built yet."""
    claimed = claim_release(start_release(actor=SYSTEM, dataset=of, version=version, notes=notes).pk)
    assert claimed is not None
    release, lease = claimed
    freeze(release, lease)
    lease.give_back()
    release.refresh_from_db()
    return release


def blocked_story() -> Story:
    """Store a story that its checks block: nothing but placeholders."""
    story = add_story(f"[Name {next(numbers)}] said [Text].")
    check([])
    return story


def disputed_story(*reviewers: User) -> Story:
    """Store a story that has an AI character for one of two reviewers only, so that a curator has to adjudicate it."""
    story = add_story()
    one, two = reviewers or (person(), person())
    queue = queue_of(one, two, stories=[story])
    review_by(one, queue)
    review_by(two, queue, answers(out_of_scope=True))
    return story


def adjudicated_story(curator: User, outcome: str = "accept") -> Story:
    """Store a disputed story and have a curator decide it."""
    story = disputed_story()
    adjudicate(actor=curator, story=story, outcome=outcome, note="Both have a point.")
    return story


def decided_anew(story: Story, outcome: str = "accept") -> None:
    """Have a reader of a decided story ask a curator to look again, who decides."""
    review = story.reviews.latest("id")
    revise(
        reviewer=review.reviewer,
        review=review,
        submission=parse_submission(answers(), review.rubric),
        reason="Look again.",
        ask_curator=True,
        idempotency_key=uuid4(),
    )
    adjudicate(actor=person(Role.CURATOR), story=story, outcome=outcome, note="Read once more.")


def reopened_story(reviewer: User) -> Story:
    """Store a story that was accepted, and have this one of its two reviewers take the review back: it is read anew."""
    (story,) = accepted_stories(1, reviewer, person())
    withdraw(reviewer=reviewer, review=Review.objects.get(story=story, reviewer=reviewer), reason="Too quick.")
    return story


def expired_assignment(reviewer: User, queue: Queue) -> Assignment:
    """Claim the next story, and let the lease run out."""
    assignment = claim(reviewer=reviewer, queue=queue)
    assert assignment is not None, "nothing left to review"
    Assignment.objects.filter(pk=assignment.pk).update(lease_until="2020-01-01T00:00Z")
    expire()
    assignment.refresh_from_db()
    return assignment


def run_out(lease: Lease) -> None:
    """Let a lease have run out a while ago, as if its holder had stopped."""
    assert lease.update(lease_until="2020-01-01T00:00Z")


def failed(model: type[Leased], reason: str) -> None:
    """Take the work of `model` that is due, and let it fail for good."""
    lease = take(model, limit=100)
    assert lease is not None
    lease.put_off(Fatal(reason), reason=reason)


def dataset(name: str = "", **fields: Any) -> Dataset:
    """Make a public dataset."""
    wanted = {"org": "exempla", "name": name or f"dataset-{next(numbers)}", "visibility": "public", **fields}
    return create_dataset(actor=SYSTEM, **wanted)


def built_release(
    of: Dataset, version: str = "v0.1.0", notes: str = "For a test.", formats: Sequence[str] = ()
) -> Release:
    """Cut a version of what is accepted now, and build it."""
    return build(release=start_release(actor=SYSTEM, dataset=of, version=version, notes=notes, formats=formats))


def asked_to_publish(of: Dataset, actor: User) -> Approval:
    """Have somebody ask that a private dataset be public, where a second person has to approve that."""
    with override_settings(SECOND_PERSON_FOR_PUBLIC_RELEASES=True):
        asked = set_visibility(actor=actor, dataset=of, visibility="public")
    assert asked is not None
    return asked


def selection_of(state: str = "ready", *, order: str = "import", limit: int = 100, **chosen: Any) -> StorySelection:
    """What a curator asks for with a queue's form; `chosen` are parts of a `StoryFilter`."""
    return StorySelection(filter=StoryFilter(states=READY[state], **chosen), order=order, limit=limit)


def reported(
    release: Release, reporter: User | None = None, text: str = "The second sentence is cut off."
) -> RowReport:
    """Report a problem with the first story of a release; by a stranger without a `reporter`."""
    split, [story, *_rest] = first_rows(release)
    return report_row(
        reporter=reporter or AnonymousUser(), address="192.0.2.1", release=release, split=split, row=0,
        story_id=story["id"], kind="text", text=text,
    )  # fmt: skip


def first_rows(release: Release, size: int = 20) -> tuple[str, list[dict[str, Any]]]:
    """Return the split of a built release that its viewer opens with, the largest, and the stories it begins with."""
    profile_of(release)
    splits = rows_by_split(release.manifest or {"files": []})["stories"]
    split = max(("train", "validation", "test"), key=lambda one: splits.get(one, 0))
    return split, [one.story for one in page_of(release, split, 0, RowFilter(), size=size).stories]


def sent_outcome(release: Release, sender: User, **fields: Any) -> TrainingOutcome:
    """Tell what came of training on a release: a gain of four points, with its interval."""
    said = {
        "who": "The reading group", "model": "Reader 1B", "rows": "stories/train", "method": "SFT, one epoch",
        "measure": "Misaligned completions", "unit": "%", "higher_is_better": False, "baseline": 12.0, "result": 8.0,
        "low": 6.5, "high": 9.4, "link": "https://example.org/report", "notes": "",
    }  # fmt: skip
    return add_outcome(actor=sender, release=release, **(said | fields))
