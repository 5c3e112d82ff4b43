"""Whatever people, files and models wrote is shown as the words it is: on every page, to everybody, and in a card."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, connection, models
from django.test import Client
from markdown_it import MarkdownIt

from annotations.models import Queue
from curation.core import roles
from curation.releases.models import Dataset, Release
from curation.releases.views.files import text_of
from tests.builders import built_release
from tests.integration.test_who_may import WHO, address_of, routes, workspace

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
    "releases.Dataset": {"org", "name"},
    "releases.Pseudonym": {"name"},
    "releases.Blob": {"sha256", "git_sha1"},
    "releases.Release": {"manifest", "manifest_sha256"},
    "releases.ReleaseItem": {"tier", "review_ids"},
    "releases.ReleaseFile": {"path"},
}  # fmt: skip
# Of a value that is JSON, the words are under these names.
SAID = {"text", "name", "title", "notes", "reason", "description", "comment", "question", "anchors", "source", "key",
        "license", "decision_reason", "quote", "prompt", "note", "generator", "judge"}  # fmt: skip


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


def mark_everything() -> Counter[str]:
    """Write the mark into every text column of every row, past all triggers; return how many values each got."""
    done: Counter[str] = Counter()
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                texts = isinstance(field, models.CharField | models.TextField | models.JSONField)
                if not texts or field.choices or field.name in NO_WORDS.get(model._meta.label, set()):
                    continue
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
    settings.HOME = tmp_path / "home"
    people, kept = workspace(tmp_path)
    done = mark_everything()
    assert {"stories.Story.text", "stories.Story.title", "annotations.Review.comment", "standards.Criterion.name",
            "annotations.Queue.name", "accounts.User.display_name", "stories.ImportRun.file_name",
            "accounts.Invitation.note", "releases.Dataset.description"} <= done.keys()  # fmt: skip
    release = built_release(Dataset.objects.get(org=kept["org"], name=kept["name"]), "v1.0.0", notes=MARK)
    kept["version"] = release.version
    addresses = {address_of(pattern, kept) for _route, pattern in routes()}
    addresses |= {f"/queues/{slug}/" for slug in Queue.objects.values_list("slug", flat=True)}
    for model in admin.site._registry:
        place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        addresses |= {f"{place}{pk}/change/" for pk in model._default_manager.values_list("pk", flat=True)[:3]}
    addresses |= {f"/stories/{kept['story_id']}/", "/stories/?q=tug", "/activity/?kind=stories"}
    shown: Counter[str] = Counter()
    for name in WHO:
        client = Client(raise_request_exception=False)
        client.force_login(people[name])
        client.get("/stories/")
        for address in sorted(addresses - {"/accounts/logout/", "/admin/logout/"}):
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
    assert all(shown[name] >= 3 for name in WHO), shown
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
