"""How a version is loaded from this host, pinned to its tag: what the pages show, and the suite runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from curation.releases.manifest import rows_by_split
from curation.releases.models import Release
from curation.releases.models.dataset import Visibility

CONFIGS = ("stories", "ratings")
# Where the clients of the Hub find it.
ENDPOINT = "HF_ENDPOINT"


@dataclass(frozen=True)
class Snippet:
    """Code to copy: `key` names it, `title` is the tool's own name, `note` what to know before."""

    key: str
    title: str
    code: str
    note: str = ""


def snippets(release: Release, host: str) -> list[Snippet]:
    """Return the ways to load a built version from `host`, an address such as `https://exempla.example.org`."""
    endpoint, name, tag = f"{host}/hub", str(release.dataset), release.version
    configs = rows_by_split(release.manifest or {"files": []})
    shards = [file["path"] for file in (release.manifest or {"files": []})["files"] if file.get("rows") is not None]
    urls = [f"{endpoint}/datasets/{name}/resolve/{tag}/{path}" for path in shards if path.startswith("stories/")]
    closed = release.dataset.visibility != Visibility.PUBLIC
    token = _("It is not open to strangers: set HF_TOKEN to a token of yours with the scope Read.") if closed else ""
    by_url = _("It is not open to strangers, and this reads by address: download it with hf, and read the files there.")
    fetches = _("DuckDB fetches its extension httpfs from its own site when it first reads by address.")
    return [
        Snippet("datasets", "datasets", with_datasets(endpoint, name, tag, configs), token),
        Snippet("pandas", "pandas", with_pandas(endpoint, name, tag), token),
        Snippet("polars", "polars", with_polars(urls), by_url if closed else ""),
        Snippet("duckdb", "DuckDB", with_duckdb(urls), by_url if closed else fetches),
        Snippet("hf", "hf download", with_hf(endpoint, name, tag, release.folder), token),
        Snippet(
            "zip", "zip", release.loading_code, _("Download the zip, and run this where it lies. It works offline.")
        ),
    ]


def with_datasets(endpoint: str, name: str, tag: str, configs: Mapping[str, object]) -> str:
    """Return Python that loads the configs with `datasets`."""
    loads = [f'{one} = load_dataset("{name}", "{one}", revision="{tag}")' for one in CONFIGS if one in configs]
    return "\n".join([*before_imports(endpoint), "from datasets import load_dataset", "", *loads])


def before_imports(endpoint: str) -> list[str]:
    """Return what sets the endpoint, which the clients read when they are imported."""
    return ["import os", "", f'os.environ["{ENDPOINT}"] = "{endpoint}"  # before the imports', ""]


def with_pandas(endpoint: str, name: str, tag: str) -> str:
    """Return Python that reads the stories with pandas, by the file system of `huggingface_hub`."""
    return "\n".join(
        [
            *before_imports(endpoint),
            "import pandas as pd",
            "from huggingface_hub import HfFileSystem",
            "",
            f'files = HfFileSystem().glob("datasets/{name}@{tag}/stories/*.parquet")',
            'stories = pd.concat(pd.read_parquet(f"hf://{file}") for file in files)',
        ]
    )


def with_polars(urls: Sequence[str]) -> str:
    """Return Python that reads the stories with polars, whose own `hf://` knows no other Hub."""
    return "\n".join(["import polars as pl", "", "stories = pl.read_parquet([", *listed(urls, '"'), "])"])


def with_duckdb(urls: Sequence[str]) -> str:
    """Return SQL that reads the stories with DuckDB, whose own `hf://` knows no other Hub."""
    return "\n".join(["SELECT quality_tier, count(*) FROM read_parquet([", *listed(urls, "'"), "]) GROUP BY ALL;"])


def listed(urls: Sequence[str], quote: str) -> list[str]:
    """Return the addresses, one in a line."""
    return [f"    {quote}{url}{quote}," for url in urls]


def with_hf(endpoint: str, name: str, tag: str, folder: str) -> str:
    """Return what downloads all files in a terminal."""
    return f"{ENDPOINT}={endpoint} \\\n  hf download {name} --repo-type dataset --revision {tag} --local-dir {folder}"
