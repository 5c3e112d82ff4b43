"""What researchers do with the versions of a dataset, in a process of its own with an empty cache.

`python journey_child.py DATASET FOLDER TAG...`; HF_ENDPOINT and HF_HOME are in the environment. Prints for each tag the
ids of its stories by split with what `datasets` calls its version, or how it was refused. The last is downloaded into
FOLDER too.
"""

import json
import sys
from typing import Any

import datasets
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError

datasets.disable_progress_bars()


def loaded(name: str, tag: str) -> Any:
    try:
        folder = snapshot_download(name, repo_type="dataset", revision=tag)
        stories = datasets.load_dataset(folder, "stories")
        by_name = datasets.load_dataset(name, "stories", revision=tag)
    except HfHubHTTPError as error:
        return error.response.status_code
    ids = {split: rows["id"][:] for split, rows in stories.items()}
    assert ids == {split: rows["id"][:] for split, rows in by_name.items()}
    return [sorted(one for part in ids.values() for one in part), str(next(iter(by_name.values())).info.version)]


if __name__ == "__main__":
    _child, name, folder, *tags = sys.argv
    found = {tag: loaded(name, tag) for tag in tags}
    snapshot_download(name, repo_type="dataset", revision=tags[-1], local_dir=folder)
    sys.stdout.write(json.dumps(found))
