"""Judges that ask a language model: making one, giving it a version, putting it to rest."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.text import slugify
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.numbers import grouped
from curation.core.plain_text import in_form
from curation.core.stored_translations import translate_stored
from curation.llm.models import Provider
from curation.scoring.actions.versions import EMBEDDED, EMBEDDED_NAME, new_version
from curation.scoring.models import ImportRule, Judge, JudgeVersion
from curation.scoring.models.judge import MOST_SAMPLES, JudgeKind
from curation.scoring.permissions import check_can_run_judges
from curation.scoring.reading import NEWEST, PromptUnusable, prompt
from curation.scoring.reading.prompts import FORMS
from curation.scoring.schema import READING
from curation.standards.actions import freeze
from curation.standards.models import Constitution, Rubric

EFFORTS = ("", "low", "medium", "high")
MOST_OUTPUT_TOKENS = 16_000
OUTPUT_TOKENS = 8_000
# What stands in the addresses of other pages, and for another judge.
RESERVED = {"new", "combine", EMBEDDED}


def create_judge(*, actor: Actor, name: str, **version: Any) -> JudgeVersion:
    """Make a judge with its first version; `version` are the fields of `add_version`. Raises as that does.

    `Conflict` where a judge has this name.
    """
    check_can_run_judges(actor=actor)
    with transaction.atomic():
        judge = name_judge(actor=actor, name=name, kind=JudgeKind.LLM)
        return add_version(actor=actor, judge=judge, **version)


def name_judge(*, actor: Actor, name: str, kind: JudgeKind) -> Judge:
    """Make a judge's identity; call it in a transaction. Raises as `create_judge` does for its name."""
    name = name.replace("\0", "").strip()
    if not any(map(str.isalnum, name)) or in_form("NFKC", name).lower() == EMBEDDED_NAME.lower():
        raise InvalidInput(_("Give the judge another name, with letters or digits."))
    key = _free_key(name)
    try:
        with transaction.atomic():
            judge = Judge.objects.create(key=key, name=name[:120], kind=kind)
    except IntegrityError as error:
        raise Conflict(_("There is a judge called “%(name)s” already.") % {"name": name}) from error
    record(actor=actor, verb="judge.created", target=judge, key=key)
    return judge


def _free_key(name: str) -> str:
    """Return what stands for a judge in addresses: made of its name, and numbered where that says too little."""
    base = slugify(name)[:36].strip("-_") or "judge"
    taken = {*Judge.objects.filter(key__startswith=base).values_list("key", flat=True), *RESERVED}
    free = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(key for key in free if key not in taken)


def add_version(
    *,
    actor: Actor,
    judge: Judge,
    rubric: Rubric,
    constitution: Constitution,
    provider: Provider,
    model: str = "",
    prompt_version: int = NEWEST,
    own_prompt: str = "",
    samples: int = 1,
    temperature: float | None = None,
    effort: str = "",
    max_output_tokens: int = OUTPUT_TOKENS,
) -> JudgeVersion:
    """Give a judge its next version, and put it in the place of the one before for this rubric.

    Without `model` it is the one that the provider names. Nothing is scored by that, and nothing paid: runs do that. A
    run of an earlier version goes on as it was started. Raises `InvalidInput` for a value out of range or a prompt that
    leaves something out.
    """
    check_can_run_judges(actor=actor)
    if judge.kind != JudgeKind.LLM:
        raise InvalidInput(_("This judge learns its versions from reviews; it cannot be given one."))
    model = model.strip() or provider.default_model
    if not model:
        raise InvalidInput(_("Name the model, as its provider does."))
    if not 1 <= samples <= MOST_SAMPLES:
        raise InvalidInput(_("Ask for 1 to %(most)s samples of each story.") % {"most": MOST_SAMPLES})
    if temperature is not None and not 0 <= temperature <= 2:
        raise InvalidInput(_("A temperature lies between 0 and 2; leave it empty for a model that takes none."))
    if effort not in EFFORTS:
        raise InvalidInput(_("The effort is low, medium or high, or left to the model."))
    if not 1 <= max_output_tokens <= MOST_OUTPUT_TOKENS:
        raise InvalidInput(_("An answer can have 1 to %(most)s tokens.") % {"most": grouped(MOST_OUTPUT_TOKENS)})
    if provider.removed_at is not None:
        raise Conflict(_("This provider was removed. Choose another one."))
    try:
        prompt(prompt_version, own_prompt)
    except PromptUnusable as error:
        raise InvalidInput(translate_stored(str(error), FORMS)) from error
    except LookupError as error:
        raise InvalidInput(_("There is no such version of the prompt.")) from error
    with transaction.atomic():
        freeze(standard=constitution)
        return new_version(
            Judge.objects.select_for_update().get(pk=judge.pk),
            rubric,
            actor=actor,
            constitution=constitution,
            provider=provider,
            model=model,
            prompt_version=prompt_version,
            prompt=own_prompt.strip(),
            reading=READING,
            samples=samples,
            temperature=temperature,
            effort=effort,
            max_output_tokens=max_output_tokens,
        )


def retire_judge(*, actor: Actor, judge: Judge) -> None:
    """Use a judge for nothing new. Its scores stay, its runs go on, and a new version puts it to work again."""
    check_can_run_judges(actor=actor)
    if judge.kind == JudgeKind.EMBEDDED:
        raise InvalidInput(_("The embedded scorer scores every story, so it is always at work."))
    with transaction.atomic():
        if not judge.versions.filter(active=True).update(active=False):
            raise Conflict(_("This judge is at rest already."))
        record(actor=actor, verb="judge.retired", target=judge)
        for rule in ImportRule.objects.filter(judge=judge, ended_at=None).order_by("pk").select_for_update():
            ImportRule.objects.filter(pk=rule.pk).update(ended_at=Now())
            record(actor=actor, verb="import_rule.ended", target=rule)
