"""The scripts of the pages: short files, and what their visitors are sent."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from curation.core.staticfiles import without_comments

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "curation/static/js").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_nothing_but_comments_is_left_out(path: Path) -> None:
    text = path.read_text()
    sent = without_comments(text)
    assert "/**" not in sent
    code = [line for line in text.splitlines() if line.strip() and not re.match(r"\s*(//|/?\*)", line)]
    assert [re.sub(r"/\*\* .*? \*/ ", "", line) for line in code] == [
        line for line in sent.splitlines() if line.strip()
    ]
    assert not [line for line in code if line.count("`") % 2], "a text that spans lines could look like a comment"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_enough_to_read_at_once(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("rules", sorted((ROOT / "tests/scripts").glob("*.js")), ids=lambda path: path.stem)
def test_what_a_script_works_out_without_a_page_is_right(rules: Path, tmp_path: Path) -> None:
    deno = Path(sys.executable).with_name("deno")
    command = [deno, "run", "--quiet", "--no-prompt", "--no-remote", f"--allow-read={ROOT}", rules]
    quiet = os.environ | {"DENO_DIR": str(tmp_path), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
