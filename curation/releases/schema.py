"""The columns of a release: their types, and what they mean. The card's field tables are made from here.

`VERSION` grows with every change of a column; such a change makes the next release of every dataset a MAJOR one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

VERSION = 3
CONFIGS = ("stories", "ratings", "behaviours", "annotators", "constitution")
NAMES = pa.list_(pa.string())
MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
LINEAGE = pa.list_(pa.struct([("parent", pa.string()), ("kind", pa.string())]))


@dataclass(frozen=True)
class Column:
    """One column. `repeats` marks the few-valued ones, which Parquet stores as a dictionary."""

    name: str
    type: pa.DataType
    meaning: str
    repeats: bool = False


def _word(name: str, meaning: str) -> Column:
    return Column(name, pa.string(), meaning, repeats=True)


def _text(name: str, meaning: str) -> Column:
    return Column(name, pa.string(), meaning)


def _figures(criteria: Sequence[str]) -> list[Column]:
    """The two columns of each criterion."""
    columns = []
    for key in criteria:
        mean = f"{key}: posterior mean of the blind ratings, 1 to 5; null where it does not apply"
        columns.append(Column(f"{key}_mean", pa.float64(), mean))
        sd = f"{key}: posterior standard deviation of that mean, in rating points; larger with fewer ratings, and where"
        columns.append(Column(f"{key}_sd", pa.float64(), f"{sd} they disagree or lie far from the pool's mean"))
    return columns


def stories(criteria: Sequence[str]) -> list[Column]:
    """The columns of `stories`: one row per accepted story."""
    return [
        _text(
            "id",
            "The story, by the hash of its words: the same everywhere; the key of all configs",
        ),
        _text("text", "The story, with LF line ends"),
        _text("title", "Title, where there is one"),
        Column("n_words", pa.int32(), "Words in `text`"),
        _word("license", "SPDX identifier of the story's licence; null when unknown"),
        _word("language", "Language tag"),
        _word("genre", "Genre, as its source says"),
        _word("pov", "Point of view"),
        _word("tone", "Tone"),
        _word("protagonist", "Protagonist"),
        Column("content_notes", NAMES, "Content notes from generation metadata, curators or a lexicon"),
        Column("messages", MESSAGES, "Chat view: the prompt, then the story; empty where no prompt is stored"),
        _word("quality_tier", "Tier by the policy: gold or silver"),
        _word("control_tag", "`<|tier|>`, for conditional pretraining"),
        Column("weight", pa.float64(), "The tier's weight divided by the released members of its duplicate cluster"),
        Column("n_ratings", pa.int32(), "Blind first reviews of this story"),
        *_figures(criteria),
        _text("duplicate_cluster", "The first story of its cluster of near duplicates; null when it has none"),
        Column("principles", NAMES, "Keys of the principles it is tagged with"),
        Column("themes", NAMES, "Keys of the themes it is tagged with"),
        Column("explicit_reasoning", pa.bool_(), "Whether the plain mean of B1 is at least 3"),
        _text("twin_of", "The story that this is a matched twin of"),
        _word("twin_kind", "What differs from that twin"),
        Column("lineage", LINEAGE, "Stories that it was made from, and how"),
        _word("generator", "Generator model, as its source says"),
        _text("prompt_sha256", "SHA-256 of the prompt; null where no prompt is stored"),
        _word("source", "The source it came from"),
        _text("original_id", "Its id in that source"),
        _word("decided_by", "`policy` or `adjudicator`"),
        _word("policy", "The acceptance policy behind the decision"),
        _text("decision_reason", "Why it was accepted, in short"),
        _word("decontamination", "`not checked`: no evaluation index was used"),
        _text("sha256", "SHA-256 of `text` in UTF-8: the same in every installation"),
    ]


RATINGS = [
    _word("story_id", "The story: `id` in `stories`"),
    _word("annotator", "Pseudonym, stable within this dataset only"),
    _word("criterion", "Key of the criterion"),
    Column("value", pa.int8(), "1 to 5, or null for N/A"),
    _word(
        "kind",
        "`initial`: the first commit, which alone counts in means and decisions; `revision`: what they said later",
    ),
    Column("blind", pa.bool_(), "Whether it was given before its writer could see any score or other review"),
    Column("submitted", pa.date32(), "Day of the review (UTC)"),
    Column("flags", NAMES, "Flags that this review raises"),
]
BEHAVIOURS = [
    _word("story_id", "The story: `id` in `stories`"),
    _word("annotator", "Pseudonym, stable within this dataset only"),
    _word("criterion", "Criterion that the passage is evidence for, or null"),
    _word("flag", "Flag that the passage is evidence for, or null"),
    Column("start", pa.int32(), "First code point of the passage in `text`"),
    Column("end", pa.int32(), "Code point after the passage: `text[start:end] == quote` in Python"),
    _text("quote", "The passage"),
    _word("conduct", "aligned, ambiguous or misaligned; null when not marked"),
    _word("intent", "benevolent, ambiguous or malevolent; null when not marked"),
    _word("portrayal", "positive, neutral or negative; null when not marked"),
    Column(
        "backfire",
        pa.bool_(),
        "Computed: conduct is misaligned or intent malevolent, and portrayal positive; null when none is marked",
    ),
]
ANNOTATORS = [
    _text("annotator", "Pseudonym, stable within this dataset only"),
    Column("n_reviews", pa.int32(), "Reviews by this person in this release"),
    Column(
        "severity",
        pa.float64(),
        "Mean difference from the other reviewers of the same stories and criteria, in rating points, drawn towards "
        "zero when there is little to go by; negative is stricter; null with fewer than five annotators",
    ),
]
CONSTITUTION = [
    _text("key", "Key of the principle, as in `principles` of `stories`"),
    _text("name", "The principle in a few words"),
    _text("text", "The principle in full, to train on: name, statement, what it looks like, how it fails"),
    _text("statement", "What it asks for"),
    _text("looks_like", "How one sees that a story lives it; null where nothing is said"),
    _text("fails_when", "How one sees that a story fails it; null where nothing is said"),
    _word("constitution", "Name of the constitution"),
    Column("version", pa.int32(), "Its version"),
    _word("language", "Language tag"),
]


def columns(config: str, criteria: Sequence[str]) -> list[Column]:
    """Return the columns of a config under a rubric with these criterion keys."""
    if config == "stories":
        return stories(criteria)
    others = {"ratings": RATINGS, "behaviours": BEHAVIOURS, "annotators": ANNOTATORS, "constitution": CONSTITUTION}
    return others[config]


def arrow(parts: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of these columns."""
    return pa.schema([(part.name, part.type) for part in parts])


def feature(kind: pa.DataType) -> object:
    """Return a type as the card's `dataset_info` writes it: a name, or a nested form."""
    if pa.types.is_list(kind):
        inner = feature(kind.value_type)
        return {"list": inner}
    if pa.types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return [{"name": field.name, "dtype": str(field.type)} for field in fields]
    return {"double": "float64", "date32[day]": "date32"}.get(str(kind), str(kind))


def type_name(kind: pa.DataType) -> str:
    """Return a type as a person reads it."""
    if pa.types.is_list(kind):
        return f"list of {type_name(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(kind.field(place).name for place in range(kind.num_fields)) + "}"
    return str(feature(kind))
