"""What publishing says: cards with warnings, sentences of what is in the way, and which names may stand where."""

import re

import httpx2
import pytest
import yaml
from django.utils import translation

from curation.publishing import faults, notices
from curation.publishing.actions.targets import REPO
from curation.publishing.faults import fault_in_words
from curation.publishing.keys import VARIABLE
from curation.releases.card import rendered_line
from curation.webhooks.calling import asked_wait

CARD = "---\npretty_name: Tales\nlicense: mit\nconfigs:\n- config_name: stories\ndataset_info: []\n---\n\n# Tales\n"
PLACES = re.compile(r"%\((\w+)\)s")


def test_a_notice_stands_above_the_text_and_leaves_the_front_matter_as_it_was() -> None:
    made = notices.with_notices(CARD, [notices.of_version("v1.0.0", "Mixed\nup", "2026-11-26")])
    assert made.startswith(
        CARD.partition("# Tales")[0] + "> [!WARNING]\n> **v1.0.0 is withdrawn** since 2026-11-26: Mixed up."
    )
    assert made.endswith("\n\n# Tales\n")
    assert notices.with_notices("No front matter", ["A."]) == "> [!WARNING]\n> A.\n\nNo front matter"


def test_a_reason_is_no_markup() -> None:
    said = notices.of_story("story-00000001", "v1.0.0", "<img src=e> [j](javascript:x)\n\n# T\n---", "2026-11-26")
    assert "\n" not in said
    assert "<img" not in said
    assert "<a" not in rendered_line(said)


def test_a_card_alone_names_no_rows() -> None:
    made = notices.card_alone(CARD, ["A."])
    front = yaml.safe_load(made.split("---\n")[1])
    assert front == {"pretty_name": "Tales", "license": "mit"}
    assert made.endswith("# Tales\n")


@pytest.mark.parametrize("form", faults.FORMS)
def test_every_fault_is_told_in_german_too(form: str) -> None:
    places = PLACES.findall(form)
    assert len(places) == len(set(places)), "else it is not found again"
    english = form % dict.fromkeys(places, "7")
    with translation.override("de"):
        assert fault_in_words(english) != english
    assert fault_in_words(english) == english


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("", 0), ("7", 7), ("99999999", 3600), ("-3", 0), ("soon", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("²", 0)],
)
def test_a_hub_says_how_long_to_wait(said: str, seconds: float) -> None:
    assert asked_wait(httpx2.Headers([(b"retry-after", said.encode())])) == seconds


def test_which_names_a_repository_and_a_variable_may_have() -> None:
    for name in ("a/b", "exempla/kind-machines", "A_1/b.c-d"):
        assert REPO.fullmatch(name), name
    for name in ("a", "a/b/c", "a/b.git", "a//b", "a/..", "a/b--c", "-a/b", "a/b-", "a/ b", "a/b\n", f"a/{'b' * 97}"):
        assert not REPO.fullmatch(name), name
    for name in ("HF_TOKEN", "HUB_TOKEN", "HUB_TOKEN_OURS", "HF_TOKEN_2"):
        assert VARIABLE.fullmatch(name), name
    for name in ("SECRET_KEY", "HF_TOKENS", "XHF_TOKEN", "HUB_TOKEN_", "hf_token"):
        assert not VARIABLE.fullmatch(name), name
