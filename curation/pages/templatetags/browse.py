"""Words for what checks found and for what was done to a story."""

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext as _

from annotations.forms import CONDUCT_WORDS
from annotations.models.decision import Outcome
from curation.audit.models import Entry
from curation.core.stored_translations import translate_stored
from curation.pages.browse import FINDINGS
from curation.standards.queries import NamesByKey
from curation.stories.actions.checking import FORMS
from curation.stories.models import Tag
from curation.stories.stages import State
from curation.stories.telling import row_words

register = template.Library()
register.filter(row_words)


@register.filter
def finding_name(kind: str) -> str:
    """Name a kind of finding."""
    return str(FINDINGS.get(kind, kind.replace("_", " ").capitalize()))


@register.filter
def conduct_word(word: str) -> str:
    """Write what was said of conduct, intent or portrayal in the reader's language."""
    return str(CONDUCT_WORDS[word])


@register.filter
def finding_words(reason: str) -> str:
    """Tell what a check found in the reader's language."""
    return translate_stored(reason, FORMS)


@register.filter
def tag_name(tag: Tag, known: Mapping[str, NamesByKey]) -> str:
    """Name a tag as every list of principles and themes does; one that the standards do not know by its words."""
    names = known.get(tag.kind)
    return (names.name_of(tag.key) if names else "") or tag.key.replace("_", " ")


@register.filter
def flag_name(key: str, known: Mapping[str, NamesByKey]) -> str:
    """Name a flag that a reader raised as the filter does."""
    return known["flag"].by_key.get(key, key)


@register.filter
def deed(entry: Entry) -> str:
    """Say in words what an entry of a story's history records."""
    data = entry.data
    if entry.verb == "story.moved":
        return _("%(old)s → %(new)s") % {"old": _label(State, data.get("from")), "new": _label(State, data.get("to"))}
    if entry.verb == "story.tagged":
        return _("Tagged: %(key)s") % {"key": data.get("key", "")}
    if entry.verb in {"story.adjudicated", "story.settled"}:
        return _("Adjudicated: %(outcome)s") % {"outcome": _label(Outcome, data.get("outcome"))}
    undone = _("The decision was taken back")
    return {
        "scores.seen": _("Model scores looked at"),
        "story.adjudication_undone": undone,
        "story.settling_undone": undone,
        "story.recused": _("No longer to be reviewed blind"),
        "story.rewrite_requested": _("Rewrite asked for"),
        "purge.asked_for": _("Purge asked for"),
        "purge.approved": _("Purge approved"),
        "purge.declined": _("Purge declined"),
        "purge.taken_back": _("Purge asked for no longer"),
        "purge.retried": _("Purge goes on"),
        "purge.finished": _("Purge finished"),
        "story.purged": _("Words destroyed"),
    }.get(entry.verb, entry.verb.replace(".", " ").replace("_", " "))


def _label(kind: type[State] | type[Outcome], value: object) -> str:
    return str(dict(kind.choices).get(str(value), value))
