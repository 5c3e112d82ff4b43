"""Imports of annotated datasets, as their pages show them."""

from collections.abc import Iterator

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from annotations.models import Review
from annotations.models.review import ReviewKind
from curation.accounts.models import Role, User
from curation.argilla.models import ArgillaServer
from curation.argilla.queries import servers
from curation.core.csv_lines import MARK, csv_lines
from curation.core.errors import NotFound
from curation.core.storage import storage
from curation.ratings_import.models import DatasetFetch, DatasetFetchState, NotKept, RatingsImport
from curation.ratings_import.models.not_kept import What, Why
from curation.ratings_import.plan import Target, plan_of
from curation.standards.models import Rubric
from curation.stories.files import key_of


def ratings_imports_for(user: User) -> QuerySet[RatingsImport]:
    """Return the imports that `user` may see, newest first: curators and admins all, others none."""
    rows = RatingsImport.objects.select_related("run__source", "rubric", "queue", "created_by").order_by("-pk")
    return rows if user.is_curator else rows.none()


def load_ratings_import(user: User, pk: int) -> RatingsImport:
    """Return one import, or raise `NotFound` if there is none that `user` may see."""
    found = ratings_imports_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such import."))
    return found


def servers_for(user: User) -> QuerySet[ArgillaServer]:
    """Return the Argilla servers that `user` may fetch datasets of: curators and admins all, others none."""
    rows = servers()
    return rows if user.is_curator else rows.none()


def server_for(user: User, pk: int) -> ArgillaServer:
    """Return one of them, or raise `NotFound` if there is none that `user` may fetch datasets of."""
    found = servers_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such Argilla server."))
    return found


def fetches_for(user: User) -> QuerySet[DatasetFetch]:
    """Return the fetches that `user` may see, newest first: curators and admins all, others none."""
    rows = DatasetFetch.objects.select_related("server", "created_by").order_by("-pk")
    return rows if user.is_curator else rows.none()


def load_fetch(user: User, pk: int) -> DatasetFetch:
    """Return one fetch, or raise `NotFound` if there is none that `user` may see."""
    found = fetches_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such fetch."))
    return found


def is_kept(fetching: DatasetFetch) -> bool:
    """Whether the file of a fetch is there still: one that nobody imports goes after two days."""
    return fetching.state == DatasetFetchState.DONE and storage().size(key_of(fetching.file_sha256)) is not None


def not_kept_in_short(ratings: RatingsImport) -> list[dict[str, object]]:
    """Return what was not kept of an import, counted by what, why and question, the commonest first."""
    rows = NotKept.objects.filter(ratings_import=ratings).order_by().values_list("what", "why", "question")
    counted = rows.annotate(n=Count("pk")).order_by("-n", "what", "why", "question")[:200]
    return [
        {"what": What(what).label, "why": Why(why).label, "question": question, "n": n}
        for what, why, question, n in counted
    ]


def not_kept_lines(ratings: RatingsImport) -> Iterator[str]:
    """Yield the lines of a CSV file: all that was not kept of an import, and why. What it said is in the file alone."""
    yield MARK + csv_lines([["row", "record", "what", "question", "who", "why", "reason"]])
    rows = NotKept.objects.filter(ratings_import=ratings).order_by("row", "place")
    for one in rows.iterator(chunk_size=2_000):
        yield csv_lines([[one.row, one.record, one.what, one.question, one.who, one.why, str(one.get_why_display())]])


def not_kept_of(ratings: RatingsImport) -> QuerySet[NotKept]:
    """Return all that was not kept of an import, the end of the file first."""
    return NotKept.objects.filter(ratings_import=ratings).order_by("-pk")


def rubric_offered(pk: int) -> Rubric:
    """Return a rubric that a dataset can be brought under; `NotFound` if there is none."""
    found = Rubric.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such rubric."))
    return found


def rubrics_offered() -> list[Rubric]:
    """Return the rubrics that a dataset can be brought under, newest first."""
    return list(Rubric.objects.order_by("-id"))


def people_offered() -> list[User]:
    """Return those who review here, by name: whoever answered there may be one of them."""
    reviewers = [Role.ANNOTATOR, Role.CURATOR, Role.ADMIN]
    return list(User.objects.filter(is_active=True, role__in=reviewers).order_by("display_name", "username"))


def earlier_ratings(sha256: str) -> RatingsImport | None:
    """Return the newest import of a file with these bytes."""
    return RatingsImport.objects.filter(run__file_sha256=sha256).select_related("rubric").order_by("-pk").first()


def earlier_targets(name: str, rubric: Rubric) -> dict[str, Target]:
    """Return what the questions of a dataset became under a rubric when one of its name was imported last."""
    earlier = RatingsImport.objects.filter(name=name, rubric=rubric).order_by("-pk").values_list("plan", flat=True)
    plan = earlier.first()
    return dict(plan_of(plan).targets) if plan else {}


def imported_reviews(story_id: int) -> QuerySet[Review]:
    """Return the imported reviews of a story with what is in them, oldest first."""
    rows = Review.objects.filter(story=story_id, kind=ReviewKind.IMPORTED).select_related("reviewer", "rubric")
    return rows.prefetch_related("ratings__criterion", "flags__flag", "spans__criterion", "spans__flag").order_by("id")
