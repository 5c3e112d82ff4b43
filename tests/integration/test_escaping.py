"""Whatever people, files and models wrote is shown as the words it is: on every page, to everybody, and in a card."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, models
from django.test import Client
from markdown_it import MarkdownIt

from annotations.actions import revise, save_draft
from annotations.models import Assignment, Queue, Review
from annotations.schema import parse_submission
from curation.accounts.models import User
from curation.accounts.tokens import create_token
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaRecord, Link, Listener
from curation.core import roles
from curation.llm.models import Batch, Provider
from curation.releases.actions.withdrawing import withdraw_story, withdraw_version
from curation.releases.models import Dataset, Release, ReleaseItem
from curation.releases.views.files import text_of
from curation.research.actions import answer_report
from curation.research.models import RowReport
from curation.stories.actions.tags import add_tag
from curation.stories.models import ImportIssue, ImportRun, Story
from curation.stories.models.tag import TagKind
from tests.builders import adjudicated_story, answers, built_release, reopened_story
from tests.integration.test_who_may import WHO, address_of, routes, row_of, rows, unlike, workspace
from tests.judging import answer_all, llm_judge, settled, started_run, take
from tests.judging import kept as kept_answers

# Breaks out of an attribute, an element, a link, a table, a line and front matter, where somebody forgot.
MARK = (
    "javascript:alert(1)//\"><i q='x'>\n\n---\n# T\n|a|b|\n![p](https://e.example/p)[j](javascript:x)<img src=e>&lt;```"
)
SHORT = "<i q='\">"
# Columns that hold no words of anybody: keys, addresses, checksums, formats, and what the code itself looks up.
NO_WORDS = {
    "admin.LogEntry": {"object_id"},
    "auth.Permission": {"codename", "name"},
    "contenttypes.ContentType": {"app_label", "model"},
    "sessions.Session": {"session_key", "session_data"},
    "audit.Entry": {"verb", "target_type", "target_id"},
    "accounts.User": {"password", "username", "preferences"},
    "accounts.Invitation": {"secret_hash", "queues"},
    "accounts.Token": {"digest", "token_key"},
    # Sent back, as JSON, to the program that sent it.
    "api.AnsweredCall": {"key", "fingerprint", "body", "headers"},
    # Nobody can make one.
    "auth.Group": {"name"},
    "accounts.SignInAttempt": {"key"},
    "webhooks.Endpoint": {"url", "events"},
    "webhooks.Message": {"public_id", "event", "body"},
    "standards.Principle": {"key"},
    "standards.Rubric": {"language", "translations"},
    "standards.Theme": {"key"},
    "standards.Criterion": {"key"},
    "standards.Flag": {"key"},
    "standards.AcceptancePolicy": {"rules"},
    "stories.Source": {"name", "key"},
    "stories.ImportRun": {"path", "file_sha256", "file_format", "encoding"},
    "stories.Story": {"text_sha256", "normal_sha256", "language"},
    "stories.Check": {"kind", "index_version"},
    "annotations.Queue": {"slug"},
    "annotations.Decision": {"values", "flag_verdicts"},
    "annotations.PracticeAttempt": {"story", "data"},
    "scoring.Judge": {"key"},
    "scoring.JudgeVersion": {"parameters", "model_artifact_sha256"},
    "calibration.Exposure": {"where"},
    "publishing.HubTarget": {"endpoint", "repo", "token_variable"},
    "argilla.ArgillaServer": {"url"},
    "argilla.ArgillaPerson": {"account", "role"},
    "argilla.Link": {"dataset", "begun_activity", "activity"},
    "argilla.ArgillaRecord": {"record"},
    "argilla.Listener": {"address", "webhook"},
    # What was answered, as it came; it is shown once it is a review.
    "argilla.ArgillaAnswer": {"values"},
    "publishing.Publication": {"commit", "found_head", "accepted_head"},
    "calibration.JudgeQuality": {"reliability", "curve"},
    "calibration.Probe": {"again", "first", "now", "shift"},
    "llm.Batch": {"handle"},
    "scoring.AnswerReading": {"fault"},
    "releases.Dataset": {"org", "name"},
    "releases.Pseudonym": {"name"},
    "releases.Blob": {"sha256", "git_sha1"},
    "releases.Release": {"manifest", "manifest_sha256"},
    "releases.ReleaseItem": {"tier", "review_ids"},
    "releases.ReleaseFile": {"path"},
    # The key of a theme or principle, or a generator, of which there were enough.
    "releases.LeftOut": {"detail"},
    "releases.ReleasePart": {"made", "made_by"},
    # What an action refused to start, in words of ours.
    "erasure.PurgeFollowUp": {"why_not"},
    "erasure.PurgedFile": {"key"},
    "ratings_import.DatasetFetch": {"file_sha256"},
    "ratings_import.NotKept": {"record", "question", "who"},
    "ratings_import.RatingsImport": {"plan"},
    "ratings_import.Respondent": {"dataset", "key"},
    "research.RowGroup": {"config", "split", "low_id", "high_id"},
    "research.RowReport": {"split", "story_id"},
    "research.TrainingOutcome": {"link"},
}  # fmt: skip
# Of a value that is JSON, the words are under these names.
SAID = {"text", "name", "title", "notes", "reason", "description", "comment", "question", "anchors", "source", "key",
        "license", "decision_reason", "quote", "prompt", "note", "generator", "judge",
        "honeypot_reason"}  # fmt: skip


def mark_for(field: models.Field[Any, Any], pk: object) -> str:
    """Return as much of the mark as fits a column, told apart from that of other rows."""
    if field.max_length is None:
        return f"{MARK}{pk}"
    for mark in (MARK, MARK[:40], SHORT):
        if len(f"{mark}{pk}") <= field.max_length:
            return f"{mark}{pk}"
    return SHORT[: field.max_length]


def marked(value: Any, *, said: bool) -> Any:
    """Return JSON with its words marked: every string where `said`, else those under the names of `SAID`."""
    if isinstance(value, dict):
        return {name: marked(part, said=said or name in SAID) for name, part in value.items()}
    if isinstance(value, list):
        return [marked(part, said=said) for part in value]
    return MARK if said and isinstance(value, str) else value


def with_words() -> Iterator[tuple[type[models.Model], models.Field[Any, Any]]]:
    """Yield every column that may hold words, and its model."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            texts = isinstance(field, models.CharField | models.TextField | models.JSONField)
            if texts and not field.choices and field.name not in NO_WORDS.get(model._meta.label, set()):
                yield model, field


def rows_of_the_rest(people: dict[str, User], kept: dict[str, Any]) -> None:
    """Make a row in each table with words in which the workspace has none, of what its pages show."""
    annie, curator, admin = people["annie"], people["curator"], people["admin"]
    for name in WHO:
        create_token(actor=people[name], user=people[name], name="Nightly", scopes=["read"])
    about = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=admin, content_type=about, object_id="1", object_repr="a", action_flag=2,
                            change_message='[{"changed": {"name": "a", "object": "b", "fields": ["c"]}}]')  # fmt: skip
    reading = Assignment.objects.get(pk=kept["assignment"])
    save_draft(reviewer=annie, assignment=reading, data=answers(comment="So far."), version=0)
    mine = Review.objects.filter(reviewer=annie, story__in=ReleaseItem.objects.values("story"))[0]
    submission = parse_submission(answers(), mine.rubric)
    revise(reviewer=annie, review=mine, submission=submission, reason="The ending.", idempotency_key=uuid4())
    reopened_story(annie)
    rewritten = adjudicated_story(curator, "rewrite")
    add_tag(actor=curator, story=rewritten, kind=TagKind.NOTE, key="storms")
    run = ImportRun.objects.get(pk=kept["pk"]["stories/import"])
    ImportIssue.objects.create(run=run, row=2, reason="There is no text in it.", excerpt="a")
    release = Release.objects.get(dataset__org=kept["org"], dataset__name=kept["name"])
    withdraw_story(actor=curator, dataset=release.dataset, story=mine.story_id, reason="Its writer asked.")
    withdraw_version(actor=curator, release=release, reason="A column was wrong.")
    answered = started_run(llm_judge("Second", actor=curator), [rewritten], actor=curator)
    answer_all(answered)
    unread = started_run(llm_judge("Third", actor=curator), [rewritten], actor=curator)
    lease = take(unread)
    settled(unread, lease, kept_answers(unread, lease, said=["No JSON."]))
    kept["pk"]["scoring/runs"] = answered.pk
    provider = Provider.objects.get(pk=kept["pk"]["models"])
    answer_report(actor=admin, report=RowReport.objects.get(uuid=kept["uuid"]), answer="It is mended.")
    link = Link.objects.get(pk=kept["pk"]["argilla/links"])
    record = ArgillaRecord.objects.create(link=link, item=reading.item, record="1")
    Listener.objects.create(server=link.server)
    ArgillaAnswer.objects.create(record=record, account=ArgillaPerson.objects.get(pk=kept["pk"]["argilla/accounts"]),
                          changed_at=reading.claimed_at, there="submitted", state="waiting", reason="Who?")  # fmt: skip
    Batch.objects.create(provider=provider, model="m", purpose="a run", size=1, state="refused", error="Too large.")


def mark_everything() -> Counter[str]:
    """Write the mark into every text column of every row, past all triggers; return how many values each got."""
    done: Counter[str] = Counter()
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for model, field in with_words():
            for pk, old in list(model._default_manager.values_list("pk", field.name)):
                if isinstance(field, models.JSONField):
                    whole = model._meta.label in {"stories.Story", "stories.ImportRun", "scoring.Score"}
                    new: str = json.dumps(marked(old, said=whole))
                else:
                    new = mark_for(field, pk)
                assert model._meta.pk is not None
                table, key = model._meta.db_table, model._meta.pk.column
                try:
                    cursor.execute(f'UPDATE {table} SET "{field.column}" = %s WHERE "{key}" = %s', [new, pk])  # noqa: S608
                except IntegrityError:
                    assert not old, f"{model._meta.label}.{field.name} takes no words: name it in NO_WORDS"
                    continue
                done[f"{model._meta.label}.{field.name}"] += 1
        cursor.execute("SET session_replication_role = origin")
    return done


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_stored_script_is_shown_as_words_on_every_page_and_in_the_card(settings: Any, tmp_path: Path) -> None:
    settings.HOME, settings.PUBLIC_URL = tmp_path / "home", "https://exempla.example.org"
    people, kept = workspace(tmp_path)
    rows_of_the_rest(people, kept)
    done = mark_everything()
    assert {f"{model._meta.label}.{field.name}" for model, field in with_words()} == done.keys()
    release = built_release(Dataset.objects.get(org=kept["org"], name=kept["name"]), "v1.0.0", notes=MARK)
    kept["version"] = release.version
    table = rows()
    opened = {address_of(pattern, kept): unlike(table[row_of(route, table) or ""][0]) for route, pattern in routes()}
    addresses = {f"/queues/{slug}/" for slug in Queue.objects.values_list("slug", flat=True)}
    addresses |= {f"/stories/{pk}/" for pk in Story.objects.values_list("pk", flat=True)}
    for model in admin.site._registry:
        place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        addresses |= {f"{place}{pk}/change/" for pk in model._default_manager.values_list("pk", flat=True)[:3]}
    addresses |= {"/stories/?q=tug", "/activity/?kind=stories"}
    shown: Counter[str] = Counter()
    for name in WHO:
        client = Client(raise_request_exception=False)
        client.force_login(people[name])
        client.get("/stories/")
        ours = addresses | {address for address, people in opened.items() if name in people}
        for address in sorted(ours - {"/accounts/logout/", "/admin/logout/"}):
            if address.startswith("/admin/") and name != "admin":
                continue
            answer = client.get(address)
            body = b"".join(answer) if answer.streaming else answer.content
            assert answer.status_code < 500, (name, address)
            if "html" in answer.headers.get("Content-Type", ""):
                page = body.decode()
                for raw in ("<i q=", "<img src=e", 'href="javascript:', 'src="javascript:', 'action="javascript:'):
                    assert raw not in page, (name, address, page[max(0, page.find(raw) - 300) :][:600])
                shown[name] += "&lt;i q=" in page
    assert all(shown[name] >= 3 for name in ("annie", "curator", "admin")), shown
    card_is_harmless(release)


def card_is_harmless(release: Release) -> None:
    """Hold a card full of marks against one without: the same headings and tables, no HTML, link or image more."""
    files = {file.path: text_of(file) for file in release.files.filter(path__endswith=".md")}
    front, _end, body = files["README.md"].removeprefix("---\n").partition("\n---\n")
    assert set(yaml.safe_load(front)) >= {"pretty_name", "license", "configs", "dataset_info"}
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body)
    inline = [part for token in tokens for part in token.children or []]
    assert {token.type for token in [*tokens, *inline]} & {"html_block", "html_inline", "image", "link_open"} == set()
    headings = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    assert "T" not in headings
    assert headings.count("Known limits") == 1
    assert body.count("alert(1)") >= 8
