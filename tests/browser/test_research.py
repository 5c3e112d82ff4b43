"""The pages for researchers in a real browser: accessible, steady, and whole on a narrow screen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.research.actions import decide_outcome
from tests.browser.conftest import Opener
from tests.browser.targets import small_targets
from tests.builders import accepted_stories, answers, built_release, dataset, first_rows, person, reported, sent_outcome

DATASET = "/datasets/exempla/samples/"
EVIDENCE = {"criterion": "B1", "flag": None, "start": 0, "end": 5, "quote": "Story", "conduct": "aligned"}


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_for_researchers_are_accessible_steady_and_fit(
    open_site: Opener, audit: Callable[[Page], list[str]], settings: Any, tmp_path: Path, width: int
) -> None:
    settings.HOME = tmp_path
    data = answers(4, spans=[EVIDENCE | {"intent": "benevolent", "portrayal": "positive"}])
    accepted_stories(3, person(), person(), data=data, title="The Lamp", principles=["honesty"])
    release = built_release(dataset("samples"))
    split, reader, curator = first_rows(release)[0], person(Role.RESEARCHER), person(Role.CURATOR)
    decide_outcome(actor=SYSTEM, outcome=sent_outcome(release, reader), listed=True)
    sent_outcome(release, reader)
    rows, story = f"{DATASET}v0.1.0/rows/", f"{DATASET}v0.1.0/rows/{split}/0/"
    report = f"{DATASET}problems/{reported(release).uuid}/"
    pages = {
        None: [rows, f"{rows}?q=story&tier=gold", f"{rows}?least=3", story, f"{story}report/", f"{DATASET}outcomes/"],
        reader: [DATASET, f"{DATASET}v0.1.0/", f"{DATASET}v0.1.0/outcomes/new/"],
        curator: [f"{DATASET}problems/", "/datasets/waiting/", f"{DATASET}outcomes/", report],
    }
    faults: list[str] = []
    for user, paths in pages.items():
        page = open_site(user, width=width)
        for path in paths:
            page.goto(path)
            page.wait_for_load_state()
            faults += [f"{path}: {fault}" for fault in audit(page) + small_targets(page)]
            if (shifted := page.evaluate("window.shifted")) > 0.01:
                faults.append(f"{path} shifts by {shifted:.3f}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{path} is wider than the screen")
    bare = open_site(width=width, java_script_enabled=False)
    for path in [DATASET, f"{DATASET}v0.1.0/", *pages[None]]:
        answer = bare.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert bare.get_by_role("main").inner_text().strip()
    bare.goto(rows)
    bare.get_by_role("link", name="The Lamp").first.click()
    expect(bare.locator("mark[data-group=B]").first).to_have_text("Story")
    assert not faults, "\n".join(faults)
    page.goto(story)
    expect(page.locator("mark[data-group=B]").first).to_have_text("Story")
