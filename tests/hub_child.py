"""What a researcher runs: the real clients, in a process of their own with an empty cache, which says what it found.

`python hub_child.py DATASET TAG COMMIT PRIVATE GATED LET_INTO TOKEN`; HF_ENDPOINT and HF_HOME are in the environment.
"""

import json
import os
import sys
from typing import Any

import datasets
import pandas as pd
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

datasets.disable_progress_bars()


def counted(loaded: Any) -> dict[str, int]:
    return {split: len(loaded[split]) for split in loaded}


def refusal(call: Any, *args: Any, **named: Any) -> str:
    try:
        call(*args, **named)
    except (EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        return type(error).__name__
    except datasets.exceptions.DatasetNotFoundError as error:
        return "gated" if "gated" in str(error) else "not found"
    except HfHubHTTPError as error:
        return str(error.response.status_code)
    return "nothing"


def main(name: str, tag: str, commit: str, private: str, gated: str, let_into: str, token: str) -> dict[str, Any]:
    api, stranger, bearer = HfApi(), HfApi(token=False), HfApi(token=token)
    refs = api.list_repo_refs(name, repo_type="dataset")
    configs = datasets.get_dataset_config_names(name, revision=tag)
    loaded = {config: datasets.load_dataset(name, config, revision=tag) for config in configs}
    streamed = datasets.load_dataset(name, "ratings", revision=commit, streaming=True)
    folder = snapshot_download(name, repo_type="dataset", revision=commit)
    asked: dict[str, Any] = {"repo_id": name, "filename": "manifest.json", "repo_type": "dataset", "revision": tag}
    fetched = hf_hub_download(**asked)
    at_the_gate = {
        "gate": [refusal(one.hf_hub_download, gated, "README.md", repo_type="dataset") for one in (stranger, bearer)],
        "gate_of_datasets": refusal(datasets.load_dataset, gated, "stories", token=token),
        "let_in": counted(datasets.load_dataset(let_into, "stories", token=token)),
        "gated_as": bearer.dataset_info(let_into).gated,
    }
    os.environ["HF_HUB_OFFLINE"] = "1"
    kept = hf_hub_download(**asked, local_files_only=True)
    files = HfFileSystem()
    shard = files.glob(f"datasets/{name}@{tag}/ratings/*.parquet")[0]
    verified = api.verify_repo_checksums(name, repo_type="dataset", revision=tag)
    url = f"{os.environ['HF_ENDPOINT']}/datasets/{name}/resolve/main/ratings/{os.path.basename(shard)}"
    return {
        **at_the_gate,
        "main": {one.name: one.target_commit for one in refs.branches},
        "tags": {one.name: one.target_commit for one in refs.tags},
        "rows": {config: counted(found) for config, found in loaded.items()},
        "main_rows": counted(datasets.load_dataset(name, "stories")),
        "streamed": {split: len(list(found)) for split, found in streamed.items()},
        "folder": os.path.basename(folder),
        "files": sorted(
            os.path.relpath(os.path.join(at, one), folder) for at, _, found in os.walk(folder) for one in found
        ),
        "cached": fetched == kept,
        "verified": [verified.checked_count, len(verified.mismatches), len(verified.missing_paths)],
        "listed": sorted(os.path.basename(one) for one in files.ls(f"datasets/{name}@{tag}", detail=False)),
        "tail": files.cat_file(shard, start=-4).decode(),
        "pandas": [len(pd.read_parquet(f"hf://{shard}")), len(pd.read_parquet(url))],
        "commits": [one.title for one in api.list_repo_commits(name, repo_type="dataset", revision=tag)],
        "expanded": [one.last_commit.oid for one in api.list_repo_tree(name, repo_type="dataset", expand=True)][:1],
        "me": bearer.whoami()["name"],
        "private": bearer.dataset_info(private, files_metadata=True).private,
        "checked": [refusal(one.auth_check, private, repo_type="dataset") for one in (bearer, stranger)],
        "refused": [
            refusal(stranger.dataset_info, private),
            refusal(bearer.dataset_info, "nobody/nothing"),
            refusal(api.dataset_info, name, revision="v9.9.9"),
            refusal(hf_hub_download, name, "gone.txt", repo_type="dataset"),
            refusal(HfApi(token="exempla_none").dataset_info, name),
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
