"""Sends records to a dataset of an Argilla server by Argilla's own client, or reads all of it, and prints what it took.

`python argilla_sdk_child.py URL KEY WORKSPACE DATASET [FILE]`, in the environment that has that client. FILE holds what
is sent, a record on each line, with `id` and its fields and metadata. One line: seconds on the clock, of the processor
in this process, and how many records.
"""

import json
import sys
import time

import argilla

url, key, workspace, name, *file = sys.argv[1:]
client = argilla.Argilla(api_url=url, api_key=key)
dataset = client.datasets(name=name, workspace=workspace)
records = []
if file:
    with open(file[0], encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    records = [argilla.Record(id=row["id"], fields=row["fields"], metadata=row["metadata"]) for row in rows]
clock, processor = time.perf_counter(), time.process_time()
if file:
    dataset.records.log(records)
else:
    records.extend(dataset.records)
took = [time.perf_counter() - clock, time.process_time() - processor, len(records)]
sys.stdout.write(json.dumps(took) + "\n")
