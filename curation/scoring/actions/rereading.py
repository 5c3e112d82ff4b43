"""Reading anew what was bought before: for nothing, by the rules that hold now."""

from collections.abc import Iterator
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.core.errors import Conflict, InvalidInput
from curation.scoring.actions.answers import read_answers, store_readings
from curation.scoring.actions.asking import questions_of, story_inputs
from curation.scoring.actions.versions import new_version
from curation.scoring.models import Judge, JudgeAnswer, JudgeVersion
from curation.scoring.permissions import check_can_run_judges
from curation.scoring.schema import READING

SLICE = 200


def read_anew(*, actor: Actor = SYSTEM, version: JudgeVersion) -> JudgeVersion:
    """Read the answers of `version` by the rules of today, and return the version whose scores these are.

    Where the rules are those that it was read by, only answers that nobody has read yet are read, and it is `version`
    itself. Otherwise a new version takes its place, which asks the same and reads the same answers; what `version` made
    of them stays as it was. Interrupted, it goes on where it stopped when it is called again.
    """
    check_can_run_judges(actor=actor)
    if not version.paid:
        raise InvalidInput(_("The embedded scorer has no answers to read."))
    reader = version if version.reading == READING else _reader_of(actor, version)
    questions = questions_of(reader)
    for part in _slices(reader):
        stories = story_inputs({answer.story_id for answer in part})
        store_readings(questions=questions, read=read_answers(questions, part, stories))
    return reader


def _reader_of(actor: Actor, version: JudgeVersion) -> JudgeVersion:
    """Return the version that reads `version`'s answers by the rules of today, made now if there is none."""
    source = version.answers_of or version
    with transaction.atomic():
        judge = Judge.objects.select_for_update().get(pk=version.judge_id)
        made = judge.versions.filter(answers_of=source, reading=READING).first()
        if made is not None:
            return made
        if not judge.versions.filter(pk=version.pk, active=True).exists():
            raise Conflict(_("There is a newer version of this judge by now; read that one’s answers."))
        same = ("constitution", "provider", "model", "prompt_version", "prompt", "samples", "temperature", "effort")
        fields = {name: getattr(version, name) for name in (*same, "max_output_tokens", "parameters")}
        return new_version(judge, version.rubric, actor=actor, answers_of=source, reading=READING, **fields)


def _slices(reader: JudgeVersion) -> Iterator[list[JudgeAnswer]]:
    answers = JudgeAnswer.objects.filter(judge_version__in=[reader.pk, *filter(None, [reader.answers_of_id])])
    waiting = answers.exclude(readings__judge_version=reader).order_by("pk")
    last = 0
    while part := list(islice(waiting.filter(pk__gt=last), SLICE)):
        yield part
        last = part[-1].pk
