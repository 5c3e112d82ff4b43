"""What the pages of datasets and versions show besides what the files say of themselves."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from django import template
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.releases.card import entry
from curation.releases.models import Dataset, Release
from curation.research.actions import profile_of
from curation.research.charts import HEIGHT, WIDTH, bars, coverage, word_columns
from curation.research.permissions import can_answer
from curation.research.plots import plotted
from curation.research.queries.naming import names_of
from curation.research.queries.outcomes import outcomes_of
from curation.research.queries.reports import answers_for, reports_for
from curation.research.snippets import snippets

register = template.Library()
MOST_OUTCOMES = 3


@register.inclusion_tag("research/_tabs.html", takes_context=True)
def dataset_tabs(context: Mapping[str, Any], dataset: Dataset, current: str, release: Release | None = None) -> Any:
    """Lead to the pages of a dataset, of which `current` is open; the rows are those of `release`."""
    request: HttpRequest = context["request"]
    user = cast(User, request.user)
    answers = bool(can_answer(actor=user, dataset=dataset))
    return {
        "dataset": dataset,
        "current": current,
        "release": release,
        "answers": answers,
        "open": reports_for(user, dataset, answers=True).filter(state="open").count() if answers else 0,
    }


@register.inclusion_tag("research/_charts.html")
def release_charts(release: Release) -> dict[str, Any]:
    """Draw how the stories of a version are distributed, once that was counted."""
    profile = profile_of(release)
    if profile is None:
        # Where files were destroyed there is nothing left to count.
        return {"release": release, "gone": release.files.filter(blob__purged__isnull=False).exists()}
    figures, names, rest = profile.figures, names_of(release), _("all others")
    return {
        "release": release,
        "dataset": release.dataset,
        "figures": figures,
        "width": WIDTH,
        "height": HEIGHT,
        "words": word_columns(figures["words"]),
        "generators": bars(figures["generators"], {}, rest=rest, unknown=_("not stated")),
        "languages": bars(figures["languages"], {}, rest=rest, unknown=_("not stated")),
        "themes": bars(figures["themes"], names["themes"], rest=rest, unknown=""),
        "principles": bars(figures["principles"], names["principles"], rest=rest, unknown=""),
        "coverage": coverage(figures, names),
    }


@register.inclusion_tag("research/_load.html", takes_context=True)
def ways_to_load(context: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """Show how a version is loaded from this host."""
    request: HttpRequest = context["request"]
    return {"release": release, "snippets": snippets(release, f"{request.scheme}://{request.get_host()}")}


@register.inclusion_tag("research/_cite.html")
def how_to_cite(release: Release) -> dict[str, str]:
    """Show how a version is cited, by what its dataset says of itself today."""
    said = {name: getattr(release.dataset, name) for name in ("title", "authors", "doi")}
    return {"entry": entry(release.frozen, said)}


@register.inclusion_tag("research/_outcomes.html", takes_context=True)
def newest_outcomes(context: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    """Show the outcomes of a dataset that were listed last."""
    request: HttpRequest = context["request"]
    listed = outcomes_of(dataset, request.user, decides=False).filter(state="listed")
    return {"dataset": dataset, "outcomes": [(one, plotted(one)) for one in listed[:MOST_OUTCOMES]]}


@register.inclusion_tag("research/_answers.html", takes_context=True)
def answers_to_reports(context: Mapping[str, Any]) -> dict[str, Any]:
    """Tell whoever reported a problem what was answered."""
    request: HttpRequest = context["request"]
    return {"answers": answers_for(request.user) if request.user.is_authenticated else []}


@register.filter
def painted(text: str, words: str) -> SafeString:
    """Mark the words that were looked for in a line of text, whatever their case."""
    if not words:
        return conditional_escape(text)
    pieces = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    return format_html_join("", "{}", (
        (format_html("<mark>{}</mark>", piece) if place % 2 else piece,) for place, piece in enumerate(pieces)
    ))  # fmt: skip


@register.filter
def named(key: str, names: Mapping[str, str]) -> str:
    """Return what a key is called, or the key where it is called nothing any more."""
    return names.get(key, key)


@register.filter
def figure(value: float) -> str:
    """Write a measured figure with as many digits as it was given, up to six."""
    return str(localize(Decimal(f"{value:.6g}"), use_l10n=True))


@register.simple_tag
def on_scale(mean: float, sd: float | None) -> dict[str, float]:
    """Return where a mean from 1 to 5 lies on a line of 100 units, and a standard deviation to both sides of it."""
    sd = sd or 0.0
    low, high = max(1.0, mean - sd), min(5.0, mean + sd)
    return {"at": 25 * (mean - 1), "start": 25 * (low - 1), "width": 25 * (high - low)}
