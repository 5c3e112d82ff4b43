"""The card's front matter, which the clients read and check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from curation.stories.languages import code_of

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))
PURPOSES = {
    "stories": "the accepted stories",
    "ratings": "every individual rating: blind first commits, and revisions marked as such",
    "behaviours": "passages given as evidence",
    "annotators": "who rated, under pseudonyms",
    "constitution": "the principles, to train on beside the stories",
}


@dataclass(frozen=True)
class CardColumn:
    """One column as the card shows it; `feature` is its type as `dataset_info` writes it."""

    name: str
    type: str
    feature: object
    meaning: str


@dataclass(frozen=True)
class CardSplit:
    """One split of one config: rows, bytes in memory, bytes of its files."""

    rows: int
    num_bytes: int
    file_bytes: int


@dataclass(frozen=True)
class CardMaterial:
    """What the card is made from. `example` is a row of the default config; `formats` are of the stories."""

    frozen: Mapping[str, Any]
    configs: Mapping[str, Mapping[str, CardSplit]]
    columns: Mapping[str, Sequence[CardColumn]]
    example: Mapping[str, Any]
    license: str
    formats: Mapping[str, Mapping[str, CardSplit]] = field(default_factory=dict)


def size_category(rows: int) -> str:
    """Return the Hub's size category of a dataset with this many rows."""
    return next((name for limit, name in SIZES if rows < limit), "n>10M")


def front_matter(shown: CardMaterial) -> str:
    """Return the YAML between the card's dashes."""
    frozen = shown.frozen
    version = frozen["version"].removeprefix("v")
    stories = frozen["counts"]["stories"]
    languages = sorted({code for tag in frozen["counts"]["languages"] if (code := code_of(tag))})
    data: dict[str, Any] = {"pretty_name": " ".join(frozen["dataset"]["title"].split()), "license": shown.license}
    if shown.license == "other":
        data["license_name"] = frozen["dataset"]["license"]
    if languages:
        data["language"] = languages
        data["multilinguality"] = ["monolingual" if len(languages) == 1 else "multilingual"]
    data |= {
        "task_categories": ["text-generation"],
        "size_categories": [size_category(stories)],
        "annotations_creators": ["other"],
        "language_creators": ["machine-generated"],
        "source_datasets": ["original"],
        "tags": ["alignment", "fiction", "human-reviewed", "synthetic", "exempla"],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == "stories" else {}),
                "version": version,
                "data_files": [{"split": split, "path": f"{name}/{split}-*.parquet"} for split in splits],
            }
            for name, splits in shown.configs.items()
        ],
        "dataset_info": [info(name, splits, shown.columns[name]) for name, splits in shown.configs.items()],
    }
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)


def info(name: str, splits: Mapping[str, CardSplit], columns: Sequence[CardColumn]) -> dict[str, Any]:
    """Return one config's `dataset_info`, against which `datasets` checks what it loaded."""
    features = []
    for column in columns:
        nested = isinstance(column.feature, dict)
        features.append({"name": column.name, **(column.feature if nested else {"dtype": column.feature})})  # type: ignore[dict-item]
    return {
        "config_name": name,
        "features": features,
        "splits": [
            {"name": split, "num_bytes": found.num_bytes, "num_examples": found.rows} for split, found in splits.items()
        ],
        "download_size": sum(found.file_bytes for found in splits.values()),
        "dataset_size": sum(found.num_bytes for found in splits.values()),
    }
