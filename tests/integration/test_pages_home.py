"""The home page shows each role its own next step."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotations.actions import add_member
from annotations.models import Item, Queue
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.releases.actions import start_release
from curation.releases.models import Release
from curation.scoring.models import ScoreJob
from curation.stories.models import ImportRun, Story
from curation.stories.stages import State
from curation.triage.models import Fill
from tests.api import Caller, problem
from tests.builders import (
    CONDUCT,
    accepted_stories,
    add_story,
    answers,
    built_release,
    checked_stories,
    claim,
    dataset,
    failed,
    passage_of,
    person,
    queue_of,
    review_by,
    scored_stories,
    source,
)

pytestmark = pytest.mark.django_db


def home(client: Client, role: Role) -> str:
    client.force_login(person(role))
    return client.get("/").content.decode()


@pytest.mark.parametrize(
    ("role", "advice"),
    [
        (Role.ANNOTATOR, "A curator will add you to a queue"),
        (Role.CURATOR, "Start with stories"),
        (Role.ADMIN, "Start with stories"),
        (Role.RESEARCHER, "No version to load yet"),
    ],
)
def test_an_empty_workspace_says_what_comes_first(client: Client, role: Role, advice: str) -> None:
    assert advice in home(client, role)


def test_a_reader_goes_on_where_they_stopped(client: Client) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story(title="The Night Desk"), add_story(title="Two Spoons")], name="Pilot")
    review_by(annie, queue)
    claim(reviewer=annie, queue=queue)
    client.force_login(annie)
    html = client.get("/").content.decode()
    assert "You are reading, in Pilot" in html
    assert "Two Spoons" in html
    assert "Today: 1 story" in html


def test_the_navigation_fits_the_role(client: Client) -> None:
    assert "/stories/" not in home(client, Role.ANNOTATOR)
    assert "/queues/" not in home(client, Role.RESEARCHER)
    assert "/stories/" in home(client, Role.CURATOR)
    assert "/admin/" not in home(client, Role.CURATOR)


@pytest.mark.parametrize(("role", "most"), [(Role.ANNOTATOR, 13), (Role.CURATOR, 26), (Role.ADMIN, 28)])
def test_the_home_page_asks_as_much_for_many_as_for_few(
    client: Client,
    role: Role,
    most: int,
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    user = person(role)
    for n in range(3):
        queue = queue_of(user, stories=[add_story(), add_story()])
        review_by(user, queue)
        import_of(f"{n}.csv", next_at=timezone.now() - timedelta(hours=1))
        Fill.objects.create(queue=queue, selection={}, total=9, next_at=timezone.now() - timedelta(hours=1))
    client.force_login(user)
    with django_assert_max_num_queries(most):
        assert client.get("/").status_code == 200


def import_of(name: str, **fields: object) -> ImportRun:
    wanted = {"source": source(), "file_name": name, "file_size": 200, "file_sha256": "a" * 64, **fields}
    return ImportRun.objects.create(**wanted)


def test_what_is_under_way_is_shown_with_how_far_it_is_and_what_has_ended_is_not(client: Client) -> None:
    scored_stories(1)
    client.force_login(person(Role.CURATOR))
    page = client.get("/")
    assert page.context["work"] == []
    assert "Nothing is running." in page.content.decode()
    import_of("harbour.csv", bytes_done=50)
    import_of("old.csv", state="done")
    job = ScoreJob.objects.get()
    ScoreJob.objects.create(story=checked_stories(1)[0], judge_version=job.judge_version)
    queue = queue_of(name="Tugs")
    Fill.objects.create(queue=queue, selection={}, total=9, added=4)
    Fill.objects.create(queue=queue, selection={}, total=9, added=9, state="done")
    accepted_stories(1)
    built_release(dataset("first"))
    start_release(actor=SYSTEM, dataset=dataset("tales"), version="v0.1.0", notes="")
    add_story()
    part = client.get("/", headers={"HX-Request": "true"})
    found = {(work.kind, work.name): (work.done, work.total) for work in part.context["work"]}
    assert found == {
        ("import", "harbour.csv"): (50, 200),
        ("checks", "New stories"): (3, 4),
        ("scoring", str(job.judge_version)): (1, 2),
        ("fill", "Tugs"): (4, 9),
        ("release", "exempla/tales v0.1.0"): (0, 1),
    }
    assert part.content.decode().count("<progress") == 5
    assert 'hx-trigger="every' in part.content.decode()
    assert "<h1" not in part.content.decode()


def test_work_that_stopped_says_what_to_do_and_comes_first(client: Client) -> None:
    import_of("harbour.csv", state="failed", error="x")
    Fill.objects.create(queue=queue_of(name="Tugs"), selection={}, total=9, added=4, state="failed")
    accepted_stories(1)
    start_release(actor=SYSTEM, dataset=dataset("tales"), version="v0.1.0", notes="")
    failed(Release, "No space.")
    client.force_login(person(Role.CURATOR))
    page = client.get("/")
    html = page.content.decode()
    assert [step.text for step in page.context["steps"]][:3] == [
        "The import of harbour.csv stopped",
        "Adding stories to Tugs stopped",
        "The build of exempla/tales v0.1.0 failed",
    ]
    assert html.count("It stopped. Its page says why") == 3
    assert "<progress" not in html.partition('id="under-way"')[2].partition("</section>")[0]
    assert 'hx-trigger="every' not in html


def test_work_that_no_worker_takes_up_says_so(client: Client) -> None:
    long_ago = timezone.now() - timedelta(minutes=5)
    import_of("harbour.csv", next_at=long_ago)
    client.force_login(person(Role.CURATOR))
    assert "No worker has taken it up." in client.get("/").content.decode()
    held = {"lease_until": timezone.now() + timedelta(minutes=1)}
    import_of("weir.csv", state="running", **held)
    html = client.get("/").content.decode()
    assert "No worker has taken it up." not in html
    assert "It waits for its turn." in html


def test_next_names_what_most_needs_a_curator_in_order(client: Client) -> None:
    annie, ben = person(), person()
    disputed = queue_of(annie, ben, stories=[story := add_story()], name="Tugs")
    review_by(annie, disputed, answers(flags={"backfire": passage_of(story.text, "The tug") | CONDUCT}))
    review_by(ben, disputed)
    checked_stories(2)
    accepted_stories(3)
    curator = person(Role.CURATOR)
    client.force_login(curator)
    page = client.get("/")
    told = [(step.figure, step.text) for step in page.context["steps"]]
    assert told == [
        ("1", "story to adjudicate"),
        ("0", f"stories left in {Queue.objects.exclude(pk=disputed.pk).get()}: add more, or close it"),
        ("0", "stories left in Tugs: add more, or close it"),
        ("2", "stories ready for a queue"),
        ("3", "accepted stories in no release yet"),
    ]
    html = page.content.decode()
    big, _, rest = html.partition('class="later"')
    assert big.partition('class="needs"')[2].count("<li>") == 2
    assert rest.partition("</ul>")[0].count("<li>") == 3
    built_release(dataset())
    assert "in no release yet" not in client.get("/").content.decode()


def test_next_tells_a_curator_nothing_of_a_story_they_have_yet_to_judge(client: Client) -> None:
    curator = person(Role.CURATOR)
    stories = accepted_stories(2)
    Item.objects.filter(story=stories[0]).update(seats=3, seats_left=1)
    add_member(actor=SYSTEM, queue=Queue.objects.get(), user=curator)
    client.force_login(curator)
    assert ("1", "accepted story in no release yet") in [
        (step.figure, step.text) for step in client.get("/").context["steps"]
    ]


def test_a_queue_that_is_being_filled_does_not_run_dry(client: Client) -> None:
    queue = queue_of(person(), stories=[add_story()], name="Tugs")
    client.force_login(person(Role.CURATOR))
    assert "left in Tugs" in client.get("/").content.decode()
    Fill.objects.create(queue=queue, selection={}, total=9)
    assert "left in Tugs" not in client.get("/").content.decode()


def test_a_curator_sees_how_reviewing_goes_and_which_imports_stopped(client: Client) -> None:
    annie, ben = person(username="annie"), person(username="ben")
    queue = queue_of(annie, ben, stories=[add_story(), add_story(), add_story()])
    for value in (1, 3, 5):
        for reader in (annie, ben):
            flags = {"moral_lecture": {}} if reader == annie and value == 1 else None
            review_by(reader, queue, answers(value, flags=flags))
    run = ImportRun.objects.create(
        source=source(), file_name="harbour.csv", file_size=1, file_sha256="a" * 64, state="failed", error="x"
    )
    client.force_login(person(Role.CURATOR))
    page = client.get("/")
    mine, other = page.context["reviewers"]
    assert (mine.user, mine.reviews, other.user, other.reviews) == (annie, 3, ben, 3)
    assert (mine.agreement.value, mine.agreement.n) == (1.0, 3)
    assert round(mine.flagged.value, 2) == 0.33
    assert other.flagged.value == 0.0
    words = sum(Story.objects.values_list("n_words", flat=True))
    # Each took a minute for each story.
    assert mine.pace == round(words / 3)
    third = queue_of(annie, ben, carol := person(), stories=[add_story()], overlap=3)
    before = [(one.agreement, one.flagged) for one in page.context["reviewers"]]
    review_by(annie, third, answers(2, flags={"moral_lecture": {}}))
    review_by(ben, third)
    mine, other = client.get("/").context["reviewers"]
    assert (mine.reviews, other.reviews) == (4, 4)
    assert [(mine.agreement, mine.flagged), (other.agreement, other.flagged)] == before, "it is in review still"
    review_by(carol, third)
    mine, *_rest, last = client.get("/").context["reviewers"]
    assert (mine.flagged.value, mine.agreement.n, last.user) == (0.5, 4, carol)
    assert "The import of harbour.csv stopped" in page.content.decode()
    ImportRun.objects.create(
        source=run.source, file_name="harbour.csv", file_size=1, file_sha256="a" * 64, state="done"
    )
    assert "The import of harbour.csv stopped" not in client.get("/").content.decode()


def test_the_api_tells_a_curator_what_the_page_shows(client: Client) -> None:
    annie, ben, curator = person(username="annie"), person(username="ben"), person(Role.CURATOR)
    stories = [add_story(), add_story(), add_story()]
    queue = queue_of(annie, ben, stories=stories)
    for value in (1, 3):
        review_by(annie, queue, answers(value, flags={"moral_lecture": {}} if value == 1 else None))
        review_by(ben, queue, answers(value))
    import_of("harbour.csv", state="failed", error="x")
    client.force_login(curator)
    shown, told = client.get("/").context, Caller(curator).get("overview")
    assert [(one["kind"], one["count"], one["text"], one["page"]) for one in told["next"]] == [
        (step.kind, step.n, step.text, step.url) for step in shown["steps"]
    ]
    assert told["next"][0]["text"] == "The import of harbour.csv stopped"
    (work,) = told["under_way"]
    assert (work["kind"], work["name"], work["open"], work["page"]) == ("import", "harbour.csv", False, work["page"])
    assert work["stopped"]
    assert [(State(one["state"]).label, one["stories"]) for one in told["states"]] == [
        (part["label"], part["value"]) for part in shown["parts"]
    ]
    (mine, other), (page_of_mine, _other) = told["reviewers"], shown["reviewers"]
    assert (mine["username"], mine["reviews"], mine["words_a_minute"]) == ("annie", 2, page_of_mine.pace)
    assert (mine["agreement"]["value"], mine["flagged"]["value"], other["flagged"]["value"]) == (1.0, 0.5, 0.0)
    assert mine["flagged"]["high"] == page_of_mine.flagged.high
    assert problem(Caller(annie)("GET", "overview")) == (403, "not_allowed")


def test_the_api_tells_a_curator_nothing_of_a_story_they_have_yet_to_judge() -> None:
    annie, ben, curator = person(username="annie"), person(username="ben"), person(Role.CURATOR)
    queue = queue_of(annie, ben, stories=[add_story()])
    review_by(annie, queue, answers(1, flags={"moral_lecture": {}}))
    review_by(ben, queue)
    call = Caller(curator)
    assert [one["reviews"] for one in call.get("overview")["reviewers"]] == [1, 1]
    Item.objects.update(seats=3, seats_left=1)
    add_member(actor=SYSTEM, queue=queue, user=curator)
    told = call.get("overview")
    assert told["reviewers"] == []
    assert told["states"] == [{"state": "queued", "stories": 1}]


def test_the_icon_is_where_browsers_look_for_it_on_pages_that_name_none(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.headers["Location"].endswith("favicon.svg")


def test_an_admin_makes_people_in_the_back_office(admin_client: Client) -> None:
    sent = {"username": "mo", "display_name": "Mo", "role": "curator", "password1": "river-lantern-42"}
    answer = admin_client.post("/admin/accounts/user/add/", {**sent, "password2": "river-lantern-42"})
    assert answer.status_code == 302
    client = Client()
    assert client.login(username="mo", password="river-lantern-42")
    assert client.get("/admin/").status_code == 302
    assert client.get("/stories/").status_code == 200


@pytest.mark.parametrize("page", ["stories/story", "annotations/review", "standards/rubric", "audit/entry"])
def test_the_back_office_changes_no_history(admin_client: Client, page: str) -> None:
    assert admin_client.get(f"/admin/{page}/").status_code == 200
    assert admin_client.get(f"/admin/{page}/add/").status_code == 403
