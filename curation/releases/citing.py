"""How a version is cited: for people, for BibTeX, and as CITATION.cff."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from curation.releases import licences


def authors_of(frozen: Mapping[str, Any]) -> list[str]:
    """Return who is named as author: the dataset's authors, or else its organisation."""
    return list(frozen["dataset"].get("authors") or [frozen["dataset"]["org"]])


def cff(frozen: Mapping[str, Any]) -> str:
    """Return CITATION.cff, of the Citation File Format 1.2.0."""
    dataset, version = frozen["dataset"], frozen["version"]
    named: Sequence[str] = dataset.get("authors") or []
    data: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite the version that you used.",
        "type": "dataset",
        "title": " ".join(dataset["title"].split()),
        "authors": [{"name": name} for name in named or authors_of(frozen)],
        "version": version.removeprefix("v"),
        "date-released": frozen["date"],
    }
    if abstract := " ".join(dataset["description"].split()):
        data["abstract"] = abstract
    if spdx := licences.known(dataset["license"]):
        data["license"] = spdx
    if doi := dataset.get("doi"):
        data["doi"] = doi
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)
