"""People and activity: inviting, roles, closing accounts, and the log in sentences. For admins only."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.actions import claim, give_consent
from annotations.actions.people import change_role, close
from annotations.material import consent_version
from annotations.models import Assignment, Item, Membership
from curation.accounts.actors import SYSTEM
from curation.accounts.invitations import invite, load_invitation, open_invitations
from curation.accounts.models import Invitation, Role, User
from curation.accounts.people import close_account, reopen_account, set_role
from curation.accounts.tokens import create_token
from curation.audit.actions import record
from curation.audit.models import Entry
from curation.core.errors import Conflict, ExemplaError, InvalidInput, NotAllowed, NotFound
from curation.erasure.actions import erase_person
from tests.builders import add_story, person, practised, queue_of, review_by

pytestmark = pytest.mark.django_db
NEW = {"username": "Imani", "display_name": "Imani O.", "password": "river-lantern-42", "again": "river-lantern-42"}


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("root", password="a-long-password")


@pytest.fixture
def at(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def verbs() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("verb", flat=True))


def link_in(answer: Any) -> str:
    return str(answer.context["link"]).removeprefix("http://testserver")


def test_the_page_of_a_person_offers_queues_to_who_reviews_and_has_the_tokens_of_others(
    at: Client, admin: User
) -> None:
    queue_of()
    reviews, looks = person(), person(Role.RESEARCHER)
    found = []
    for one in (reviews, looks, admin):
        create_token(actor=SYSTEM, user=one, name="A program", scopes=["read"])
        page = at.get(reverse("person", args=[one.pk])).content.decode()
        found.append((reverse("person_queues", args=[one.pk]) in page, "Tokens of their programs" in page))
    assert found == [(True, True), (False, True), (True, False)]
    erase, page = reverse("person_erase", args=[looks.pk]), reverse("person", args=[looks.pk])
    assert erase in at.get(page).content.decode()
    erase_person(actor=admin, user=looks, with_comments=False, confirmed_name=looks.username)
    assert erase not in at.get(page).content.decode()


def test_an_invited_person_makes_their_own_account_once(at: Client, admin: User) -> None:
    queue, other = queue_of(person()), queue_of(person())
    answer = at.post(reverse("person_invite"), {"role": "annotator", "days": 3, "note": "Imani", "queues": [queue.pk]})
    link = link_in(answer)
    kept = Invitation.objects.get()
    assert link.split("/")[-2] not in str(vars(kept)), "only a hash is kept"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Imani" in at.get(reverse("people")).content.decode()

    stranger = Client()
    page = stranger.get(link)
    assert "root invites you" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert stranger.post(link, NEW | {"again": "another"}).status_code == 422
    # Too short by a letter, nearly the name, known to guessers, and nothing but digits.
    for weak in ("kx3-vq7-p", "imani o.22", "qwertyuiop", "80276541392"):
        assert stranger.post(link, NEW | {"password": weak, "again": weak}).status_code == 422
    assert not User.objects.filter(username="Imani").exists()
    assert stranger.post(link, NEW)["Location"] == reverse("home")
    imani = User.objects.get(username="Imani")
    assert (imani.role, imani.display_name, imani.is_staff) == ("annotator", "Imani O.", False)
    assert imani.check_password(NEW["password"])
    assert [one.queue for one in Membership.objects.filter(user=imani)] == [queue] != [other]
    assert stranger.get(reverse("queue_detail", args=[queue.slug])).status_code == 200
    assert "person.invited" in verbs()
    assert Entry.objects.get(verb="invitation.accepted").actor == imani
    for again in (Client().get(link), Client().post(link, NEW | {"username": "jo"})):
        assert again.status_code == 404
    assert "Open invitations" not in at.get(reverse("people")).content.decode()
    at.post(reverse("invitation_withdraw", args=[kept.pk]))
    assert "invitation.withdrawn" not in verbs(), "a used one cannot be taken back"


@pytest.mark.parametrize("name", ["ANNIE", "no spaces please", ""])
def test_an_invitation_survives_a_name_that_cannot_be_taken(client: Client, admin: User, name: str) -> None:
    person(username="annie")
    _invitation, secret = invite(actor=admin, role="curator")
    link = reverse("invitation", args=[secret])
    assert client.post(link, NEW | {"username": name}).status_code == 422
    assert client.post(link, NEW).status_code == 302
    assert User.objects.get(username="Imani").is_curator


def test_an_invitation_ends_with_its_time_with_its_taking_back_and_with_its_writer(at: Client, admin: User) -> None:
    other = User.objects.create_superuser("other", password="a-long-password")
    third = User.objects.create_superuser("third", password="a-long-password")
    _kept, stays = invite(actor=admin, role="annotator")
    made = [invite(actor=one, role="admin") for one in (admin, admin, other, other, third)]
    assert len({secret for _invitation, secret in made}) == 5
    assert all(len(secret) >= 40 for _invitation, secret in made), "none is guessed"
    Invitation.objects.filter(pk=made[0][0].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    at.post(reverse("invitation_withdraw", args=[made[1][0].pk]))
    load_invitation(made[2][1])
    set_role(actor=admin, user=other, role="curator")
    close_account(actor=admin, user=third)
    assert load_invitation(stays).invited_by == admin, "another admin's holds"
    for _invitation, secret in made:
        with pytest.raises(NotFound):
            load_invitation(secret)
    assert "invitation.withdrawn" in verbs()
    with pytest.raises(InvalidInput):
        invite(actor=admin, role="king")
    for days in (0, 31):
        with pytest.raises(InvalidInput):
            invite(actor=admin, role="curator", days=days)
    longest, shortest = (invite(actor=admin, role="curator", days=days)[0] for days in (30, 1))
    open_ones = list(open_invitations())
    assert open_ones.index(longest) < open_ones.index(shortest)


def test_who_is_signed_in_does_not_use_an_invitation_up(at: Client, admin: User) -> None:
    _invitation, secret = invite(actor=admin, role="annotator")
    assert at.post(reverse("invitation", args=[secret]), NEW).status_code == 409
    load_invitation(secret)


def test_closing_an_account_ends_its_sessions_and_frees_what_it_holds(at: Client) -> None:
    annie, ben = person(username="annie"), person(username="ben")
    elsewhere = claim(reviewer=ben, queue=queue_of(ben, stories=[add_story()]))
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert claim(reviewer=ben, queue=queue) is None
    hers = Client()
    hers.force_login(annie)
    assert hers.get("/").status_code == 200

    answer = at.post(reverse("person_close", args=[annie.pk]), follow=True)
    assert "1 story goes to another reader" in answer.content.decode()
    assert hers.get("/").status_code == 302
    assert Item.objects.get(queue=queue).seats_left == 1
    again = claim(reviewer=ben, queue=queue)
    assert again is not None
    assert again.story_id == assignment.story_id
    assert "user.closed" in verbs()
    freed = Entry.objects.get(verb="user.seats_freed")
    assert (freed.actor, freed.target_id, freed.data) == (
        User.objects.get(username="root"),
        str(annie.pk),
        {"count": 1},
    )
    assert set(Assignment.objects.filter(state="active")) == {elsewhere, again}, "what ben reads elsewhere stays his"
    assert Membership.objects.filter(user=annie).exists()

    at.post(reverse("person_reopen", args=[annie.pk]))
    annie.refresh_from_db()
    assert annie.is_active
    assert hers.get("/").status_code == 302, "an old session stays ended"
    hers.force_login(annie)
    assert hers.get("/").status_code == 200
    assert verbs()[-1] == "user.reopened"
    before = len(verbs())
    at.post(reverse("person_reopen", args=[annie.pk]))
    assert len(verbs()) == before, "the same again is no change"


def test_a_researcher_leaves_every_queue(at: Client) -> None:
    annie = person(username="annie")
    queue = queue_of(annie, stories=[add_story()])
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    at.post(reverse("person_role", args=[annie.pk]), {"role": "curator"})
    assignment.refresh_from_db()
    assert assignment.state == "active", "who still reviews keeps what they read"
    assert Membership.objects.filter(user=annie).exists()
    at.post(reverse("person_role", args=[annie.pk]), {"role": "researcher"})
    assert not Membership.objects.filter(user=annie).exists()
    assert not Assignment.objects.filter(reviewer=annie, state="active").exists()
    at.post(reverse("person_role", args=[annie.pk]), {"role": "admin"})
    annie.refresh_from_db()
    assert (annie.is_staff, annie.is_superuser) == (True, True)
    at.post(reverse("person_role", args=[annie.pk]), {"role": "annotator"})
    annie.refresh_from_db()
    assert (annie.is_staff, annie.is_superuser) == (False, False)
    assert verbs().count("user.role_changed") == 4


def test_queues_are_ticked_for_a_person(at: Client) -> None:
    annie = person()
    one, two = queue_of(annie), queue_of()
    at.post(reverse("person_queues", args=[annie.pk]), {"queue": [two.slug]})
    assert [member.queue for member in Membership.objects.filter(user=annie)] == [two]
    assert one.slug in at.get(reverse("person", args=[annie.pk])).content.decode()


def test_only_admins_keep_accounts_and_one_always_stays(admin: User) -> None:
    annie = person()
    for actor in (person(), person(Role.CURATOR), person(Role.RESEARCHER)):
        for attempt in (
            lambda actor=actor: invite(actor=actor, role="annotator"),
            lambda actor=actor: change_role(actor=actor, user=annie, role="curator"),
            lambda actor=actor: close(actor=actor, user=annie),
            lambda actor=actor: reopen_account(actor=actor, user=annie),
        ):
            with pytest.raises(NotAllowed):
                attempt()
    for last in (
        lambda: close_account(actor=SYSTEM, user=admin),
        lambda: set_role(actor=SYSTEM, user=admin, role="curator"),
        lambda: close_account(actor=admin, user=admin),
    ):
        with pytest.raises(Conflict):
            last()
    closed = User.objects.create_superuser("closed", password="a-long-password")
    with pytest.raises(Conflict):
        close_account(actor=admin, user=admin)
    close_account(actor=admin, user=closed)
    with pytest.raises(Conflict):
        set_role(actor=SYSTEM, user=admin, role="curator")
    closed.refresh_from_db()
    with pytest.raises(ExemplaError):
        invite(actor=closed, role="admin")
    admin.refresh_from_db()
    assert (admin.is_active, admin.role) == (True, "admin")


def test_the_back_office_changes_neither_role_nor_whether_an_account_is_open(at: Client) -> None:
    annie = person(username="annie")
    form = {"username": "annie", "display_name": "A", "email": "", "role": "admin"}
    assert at.post(reverse("admin:accounts_user_change", args=[annie.pk]), form).status_code == 302
    annie.refresh_from_db()
    assert (annie.display_name, annie.role, annie.is_active, annie.is_staff) == ("A", "annotator", True, False)


def test_the_list_shows_what_an_admin_asks_about_in_a_fixed_number_of_statements(at: Client) -> None:
    annie = practised(person(username="annie"))
    ben = person(username="ben", publish=None)
    queue = queue_of(annie, ben, name="Harbour")
    give_consent(user=annie, version=consent_version(), publish=False)
    page = at.get(reverse("people")).content.decode()
    row = page[page.index(">annie<") : page.index(">ben<")]
    assert "Harbour" in row
    assert "Not yet" not in row
    assert "no answer yet" in page[page.index(">ben<") :]
    with CaptureQueriesContext(
        connection,
    ) as few:
        at.get(reverse("people"))
    for _ in range(5):
        queue_of(person(), person())
    with CaptureQueriesContext(connection) as many:
        at.get(reverse("people"))
    assert len(many) == len(few) <= 7
    close(actor=SYSTEM, user=ben)
    assert ">ben<" not in at.get(reverse("people")).content.decode()
    assert "Account closed" in at.get(reverse("people"), {"closed": "on", "q": "BE"}).content.decode()
    assert queue.name in at.get(reverse("person", args=[annie.pk])).content.decode()


def test_many_rows_of_one_deed_are_one_line_with_titles(at: Client) -> None:
    curator, annie = person(Role.CURATOR, username="cora"), person(username="annie")
    stories = [add_story(title=f"Tale {number}") for number in range(8)]
    queue = queue_of(annie, name="Harbour", stories=stories, overlap=1)
    for count in (3, 5):
        record(actor=curator, verb="queue.items_added", target=queue, count=count)
    review_by(annie, queue)
    page = at.get(reverse("activity")).content.decode()
    assert page.count("to “In review”.") == 1
    assert "and 5 more to “In review”" in page
    assert "cora added stories to the queue “Harbour”: 8." in page
    assert "annie reviewed “Tale" in page
    assert "stories.story" not in page
    hers = at.get(reverse("activity"), {"person": annie.pk}).content.decode()
    assert "annie reviewed" in hers
    assert "cora added" not in hers
    queues = at.get(reverse("activity"), {"kind": "queues"}).content.decode()
    assert "cora added" in queues
    assert "annie reviewed" not in queues
    long_ago = at.get(reverse("activity"), {"day": "2001-01-01"}).content.decode()
    assert "Nothing of that kind" in long_ago
    assert "Later day" in long_ago
    for odd in ({"day": "x"}, {"person": "x"}, {"page": "0"}, {"kind": "x"}, {"day": "9999-12-31"}):
        assert "annie reviewed" in at.get(reverse("activity"), odd).content.decode()


def test_the_log_is_paged_and_costs_the_same_however_long_it_is(at: Client) -> None:
    people = [person() for _ in range(6)]
    record(actor=people[0], verb="queue.open", target=queue_of())

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert at.get(reverse("activity")).status_code == 200
        return len(seen)

    short = cost()
    for number in range(60):
        record(actor=people[number % 6], verb=f"queue.odd_{number}", target=queue_of() if number < 9 else people[0])
    assert cost() <= short + 1
    first = at.get(reverse("activity")).content.decode()
    assert "Next page" in first
    assert "queue odd 59" in first, "a deed without a sentence is told by its name"
    second = at.get(reverse("activity"), {"page": 2}).content.decode()
    assert "queue odd 59" not in second
