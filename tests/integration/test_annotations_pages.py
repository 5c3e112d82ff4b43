"""The queue and adjudication pages, as each role meets them."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items, add_member, claim, close_queue, pass_on, recuse
from annotations.models import Decision, Membership, Queue
from annotations.queries.people import could_join, members_of, passes_in
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.stories.models import Stage, Story
from tests.builders import add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, name: str, *args: object, status: int = 200) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def disputed() -> Story:
    """A story on which one of two readers found a backfire."""
    annie, ben, story = person(), person(), add_story("<b>The tug</b> asked twice.\n\nThen it waited.")
    queue = queue_of(annie, ben, stories=[story], name="Disputed")
    passage = {"start": 0, "end": 14, "quote": story.text[:14]}
    words = {"conduct": "misaligned", "intent": "ambiguous", "portrayal": "positive"}
    review_by(annie, queue, answers(flags={"backfire": passage | words}, comment="It deceives her."))
    review_by(ben, queue, answers(2))
    return story


def test_an_annotator_sees_only_their_queues_and_where_to_start() -> None:
    annie, curator = person(), person(Role.CURATOR)
    queue_of(annie, stories=[add_story()], name="Harbour stories", slug="harbour")
    queue_of(name="Somebody else's")
    close_queue(actor=SYSTEM, queue=queue_of(annie, name="Long over", slug="over"))
    seen = page(at(annie), "queue_list")
    assert "Harbour stories" in seen
    assert "Start reading" in seen
    assert "0 of 1 story is done" in seen
    assert "Somebody else" not in seen
    assert "Long over" not in seen
    page(at(annie), "queue_detail", "over", status=404)
    assert "New queue" not in seen
    assert "Somebody else" in page(at(curator), "queue_list")
    for name, state in (("Zoo", "open"), ("Ark", "closed")):
        Queue.objects.filter(pk=queue_of(curator, name=name).pk).update(state=state)
    cards = at(curator).get(reverse("queue_list")).context["cards"]
    found = [(card["queue"].name, card["member"]) for card in cards]
    # What is open before what is not, then what they read in, then by name.
    assert found == [
        ("Zoo", True),
        ("Harbour stories", False),
        ("Somebody else's", False),
        ("Ark", True),
        ("Long over", False),
    ]
    page(at(annie), "queue_detail", "harbour")
    page(at(person()), "queue_detail", "harbour", status=404)


def test_empty_pages_say_what_to_do_next() -> None:
    assert "A curator will add you" in page(at(person()), "queue_list")
    curator = at(person(Role.CURATOR))
    assert "Make the first queue" in page(curator, "queue_list")
    assert "Nothing to adjudicate" in page(curator, "adjudication_list")


def test_a_curator_runs_a_queue_from_its_page() -> None:
    annie, ben, curator = person(), person(username="ben"), person(Role.CURATOR)
    queue = queue_of(annie, stories=[add_story()], slug="harbour")
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    pass_on(reviewer=annie, assignment=assignment, reason="Too close to home")
    client = at(curator)
    assert "Too close to home" in page(client, "queue_detail", "harbour")
    client.post(reverse("member_add", args=["harbour"]), {"user": "ben"})
    assert Membership.objects.filter(queue=queue, user=ben).exists()
    client.post(reverse("member_remove", args=["harbour"]), {"user": "ben"})
    assert not Membership.objects.filter(queue=queue, user=ben).exists()
    client.post(reverse("queue_state", args=["harbour"]), {"move": "pause"})
    assert Queue.objects.get().state == "paused"
    assert client.post(reverse("queue_state", args=["harbour"]), {"move": "burn"}).status_code == 422
    closed = person(username="closed")
    closed.is_active = False
    closed.save()
    person(Role.RESEARCHER, username="ruth")
    assert set(could_join(queue)) == {curator, ben}
    for name in ("nobody", "closed", "ruth", annie.username):
        assert client.post(reverse("member_add", args=["harbour"]), {"user": name}).status_code == 404


def test_the_page_of_a_queue_counts_what_each_did_there_and_tells_of_passes_who_is_not_given_the_story() -> None:
    annie, curator, story = person(), person(Role.CURATOR), add_story()
    queue, other = queue_of(annie, stories=[story]), queue_of(annie, stories=[add_story()])
    review_by(annie, other)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    pass_on(reviewer=annie, assignment=assignment, reason="Too near to me.")
    assert [one.submitted for one in members_of(queue)] == [0]
    assert [one.submitted for one in members_of(other)] == [1]
    assert list(passes_in(queue, curator)) == [assignment]
    add_member(actor=SYSTEM, queue=queue, user=curator)
    assert list(passes_in(queue, curator)) == []


def test_an_annotator_cannot_run_a_queue() -> None:
    annie = person()
    queue_of(annie, stories=[add_story()], slug="harbour")
    client = at(annie)
    assert "Passed on" not in page(client, "queue_detail", "harbour")
    assert client.post(reverse("queue_state", args=["harbour"]), {"move": "close"}).status_code == 403
    assert client.post(reverse("member_remove", args=["harbour"]), {"user": annie.username}).status_code == 403
    page(client, "adjudication_list", status=403)


def test_a_curator_reads_both_reviews_and_adjudicates(disputed: Story) -> None:
    curator = person(Role.CURATOR)
    client = at(curator)
    assert "Flag not confirmed" in page(client, "adjudication_list")
    seen = page(client, "adjudicate", disputed.pk)
    label = "Reader 1: Backfire (Misaligned, Ambiguous, Positive, A backfire)"
    assert f'<mark data-group="F" title="{label}">&lt;b&gt;The tug' in seen
    assert "It deceives her." in seen
    assert "<b>The tug" not in seen
    assert "Reader 2" in seen
    address = reverse("adjudicate", args=[disputed.pk])
    missing = client.post(address, {"outcome": "reject", "note": ""})
    assert missing.status_code == 422
    assert "Say why" in missing.content.decode()
    assert client.post(address, {"outcome": "reject", "note": "It is a backfire."}).status_code == 302
    assert Stage.objects.get(story=disputed).state == "rejected"
    adjudicated = page(client, "adjudicate", disputed.pk)
    assert "It is a backfire." in adjudicated
    assert adjudicated.count("Superseded") == 1
    assert adjudicated.index("It is a backfire.") < adjudicated.index("Superseded"), "the newest one holds"
    assert client.post(address, {"outcome": "accept", "note": "No."}).status_code == 409


@pytest.mark.parametrize("word", ["confirmed", "dismissed", ""])
def test_a_form_that_comes_back_has_the_word_on_the_flag(disputed: Story, word: str) -> None:
    sent = {"outcome": "accept", "note": "", "flag-backfire": word}
    answer = at(person(Role.CURATOR)).post(reverse("adjudicate", args=[disputed.pk]), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert [each for each in ("confirmed", "dismissed", "") if f'value="{each}" checked' in page] == [word]


def test_a_curator_who_saw_a_score_gets_the_reason_instead_of_the_form(disputed: Story) -> None:
    curator, _other = person(Role.CURATOR), person(Role.ADMIN, username="fresh-eyes")
    recuse(user=curator, story=disputed)
    client = at(curator)
    assert "You saw its score" in page(client, "adjudication_list")
    seen = page(client, "adjudicate", disputed.pk)
    assert "fresh-eyes" in seen
    assert "<textarea" not in seen
    answer = client.post(reverse("adjudicate", args=[disputed.pk]), {"outcome": "accept", "note": "Fine."})
    assert answer.status_code == 403
    assert Decision.objects.count() == 1


def test_who_is_reading_a_story_does_not_see_its_reviews(disputed: Story) -> None:
    curator = person(Role.CURATOR)
    audit = queue_of(curator)
    add_items(actor=SYSTEM, queue=audit, stories=[disputed], kind="audit")
    claim(reviewer=curator, queue=audit)
    assert "reading this story yourself" in page(at(curator), "adjudicate", disputed.pk, status=403)


def test_pages_ask_a_fixed_number_of_questions(disputed: Story, django_assert_max_num_queries) -> None:
    curator = person(Role.CURATOR)
    client = at(curator)
    for _ in range(5):
        queue_of(curator, stories=[add_story()])
    with django_assert_max_num_queries(8):
        page(client, "queue_list")
    with django_assert_max_num_queries(16):
        page(client, "queue_detail", Queue.objects.get(name="Disputed").slug)
    # Whose first visit notes what is seen there, in a fixed number of statements (`recuse_from`).
    page(client, "adjudication_list")
    with django_assert_max_num_queries(10):
        page(client, "adjudication_list")
    with django_assert_max_num_queries(19):
        page(client, "adjudicate", disputed.pk)
