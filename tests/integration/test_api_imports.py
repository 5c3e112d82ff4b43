"""Stories brought in over the API: batches, what became of every row, and what is refused before anything is kept."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from curation.accounts.models import Role
from curation.stories.files import key_of
from curation.stories.models import ImportRun, Source, Story
from curation.stories.tasks import import_stories
from tests.api import Caller, problem
from tests.builders import add_story, person

pytestmark = pytest.mark.django_db
LINES = {"Content_Type": "application/x-ndjson"}


@pytest.fixture
def curator(settings: Any, tmp_path: Path) -> Caller:
    settings.HOME = tmp_path
    return Caller(person(Role.CURATOR))


def lines(*rows: Any) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def results(curator: Caller, run: int, query: str = "") -> list[tuple[int, str, int | None, str]]:
    rows = curator.get(f"imports/{run}/rows{query}")["results"]
    return [(row["row"], row["result"], row["story_id"], row["reason"]) for row in rows]


def test_a_batch_says_what_became_of_every_row(curator: Caller) -> None:
    there = add_story("The tug was there before.")
    body = lines({"text": "One."}, {"text": "The tug was there before."}, {"text": ""}, "{no json", {"text": "One."})
    answer = curator("POST", "imports?source=North&license=CC0-1.0&name=first.jsonl", body, **LINES)
    assert answer.status_code == 202
    run = answer.json()
    assert (run["source"], run["state"], run["file_name"], run["finished_at"]) == (
        "north",
        "pending",
        "first.jsonl",
        None,
    )
    import_stories()
    done = curator.get(answer["Location"])
    assert [done[name] for name in ("state", "created", "duplicates", "rejected")] == ["done", 1, 2, 2]
    assert done["steps"]["stored"] == 1
    one = Story.objects.get(text="One.")
    assert (one.license, one.source.license) == ("CC0-1.0", "CC0-1.0")
    found = results(curator, run["id"])
    assert found[:2] == [(1, "created", one.pk, ""), (2, "duplicate", there.pk, "")]
    assert found[2][:3] == (3, "rejected", None)
    assert found[2][3] == "There is no text in it."
    assert "This is not JSON" in found[3][3]
    assert found[4] == (5, "duplicate", one.pk, "")


def test_a_row_in_which_a_name_comes_twice_is_no_story(curator: Caller) -> None:
    odd = '{"text": "One.", "text": "Another."}'
    run = curator("POST", "imports?source=north", lines(odd, {"text": "Two."}), **LINES).json()["id"]
    import_stories()
    first, second = results(curator, run)
    assert first == (1, "rejected", None, "The name “text” comes twice in it, so it is not clear which value is meant.")
    assert second[:2] == (2, "created")
    assert problem(curator("POST", "imports?source=north", f"[{odd}]".encode())) == (400, "bad_request")
    assert Story.objects.get().text == "Two."


def test_rows_are_walked_forth_and_back(curator: Caller) -> None:
    run = curator.post("imports?source=north", [{"text": f"Story {n % 5}."} for n in range(8)])["id"]
    import_stories()
    first = curator.get(f"imports/{run}/rows?limit=3")
    second = curator.get(first["next"].removeprefix("http://testserver"))
    last = curator.get(second["next"].removeprefix("http://testserver"))
    assert [[row["row"] for row in page["results"]] for page in (first, second, last)] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert (first["previous"], last["next"]) == (None, None)
    assert curator.get(last["previous"].removeprefix("http://testserver"))["results"] == second["results"]
    assert [row[0] for row in results(curator, run, "?result=duplicate")] == [6, 7, 8]
    assert problem(curator("GET", f"imports/{run}/rows?cursor=after:x")) == (422, "invalid_input")


def test_a_batch_sent_twice_with_one_key_is_imported_once(curator: Caller) -> None:
    body, address = lines({"text": "Once."}), "imports?source=north"
    first = curator("POST", address, body, Idempotency_Key="a", **LINES)
    again = curator("POST", address, body, Idempotency_Key="a", **LINES)
    assert (again.status_code, again.json(), again["Location"]) == (202, first.json(), first["Location"])
    assert again["Idempotent-Replayed"] == "true"
    other = curator("POST", address, lines({"text": "Twice."}), Idempotency_Key="a", **LINES)
    assert problem(other) == (409, "idempotency_key_used")
    assert ImportRun.objects.count() == 1


def test_columns_are_chosen_and_the_rest_is_guessed(curator: Caller) -> None:
    body = lines({"completion": "The story.", "text": "A prompt.", "headline": "Tug", "principles": ["honesty"]})
    address = "imports?source=north&map_text=completion&map_title=headline&language=de&generator=tug-1"
    curator("POST", address, body, **LINES)
    import_stories()
    story = Story.objects.get()
    assert (story.text, story.title, story.language, story.generator) == ("The story.", "Tug", "de", "tug-1")
    assert story.original == {"text": "A prompt."}
    assert story.tags.get().key == "honesty"
    assert problem(curator("POST", "imports?source=north&map_text=lost", body, **LINES)) == (422, "invalid_input")
    assert problem(curator("POST", "imports?source=north&map_lost=text", body, **LINES)) == (422, "invalid_input")


@pytest.mark.parametrize(
    "body", [b"", b"\n \n", b"5\n", b"text\nThe tug", b"\x1f\x8b\x08", b"PK\x03\x04", b"\0\xff\xfe"]
)
def test_what_is_no_jsonl_is_refused_and_nothing_is_written_down(curator: Caller, body: bytes) -> None:
    assert problem(curator("POST", "imports?source=north", body, **LINES)) == (422, "invalid_input")
    assert not ImportRun.objects.exists()
    assert not Source.objects.exists()


def test_a_file_of_another_format_goes_as_it_is(curator: Caller) -> None:
    answer = curator(
        "POST", "imports?source=north&name=a.csv", b"id,story\n1,The tug.\n", Content_Type="application/octet-stream"
    )
    assert (answer.status_code, answer.json()["file_format"]) == (202, "csv")
    assert problem(curator("POST", "imports?source=north", b"x", Content_Type="text/csv")) == (415, "media_type")


@pytest.mark.parametrize("rows", [[], {}, '"x"', [{"text": "x"}] * 1001])
def test_an_array_has_one_to_a_thousand_rows(curator: Caller, rows: Any) -> None:
    assert problem(curator("POST", "imports?source=north", rows)) == (422, "invalid_input")


def test_too_much_is_refused_unread_and_what_ends_early_is_not_kept(curator: Caller, settings: Any) -> None:
    settings.MAX_UPLOAD_MB = 0
    assert problem(curator("POST", "imports?source=north", lines({"text": "One."}), **LINES)) == (413, "too_large")
    settings.MAX_UPLOAD_MB = 1
    sent = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/imports",
        "CONTENT_TYPE": "application/x-ndjson",
        "CONTENT_LENGTH": "99",
        "HTTP_AUTHORIZATION": f"Bearer {curator.secret}",
        "wsgi.input": BytesIO(b'{"text": "One'),
    }
    answer = Client(raise_request_exception=False).request(**sent)
    assert problem(answer) == (400, "bad_request")
    chunks = curator("POST", "imports?source=north", lines({"text": "One."}), Transfer_Encoding="chunked", **LINES)
    assert problem(chunks) == (411, "length_missing")
    assert not ImportRun.objects.exists()


def test_who_imports_nothing_sends_no_byte(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    reader = Caller(person())
    assert problem(reader("POST", "imports?source=north", b"{}", **LINES))[0] == 403
    assert not (tmp_path / "files").exists()


def test_a_failed_import_goes_on(curator: Caller, settings: Any) -> None:
    run = curator.post("imports?source=north", [{"text": "One."}])
    assert problem(curator("POST", f"imports/{run['id']}/resume")) == (409, "conflict")
    kept = Path(settings.HOME) / key_of(run["file_sha256"])
    away = kept.rename(kept.with_suffix(".away"))
    import_stories()
    failed = curator.get(f"imports/{run['id']}")
    assert (failed["state"], failed["error"][:27]) == ("failed", "The file is no longer where")
    away.rename(kept)
    answer = curator("POST", f"imports/{run['id']}/resume")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    import_stories()
    assert curator.get(f"imports/{run['id']}")["created"] == 1
