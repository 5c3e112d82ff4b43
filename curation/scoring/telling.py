"""What scorers say of their scores, and why runs wait: stored in English, told in the reader's language."""

import re

from django.utils import translation

from curation.core.stored_messages import gettext_noop
from curation.core.stored_translations import translate_stored
from curation.llm.telling import FORMS
from curation.scoring.heuristics.rules import NAMES
from curation.scoring.models import ScoreJob
from curation.scoring.reading.failures import KEPT_BACK

ABOVE = gettext_noop("The estimate is above what the rule allows, or the price is not known. Start it by hand.")
NOTHING_LEFT = gettext_noop("This judge has scored all of these stories already, or is about to in another run.")
COMBINED = gettext_noop("%(n)s judges together, each weighed by how well it agrees with reviewers.")
MEAN_OF = gettext_noop("The plain mean of %(n)s judges: too few rated stories say how to weigh them.")
# Of a suggestion that came from another tool, with how sure its model was.
SURE = gettext_noop("Its model gave this suggestion a score of %(score)s.")
SENTENCES = (
    SURE,
    COMBINED,
    MEAN_OF,
    gettext_noop("Nothing that the word counts could tell from the usual."),
    gettext_noop("Words were counted, nobody has checked this count against a reviewer."),
    gettext_noop("There is no rule for this criterion."),
    gettext_noop("The word lists are English; this story is not."),
    gettext_noop("Learnt from %(n)s rated stories."),
    gettext_noop("Predicted without looking at this story’s own ratings."),
    gettext_noop("Words that go with higher ratings here: %(words)s."),
    gettext_noop("Words that go with lower ones: %(words)s."),
)
# A finding ends with its figure in brackets, and holds no others; two are joined by "and", which its words hold too.
REASONS = re.compile(r"(Raised|Lowered) by ([^)]+\))(?: and ([^)]+\)))?\.")
BY = {
    ("Raised", 1): gettext_noop("Raised by %(one)s."),
    ("Raised", 2): gettext_noop("Raised by %(one)s and %(two)s."),
    ("Lowered", 1): gettext_noop("Lowered by %(one)s."),
    ("Lowered", 2): gettext_noop("Lowered by %(one)s and %(two)s."),
}
FINDING = re.compile(r"(few )?(.+) \(([^)]+)\)")
FEW = gettext_noop("few %(what)s")
FIGURES = (gettext_noop("%(rate)s per 1,000 words; usual here is %(usual)s"),)


def told(rationale: str) -> str:
    """Return a rationale in the reader's language; what is not the embedded scorer's stays as it is."""
    return " ".join(_sentence(part) for part in re.split(r"(?<=\.) ", rationale))


def told_note(note: str) -> str:
    """Return why a run waits, in the reader's language as far as the catalogue has it."""
    return translate_stored(note, (ABOVE, *FORMS)) if note else ""


def told_reason(reason: str) -> str:
    """Return why a story could not be scored, in the reader's language as far as the catalogue has it."""
    return translate_stored(reason, (*KEPT_BACK.values(), ScoreJob.terms.stopped, *FORMS))


def _sentence(text: str) -> str:
    if match := REASONS.fullmatch(text):
        found = [_finding(part) for part in match.groups()[1:] if part]
        return translation.gettext(BY[match[1], len(found)]) % dict(zip(("one", "two"), found, strict=False))
    return translate_stored(text, SENTENCES)


def _finding(text: str) -> str:
    match = FINDING.fullmatch(text)
    if match is None or match[2] not in NAMES.values():
        return text
    what = translation.gettext(match[2])
    return f"{translation.gettext(FEW) % {'what': what} if match[1] else what} ({translate_stored(match[3], FIGURES)})"
