"""What a researcher runs who has the clients of two years ago, or reads by address, in a process of its own.

`python child.py DATASET TAG FOLDER`; HF_ENDPOINT and HF_HOME are in the environment. On standard input stand, as JSON,
the lines for polars and the SQL for DuckDB as the version's page shows them. Says how many rows each found.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import dask.dataframe
import datasets
import duckdb
import duckdb_extension_httpfs
import huggingface_hub
import polars
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download

datasets.disable_progress_bars()


def counted(loaded: Any) -> dict[str, int]:
    return {split: len(loaded[split]) for split in loaded}


def rows_of_duckdb(sql: str) -> int:
    """Run it with the extension that DuckDB would fetch from its own site, from a package."""
    (extension,) = Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension")
    with duckdb.connect() as database:
        database.load_extension(str(extension))
        return sum(n for _tier, n in database.sql(sql).fetchall())


def rows_of_polars(code: str) -> int:
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102
    assert isinstance(found["stories"], polars.DataFrame)
    return len(found["stories"])


def main(name: str, tag: str, folder: str, shown: dict[str, str]) -> dict[str, Any]:
    api, files = HfApi(), HfFileSystem()
    configs = datasets.get_dataset_config_names(name, revision=tag)
    streamed = datasets.load_dataset(name, "ratings", revision=tag, streaming=True)
    whole = snapshot_download(name, repo_type="dataset", revision=tag, local_dir=folder)
    asked: dict[str, Any] = {"repo_id": name, "filename": "manifest.json", "repo_type": "dataset", "revision": tag}
    at = f"datasets/{name}@{tag}/stories/*.parquet"
    addresses = [
        f"{os.environ['HF_ENDPOINT']}/datasets/{name}/resolve/{tag}/stories/{Path(file).name}"
        for file in files.glob(at)
    ]
    return {
        "versions": [huggingface_hub.__version__, datasets.__version__],
        "tags": sorted(one.name for one in api.list_repo_refs(name, repo_type="dataset").tags),
        "rows": {config: counted(datasets.load_dataset(name, config, revision=tag)) for config in configs},
        "streamed": {split: sum(1 for _row in rows) for split, rows in streamed.items()},
        "files": sorted(
            str(path.relative_to(whole))
            for path in Path(whole).rglob("*")
            if path.is_file() and ".cache" not in path.parts
        ),
        "cached": hf_hub_download(**asked) == hf_hub_download(**asked, local_files_only=True),
        "dask": [len(dask.dataframe.read_parquet(one).compute()) for one in (f"hf://{at}", addresses)],
        "polars": rows_of_polars(shown["polars"]),
        "duckdb": rows_of_duckdb(shown["duckdb"]),
    }


if __name__ == "__main__":
    _child, *given = sys.argv
    sys.stdout.write(json.dumps(main(*given, shown=json.load(sys.stdin))))
