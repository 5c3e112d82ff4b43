"""What a purge destroys, what it leaves, and what follows it."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from annotations.actions import claim, save_draft, withdraw
from annotations.models import Assignment, Review
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.api.models import AnsweredCall
from curation.core.errors import Conflict, ExemplaError, InvalidInput, NotAllowed
from curation.core.storage import storage
from curation.erasure.actions import ask_purge, purge, purge_due
from curation.erasure.models import Purge, PurgedFile
from curation.releases.actions import build
from curation.releases.models import Release
from curation.releases.queries.fields import beginning_of
from curation.releases.story_ids import public_id
from curation.releases.verify import verify
from curation.releases.views.files import text_of
from curation.scoring.models import ScoreJob
from curation.stories.actions import add_stories, start_import
from curation.stories.actions.importing import claim as claim_import
from curation.stories.actions.importing import run_import
from curation.stories.actions.search import index_words
from curation.stories.models import ImportIssue, Story
from tests import builders, judging
from tests.api import Caller
from tests.builders import accepted_stories, answers, built_release, dataset, passage_of, person, review_by

pytestmark = pytest.mark.django_db
MARK = "zebrafinch"
TEXT = f"The {MARK} asked the harbour master twice, and then it waited.\n\nIt was right to wait, and said so."


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def admin() -> User:
    return person(Role.ADMIN)


def purged(story: Story, actor: Any = SYSTEM) -> Purge:
    return purge(purge=ask_purge(actor=actor, story=story, kind="law", reason="A court has said so."))


def tables_with(word: str) -> set[str]:
    """The tables of which a row has this word somewhere."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = set()
        for table in tables:
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE t::text ILIKE %s)', [f"%{word}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def files_with(word: str) -> Iterator[str]:
    """The files of the storage that have this word, in rows or plainly."""
    for folder in ("blobs", "files"):
        for entry in storage().entries(folder):
            content = b"".join(storage().read(entry.key))
            if content[:4] == b"PAR1":
                with storage().on_disk(entry.key) as path:
                    content = json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
            if word.encode() in content:
                yield entry.key


def address(release: Release, name: str = "release", *more: str) -> str:
    return reverse(name, args=[release.dataset.org, release.dataset.name, release.version, *more])


def test_no_word_of_a_purged_story_is_left_anywhere(admin: User, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    told = {
        "text": TEXT,
        "title": f"A {MARK} on watch",
        "prompt": f"Write of a {MARK}.",
        "protagonist": MARK,
        "x": MARK,
    }
    rows.write_text("".join(json.dumps(row) + "\n" for row in (told, {"text": "Another story, of a tug. It waited."})))
    start_import(actor=admin, source=builders.source(), path=rows)
    run = claim_import()
    assert run is not None
    assert run_import(run=run).created == 2
    story, other = Story.objects.order_by("pk")
    one, two, three = person(), person(), person()
    queue = builders.queue_of(one, two, stories=[story, other], overlap=2)
    index_words()
    version = judging.llm_judge()
    run_of_judge = judging.started_run(version, [story])
    judging.answer_all(run_of_judge)
    span = {"criterion": "A1", "flag": None, **passage_of(TEXT, f"The {MARK} asked")}
    for reader in (one, two):
        for _ in range(2):
            held = claim(reviewer=reader, queue=queue)
            assert held is not None
            mine = held.story_id == story.pk
            save_draft(reviewer=reader, assignment=held, data={"comment": MARK if mine else ""}, version=0)
            said = answers(comment=f"I liked the {MARK}.", spans=[span]) if mine else answers()
            review_by(reader, queue, said)
    review = Review.objects.get(story=story, reviewer=one)
    withdraw(reviewer=one, review=review, reason=f"The {MARK} deserves more.")
    review_by(one, queue, answers(comment=MARK, spans=[span]))
    last = builders.queue_of(three, stories=[])
    save = {"status": 200, "fingerprint": "0" * 64, "body": {"text": TEXT}}
    AnsweredCall.objects.create(user=admin, key="k", **save)
    release = built_release(dataset())
    shards = list(release.files.filter(path__startswith="stories/"))
    for shard in shards:
        beginning_of(shard.blob)
    assert len(tables_with(MARK)) > 8
    assert set(files_with(MARK))
    done = purged(story)
    assert (done.state, done.error) == ("done", "")
    assert tables_with(MARK) == set()
    assert list(files_with(MARK)) == []
    destroyed = set(PurgedFile.objects.values_list("blob", flat=True))
    remembered = [cache.get(f"releases.beginning:{one.blob_id}") for one in shards if one.blob_id in destroyed]
    assert remembered == [None]
    story.refresh_from_db()
    assert (story.text, story.title, story.stage.state) == ("", "", "purged")
    assert story.text_sha256, "the fingerprint stays"
    assert Review.objects.live_commits().filter(story=story).count() == 2, "ratings stay"
    assert set(review.ratings.values_list("value", flat=True)) == {4}
    other.refresh_from_db()
    assert (other.text, other.stage.state) == ("Another story, of a tug. It waited.", "accepted")
    assert last.items.count() == 0


def test_files_that_do_not_have_the_story_stay_and_those_that_do_are_gone_on_every_address(admin: User) -> None:
    stories = accepted_stories(5)
    release = built_release(dataset("samples"))
    story = stories[-1]
    before = {file.path: file.blob_id for file in release.files.all()}
    split = release.items.get(story=story).split
    rows = [
        f"{address(release, 'release_rows')}?split={split}",
        address(release, "release_story", public_id(story.normal_sha256)),
    ]
    assert [Client().get(row, follow=True).status_code for row in rows] == [200, 200]
    assert 'id="load-datasets"' in Client().get(address(release)).content.decode()
    done = purged(story, admin)
    gone = {file.path for file in release.files.select_related("blob__purged") if file.is_purged}
    assert gone == {f"stories/{split}-00000-of-00001.parquet"}
    assert {file.path: file.blob_id for file in release.files.all()} == before
    (path,) = gone
    client = Client()
    client.force_login(admin)
    assert client.get(address(release, "release_file", path)).status_code == 410
    assert client.get(address(release, "release_zip")).status_code == 410
    assert client.get(address(release, "release_file", "README.md")).status_code == 200
    assert [Client().get(row).status_code for row in rows] == [410, 410]
    # Of a search that goes on by itself, too.
    assert Client().get(f"{rows[0]}&q=harbour&had=1", headers={"HX-Request": "true"}).status_code == 410
    page = client.get(address(release)).content.decode()
    assert "1 file of this version was destroyed" in page
    offered = {name for name in before if f'href="{address(release, "release_file", name)}"' in page}
    assert offered == before.keys() - gone
    assert 'id="load-datasets"' not in page, "what no longer loads is not offered"
    assert ">Purged</span>" in client.get(reverse("dataset", args=["exempla", "samples"])).content.decode()
    api = Caller(admin).get(f"datasets/exempla/samples/releases/{release.version}/files")
    assert {row["path"] for row in api["results"] if row["purged"]} == gone
    hub = Client().get(f"/hub/datasets/exempla/samples/resolve/{release.version}/{path}")
    assert (hub.status_code, hub["X-Error-Code"]) == (410, "EntryNotFound")
    assert Client().get(f"/hub/datasets/exempla/samples/resolve/{release.version}/README.md").status_code == 200
    # Nothing whole is there until the PATCH is.
    assert Client().get("/hub/api/datasets/exempla/samples/revision/main").status_code == 404
    report = verify(release)
    assert report.ok
    assert {found.path for found in report.purged} == gone
    out = StringIO()
    call_command("verify_release", "exempla/samples", release.version, stdout=out)
    assert f"{path} (purged)" in out.getvalue()
    (followed,) = done.follow_ups.all()
    assert followed.release is not None
    patch = build(release=followed.release)
    assert patch.version == "v0.1.1"
    assert set(patch.items.values_list("story", flat=True)) == {one.pk for one in stories[:-1]}
    main = Client().get("/hub/api/datasets/exempla/samples/revision/main").json()
    assert main["sha"] == patch.manifest_sha256[:40]
    (tombstone,) = json.loads(text_of(patch.files.get(path="withdrawn.json")))
    assert (tombstone["story_id"], tombstone["reason"]) == (
        public_id(story.normal_sha256),
        "Purged, as the law asks for it.",
    )
    assert verify(patch).ok


def test_a_file_that_was_to_be_destroyed_and_is_there_does_not_verify() -> None:
    story = accepted_stories(1)[0]
    release = built_release(dataset())
    shard = release.files.get(path__startswith="stories/")
    content = b"".join(storage().read(f"blobs/{shard.blob_id[:2]}/{shard.blob_id}"))
    purged(story)
    target = storage()._path(f"blobs/{shard.blob_id[:2]}/{shard.blob_id}")  # type: ignore[attr-defined]
    target.write_bytes(content)
    assert [problem.path for problem in verify(release).problems] == [shard.path]


def test_a_purged_story_says_so_on_its_page_and_can_be_purged_once(admin: User) -> None:
    story = accepted_stories(1)[0]
    client = Client()
    client.force_login(admin)
    sent = {"kind": "harm", "reason": "It shows how.", "sure": "on"}
    assert "Destroy the story" in client.get(reverse("purge_new", args=[story.pk])).content.decode()
    assert client.post(reverse("purge_new", args=[story.pk]), {**sent, "sure": ""}).status_code == 422
    answer = client.post(reverse("purge_new", args=[story.pk]), sent)
    assert answer.status_code == 302
    assert "A worker destroys it in a moment." in client.get(reverse("story_detail", args=[story.pk])).content.decode()
    assert purge_due() == 1
    for address in (reverse("story_detail", args=[story.pk]), answer["Location"], reverse("purge_list")):
        page = client.get(address)
        assert page.status_code == 200
    curators = Client()
    curators.force_login(person(Role.CURATOR))
    for reader, leads_on in ((client, True), (curators, False)):
        told = reader.get(reverse("story_detail", args=[story.pk])).content.decode()
        assert ("This story was purged" in told, answer["Location"] in told) == (True, leads_on)
    assert client.post(reverse("purge_new", args=[story.pk]), sent).status_code == 409
    with pytest.raises(Conflict, match="asked for already"):
        ask_purge(actor=admin, story=story, kind="law", reason="Again.")


def test_only_admins_purge_with_a_kind_and_a_reason() -> None:
    story, curator, admin = accepted_stories(1)[0], person(Role.CURATOR), person(Role.ADMIN)
    with pytest.raises(NotAllowed):
        ask_purge(actor=curator, story=story, kind="law", reason="A court.")
    for kind, reason in (("", "A court."), ("law", "  "), ("law", "x" * 2_001)):
        with pytest.raises(InvalidInput):
            ask_purge(actor=admin, story=story, kind=kind, reason=reason)
    assert not Purge.objects.exists()


def test_the_same_text_is_not_imported_again_silently(admin: User, tmp_path: Path) -> None:
    story = accepted_stories(1)[0]
    text = story.text
    purged(story)
    rows = tmp_path / "again.jsonl"
    rows.write_text(json.dumps({"text": text}) + "\n" + json.dumps({"text": "A story of its own. It was new."}) + "\n")
    start_import(actor=admin, source=builders.source(), path=rows)
    run = claim_import()
    assert run is not None
    run = run_import(run=run)
    assert (run.created, run.duplicates, run.rejected) == (1, 0, 1)
    issue = ImportIssue.objects.get(run=run)
    assert (issue.row, issue.reason, issue.excerpt) == (1, "This story was purged, and is not stored again.", "")
    with pytest.raises(InvalidInput, match="was purged"):
        add_stories(actor=admin, source=builders.source(), rows=[{"text": text}])
    assert Story.objects.get(pk=story.pk).text == ""


def test_what_is_under_way_with_the_story_ends_with_it() -> None:
    reader, other = person(), person()
    story, second = builders.checked_stories(2)
    queue = builders.queue_of(reader, other, stories=[story, second], overlap=2)
    held = claim(reviewer=reader, queue=queue)
    assert held is not None
    assert held.story_id == story.pk
    run = judging.started_run(judging.llm_judge(), [story, second])
    lease = judging.take(run)
    purged(story)
    with pytest.raises(Conflict):
        save_draft(reviewer=reader, assignment=held, data={"comment": "late"}, version=0)
    with pytest.raises(ExemplaError):
        builders.submit(
            reviewer=reader,
            assignment=held,
            submission=builders.parse_submission(answers(), held.rubric),
            idempotency_key=builders.uuid4(),
        )
    for reviewer in (reader, other):
        again = claim(reviewer=reviewer, queue=queue)
        assert again is not None
        assert again.story_id == second.pk
    assert builders.add_items(actor=SYSTEM, queue=queue, stories=[story], kind="gold") == 0
    assert not ScoreJob.objects.filter(story=story).exists()
    kept = judging.kept(run, lease)
    assert [answer.story_id for answer in kept] == [second.pk]
    judging.settled(run, lease, kept)
    assert not Assignment.objects.filter(story=story, state="active").exists()


def test_reviews_of_a_purged_story_cannot_be_withdrawn() -> None:
    reader = person()
    story = accepted_stories(1, reader, person())[0]
    purged(story)
    with pytest.raises(ExemplaError):
        withdraw(reviewer=reader, review=Review.objects.get(story=story, reviewer=reader), reason="x")


def test_a_reviewer_still_opens_the_record_of_what_they_did(admin: User) -> None:
    reader = person()
    span = {"criterion": "A1", "flag": None, **passage_of(TEXT, f"The {MARK} asked")}
    story = builders.add_story(TEXT)
    queue = builders.queue_of(reader, person(), stories=[story], overlap=1)
    review = review_by(reader, queue, answers(spans=[span], comment=MARK))
    purged(story)
    mine, curator = Client(), Client()
    mine.force_login(reader)
    curator.force_login(admin)
    key = review.pk
    pages = [
        (mine, reverse("my_work")),
        (mine, reverse("my_review", args=[key])),
        (mine, reverse("my_reviews_csv")),
        (mine, reverse("review_done", args=[key])),
        (mine, reverse("review_revise", args=[key])),
        (mine, reverse("review_assignment", args=[queue.slug, review.assignment_id])),
        (curator, reverse("story_detail", args=[story.pk])),
        (curator, reverse("adjudicate", args=[story.pk])),
        (curator, reverse("story_list")),
        (curator, reverse("home")),
    ]
    for client, address in pages:
        answer = client.get(address)
        assert answer.status_code < 500, address
        said = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert MARK not in said.decode(), address
    sent = {"comment": "late", "reason": "x", "idempotency_key": str(builders.uuid4())}
    assert mine.post(reverse("review_revise", args=[key]), sent).status_code in {409, 422}
    assert Caller(admin).get(f"stories/{story.pk}")["text"] == ""
