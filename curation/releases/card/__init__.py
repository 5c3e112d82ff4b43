"""The files of a release that people read first: README.md with its front matter, and CHANGELOG.md."""

from curation.releases.card import words
from curation.releases.card.body import body
from curation.releases.card.citation import entry
from curation.releases.card.front import CardColumn, CardMaterial, CardSplit, front_matter
from curation.releases.card.loading_code import loading_code
from curation.releases.card.rendered import rendered, rendered_line, row_in
from curation.releases.citing import cff

__all__ = [
    "CardColumn",
    "CardMaterial",
    "CardSplit",
    "body",
    "changelog",
    "citation",
    "entry",
    "front_matter",
    "loading_code",
    "readme",
    "rendered",
    "rendered_line",
    "row_in",
]


def readme(shown: CardMaterial) -> str:
    """Return the dataset card."""
    return f"---\n{front_matter(shown)}---\n\n{body(shown)}"


def citation(shown: CardMaterial) -> str:
    """Return CITATION.cff."""
    return cff(shown.frozen)


def changelog(shown: CardMaterial) -> str:
    """Return what changed in every version, newest first."""
    frozen = shown.frozen
    parts = [f"# Changelog of {frozen['dataset']['org']}/{frozen['dataset']['name']}\n"]
    for told in frozen["changelog"]:
        parts.append(f"## {told['version']} - {told['date']}\n")
        if told["notes"].strip():
            parts.append(words.prose(told["notes"]) + "\n")
        lines = [f"- {told['stories']} stories"]
        lines += [f"- {told['added']} added"] if told["added"] else []
        lines += [f"- {told['removed']} no longer in"] if told["removed"] else []
        lines.append(f"- Rubric: {words.plain(told['rubric'])}; acceptance policy: {words.plain(told['policy'])}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
