"""Writing the import of an annotated dataset down: its stories first, then what was said of them."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.text import slugify
from django.utils.translation import gettext as _

from annotations.actions import close_queue, create_queue
from annotations.models import Queue
from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core import jobs
from curation.core.errors import Conflict, InvalidInput
from curation.core.storage import KeptFile
from curation.ratings_import.actions.people import map_people
from curation.ratings_import.generating import policy_for, rubric_from
from curation.ratings_import.looking import Look
from curation.ratings_import.models import RatingsImport, RatingsImportState
from curation.ratings_import.permissions import check_can_import_ratings
from curation.ratings_import.plan import NOTHING, RatingsImportPlan, Target, offered, ways
from curation.standards.actions import store_alone, store_policy, store_rubric
from curation.standards.models import AcceptancePolicy, Rubric
from curation.standards.permissions import check_can_edit_standards
from curation.standards.spec import spec_of
from curation.stories.actions import start_import
from curation.stories.models import Source

TASK = "ratings_import.run"


def start_ratings_import(
    *,
    actor: Actor,
    source: Source,
    kept: KeptFile,
    file_name: str,
    name: str,
    look: Look,
    rubric: Rubric | None,
    plan: RatingsImportPlan,
    defaults: Mapping[str, str] | None = None,
    blind: bool = False,
) -> RatingsImport:
    """Write down the import of the dataset in a file that is `kept`, for workers to carry out.

    `plan` says what its questions become under `rubric`; without one a rubric is made of them, and the plan's targets
    are not looked at. `blind` says that whoever answered saw no suggestion and no other response. Raises `InvalidInput`
    for a plan that does not fit the rubric or the file, and for a dataset with suggestions that is said to be blind.
    """
    check_can_import_ratings(actor=actor)
    name = " ".join(name.split())[:120].strip()
    if not any(map(str.isalnum, name)):
        raise InvalidInput(_("Give the dataset a name, with letters or digits."))
    if blind and look.suggested:
        raise InvalidInput(_("Whoever answered saw what models suggested, so these reviews were not blind."))
    with transaction.atomic():
        # Of two that bring the same dataset at once, the later makes the next version.
        store_alone()
        if rubric is None:
            rubric, targets = _rubric_of(actor, name, look)
            plan = RatingsImportPlan(plan.columns, targets, plan.people)
        policy = _policy_of(actor, rubric)
        _check(look, rubric, plan)
        run = start_import(
            actor=actor,
            source=source,
            kept=kept,
            file_name=file_name,
            mapping=plan.columns,
            defaults=defaults,
            left_out=look.layout.left_out,
        )
        map_people(plan.people, dataset=name)
        ratings = RatingsImport.objects.create(
            run=run,
            name=name,
            rubric=rubric,
            queue=_queue(actor, name, rubric, policy),
            plan=plan.as_json(),
            blind=blind,
            created_by_id=actor.pk,
        )
        record(actor=actor, verb="ratings_import.started", target=ratings, rubric=str(rubric), blind=blind)
        jobs.nudge(TASK)
    return ratings


def _rubric_of(actor: Actor, name: str, look: Look) -> tuple[Rubric, dict[str, Target]]:
    """Make a rubric of the dataset's questions: the next version where one has the dataset's name."""
    check_can_edit_standards(actor=actor)
    newest = Rubric.objects.filter(name=name).aggregate(n=Max("version"))["n"] or 0
    policies = AcceptancePolicy.objects.filter(name=name).aggregate(n=Max("version"))["n"] or 0
    file, targets = rubric_from(name, max(newest, policies) + 1, look.questions, look.guidelines)
    return store_rubric(actor=actor, file=file, of_dataset=True), targets


def _policy_of(actor: Actor, rubric: Rubric) -> AcceptancePolicy:
    """Return the newest policy of a rubric; one is made where it has none."""
    found = rubric.policies.order_by("-id").first()
    if found is not None:
        return found
    check_can_edit_standards(actor=actor)
    return store_policy(actor=actor, file=policy_for(rubric.name, rubric.version), rubric=rubric)


def _check(look: Look, rubric: Rubric, plan: RatingsImportPlan) -> None:
    if plan.columns.get("text") not in look.layout.fields:
        raise InvalidInput(_("Say which field is the story's text."))
    spec, used = spec_of(rubric), set[str]()
    for name, target in plan.targets.items():
        question = look.question(name)
        if question is None:
            raise InvalidInput(_("The dataset has no question “%(name)s”.") % {"name": name[:100]})
        if target.becomes != NOTHING and target.becomes not in ways(question, spec):
            raise InvalidInput(
                _("“%(name)s” cannot become “%(what)s”.") % {"name": question.shown, "what": target.becomes[:100]}
            )
        if target.criterion and target.criterion in used:
            raise InvalidInput(
                _("Two questions cannot become the same criterion, %(key)s.") % {"key": target.criterion}
            )
        used.add(target.criterion)
        if strange := set(target.options.values()) - set(offered(question, spec, target)):
            raise InvalidInput(
                _("An option of “%(name)s” cannot become “%(what)s”.")
                % {"name": question.shown, "what": min(strange)[:100]}
            )
    people = set(plan.people.values())
    if User.objects.filter(pk__in=people).count() < len(people):
        raise InvalidInput(_("One of the people that were chosen is not here."))
    if len(people) < len(plan.people):
        raise InvalidInput(_("Two people there cannot be the same person here: one review of a story is kept of each."))


def _queue(actor: Actor, name: str, rubric: Rubric, policy: AcceptancePolicy) -> Queue:
    """Make the queue in which the reviews lie. It hands out nothing."""
    base = slugify(name)[:40].strip("-_") or "dataset"
    number = 1
    while True:
        end = f"-{number}" if number > 1 else ""
        shown = f"{name[:100]} (Argilla)" + (f" {number}" if number > 1 else "")
        taken = Queue.objects.filter(slug=f"argilla-{base}{end}").exists()
        if not taken:
            try:
                with transaction.atomic():
                    queue = create_queue(
                        actor=actor, name=shown, slug=f"argilla-{base}{end}", rubric=rubric, policy=policy, overlap=1
                    )
                break
            except Conflict:
                pass
        number += 1
    close_queue(actor=actor, queue=queue)
    return queue


def resume_ratings_import(*, actor: Actor, ratings: RatingsImport) -> None:
    """Let a failed import go on after the last row that is stored."""
    check_can_import_ratings(actor=actor)
    with transaction.atomic():
        if not RatingsImport.objects.filter(pk=ratings.pk, state=RatingsImportState.FAILED).update(
            state=RatingsImportState.PENDING, error="", finished_at=None, attempts=0, next_at=Now()
        ):
            raise Conflict(_("This import has not failed."))
        record(actor=actor, verb="ratings_import.resumed", target=ratings)
        jobs.nudge(TASK)
