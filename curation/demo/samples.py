"""Reading the sample stories and the demonstration reviews from their files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

STORIES = Path(__file__).parent / "stories"
REVIEWS = Path(__file__).parent / "reviews"


@dataclass(frozen=True)
class SampleReview:
    """One demonstration review, its passages given as quotes."""

    reviewer: str
    seconds: int
    themes: list[str] = field(default_factory=list)
    ratings: dict[str, int | None] = field(default_factory=dict)
    flags: list[dict[str, str]] = field(default_factory=list)
    evidence: list[dict[str, str]] = field(default_factory=list)
    comment: str = ""
    out_of_scope: bool = False

    def submission(self, text: str) -> dict[str, Any]:
        """Return the review as the review page would send it, with quotes turned into code-point offsets of `text`.

        Raises `ValueError` if a quote does not occur exactly once.
        """
        spans = [passage(text, criterion=part["criterion"], quote=part["quote"]) for part in self.evidence]
        spans += [
            passage(text, flag=part["key"], **{key: value for key, value in part.items() if key != "key" and value})
            for part in self.flags
            if part.get("quote")
        ]
        return {
            "themes": self.themes,
            "ratings": self.ratings,
            "flags": [part["key"] for part in self.flags],
            "spans": spans,
            "out_of_scope": self.out_of_scope,
            "comment": self.comment,
            "active_seconds": self.seconds,
        }


def passage(
    text: str, *, quote: str, criterion: str | None = None, flag: str | None = None, **marks: str
) -> dict[str, Any]:
    """Find `quote` in `text` and return it as a span; `marks` are conduct, intent and portrayal."""
    if text.count(quote) != 1:
        raise ValueError(f"this quote must occur exactly once: {quote!r}")
    start = text.index(quote)
    return {
        "criterion": criterion,
        "flag": flag,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
        "conduct": marks.get("conduct", ""),
        "intent": marks.get("intent", ""),
        "portrayal": marks.get("portrayal", ""),
    }


def slugs() -> list[str]:
    """Return the names of all sample stories; those with demonstration reviews come first."""
    names = sorted(path.stem for path in STORIES.glob("*.md"))
    return sorted(names, key=lambda name: not (REVIEWS / f"{name}.yaml").exists())


def story(slug: str) -> dict[str, Any]:
    """Return one sample story as a row for `stories.actions.add_stories`."""
    _, head, text = (STORIES / f"{slug}.md").read_text(encoding="utf-8").split("---\n", 2)
    return {**yaml.safe_load(head), "text": text.strip(), "original_id": slug}


def reviews(slug: str) -> list[SampleReview]:
    """Return the demonstration reviews of one sample story; none for those that wait for the newcomer."""
    path = REVIEWS / f"{slug}.yaml"
    if not path.exists():
        return []
    return [SampleReview(**part) for part in yaml.safe_load(path.read_text(encoding="utf-8"))]
