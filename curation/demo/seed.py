"""Making the demonstration workspace, by the actions that pages and commands call."""

import uuid
from collections.abc import Callable

from annotations.actions import add_items, add_member, claim, create_queue, give_consent, submit
from annotations.material import consent_version
from annotations.models import Consent, Item, Queue, Review
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.audit.actions import record
from curation.audit.models import Entry
from curation.core.errors import Conflict
from curation.demo import samples
from curation.demo.accounts import people
from curation.releases.actions import build, create_dataset, start_release
from curation.releases.models import Dataset, Release
from curation.scoring.actions import work as score_what_is_due
from curation.standards.actions import install_defaults
from curation.standards.queries import current_policy, current_rubric
from curation.stories.actions import add_stories, create_source
from curation.stories.actions.checking import check_slice
from curation.stories.models import Source, Story

QUEUE = "samples"
READERS = ("annie", "ben", "imani")
ORG, DATASET, VERSION = "exempla", "samples", "v0.1.0"
NOTE = "The stories and these demonstration ratings are written by the project, to show how Exempla works."
Say = Callable[[str], None]


def seeded() -> bool:
    """Whether the demonstration is there and whole."""
    return Entry.objects.filter(verb="demo.seeded").exists()


def begun() -> bool:
    """Whether this workspace was begun as a demonstration, whole or not."""
    return Entry.objects.filter(verb="demo.begun").exists()


def can_seed() -> bool:
    """Whether this workspace is new, or was begun as a demonstration and not finished."""
    return begun() or not User.objects.exists()


def seed(*, say: Say = lambda line: None) -> None:
    """Make the demonstration workspace. Stopped half-way, it goes on from there when called again."""
    if not can_seed():
        raise Conflict("This workspace is in use. The demonstration is only made in a new one.")
    install_defaults()
    team = people()
    curator = team["curator"]
    if not begun():
        record(actor=SYSTEM, verb="demo.begun", target=curator)
    say("storing the sample stories")
    slugs = samples.slugs()
    source = Source.objects.filter(name="samples").first() or create_source(
        actor=curator, name="samples", title="Sample stories", license="CC-BY-4.0"
    )
    stories = dict(zip(slugs, add_stories(actor=curator, source=source, rows=map(samples.story, slugs)), strict=True))
    while check_slice():
        pass
    say("pre-scoring them")
    score_what_is_due()
    queue = Queue.objects.filter(slug=QUEUE).first() or make_queue(team)
    agree(team)
    say("entering the demonstration reviews")
    for slug, story in stories.items():
        enter_reviews(queue=queue, story=story, reviews=samples.reviews(slug), team=team)
    waiting = [story.pk for slug, story in stories.items() if not samples.reviews(slug)]
    queued = set(Item.objects.filter(queue=queue).values_list("story_id", flat=True))
    if missing := [pk for pk in waiting if pk not in queued]:
        add_items(actor=curator, queue=queue, stories=missing)
    say("building the dataset exempla/samples")
    release_samples(curator)
    record(actor=SYSTEM, verb="demo.seeded", target=curator)


def make_queue(team: dict[str, User]) -> Queue:
    """Create the queue `samples`, with the demo annotators as its members."""
    rubric = current_rubric()
    queue = create_queue(
        actor=team["curator"],
        name="Sample stories",
        slug=QUEUE,
        rubric=rubric,
        policy=current_policy(rubric),
        reveal=True,
        instructions="Stories written by the project, so that you can try a review. There are no wrong answers here.",
    )
    for name in READERS:
        add_member(actor=team["curator"], queue=queue, user=team[name])
    return queue


def agree(team: dict[str, User]) -> None:
    """Let the demo annotators consent to the publication of their ratings, unless they have answered."""
    people = [team[name] for name in READERS]
    answered = set(Consent.objects.filter(user__in=people).values_list("user_id", flat=True))
    for reader in people:
        if reader.pk not in answered:
            give_consent(user=reader, version=consent_version(), publish=True)


def enter_reviews(*, queue: Queue, story: Story, reviews: list[samples.SampleReview], team: dict[str, User]) -> None:
    """Let the demo annotators claim and submit their reviews of one story; those already in are left alone."""
    present = set(Review.objects.filter(story=story).values_list("reviewer__username", flat=True))
    missing = [review for review in reviews if review.reviewer not in present]
    if not missing:
        return
    add_items(actor=team["curator"], queue=queue, stories=[story.pk])
    for review in missing:
        reviewer = team[review.reviewer]
        assignment = claim(reviewer=reviewer, queue=queue)
        if assignment is None or assignment.story_id != story.pk:
            raise Conflict("Somebody is already reviewing here; the demonstration cannot be completed.")
        submission = parse_submission(review.submission(story.text), queue.rubric)
        submit(reviewer=reviewer, assignment=assignment, submission=submission, idempotency_key=uuid.uuid4())


def release_samples(curator: User) -> None:
    """Build `exempla/samples` v0.1.0 from what was accepted, once."""
    dataset = Dataset.objects.filter(org=ORG, name=DATASET).first() or create_dataset(
        actor=curator,
        org=ORG,
        name=DATASET,
        title="Exempla samples",
        description=NOTE,
        license="CC-BY-4.0",
        visibility="public",
    )
    release = Release.objects.filter(dataset=dataset).first() or start_release(
        actor=curator, dataset=dataset, version=VERSION, notes="The first release, made by the demonstration."
    )
    if not release.complete:
        build(release=release)
