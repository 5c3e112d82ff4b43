"""The card of a repository's main branch after something was withdrawn: the released card, with a warning on top."""

from collections.abc import Sequence

import yaml

from curation.releases.card import words

# What says which files hold rows. Without it, the clients look for none.
ROWS = ("configs", "dataset_info")
HEAD = "> [!WARNING]\n"


def parts(readme: str) -> tuple[str, str]:
    """Return a card's front matter without its dashes, and the text below it."""
    if not readme.startswith("---\n"):
        return "", readme
    front, _, text = readme.removeprefix("---\n").partition("\n---\n")
    return front + "\n", text.lstrip("\n")


def warning(lines: Sequence[str]) -> str:
    """Return a box that readers see first, a line for each of `lines`."""
    return HEAD + "".join(f"> {line}\n>\n" for line in lines).removesuffix(">\n") + "\n"


def with_notices(readme: str, notices: Sequence[str]) -> str:
    """Return the card with notices above its text; its front matter stays as it was released."""
    front, text = parts(readme)
    return f"---\n{front}---\n\n{warning(notices)}{text}" if front else f"{warning(notices)}{text}"


def card_alone(readme: str, notices: Sequence[str]) -> str:
    """Return the card of a branch that has no rows any more: what it is, its licence, and why they are gone."""
    front, _text = parts(readme)
    told = yaml.safe_load(front) or {}
    kept = {key: value for key, value in told.items() if key not in ROWS}
    title = words.plain(str(kept.get("pretty_name", "Withdrawn")))
    lines = [
        *notices,
        "No version is left that should be used. Each stays under its tag.",
    ]
    said = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{said}---\n\n{warning(lines)}# {title}\n"


def of_version(version: str, reason: str, day: str) -> str:
    """Return what is said of a version that was withdrawn."""
    return f"**{words.plain(version)} is withdrawn** since {day}: {words.plain(one_line(reason))} Do not train on it."


def of_purged(version: str) -> str:
    """Return what is said of a version of which files were destroyed."""
    return (
        f"**{words.plain(version)} had a story that was purged.** Use a later version, and delete what you have of it."
    )


def of_story(story: str, version: str, reason: str, day: str) -> str:
    """Return what is said of a story that was withdrawn from the version whose files these are."""
    said = words.plain(one_line(reason))
    return f"**{words.plain(story)} is withdrawn** from {version} since {day}: {said} Leave it out."


def one_line(reason: str) -> str:
    """Return a reason as a sentence on one line."""
    said = " ".join(reason.split())
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."
