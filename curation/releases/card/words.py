"""Standards and figures in words, for the card."""

import re
from collections.abc import Mapping
from typing import Any

# What Markdown would not show as it stands. A viewer may take HTML, so its signs become entities; so does the bar, that
# ends a cell wherever it is. Brackets go by a backslash, and with them all links and images.
SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*~[]"} | {"<": "&lt;", ">": "&gt;", "|": "&#124;"})
ENTITY = re.compile(r"&(?=#?\w+;)")
UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
# What makes a heading, a rule, a list or a closed heading of a line.
AT_START = re.compile(r"^([#+=-])")
NUMBERED = re.compile(r"^(\d{1,9})([.)])")
CLOSING = re.compile(r"(?<=\s)#")
ITEM = re.compile(r"^( {0,3}(?:[-*+]|\d{1,9}[.)]) +)(?=\S)")

IN_LATEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"}
    | {"\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def plain(text: object) -> str:
    """Return text as one line of Markdown that shows it as it stands: no markup, no HTML, no link, no image."""
    line = ENTITY.sub("&amp;", " ".join(str(text).split())).translate(SIGNS)
    line = CLOSING.sub(r"\\#", UNDERSCORE.sub(r"\\_", line))
    return NUMBERED.sub(r"\1\\\2", AT_START.sub(r"\\\1", line))


def prose(text: str) -> str:
    """Return what somebody wrote as paragraphs and lists of Markdown, and else as it stands (`plain`)."""
    lines = []
    for line in text.strip().splitlines():
        item = ITEM.match(line)
        marker = item[0] if item else ""
        lines.append(marker + plain(line[len(marker) :]))
    return "\n".join(lines)


def cell(text: object) -> str:
    """Return text that keeps to one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def bibtex(text: object) -> str:
    """Return text as a value in BibTeX, for LaTeX to set as it stands. Braces go by name: BibTeX counts them."""
    return " ".join(str(text).split()).translate(IN_LATEX)


def table(head: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *[[cell(part) for part in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def policy_in_words(rules: Mapping[str, Any]) -> str:
    """Return the acceptance policy as a list of conditions."""
    lines = [
        f"- {key}: a mean of at least {value:g}, where it applies." for key, value in rules.get("minimum", {}).items()
    ]
    if one := rules.get("at_least_one"):
        named = [
            *one.get("criteria", []),
            *[f"an applicable criterion of group {group}" for group in one.get("groups", [])],
        ]
        lines.append(f"- At least one of {', '.join(named)} reaches {one['value']:g}.")
    lines.append(f"- Every other applicable criterion: a mean of at least {rules.get('floor', 1):g}.")
    count = rules.get("confirm_flags_by", 2)
    lines.append(
        f"- No hard flag confirmed by {count} reviewers or by a curator; a curator adjudicates one raised by fewer."
    )
    return "\n".join(lines) + "\n"


def tiers_in_words(tiers: Mapping[str, Any]) -> str:
    """Return the quality tiers as a list."""
    lines = []
    for name, rule in tiers.items():
        every = rule.get("every")
        reached = (
            f"every applicable criterion has a mean of at least {every:g} and no soft flag is raised"
            if every
            else "accepted"
        )
        lines.append(f"- `{name}` (weight {rule.get('weight', 1):g}): {reached}.")
    return "\n".join(lines) + "\n"


def agreement_table(agreement: Mapping[str, Any]) -> str:
    """Return Krippendorff's alpha per criterion with its interval, or say that there is too little to go by."""
    rows: list[list[object]] = []
    for key, found in agreement.items():
        if found.get("alpha") is None:
            rows.append([key, "too few", "", found.get("stories", 0)])
        else:
            rows.append([key, f"{found['alpha']:.2f}", f"{found['low']:.2f} to {found['high']:.2f}", found["stories"]])
    if not rows:
        return "Too few stories have two blind ratings to say.\n"
    return table(["criterion", "alpha", "95% interval", "stories"], rows)


def counted(counts: Mapping[str, int], *, none: str) -> str:
    """Return named counts, largest first, as a list."""
    ranked = sorted(counts.items(), key=lambda part: (-part[1], part[0]))
    shown = [f"- {plain(name) or none}: {count}" for name, count in ranked[:25]]
    if len(ranked) > 25:
        shown.append(f"- and {len(ranked) - 25} more: {sum(count for _name, count in ranked[25:])}")
    return "\n".join(shown) + "\n"
