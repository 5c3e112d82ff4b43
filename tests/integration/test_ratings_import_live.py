"""A dataset of a real Argilla server, fetched over HTTP and brought in as its files are."""

import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Review
from curation.argilla.models import ArgillaServer
from curation.ratings_import import fetching
from curation.ratings_import.models import NotKept
from curation.scoring.models import Score
from tests.argilla.annotated import Annotated
from tests.argilla.running import Argilla
from tests.builders import person

pytestmark = pytest.mark.django_db


def test_a_dataset_of_a_server_comes_in_with_the_state_of_every_response(there: Annotated) -> None:
    anna = person(username=there.anna.username)
    said = io.StringIO()
    call_command("import_argilla", there.called, "--server", "Ours", "--name", "Tales", "--json", stdout=said)
    found = json.loads(said.getvalue())
    assert (found["created"], found["reviews"], found["scores"]) == (3, 1, 3)
    review = Review.objects.get()
    assert review.reviewer == anna, "who is called the same there and here is one person"
    assert dict(review.ratings.values_list("criterion__key", "value")) == {"D1": 5}
    assert list(review.spans.values_list("flag__key", "quote")) == [("weak", "tug")]
    left = set(NotKept.objects.values_list("record", "who", "why"))
    assert left == {("tale-0", there.ben.id, "draft"), ("tale-0", there.cora.id, "discarded")}
    assert set(Score.objects.values_list("judge_version__judge__name", "value")) == {("grader-2", 4.0)}
    again = io.StringIO()
    call_command(
        *("import_argilla", there.called, "--server", "Ours", "--name", "Tales", "--rubric", "Tales@1", "--json"),
        stdout=again,
    )
    twice = json.loads(again.getvalue())
    assert (twice["created"], twice["reviews"], twice["reviews_there"], twice["scores_there"]) == (0, 0, 1, 3)


def test_the_same_dataset_is_the_same_file_a_page_at_a_time(there: Annotated, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[int, int]] = []
    page = fetching.Argilla.page
    monkeypatch.setattr(fetching.Argilla, "page", lambda *a, **more: page(*a, **{**more, "limit": 2}))
    first, second = io.BytesIO(), io.BytesIO()
    assert fetching.fetch(there.server, there.called, first, progress=lambda *at: steps.append(at)) == 3
    fetching.fetch(there.server, there.called, second)
    assert steps == [(2, 3), (3, 3)]
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        assert [json.loads(line)["id"] for line in archive.read("records.jsonl").splitlines()] == [
            "tale-0",
            "tale-1",
            "tale-2",
        ]
        assert there.anna.username in archive.read(".argilla/users.json").decode()


def test_what_is_in_the_way_is_said(there: Annotated, argilla: Argilla) -> None:
    with pytest.raises(CommandError, match=rf"no dataset “nothing” there\. There are: {there.called}"):
        call_command("import_argilla", "nothing", "--server", "Ours")
    with pytest.raises(CommandError, match=r"no Argilla server “Theirs”\. There are: “Ours”"):
        call_command("import_argilla", there.called, "--server", "Theirs")
    argilla.kill()
    with pytest.raises(CommandError, match="could not be reached"):
        call_command("import_argilla", there.called, "--server", "Ours")
    assert not Review.objects.exists()
    assert ArgillaServer.objects.count() == 1
