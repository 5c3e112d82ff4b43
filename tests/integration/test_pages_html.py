"""Every page is valid HTML, and no template holds what the content security policy forbids."""

import re
from pathlib import Path

import html5lib
import pytest
from django.conf import settings
from django.test import Client
from html5lib.html5parser import ParseError

from curation.accounts.models import Role
from curation.scoring.models import JudgeVersion
from tests.builders import add_story, answers, claim, person, queue_of, review_by, scored_stories

ROOT = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
INLINE = re.compile(
    r"""<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*["']|\shx-on|javascript:|<script(?![^>]*\bsrc=)""", re.IGNORECASE
)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_inline_script_or_style(template: Path) -> None:
    assert INLINE.findall(template.read_text()) == []


def valid(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    html = answer.content.decode()
    try:
        html5lib.HTMLParser(strict=True).parse(html)
    except ParseError as error:
        pytest.fail(f"{path}: {error}")
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), f"{path}: the same id twice: {[one for one in ids if ids.count(one) > 1]}"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return html


@pytest.mark.django_db
def test_pages_are_valid(client: Client) -> None:
    valid(client, "/accounts/login/")
    valid(client, "/nowhere/", 404)
    annie, ben, curator, admin = person(), person(), person(Role.CURATOR), person(Role.ADMIN)
    stories = [*scored_stories(1), add_story(title="<&>", content_notes=["storms"])]
    queue = queue_of(annie, ben, stories=stories)
    review_by(annie, queue, answers(5, flags={"near_duplicate": {}}))
    review_by(ben, queue, answers(2))
    claim(reviewer=annie, queue=queue)
    pages = {
        annie: ["/", "/accounts/password/", "/accounts/preferences/", "/queues/",
                f"/review/{queue.slug}/", "/standards/"],
        curator: ["/", "/stories/", "/stories/?q=tug&state=queued", "/queues/new/", "/adjudication/", "/scoring/",
                  *(f"/scoring/{pk}/quality/" for pk in JudgeVersion.objects.values_list("pk", flat=True)),
                  *(f"/stories/{story.pk}/" for story in stories), f"/queues/{queue.slug}/", "/stories/import/"],
        admin: ["/"],
        person(Role.RESEARCHER): ["/"],
    }  # fmt: skip
    for user, paths in pages.items():
        client.force_login(user)
        for path in paths:
            valid(client, path)
    valid(client, f"/stories/{stories[0].pk}/", 404)


@pytest.mark.django_db
def test_the_review_page_holds_no_score_and_no_other_readers_rating(client: Client) -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=scored_stories(1), reveal=True)
    review_by(ben, queue, answers(comment="Somebody elses words", flags={"moral_lecture": {}}))
    client.force_login(annie)
    html = valid(client, f"/review/{queue.slug}/")
    assert "Somebody elses words" not in html
    assert "comparison" not in html
    assert "checked" not in html[html.index('id="review"') : html.index('id="pass"')]


def test_what_the_policy_needs_is_collected_for_production(tmp_path: Path) -> None:
    from django.contrib.staticfiles.finders import get_finders

    from curation.core.staticfiles import ModuleManifestStorage

    storage = ModuleManifestStorage(location=str(tmp_path), base_url="/static/")
    found = {}
    for finder in get_finders():
        for path, origin in finder.list(["admin/*", "*.scss"]):
            if not path.startswith("admin/"):
                found[path] = (origin, path)
                with origin.open(path) as source:
                    storage.save(path, source)
    assert not [problem for *_, problem in storage.post_process(found) if isinstance(problem, Exception)]
    done = storage.hashed_files
    main = (tmp_path / done["js/review/main.js"]).read_text()
    assert Path(done["js/review/ahead.js"]).name in main
    assert not re.search(r"^\s*(//|/\*)", main, re.MULTILINE), "what explains the code stays with us"
    assert Path(done["fonts/literata-latin-wght-normal.woff2"]).name in (tmp_path / done["css/base.css"]).read_text()
