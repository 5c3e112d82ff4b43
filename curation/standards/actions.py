"""Installing, importing and freezing standards."""

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Value
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.folding import Folded
from curation.core.locks import STANDARD_STORED, lock_until_the_end
from curation.standards import schema
from curation.standards.models import AcceptancePolicy, Constitution, Criterion, Flag, Principle, Rubric, Theme
from curation.standards.permissions import check_can_edit_standards

DATA = Path(__file__).parent / "data"
Standard = TypeVar("Standard", Constitution, Rubric, AcceptancePolicy)


def install_defaults() -> None:
    """Install the project's own constitution, rubric and policy where missing. Twice changes nothing."""
    with transaction.atomic():
        store_alone()
        constitution, rubric, policy = _shipped()
        if not Constitution.objects.filter(name=constitution.name, version=constitution.version).exists():
            store_constitution(actor=SYSTEM, file=constitution)
        stored = Rubric.objects.filter(name=rubric.name, version=rubric.version).first()
        stored = stored or store_rubric(actor=SYSTEM, file=rubric)
        if not AcceptancePolicy.objects.filter(name=policy.name, version=policy.version).exists():
            store_policy(actor=SYSTEM, file=policy, rubric=stored)


@cache
def _shipped() -> tuple[schema.ConstitutionFile, schema.RubricFile, schema.PolicyFile]:
    """The files that come with the project: they never change, and reading YAML takes longer than all that is done."""
    return (
        schema.read(schema.ConstitutionFile, (DATA / "constitution.yaml").read_bytes()),
        schema.read(schema.RubricFile, (DATA / "rubric.yaml").read_bytes()),
        schema.read(schema.PolicyFile, (DATA / "policy.yaml").read_bytes()),
    )


def import_file(
    *, actor: Actor, kind: str, content: bytes, rubric: Rubric | None = None
) -> Constitution | Rubric | AcceptancePolicy:
    """Import a constitution, rubric or policy from YAML. The same name and version again replaces it until frozen.

    `kind` is "constitution", "rubric" or "policy"; a policy needs the `rubric` it is for. Raises `InvalidInput` with
    every problem of the file, `Conflict` for a frozen version.
    """
    check_can_edit_standards(actor=actor)
    if kind == "constitution":
        return store_constitution(actor=actor, file=schema.read(schema.ConstitutionFile, content))
    if kind == "rubric":
        return store_rubric(actor=actor, file=schema.read(schema.RubricFile, content))
    if kind == "policy":
        if rubric is None:
            raise InvalidInput(_("Choose the rubric that this policy is for."))
        return store_policy(actor=actor, file=schema.read(schema.PolicyFile, content), rubric=rubric)
    raise InvalidInput(_("Say what the file holds: a constitution, a rubric or a policy."))


def store_constitution(*, actor: Actor, file: schema.ConstitutionFile) -> Constitution:
    """Store a constitution and its principles, replacing an unfrozen one of the same name and version."""
    with transaction.atomic():
        constitution, is_new = blank(
            Constitution,
            file.name,
            file.version,
            language=file.language,
            summary=file.summary,
            translations=_translations(file),
        )
        if not is_new:
            constitution.principles.all().delete()
        Principle.objects.bulk_create(
            Principle(constitution=constitution, position=position, **part.model_dump())
            for position, part in enumerate(file.principles)
        )
        record(actor=actor, verb="constitution.imported", target=constitution, principles=len(file.principles))
    return constitution


def store_rubric(*, actor: Actor, file: schema.RubricFile, of_dataset: bool = False) -> Rubric:
    """Store a rubric with its themes, criteria and flags, replacing an unfrozen one of the same name and version."""
    with transaction.atomic():
        rubric, is_new = blank(
            Rubric,
            file.name,
            file.version,
            language=file.language,
            summary=file.summary,
            translations=_translations(file),
            of_dataset=of_dataset,
        )
        if not is_new:
            _empty(rubric, file)
        stored = Theme.objects.bulk_create(
            Theme(rubric=rubric, position=position, **part.model_dump()) for position, part in enumerate(file.themes)
        )
        themes = {theme.key: theme for theme in stored}
        Criterion.objects.bulk_create(
            Criterion(
                rubric=rubric,
                position=position,
                theme=themes[part.theme] if part.theme else None,
                **part.model_dump(exclude={"theme"}),
            )
            for position, part in enumerate(file.criteria)
        )
        Flag.objects.bulk_create(
            Flag(rubric=rubric, position=position, **part.model_dump()) for position, part in enumerate(file.flags)
        )
        record(actor=actor, verb="rubric.imported", target=rubric, criteria=len(file.criteria), flags=len(file.flags))
    return rubric


def _empty(rubric: Rubric, file: schema.RubricFile) -> None:
    """Remove what a rubric consists of. Raises `InvalidInput` where a policy asks for a criterion that `file` lacks."""
    for policy in rubric.policies.all():
        schema.PolicyFile(name=policy.name, version=policy.version, rules=policy.rules).check_against(
            {criterion.key for criterion in file.criteria}
        )
    rubric.criteria.all().delete()
    rubric.themes.all().delete()
    rubric.flags.all().delete()


def _translations(file: schema.ConstitutionFile | schema.RubricFile) -> dict[str, Any]:
    return {language: words.model_dump(exclude_none=True) for language, words in file.translations.items()}


def store_policy(*, actor: Actor, file: schema.PolicyFile, rubric: Rubric) -> AcceptancePolicy:
    """Store an acceptance policy for `rubric`, replacing an unfrozen one of the same name and version."""
    with transaction.atomic():
        rules = file.rules.model_dump(exclude_none=True)
        policy, _is_new = blank(AcceptancePolicy, file.name, file.version, rubric=rubric, rules=rules)
        # The rubric is not replaced any more before the policy is there.
        file.check_against(set(rubric.criteria.values_list("key", flat=True)))
        record(actor=actor, verb="policy.imported", target=policy, rubric=str(rubric))
    return policy


def store_alone() -> None:
    """Have nobody else store a standard until the transaction ends; what they stored at this moment is there by then.

    What is not there yet cannot be locked: each of two would take itself for the first to write a name.
    """
    lock_until_the_end(STANDARD_STORED, 0)


def blank(model: type[Standard], name: str, version: int, **fields: object) -> tuple[Standard, bool]:
    """Create or update the row of this name and version, and say whether it is new. Call it in a transaction.

    Raises `Conflict` if it is frozen, or where the name is there already in another case or Unicode form.
    """
    store_alone()
    alike = model.objects.select_for_update().alias(folded=Folded("name")).filter(folded=Folded(Value(name)))
    existing: Standard | None = None
    for other in alike:
        if other.name != name:
            raise Conflict(
                _("“%(name)s” is there already, written “%(written)s”. Write it the same, or choose another name.")
                % {"name": name, "written": other.name}
            )
        if other.version == version:
            existing = other
    if existing is not None and existing.frozen_at is not None:
        raise Conflict(
            _(
                "%(name)s %(version)s is in use and frozen, so that what was judged by it stays true. "
                "Import your change as version %(next)s."
            )
            % {"name": name, "version": version, "next": version + 1}
        )
    if existing is None:
        return model.objects.create(name=name, version=version, **fields), True
    for field, value in fields.items():
        setattr(existing, field, value)
    existing.save()
    return existing, False


def freeze(*, standard: Constitution | Rubric | AcceptancePolicy) -> None:
    """Freeze a standard that is about to be used. Doing it again changes nothing."""
    type(standard).objects.filter(pk=standard.pk, frozen_at__isnull=True).update(frozen_at=timezone.now())
