"""No function takes longer than the length of a text says, for any text of the suite, up to a million characters."""

from pathlib import Path

import pytest

from tests.growth import THOROUGH, Call, too_slow
from tests.unit.test_linear import FILES, PARTS, calls, reading


@pytest.mark.parametrize("part", range(PARTS))
def test_time_grows_with_the_length_of_any_text(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(calls())[part::PARTS]
    monkeypatch.chdir(tmp_path)
    assert {name: told for name in names if (told := too_slow(calls()[name], THOROUGH, name))} == {}


@pytest.mark.parametrize("name", FILES)
def test_reading_a_file_of_any_text_takes_no_more_than_its_length_says(name: str, tmp_path: Path) -> None:
    _reader, before, after = FILES[name]
    assert not too_slow(Call(reading(tmp_path / f"a.{name}", before, after), "text"), THOROUGH)
