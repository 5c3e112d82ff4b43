"""Template tags that every room's pages may use."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypedDict

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from curation.core import passages
from curation.core.leases.model import Leased
from curation.core.leases.waiting import waits_for
from curation.core.numbers import grouped
from curation.core.tones import tone_of

register = template.Library()

WORDS_A_MINUTE = 260
ICONS = {
    "book": "M3 3.5h5.2c.5 0 .8.4.8.8V15c0-.8-.7-1.4-1.5-1.4H3zM15 3.5H9.8c-.5 0-.8.4-.8.8V15c0-.8.7-1.4 1.5-1.4H15z",
    "contrast": "M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zM9 3.2v11.6M11 4.2v9.6M13 6.2v5.6",
    "clock": "M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zM9 5.6V9l2.4 1.6",
    "guide": "M4.5 3h9v12h-9zM7 6h4M7 9h4M7 12h2.5",
    "lock": "M4.5 8h9v6.5h-9zM6.2 8V5.8a2.8 2.8 0 0 1 5.6 0V8",
    "search": "M8 3.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 0 0 0-9.6zM11.5 11.5 15 15",
}
# Who sees which entry, in the order of the way through the house. A room that is not installed has no entry.
STRANGER = ""
ALL = {"annotator", "curator", "researcher", "admin"}
CURATORS = {"curator", "admin"}
READERS = CURATORS | {"annotator"}
ENTRIES = [
    (_("Home"), "home", ALL),
    (_("Queues"), "queue_list", READERS),
    (_("My work"), "my_work", READERS),
    (_("Stories"), "story_list", CURATORS),
    (_("Adjudicate"), "adjudication_list", CURATORS),
    (_("Scoring"), "scoring_progress", CURATORS),
    (_("Datasets"), "dataset_list", ALL | {STRANGER}),
    (_("Standards"), "standards", ALL),
    (_("Models"), "provider_list", {"admin"}),
    (_("People"), "people", {"admin"}),
]
# In CSS pixels, a little more than they are, of the faces that pages use: an entry without its letters, and one of
# these; and what the bar leaves to all entries where it is as wide as the column, and as a window of 1400.
ENTRY_WIDTH, LETTER_WIDTH = 26, 8
NAV_WIDTH, WIDE_NAV_WIDTH = 846, 1046


class BarSegment(TypedDict):
    label: str
    value: int
    tone: str
    x: float
    width: float


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one of our icons; it is decoration, so the words beside it must say the same."""
    return format_html(
        '<svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="1.5" '
        'stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d="{}"/></svg>',
        mark_safe(ICONS[name]),  # noqa: S308 - a constant of this file  # nosec
    )


@register.inclusion_tag("_components/nav.html", takes_context=True)
def main_nav(context: Mapping[str, Any]) -> dict[str, Any]:
    """List the pages that this person's role may open, marking the one that is open."""
    request: HttpRequest | None = context.get("request")
    role = getattr(getattr(request, "user", None), "role", STRANGER)
    entries = []
    for label, name, roles in ENTRIES:
        if role not in roles:
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        path = request.path if request else ""
        current = "page" if path == url else "true" if name != "home" and path.startswith(url) else ""
        entries.append({"label": label, "url": url, "current": current})
    room = sum(ENTRY_WIDTH + LETTER_WIDTH * len(str(entry["label"])) for entry in entries)
    length = "longest" if room > WIDE_NAV_WIDTH else "long" if room > NAV_WIDTH else ""
    return {"entries": entries, "length": length}


@register.inclusion_tag("_components/stacked.html")
def stacked_bar(label: str, parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw counts as one bar with a legend.

    `parts` are mappings with `label`, `value` (a count) and `tone` (good, warn, bad, info, accent or rest).
    """
    listed = list(parts)
    total = sum(part["value"] for part in listed) or 1
    drawn: list[BarSegment] = []
    x = 0.0
    for part in listed:
        width = 1000 * part["value"] / total
        drawn.append({"label": part["label"], "value": part["value"], "tone": part["tone"], "x": x, "width": width})
        x += width
    return {"label": label, "parts": drawn}


@register.inclusion_tag("_components/interval.html")
def interval(value: float, low: float | None, high: float | None) -> dict[str, float]:
    """Draw a coefficient with its interval on a scale from -1 to 1, with a line at 0; without bounds, as a dot alone.

    It is decoration: the figures must stand beside it.
    """
    bounds = (value if bound is None else bound for bound in (low, high))
    at, start, end = (60 + 50 * min(1.0, max(-1.0, one)) for one in (value, *bounds))
    return {"at": at, "start": start, "width": end - start}


@register.filter
def reading_time(words: int) -> str:
    """Say how long `words` take to read, at 260 words a minute."""
    minutes = max(1, round(words / WORDS_A_MINUTE))
    return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}


@register.filter
def spent(seconds: int) -> str:
    """Say how long something took, in minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return str(_("%(s)d s") % {"s": rest})
    return str(_("%(min)d min %(s)d s") % {"min": minutes, "s": rest})


@register.filter
def percent(share: float) -> str:
    """Write a share from 0 to 1 in whole percent."""
    return str(_("%(n)d%%") % {"n": round(100 * share)})


@register.filter
def count(number: int) -> str:
    """Write a whole number with separators between its thousands."""
    return grouped(number)


@register.filter
def exactly(number: Decimal) -> str:
    """Write a number with as many decimals as it has, and no zeros behind them."""
    places = len(f"{number.normalize():f}".partition(".")[2])
    return number_format(number, decimal_pos=places, force_grouping=True)


@register.filter
def dollars(micro_usd: int) -> str:
    """Write millionths of a dollar as dollars: in cents, and below a dollar as exactly as it takes."""
    whole = Decimal(micro_usd) / 1_000_000
    places = 2 if abs(whole) >= 1 or not micro_usd else max(2, len(f"{whole.normalize():f}".partition(".")[2]))
    return f"${number_format(whole, decimal_pos=places, force_grouping=True)}"


@register.filter
def message_tone(level: str) -> str:
    """Translate a message's level to the tone of a note."""
    return {"success": "good", "warning": "warn", "error": "bad"}.get(level, "")


@register.filter
def state_tone(state: object) -> str:
    """The tone of the badge of a state, an outcome or a flag's severity, of which `core.tones` holds the only table."""
    return tone_of(state)


@register.inclusion_tag("_components/story_text.html")
def story_text(text: str, marks: Iterable[Mapping[str, Any]] = (), language: str = "en") -> dict[str, Any]:
    """Show a story's text, with marked passages.

    `marks` are mappings with `start` and `end` (code points of `text`, half-open), `group` (A to D, or F for a flag)
    and `label` (what the passage shows, in words).
    """
    return {"paragraphs": passages.paragraphs(text, marks), "language": language, "blank_line": "\n\n"}


@register.inclusion_tag("_components/waiting.html")
def waiting(work: Leased, reason: str = "") -> dict[str, str]:
    """Say why leased work is not getting on, where it is not; `reason` is what went wrong last."""
    return {"waiting": waits_for(work), "reason": reason}
