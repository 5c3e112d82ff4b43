"""How a version is cited in BibTeX."""

import re
from collections.abc import Mapping
from typing import Any

from curation.releases.card.words import bibtex
from curation.releases.citing import authors_of


def entry(frozen: Mapping[str, Any], card: Mapping[str, Any] | None = None) -> str:
    """Return the entry of a version by what was frozen with it; `card` has the title, authors and DOI of today."""
    of = {**frozen, "dataset": {**frozen["dataset"], **(card or {})}}
    dataset, version = of["dataset"], frozen["version"]
    key = re.sub(r"[^a-z0-9]+", "_", f"{dataset['org']}_{dataset['name']}_{version}".lower())
    title, org, name = (bibtex(dataset[part]) for part in ("title", "org", "name"))
    authors = " and ".join(f"{{{bibtex(author)}}}" for author in authors_of(of))
    doi = f",\n  doi = {{{bibtex(dataset['doi'])}}}" if dataset.get("doi") else ""
    return f"""\
@misc{{{key},
  title = {{{{{title}}}}},
  author = {{{authors}}},
  year = {{{frozen["date"][:4]}}},
  version = {{{version}}},
  note = {{Dataset {org}/{name}}}{doi}
}}"""
