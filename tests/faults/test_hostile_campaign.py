"""What nobody's browser or script sends, all of it: the suite sends a share of these requests each time."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration import test_hostile_requests as requests
from tests.integration.test_api_fuzz import SHARES, fuzz_share, within_the_test
from tests.integration.test_hostile_imports import imported_by_every_way

__all__ = ["within_the_test"]
EXAMPLES = 50


@pytest.mark.django_db
@pytest.mark.parametrize("part", requests.PARTS)
def test_nothing_at_all_that_is_sent_breaks_an_address(
    part: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HOME = tmp_path
    everything = requests.OneIn(together=1, alone=1, json=1, address=1, headers=1, refused=1)
    monkeypatch.setattr(requests, "one_in", everything)
    assert requests.attack_part(part, tmp_path) == []


@pytest.mark.django_db
@pytest.mark.parametrize("share", range(SHARES))
def test_the_api_does_what_its_description_says_in_many_calls(
    settings: Any, tmp_path: Path, within_the_test: None, share: int
) -> None:
    settings.HOME, settings.API_CALLS_A_MINUTE, settings.ALLOWED_HOSTS = tmp_path, 10**9, ["*"]
    assert "\n".join(fuzz_share(share, tmp_path, EXAMPLES)) == ""


def test_no_file_takes_more_memory_by_any_way_and_none_is_half_stored(
    transactional_db: None, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path / "home"
    imported_by_every_way(tmp_path, by_all=True)
