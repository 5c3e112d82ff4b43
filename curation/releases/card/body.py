"""The card's text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from curation.releases import formats
from curation.releases.card import words
from curation.releases.card.changes import changelog
from curation.releases.card.citation import entry
from curation.releases.card.front import PURPOSES, CardMaterial
from curation.releases.card.loading_code import loading_code
from curation.releases.card.means import means
from curation.releases.card.quality import judge_line, quality
from curation.releases.card.selection import selection

LIMITS = """\
- What is claimed is **data quality, never alignment efficacy**: people read these stories and rated them by the rubric
  below. Whether training on them changes a model's behaviour is for experiments to show.
- Training method and rewards may matter more than the stories. What came of training on this dataset, results that show
  no difference too, is listed under *Outcomes* on its page.
- Decontamination: **not checked**. No evaluation suite was compared with these texts.
- Only accepted stories are here, so ratings lie higher and vary less than in the pool they were chosen from; means of
  the ratings that chose a story flatter it.
- The stories are machine-written. Patterns that are harmless in one story can repeat across many.
"""
WITHDRAWAL = """\
Released versions never change. A story that has to go (for its licence, for harm, on request) is left out of the next
PATCH version and listed, with the reason, in `withdrawn.json`. Version names are never used twice.
"""


def body(shown: CardMaterial) -> str:
    """Return the card below its front matter."""
    chosen, good = selection(shown.frozen), quality(shown.frozen)
    parts = [
        head(shown),
        contents(shown),
        standards(shown),
        chosen,
        people(shown),
        good,
        provenance(shown),
        ending(shown),
    ]
    return "\n".join(part for part in parts if part)


def head(shown: CardMaterial) -> str:
    """Return title, description and how to load it."""
    frozen = shown.frozen
    dataset, version = frozen["dataset"], frozen["version"]
    name, counts = f"{dataset['org']}/{dataset['name']}", frozen["counts"]
    description = words.prose(dataset["description"])
    return f"""\
# {words.plain(dataset["title"])}

{description + chr(10) if description else ""}
{counts["stories"]} machine-written stories of an AI acting well, each read blind by people and {judged(frozen)} by a
stated policy. Version {version} of {frozen["date"]}, made with Exempla.

## Load it

From the download, `{folder_name(frozen)}.zip`:

```python
{loading_code(folder_name(frozen), shown.configs)}
```

From a Hub that serves it, pinned to this version:

```python
from datasets import load_dataset
from huggingface_hub import snapshot_download

folder = snapshot_download("{name}", repo_type="dataset", revision="{version}")
stories = load_dataset(folder, "stories")
```
"""


def judged(frozen: Any) -> str:
    """Return what became of the stories that are in."""
    return "accepted, or sent to rewrite," if frozen.get("selection", {}).get("rewrites") else "accepted"


def folder_name(frozen: Any) -> str:
    """Return the name that a download of this version goes by."""
    return f"{frozen['dataset']['org']}-{frozen['dataset']['name']}-{frozen['version']}"


def contents(shown: CardMaterial) -> str:
    """Return the splits, the field tables and a real row."""
    rows: list[list[object]] = [
        [f"`{config}`", split, found.rows]
        for config, splits in shown.configs.items()
        for split, found in splits.items()
    ]
    parts = ["## What is in it\n", words.table(["config", "split", "rows"], rows)]
    parts.append("A story keeps its split in all versions; twins, rewrites and near duplicates share one.\n")
    for config in shown.configs:
        parts.append(f"### `{config}`: {PURPOSES[config]}\n")
        columns = shown.columns[config]
        parts.append(words.table(["field", "type", "meaning"], [[f"`{c.name}`", c.type, c.meaning] for c in columns]))
    example = json.dumps(shown.example, ensure_ascii=False, indent=2, default=str)
    if shown.formats:
        parts.append("### Further formats of the stories\n")
        also: list[list[object]] = [
            [f"`{name}/`", formats.PURPOSES[name], sum(found.rows for found in splits.values())]
            for name, splits in shown.formats.items()
        ]
        parts.append(words.table(["folder", "what it has", "stories"], also))
    parts += ["### A row of `stories`, its texts shortened\n", f"```json\n{example}\n```\n"]
    return "\n".join(parts)


def standards(shown: CardMaterial) -> str:
    """Return the rubric, the policy and the constitution."""
    frozen = shown.frozen
    rubric, policy = frozen["rubric"], frozen["policy"]
    head = ["key", "criterion", "1", "2", "3", "4", "5"]
    anchors: list[list[object]] = [
        [part["key"], *map(words.plain, [part["name"], *part["anchors"]])] for part in rubric["criteria"]
    ]
    flags: list[list[object]] = [
        [f"`{f['key']}`", f["severity"], words.plain(f["description"] or f["name"])] for f in rubric["flags"]
    ]
    parts = [f"## The rubric: {words.plain(rubric['name'])}, version {rubric['version']}\n", words.table(head, anchors)]
    if flags:
        parts += ["Flags; a confirmed hard one rejects:\n", words.table(["flag", "severity", "meaning"], flags)]
    parts += [
        "## How ratings became decisions\n",
        f"Policy: {words.plain(policy['name'])}, version {policy['version']}.\n",
    ]
    parts += [words.policy_in_words(policy["rules"]), "Machine scores order the reading and decide nothing.\n"]
    parts += ["Tiers:\n", words.tiers_in_words(policy["rules"].get("tiers") or {}), means(frozen)]
    if constitution := frozen["constitution"]:
        parts.append(
            f"Principles come from the constitution “{words.plain(constitution['name'])}”, "
            f"version {constitution['version']}:\n"
        )
        parts.append(
            "\n".join(f"- `{part['key']}`: {words.plain(part['name'])}" for part in constitution["principles"]) + "\n"
        )
    return "\n".join(parts)


def people(shown: CardMaterial) -> str:
    """Return who annotated, and how far they agree."""
    counts = shown.frozen["counts"]
    return f"""\
## Who annotated

{counts["annotators"]} people gave {counts["reviews"]} blind first reviews of the stories in this release. They saw no
machine score and no other review before committing their own. Those who agreed to it appear in `ratings`,
`behaviours` and `annotators`, under pseudonyms that hold within this dataset only; the others count in means and
decisions alone. Comments are not published.

Agreement is Krippendorff's alpha (ordinal) over the first two blind ratings of each story that was reviewed,
released or not, with a bootstrap 95% interval over stories.

{words.agreement_table(shown.frozen["agreement"])}"""


def provenance(shown: CardMaterial) -> str:
    """Return generators, sources, licences and judges."""
    counts = shown.frozen["counts"]
    judges = [judge_line(judge) for judge in shown.frozen["judges"]]
    return "\n".join(
        [
            "## Where the stories come from\n",
            "Generators, as their sources name them:\n",
            words.counted(counts["generators"], none="not stated"),
            "Sources:\n",
            words.counted(counts["sources"], none="not stated"),
            "Licences of the stories:\n",
            words.counted(counts["licenses"], none="unknown"),
            "Prompts appear in `messages` where a source stored them.\n",
            *(["Judges that pre-scored the pool:\n", "\n".join(judges) + "\n"] if judges else []),
        ]
    )


def taken_back(tombstones: Sequence[Mapping[str, str]]) -> str:
    """Return what was withdrawn of the dataset before this version, with the reasons; nothing for nothing."""
    lines = [
        f"- `{one.get('story_id') or one['version']}`, {one['date']}: {words.plain(one['reason'])}"
        for one in tombstones
    ]
    return "\nWithdrawn up to this version:\n\n" + "\n".join(lines) + "\n" if lines else ""


def changed(shown: CardMaterial) -> str:
    """Return what differs from the version before."""
    if changes := shown.frozen.get("changes"):
        return changelog(changes)
    counts = shown.frozen["changelog"][0]
    return f"{counts['added']} stories added, {counts['removed']} no longer in.\n"


def ending(shown: CardMaterial) -> str:
    """Return limits, withdrawal, changelog and how to cite."""
    frozen = shown.frozen
    notes = words.prose(frozen["changelog"][0]["notes"]) or "No notes."
    return f"""\
## Known limits

{LIMITS}
## Withdrawal

{WITHDRAWAL}{taken_back(frozen.get("withdrawn", []))}
## Check a copy

`python tools/verify.py` compares every file with `manifest.json`, and names the file, the byte and the rows that are
wrong. It needs nothing but Python, and `pyarrow` for the rows.

## Changes in {frozen["version"]}

{notes}

{changed(shown)}
All versions: `CHANGELOG.md`.

## Cite

```bibtex
{entry(frozen)}
```
"""
