"""A story claimed and its review submitted over the API, beside the same by the review room's own requests.

Both ask the application in this process, by turns, as two people who read the same stories: the room fetches the next
story without the sheet that it has and sends its form in the background; the program claims without the sheet and sends
JSON. What is asserted is the ratio of processor times, so that other work on the machine does not matter.

*Planted*: the query that finds a token made anew for each call, and each body's form twice, 1.46 times the page.
"""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Review
from annotations.queries import load_assignment
from annotations.views.sheets import blank_sheet
from curation.accounts.models import User
from curation.core.problems import JSON
from tests.api import Caller
from tests.benchmarks.report import tell
from tests.benchmarks.spent import Spent, spent
from tests.builders import add_story, answers, person, queue_of, source

pytestmark = pytest.mark.django_db(transaction=True)
STORIES, WARM, WORDS = 60, 5, 2_500
MOST = 1.3
HEADINGS = ("statements", "python ms", "database ms", "both ms", "bytes")
TITLE = "Reviewing over the API"


def by_the_page(user: User, slug: str) -> Callable[[], int]:
    """Return what claims and submits as the review room's script does."""
    client = Client()
    client.force_login(user)
    data = answers()
    form = {f"rating_{key}": value for key, value in data["ratings"].items()} | {"spans": "[]", "active_seconds": 60}
    sheet: list[str] = []

    def once() -> int:
        address = reverse("review_next", args=[slug])
        room = client.get(address, {"after": 0, "sheet": sheet[0] if sheet else ""})
        assert room.status_code == 200
        assignment = room.context["assignment"]
        if not sheet:
            sheet.append(blank_sheet(load_assignment(user, assignment.pk).rubric, user))
        sent = {**form, "idempotency_key": uuid4()}
        said = client.post(reverse("review_submit", args=[slug, assignment.pk]), sent, headers={"Accept": JSON})
        assert said.json() == {"saved": True}
        return len(room.content)

    return once


def by_the_api(user: User, slug: str) -> Callable[[], int]:
    """Return what claims and submits as a program does."""
    call, data = Caller(user), answers()

    def once() -> int:
        claimed = call("POST", f"queues/{slug}/claims", {"sheet": False})
        assignment = claimed.json()
        said = call("POST", f"assignments/{assignment['id']}/review", data, Idempotency_Key=str(uuid4()))
        assert said.status_code == 201, said.content
        return len(claimed.content)

    return once


def told(name: str, costs: list[Spent], statements: int, size: int) -> str:
    """A line of figures, for one story."""
    parts = [sum(getattr(cost, part) for cost in costs) for part in ("python", "database", "processor")]
    return (
        f"{name:18}{statements:>12}" + "".join(f"{1000 * part / len(costs):>12.1f}" for part in parts) + f"{size:>12,}"
    )


def test_claim_and_submit_over_the_api_beside_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    people = {"page": person(), "API": person()}
    origin, text = source(), "The tug asked the harbour master, and waited. " * (WORDS // 8)
    stories = [add_story(f"{number}. {text}", of=origin) for number in range(STORIES + WARM)]
    # So many readers that no review decides a story, whoever of the two comes second.
    queue = queue_of(*people.values(), stories=stories, overlap=5)
    ways = {"page": by_the_page(people["page"], queue.slug), "API": by_the_api(people["API"], queue.slug)}
    for _ in range(WARM):
        for once in ways.values():
            once()
    costs: dict[str, list[Spent]] = {name: [] for name in ways}
    lines = [
        f"{'claim and submit':20}{'statements':>12}{'python ms':>12}{'database ms':>12}{'both ms':>12}{'bytes':>12}"
    ]
    statements, sizes = {}, {}
    for number in range(STORIES):
        order = list(ways) if number % 2 else list(ways)[::-1]
        for name in order:
            if number:
                with spent() as cost:
                    ways[name]()
                costs[name].append(cost)
                continue
            with CaptureQueriesContext(connection) as captured:
                sizes[name] = ways[name]()
            statements[name] = len(captured)
    assert Review.objects.count() == 2 * (STORIES + WARM)
    lines += [told(name, costs[name], statements[name], sizes[name]) for name in ways]
    sums = {name: sum(cost.python for cost in costs[name]) for name in ways}
    ratio = sums["API"] / sums["page"]
    lines.append(f"the API takes {ratio:.2f} of the page's processor time in Python (at most {MOST})")
    tell(capsys, TITLE, __doc__, lines)
    assert ratio <= MOST
