"""What the card says of which stories were taken."""

from collections.abc import Mapping
from typing import Any

from curation.releases.card import words

KINDS = {
    "sources": "Only from these sources",
    "generators": "Only by these generators",
    "principles": "Only with one of these principles",
    "themes": "Only with one of these themes",
    "tiers": "Of accepted stories, only these tiers",
}
CAPS = {"per_principle": "principle", "per_theme": "theme", "per_generator": "generator"}
REASONS = {
    "withdrawn": "withdrawn from the dataset",
    "rubric": "judged by another rubric",
    "policy": "decided by another policy",
    "source": "from another source",
    "generator": "by another generator",
    "principle": "without one of the principles",
    "theme": "without one of the themes",
    "tier": "of another tier",
    "duplicate": "near duplicates of one that is in",
    "per_principle": "over the most of a principle",
    "per_theme": "over the most of a theme",
    "per_generator": "over the most of a generator",
}


def selection(frozen: Mapping[str, Any]) -> str:
    """Return how the stories were chosen from all that were accepted; nothing for a version that does not say."""
    asked = frozen.get("selection")
    if asked is None:
        return ""
    lines = [f"- {said}: {listed(asked[kind])}." for kind, said in KINDS.items() if asked[kind]]
    if asked["policy"]:
        lines.append(f"- Only what this policy decided: {words.plain(asked['policy'])}.")
    lines += [f"- At most {asked[cap]} of one {said}." for cap, said in CAPS.items() if asked[cap] is not None]
    if any(asked[cap] is not None for cap in CAPS):
        lines.append(
            "- Caps took the stories of the version before first, then others in the order of SHA-256 of "
            f"“{words.plain(asked['seed'])}”, a line end and the hash of a story's evened-out words."
        )
    if asked["one_per_cluster"]:
        lines.append("- Of near duplicates one: of the best tier, then with the highest mean of its decision.")
    if asked["rewrites"]:
        lines.append("- Tier `bronze` was **not accepted**: these stories fell short and were sent to rewrite.")
    lines = lines or ["- Every accepted story that the rubric of this version judged."]
    left = [f"- {REASONS[reason]}: {n}" for reason, n in asked["left_out"].items()]
    parts = ["## Which stories were taken\n", "\n".join(lines) + "\n"]
    if left:
        parts += ["Left out:\n", "\n".join(left) + "\n"]
    return "\n".join(parts)


def listed(names: list[str]) -> str:
    """Return names one after the other."""
    return ", ".join(f"`{name}`" if name.isidentifier() else words.plain(name) or "not stated" for name in names)
