"""The import pages, as a curator goes through them and as others are turned away."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.scoring.actions import create_jobs, ensure_embedded_judge, retry_failed
from curation.scoring.models import JudgeVersion, ScoreJob
from curation.standards.actions import install_defaults
from curation.stories.actions import advance
from curation.stories.models import ImportRun, Source, Story
from curation.stories.models.imports import ImportState
from curation.stories.readers.base import NamedBytes
from curation.stories.stages import State
from curation.stories.tasks import import_stories
from tests.builders import add_story, default_rubric, failed, person

pytestmark = pytest.mark.django_db
CSV = (
    ",Prompt,Story,Model,Mood\n"
    '0,"A, prompt","One <b>story</b>.\n\nIt “ended”.",m1,calm\n'
    "1,Another,=2+5 is how it began.,m2,\n"
    "2,Third,,m3,\n"
    "3,ragged,=HYPERLINK(),m4,,6\n"
)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(person(Role.CURATOR))
    return client


def upload(client: Client, content: str | bytes = CSV, name: str = "bench.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(reverse("import_new"), {"file": SimpleUploadedFile(name, data)})


def confirmed(client: Client, **changes: str) -> Any:
    page = client.get(upload(client)["Location"])
    form = page.context["form"]
    data = {name: form[name].initial or "" for name in form.fields if name != "source"}
    data["new_source"] = "bench"
    return client.post(page.request["PATH_INFO"], {**data, **changes})


def test_a_curator_uploads_looks_confirms_and_sees_it_done(curator: Client) -> None:
    assert curator.get(reverse("import_new")).status_code == 200
    page = curator.get(upload(curator)["Location"])
    assert page.status_code == 200
    html = page.content.decode()
    assert "One &lt;b&gt;story&lt;/b&gt;." in html
    assert "the header names 5" in html
    form = page.context["form"]
    assert {name: form[f"map_{name}"].initial for name in ("text", "prompt", "generator", "tone", "title")} == {
        "text": "Story",
        "prompt": "Prompt",
        "generator": "Model",
        "tone": "Mood",
        "title": "",
    }
    answer = confirmed(curator, license="MIT", map_tone="")
    run = ImportRun.objects.get()
    assert answer["Location"] == reverse("import_detail", args=[run.pk])
    assert 'hx-trigger="every 1s"' in curator.get(answer["Location"]).content.decode()
    import_stories()
    done = curator.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in done
    # It goes on asking until the last story is scored or blocked.
    assert 'hx-trigger="every 3s"' in done
    assert "Make a queue of these" not in done
    ids = list(Story.objects.values_list("pk", flat=True))
    for state in (State.CHECKED, State.SCORED):
        advance(stories=ids, to=state)
        later = curator.get(answer["Location"], headers={"HX-Request": "true"})
        steps = later.context["steps"]
        assert (steps.stored, steps.checked, steps.scored) == (2, 2, 2 * (state == State.SCORED))
        assert f"{reverse('queue_new')}?run=" in later.content.decode()
    assert "hx-trigger" not in later.content.decode()
    assert "No model is at work" not in later.content.decode()
    assert "There is no text in it." in done
    run.refresh_from_db()
    assert (run.state, run.created, run.rejected) == (ImportState.DONE, 2, 2)
    story = Story.objects.get(row=1)
    assert (story.license, story.original, story.source.name) == ("MIT", {"Mood": "calm"}, "bench")


def test_the_page_of_an_import_stops_asking_once_no_model_will_score_its_stories(curator: Client) -> None:
    """Without a rubric there is no model, and what failed is tried again by a person only."""
    address = confirmed(curator)["Location"]
    import_stories()
    ids = list(Story.objects.values_list("pk", flat=True))
    advance(stories=ids, to=State.CHECKED)
    without = curator.get(address).content.decode()
    assert "hx-trigger" not in without
    assert "No model is at work on the rest." in without
    assert f"{reverse('queue_new')}?run=" in without
    ensure_embedded_judge(rubric=default_rubric())
    assert 'hx-trigger="every 3s"' in curator.get(address).content.decode()
    create_jobs()
    assert 'hx-trigger="every 3s"' in curator.get(address).content.decode()
    failed(ScoreJob, "it could not be scored")
    stopped = curator.get(address).content.decode()
    assert "hx-trigger" not in stopped
    assert "No model is at work on the rest." in stopped
    retry_failed(actor=SYSTEM, version=JudgeVersion.objects.get())
    assert 'hx-trigger="every 3s"' in curator.get(address).content.decode()


BAD = "text,title\nGrüße aus Köln und Füssen.,Größe\nEin B".encode() + b"\xff" + b"cher.,Zwei\n"


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("bad.csv", BAD, ["Ein B\ufffdcher.", "It holds bytes that are not text", "Größe"]),
        ("bad.csv", b"te\xffxt,story\n1,Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln.\n", ["te\ufffdxt", "Grüße"]),
        ("bad.txt", b"caf\xe9 \x81", ["café \ufffd"]),
        ("odd.jsonl", b'{"text": "half \\ud83d of a pair", "\\ud83d": "\\udc00"}', ["half \ufffd of a pair"]),
        ("chat.jsonl", b'{"messages": [{"role": "user", "content": "A?"}, {"role": "assistant", "content": "Told."}]}',
         ["<td>Told.</td>"]),
        ("nested.json", b'[{"id": 1, "data": {"text": "Inside."}}]', ['<option value="data.text">', "Inside."]),
        ("open.csv", b'id,text\n1,"One."\n2,"Two.\n', ["a quote is opened and not closed", "One."]),
    ],
)  # fmt: skip
def test_the_preview_shows_odd_rows_with_what_is_wrong(
    curator: Client, name: str, content: bytes, shown: list[str]
) -> None:
    page = curator.get(upload(curator, content, name)["Location"])
    assert page.status_code == 200
    html = page.content.decode()
    for words in shown:
        assert words in html


def test_the_same_file_again_is_said_before_and_after(curator: Client) -> None:
    confirmed(curator)
    import_stories()
    page = curator.get(upload(curator)["Location"])
    assert "This very file was imported" in page.content.decode()
    answer = confirmed(curator, source=str(Source.objects.get().pk))
    import_stories()
    assert "already here, so nothing was added" in curator.get(answer["Location"]).content.decode()


def test_the_report_is_safe_to_open_in_a_spreadsheet(curator: Client) -> None:
    answer = confirmed(curator, map_text="Prompt", map_prompt="Story")
    import_stories()
    run = ImportRun.objects.get()
    run.issues.create(row=99, reason="@SUM(1)", excerpt="=cmd|' /C calc'!A0")
    body = b"".join(curator.get(reverse("import_report", args=[run.pk]))).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0] == ["row", "reason", "text"]
    assert rows[-1] == ["99", "'@SUM(1)", "'=cmd|' /C calc'!A0"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)
    assert answer.status_code == 302


def test_mistakes_in_the_form_are_said_at_the_field(curator: Client) -> None:
    Source.objects.create(name="bench")
    answer = confirmed(curator, map_title="Story")
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"map_title", "new_source"}
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("empty.csv", "", "empty"), ("x.pdf", "%PDF-1.7 ...", "PDF"), ("x.json", "[1", "element")],
)
def test_a_bad_file_is_said_at_the_upload(curator: Client, name: str, content: str, reason: str) -> None:
    answer = upload(curator, content, name)
    assert answer.status_code == 422
    assert reason in answer.content.decode()


def test_a_file_that_is_too_large_is_refused_kindly(curator: Client, settings: Any) -> None:
    settings.MAX_UPLOAD_MB = 1
    answer = upload(curator, "text\n" + "a" * (2 << 20))
    assert answer.status_code == 413
    assert "up to 1 MB can be uploaded" in answer.content.decode()


@pytest.mark.parametrize("address", ["import_new", "home", "preferences_part"])
def test_who_imports_nothing_leaves_no_file_on_the_disk(client: Client, address: str, monkeypatch: Any) -> None:
    begun: list[str] = []
    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", lambda *args, **_named: begun.append(args[1]))
    client.force_login(person())
    client.post(reverse(address), {"file": SimpleUploadedFile("a.csv", b"text\nA tug.\n")})
    assert begun == []


def test_a_failed_import_offers_to_go_on(curator: Client) -> None:
    answer = confirmed(curator)
    failed(ImportRun, "The disk was full.")
    assert "Go on from here" in curator.get(answer["Location"]).content.decode()
    run = ImportRun.objects.get()
    assert curator.post(reverse("import_resume", args=[run.pk]))["Location"] == answer["Location"]
    import_stories()
    assert "already here" not in curator.get(answer["Location"]).content.decode()
    assert Story.objects.count() == 2


def test_an_upload_belongs_to_its_uploader(curator: Client) -> None:
    location = upload(curator)["Location"]
    other = Client()
    other.force_login(person(Role.CURATOR))
    assert other.get(location).status_code == 404
    assert curator.get(location.replace("preview/", "preview/x")).status_code == 404


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.RESEARCHER])
def test_others_are_turned_away(client: Client, role: Role) -> None:
    client.force_login(person(Role.CURATOR))
    location, detail = upload(client)["Location"], confirmed(client)["Location"]
    client.force_login(person(role))
    run = ImportRun.objects.get()
    for url in (
        location,
        detail,
        reverse("import_new"),
        reverse("import_list"),
        reverse("import_report", args=[run.pk]),
    ):
        assert client.get(url).status_code == 403
    assert upload(client).status_code == 403
    assert client.post(reverse("import_resume", args=[run.pk])).status_code == 403


def test_who_is_not_signed_in_uploads_nothing(client: Client) -> None:
    assert reverse("login") in upload(client)["Location"]


def test_the_pages_take_few_statements(curator: Client, django_assert_max_num_queries: Any) -> None:
    detail = confirmed(curator)["Location"]
    import_stories()
    location = upload(curator)["Location"]
    for url, most in ((reverse("import_new"), 3), (reverse("import_list"), 4), (detail, 6), (location, 5)):
        with django_assert_max_num_queries(most):
            assert curator.get(url).status_code == 200


TAGGED = (
    "story,principles,themes\n"
    "The pump failed and it said so.,Honesty; Harm-Avoidance,self-criticism\n"
    "The valve held until the morning came.,stoicism,\n"
    "The valve  held until the morning came.,care,\n"
    ",care,\n"
)


def test_the_preview_counts_rows_and_says_what_the_tags_mean(curator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    install_defaults()
    add_story("The pump failed and it said so.")
    location = upload(curator, TAGGED)["Location"]
    page = curator.get(location)
    found = page.context["survey"]
    assert (found.rows, found.new, found.duplicates, found.rejected, found.whole) == (4, 1, 2, 1, True)
    known = {value.key: value.name for _label, values in found.values for value in values}
    assert (known["honesty"], known["self_criticism"], known["stoicism"]) == ("Honesty", "Self-criticism", "")
    html = page.content.decode()
    assert "An unknown value does not become a tag" in html
    assert "12 fields are not in this file" in html
    assert html.count(">choose a column</option>") == 1
    # Another choice of columns is counted anew, as a fragment.
    part = curator.get(location, {"map_text": "principles"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "unknown" not in part
    monkeypatch.setattr("curation.stories.ingest.surveying.MOST_ROWS", 2)
    assert "Counted over the first 2 rows only" in curator.get(location).content.decode()


def test_an_unknown_tag_is_kept_as_a_column_and_offered_nowhere(curator: Client) -> None:
    install_defaults()
    page = curator.get(upload(curator, TAGGED)["Location"])
    form = page.context["form"]
    data = {name: form[name].initial or "" for name in form.fields if name != "source"}
    curator.post(page.request["PATH_INFO"], {**data, "new_source": "tagged"})
    import_stories()
    pump, valve = Story.objects.order_by("pk")
    assert set(pump.tags.values_list("kind", "key")) == {
        ("principle", "honesty"),
        ("principle", "harm_avoidance"),
        ("theme", "self_criticism"),
    }
    assert not valve.tags.exists()
    assert valve.original == {"principles": "stoicism"}
    browse = curator.get(reverse("story_list")).context["form"]
    choice = curator.get(reverse("queue_new")).context["selection_form"]
    for kind in ("principle", "theme"):
        offered = [key for key, _name in browse.fields[kind].choices]
        assert offered == [key for key, _name in choice.fields[kind].choices]
        assert "stoicism" not in offered


def test_a_table_of_thousands_of_columns_makes_a_page_of_ordinary_size(curator: Client) -> None:
    others = [f"measure {number}" for number in range(20_000)]
    rows = [",".join([*others, "story_text"]), ",".join(["1"] * 20_000 + ["The tug waited until the gauge was read."])]
    file = SimpleUploadedFile("wide.csv", "\n".join(rows).encode())
    page = curator.post(reverse("import_new"), {"file": file}, follow=True)
    assert page.status_code == 200
    assert len(page.content) < 1_000_000
    text = page.content.decode()
    assert "19700 columns more are not shown" in text.replace(",", "")
    assert page.context["look"].guessed["text"] == "story_text"
    assert '<option value="story_text" selected>' in text


class Counted(io.FileIO):
    """A file that counts what is read of all such files."""

    read_bytes = 0

    def readinto(self, buffer: Any) -> int | None:
        n = super().readinto(buffer)
        Counted.read_bytes += n or 0
        return n


@pytest.mark.parametrize("encoding", ["", "cp1252"])
def test_the_preview_reads_all_of_a_file_once_and_then_its_beginning(
    curator: Client, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    rows = [
        json.dumps({"text": f"Story {number}, in which nothing fails. " + "The lamp “held”. " * 400})
        for number in range(300)
    ]
    rows += [json.dumps({"text": "The last of them.", "mood": "calm"})]
    content = "\n".join(rows).replace("\\u201c", "“").replace("\\u201d", "”").encode(encoding or "utf-8")
    monkeypatch.setattr(NamedBytes, "open", lambda self: io.BufferedReader(Counted(self.path)))
    monkeypatch.setattr("curation.stories.ingest.surveying.MOST_CHARS", 100_000)
    address = upload(curator, content, "lamps.jsonl")["Location"]
    first = curator.get(address, {"encoding": encoding})
    Counted.read_bytes = 0
    again = curator.get(address, {"encoding": encoding})
    again_counted = curator.get(address, {"encoding": encoding, "map_text": "text"}, headers={"HX-Request": "true"})
    assert 0 < Counted.read_bytes < len(content) / 2
    assert again_counted.context["survey"].new > 0
    assert again.context["look"] == first.context["look"]
    assert "“mood” from row 301 on" in again.content.decode()
    assert "The lamp “held”." in again.content.decode()
