"""What pages say of runs."""

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.pages.judge_forms import EFFORT_WORDS
from curation.scoring.telling import told_note, told_reason

register = template.Library()

CENT = 10_000  # in micro-dollars


@register.filter
def lasting(length: timedelta) -> str:
    """Say about how long something takes."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 1:
        return _("under a minute")
    if minutes < 120:
        return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}
    return _("about %(n)d hours") % {"n": round(minutes / 60)}


@register.filter
def in_cents(micro_usd: int) -> int:
    """Round millionths of a dollar up to whole cents; what is less than one stays as it is."""
    return micro_usd if micro_usd < CENT else -(-micro_usd // CENT) * CENT


@register.filter
def effort(chosen: str) -> str:
    """Say how much a model is to think."""
    return str(EFFORT_WORDS.get(chosen, chosen))


@register.filter
def of_samples(n: int, samples: int) -> str:
    """Say how many of several samples said so; nothing of a single one, which said it."""
    said = _("%(n)s of %(all)s") % {"n": n, "all": samples}
    return f" ({said})" if samples > 1 else ""


register.filter(told_note)
register.filter(told_reason)
