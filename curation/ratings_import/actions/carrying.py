"""Carrying out the import of what was said of stories: read, turn, store, a chunk of rows at a time.

Every chunk is one transaction with the import's counters in it, so a killed import goes on after its last chunk.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from django.db import Error as DatabaseError
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotations.actions import recuse_from
from annotations.actions.importing import Became, NewReview, import_reviews
from annotations.models import Saw
from annotations.models.review import Origin
from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core import jobs, leases
from curation.core.errors import ExemplaError
from curation.core.leases import Lease, LeaseLost
from curation.core.storage import ContentDiffers, FileMissing, StorageError
from curation.ratings_import.actions.people import users_for
from curation.ratings_import.actions.starting import TASK
from curation.ratings_import.looking import AnnotatedDataset, Look, beside, look, opened
from curation.ratings_import.models import NotKept, RatingsImport, RatingsImportState
from curation.ratings_import.models.not_kept import What, Why
from curation.ratings_import.plan import plan_of
from curation.ratings_import.shapes import AnnotatedRecord
from curation.ratings_import.turning import Left, Text, Turned, text_of, turned
from curation.scoring.actions.importing import imported_judge
from curation.scoring.actions.scores import NewScore, insert_scores
from curation.scoring.telling import SURE
from curation.standards.spec import spec_of
from curation.stories.files import on_disk
from curation.stories.models import ImportDuplicate, Story
from curation.stories.models.imports import ImportState

log = logging.getLogger(__name__)
CHUNK_ROWS = 500
TOOL = "Argilla"
# The judge of suggestions that do not say which model made them.
NAMELESS = "Argilla suggestions"


@dataclass
class Part:
    """What the records of some rows come to, by row, before it is stored."""

    rows: int = 0
    turned: list[tuple[int, str, int, str, Turned]] = field(default_factory=list)
    left: list[NotKept] = field(default_factory=list)


def claim(*, ratings_id: int | None = None) -> RatingsImport | None:
    """Take the import that has waited longest of those whose stories are stored, or that of `ratings_id`; else None."""
    rows = RatingsImport.objects.select_related("run", "queue__rubric", "queue__policy", "created_by")
    among = Q(run__state=ImportState.DONE) & (Q() if ratings_id is None else Q(pk=ratings_id))
    claimed = leases.claim_one(rows, among=among)
    return claimed[0] if claimed else None


def carry_out_due(*, seconds: float | None = None) -> int:
    """Carry out what waits, each for about `seconds` before it gives way to others; return how many were taken up."""
    taken = 0
    while (ratings := claim()) is not None:
        taken += 1
        with suppress(LeaseLost):
            carry_out(ratings, seconds=seconds)
    return taken


def carry_out(
    ratings: RatingsImport, *, seconds: float | None = None, progress: Callable[[RatingsImport], None] | None = None
) -> RatingsImport:
    """Carry out a claimed import to its end, or for about `seconds`; return it as it then stands.

    `progress` is called after every chunk. `LeaseLost` if another worker took it over.
    """
    with Lease(RatingsImport, [ratings.pk], ratings.token) as lease:
        try:
            with on_disk(ratings.run.file_sha256) as path:
                found = look(path, ratings.run.file_name)
                names = beside(path)[1]
                with opened(path, ratings.run.file_name) as dataset:
                    _Carrier(ratings, lease, found, names).go(dataset, seconds, progress)
        except LeaseLost:
            raise
        except Exception as error:
            _stop(ratings, lease, error)
        except BaseException:
            lease.give_back()
            raise
    ratings.refresh_from_db()
    return ratings


class _Carrier:
    """Stores an import chunk by chunk, and remembers who people and judges are."""

    def __init__(self, ratings: RatingsImport, lease: Lease, found: Look, names: Mapping[str, str]) -> None:
        self.ratings, self.lease, self.names = ratings, lease, names
        self.actor: Actor = ratings.created_by or SYSTEM
        self.plan = plan_of(ratings.plan)
        self.questions = {question.name: question for question in found.questions}
        self.criteria = {one.key: one.id for one in spec_of(ratings.queue.rubric).criteria}
        self.users: dict[str, int] = {}
        self.versions: dict[str, int] = {}

    def go(
        self, dataset: AnnotatedDataset, seconds: float | None, progress: Callable[[RatingsImport], None] | None
    ) -> None:
        until = None if seconds is None else time.monotonic() + seconds
        records = islice(dataset.records(), self.ratings.rows_done, None)
        while rows := list(islice(records, CHUNK_ROWS)):
            part = self._part([(row.number, row.values, one) for row, one in rows])
            with self.lease.storing():
                self._store(part)
            if progress:
                progress(self.ratings)
            if until is not None and time.monotonic() > until:
                with self.lease.storing():
                    self.lease.end(RatingsImportState.PENDING, attempts=0, next_at=Now())
                    jobs.nudge(TASK)
                return
        with self.lease.storing():
            self.lease.end(RatingsImportState.DONE, error="", finished_at=Now())
            record(actor=self.actor, verb="ratings_import.done", target=self.ratings, **counts_of(self.ratings))

    def _part(self, rows: Sequence[tuple[int, Mapping[str, object], AnnotatedRecord | None]]) -> Part:
        part = Part(rows=len(rows))
        stories = self._stories([number for number, _values, _record in rows])
        for number, values, one in rows:
            story = stories.get(number)
            if story is None:
                part.left.append(self._left(number, 0, one, Left(What.RECORD, Why.NO_STORY)))
            elif one is not None:
                text = Text(text_of(values, self.plan), story.text)
                came = turned(one, plan=self.plan, questions=self.questions, text=text)
                part.left += [self._left(number, place, one, left) for place, left in enumerate(came.left)]
                part.turned.append((number, one.id, story.pk, story.text, came))
        return part

    def _stories(self, rows: Collection[int]) -> dict[int, Story]:
        """Return the story that each of these rows became, or repeats."""
        run = self.ratings.run
        by_row = dict(ImportDuplicate.objects.filter(run=run, row__in=rows).values_list("row", "story_id")) | {
            row: pk for row, pk in Story.objects.filter(import_run=run, row__in=rows).values_list("row", "pk") if row
        }
        stories = Story.objects.filter(pk__in=by_row.values()).exclude(stage__state="purged").only("text").in_bulk()
        return {row: stories[pk] for row, pk in by_row.items() if pk in stories}

    def _left(self, row: int, place: int, one: AnnotatedRecord | None, left: Left) -> NotKept:
        return NotKept(
            ratings_import=self.ratings,
            row=row,
            place=place,
            record=_short(one.id if one else ""),
            what=left.what,
            why=left.why,
            who=_short(left.who),
            question=_short(left.question),
        )

    def _store(self, part: Part) -> None:
        """Store a chunk, in the transaction that holds the lease."""
        self._meet({who for *_rest, came in part.turned for who, _said in came.reviews})
        reviews = [
            (number, record_id, who, NewReview(story, self.users[who], text, submission, self.ratings.blind))
            for number, record_id, story, text, came in part.turned
            for who, submission in came.reviews
        ]
        # Of two rows with one story, or two people there who are one here, the first holds.
        first: dict[tuple[int, int], NewReview] = {}
        for *_about, one in reviews:
            first.setdefault((one.story, one.reviewer), one)
        became = dict(
            zip(
                first,
                import_reviews(
                    actor=self.actor,
                    queue=self.ratings.queue,
                    origin=Origin(self.ratings.origin),
                    reviews=list(first.values()),
                ),
                strict=True,
            )
        )
        counts: Counter[Became] = Counter()
        places = Counter(left.row for left in part.left)
        for number, record_id, who, one in reviews:
            pair = one.story, one.reviewer
            what = became[pair] if first[pair] is one else self._again(first[pair], one)
            counts[what] += 1
            if what in {Became.HERE, Became.OTHER}:
                why = Why.HERE if what == Became.HERE else Why.OTHER
                about = AnnotatedRecord(record_id, {})
                part.left.append(self._left(number, places[number], about, Left(What.RESPONSE, why, who)))
                places[number] += 1
        wanted, stored = self._scores(part)
        self._recuse(part)
        NotKept.objects.bulk_create(part.left)
        figures = {
            "rows_done": part.rows,
            "reviews": counts[Became.STORED],
            "reviews_there": counts[Became.SAME],
            "scores": stored,
            "scores_there": wanted - stored,
            "not_kept": len(part.left),
        }
        # It gets on, so whoever stopped before did not stop because of it.
        self.lease.update(**{name: F(name) + n for name, n in figures.items()}, attempts=1, error="")
        for name, n in figures.items():
            setattr(self.ratings, name, getattr(self.ratings, name) + n)

    def _again(self, first: NewReview, one: NewReview) -> Became:
        return Became.SAME if first.submission == one.submission else Became.OTHER

    def _meet(self, people: Collection[str]) -> None:
        self.users |= users_for(
            actor=self.actor,
            people=set(people) - self.users.keys(),
            names=self.names,
            dataset=self.ratings.name,
        )

    def _scores(self, part: Part) -> tuple[int, int]:
        """Store the suggestions as scores; return how many there were, and how many of them are new."""
        rows: dict[tuple[int, int, int], NewScore] = {}
        for _number, _record, story, _text, came in part.turned:
            for one in came.scores:
                version = self._version(one.agent)
                rows.setdefault(
                    (story, version, self.criteria[one.criterion]),
                    {
                        "story": story,
                        "version": version,
                        "criterion": self.criteria[one.criterion],
                        "sample": 0,
                        "value": one.value,
                        "deviation": None,
                        "rationale": "" if one.sure is None else SURE % {"score": f"{one.sure:.3g}"},
                        "quotes": [],
                    },
                )
        return len(rows), insert_scores(list(rows.values()))

    def _version(self, agent: str) -> int:
        if agent not in self.versions:
            named = agent if any(map(str.isalnum, agent)) else NAMELESS
            version = imported_judge(actor=self.actor, agent=named, rubric=self.ratings.queue.rubric, tool=TOOL)
            self.versions[agent] = version.pk
        return self.versions[agent]

    def _recuse(self, part: Part) -> None:
        """Recuse whoever answered from the stories of which a model's suggestion was in their sight there.

        What is said to have been blind has no suggestion: see `start_ratings_import`.
        """
        seen: dict[int, set[int]] = {}
        for _number, _record, story, _text, came in part.turned:
            if came.scores:
                for who, _said in came.reviews:
                    seen.setdefault(self.users[who], set()).add(story)
        # Also who cannot sign in now: an account may be opened again.
        for user in User.objects.filter(pk__in=seen).order_by("pk"):
            recuse_from(user=user, stories=seen[user.pk], saw=Saw.SCORES)


def _short(words: str) -> str:
    return words.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:200]


def counts_of(ratings: RatingsImport) -> dict[str, int]:
    """Return what goes on record at the end of an import."""
    return {name: getattr(ratings, name) for name in ("reviews", "scores", "not_kept")}


def _stop(ratings: RatingsImport, lease: Lease, error: Exception) -> None:
    """Let the import wait if the error may pass, else fail with what a person can do about it."""
    if isinstance(error, FileMissing | ContentDiffers):
        reason = _("The imported file is gone. Import the dataset once more.")
        error = leases.Fatal(reason)
    elif isinstance(error, StorageError | DatabaseError):
        reason = _("Files or the database were out of reach.")
    elif isinstance(error, ExemplaError):
        reason = error.message
    else:
        reason = _("It stopped at an unexpected error (%(error)s).") % {"error": type(error).__name__}
        log.error("import of ratings %s stopped", ratings.pk, exc_info=error)
    # A database that is away cannot be told: the import is free again when its lease has run out.
    with suppress(DatabaseError, LeaseLost):
        if lease.put_off(error, reason=str(reason)) == RatingsImportState.FAILED:
            actor = ratings.created_by or SYSTEM
            record(actor=actor, verb="ratings_import.failed", target=ratings, **counts_of(ratings))
