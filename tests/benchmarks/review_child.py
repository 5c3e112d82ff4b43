"""Fills a new home for the measurements of the review room, in a process of its own under the production settings.

Arguments: how many stories of 4 KB, how many people, and how many stories of 80 words wait in a queue of the last of
them alone. Prints what the measurements need to know, as JSON.
"""

import json
import os
import random
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module

import django

SIZE = 4_000
PASSWORD = "a-long-password"
VOCABULARY = random.Random(7)  # noqa: S311
WORDS = ["".join(VOCABULARY.choices("aeiounrstlmdkpgh", k=VOCABULARY.randint(2, 9))) for _ in range(5_000)]
COLUMNS = (
    "source_id, text, text_sha256, normal_sha256, n_words, n_chars, language, original, created_at, title, license, "
    "genre, setting, pov, tone, protagonist, generator, prompt, original_id"
)

STAGES = "INSERT INTO stories_stage (story_id, state, changed_at) SELECT id, 'checked', now() FROM stories_story"


def texts(rows: int) -> Iterator[str]:
    """Yield texts of about 4 KB in eight paragraphs, each of its own words."""
    chance = random.Random(11)  # noqa: S311
    for number in range(rows):
        words = chance.choices(WORDS, k=SIZE // 7)
        words[::20] = [f"{word}." for word in words[::20]]
        part = len(words) // 8
        yield f"{number} " + "\n\n".join(" ".join(words[at : at + part]) for at in range(0, 8 * part, part))


def store(source: int, rows: int) -> list[int]:
    """Store so many stories; return their ids."""
    from django.db import connection

    with connection.cursor() as cursor:
        with cursor.copy(f"COPY stories_story ({COLUMNS}) FROM STDIN") as copy:
            for number, text in enumerate(texts(rows)):
                digest = sha256(text.encode()).hexdigest()
                title = f"Story {number}"
                head = (source, text, digest, digest, text.count(" "), len(text), "en", "{}", "2026-01-01T00:00Z")
                copy.write_row((*head, title, *[""] * 9))
        cursor.execute("SELECT id FROM stories_story ORDER BY id")
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO stories_stage (story_id, state, changed_at) SELECT id, 'checked', now() FROM stories_story"
        )
    return ids


def main(rows: int, people: int, short: int = 0) -> None:
    """Make stories, a queue of them and its readers."""
    from django.db import connection

    builders = import_module("tests.builders")
    readers = [builders.person(username=f"reader-{number}") for number in range(people)]
    ids = store(builders.source("bench").pk, rows)
    queue = builders.queue_of(*(readers[:-1] if short else readers), slug="bench", name="Bench")
    builders.add_items(actor=builders.SYSTEM, queue=queue, stories=ids)
    if short:
        chance = random.Random(13)  # noqa: S311
        told = [f"{number} {' '.join(chance.choices(WORDS, k=80))}." for number in range(short)]
        stories = builders.add_stories(
            actor=builders.SYSTEM, source=builders.source(), rows=[{"text": one} for one in told]
        )
        builders.queue_of(readers[-1], stories=stories, slug="own", name="Own", overlap=1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stories_story, stories_stage, annotations_item")
    print(json.dumps({"queue": queue.slug, "readers": [one.username for one in readers]}))  # noqa: T201


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.settings")
django.setup()
main(*map(int, sys.argv[1:]))
