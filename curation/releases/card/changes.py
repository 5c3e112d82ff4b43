"""A difference as text, in Markdown, as it stands in the card of the newer version."""

from collections.abc import Iterator, Mapping
from typing import Any

from curation.releases.card.words import plain

MOST = 12
KINDS = {
    "splits": "Splits",
    "tiers": "Tiers",
    "languages": "Languages",
    "generators": "Generators",
    "sources": "Sources",
    "licenses": "Licences",
}


def changelog(found: Mapping[str, Any]) -> str:
    """Return what differs, a line for each kind of thing; `found` is a `Difference` as data."""
    return "\n".join(f"- {line}" for line in lines(found)) + "\n"


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines; names in order, as those of a stored difference come in that of their lengths."""
    stories = found["stories"]
    yield (
        f"Stories since {found['old']}: {stories['added']} added, {stories['removed']} no longer in, "
        f"{stories['changed']} changed, {stories['same']} the same."
    )
    for story in found["removed"]:
        if story["reason"]:
            yield f"Withdrawn: `{story['id']}`, {plain(story['reason'])}"
    if found["what"]:
        yield f"Changed: {few(f'{what} of {n}' for what, n in sorted(found['what'].items()))}."
    moved = {**found["tiers"], **found["deciders"]}
    if moved:
        yield f"Moved: {few(f'{plain(move)} {n}' for move, n in sorted(moved.items()))}."
    for name, (old, new) in sorted(found["standards"].items()):
        yield f"{name.capitalize()}: {plain(old)} > {plain(new)}."
    for config, part in sorted(found["columns"].items()):
        said = [f"{kind} {', '.join(f'`{name}`' for name in names)}" for kind, names in part.items() if names]
        yield f"Columns of `{config}`: {'; '.join(said)}."
    if found["agreement"]:
        alphas = (f"{key} {alpha(old)} > {alpha(new)}" for key, (old, new) in sorted(found["agreement"].items()))
        yield f"Agreement (alpha): {few(alphas)}."
    if found["ratings"]:
        means = (f"{key} {number(old)} > {number(new)}" for key, (old, new) in sorted(found["ratings"].items()))
        yield f"Mean rating: {few(means)}."
    for kind in KINDS:
        counts = found["distributions"].get(kind)
        if not counts:
            continue
        told = (f"{plain(name) or 'not stated'} {old} > {new}" for name, (old, new) in sorted(counts.items()))
        yield f"{KINDS[kind]}: {few(told)}."
    covered = [
        f"{plain(principle)} × {plain(theme)} {old} > {new}"
        for principle, themes in sorted(found["coverage"].items())
        for theme, (old, new) in sorted(themes.items())
    ]
    if covered:
        yield f"Coverage (principle × theme): {few(iter(covered))}."


def few(said: Iterator[str]) -> str:
    """Join the first few, and say how many more there are."""
    found = list(said)
    more = f", and {len(found) - MOST} more" if len(found) > MOST else ""
    return ", ".join(found[:MOST]) + more


def alpha(found: Mapping[str, Any] | None) -> str:
    """Return an agreement in two digits, or that there is too little to say."""
    return "too few" if found is None or found["alpha"] is None else f"{found['alpha']:.2f}"


def number(value: float | None) -> str:
    """Return a mean, or that there is none."""
    return "none" if value is None else f"{value:.2f}"
