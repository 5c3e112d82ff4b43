"""The home page shows each role its own next step."""

import pytest
from django.test import Client

from curation.accounts.models import Role
from curation.stories.models import ImportRun, Story
from tests.builders import add_story, answers, claim, person, queue_of, review_by, source

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


@pytest.mark.parametrize(("role", "most"), [(Role.ANNOTATOR, 12), (Role.CURATOR, 22), (Role.ADMIN, 23)])
def test_the_home_page_asks_as_much_for_many_as_for_few(
    client: Client,
    role: Role,
    most: int,
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    user = person(role)
    for _ in range(3):
        queue = queue_of(user, stories=[add_story(), add_story()])
        review_by(user, queue)
    client.force_login(user)
    with django_assert_max_num_queries(most):
        assert client.get("/").status_code == 200


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
    assert "The import of harbour.csv stopped" in page.content.decode()
    ImportRun.objects.create(
        source=run.source, file_name="harbour.csv", file_size=1, file_sha256="a" * 64, state="done"
    )
    assert "The import of harbour.csv stopped" not in client.get("/").content.decode()


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
