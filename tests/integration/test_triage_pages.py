"""Making queues: filters, order, preview, who may."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import claim, create_queue
from annotations.models import Item, Queue
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import InvalidInput
from curation.scoring.actions import work
from curation.standards.actions import install_defaults
from curation.standards.models import AcceptancePolicy
from curation.standards.queries import current_rubric
from curation.stories.actions import add_tag, advance
from curation.stories.models import ImportRun, Source, Stage, Story
from curation.stories.models.tag import TagKind
from curation.stories.stages import State
from curation.triage.actions import fill_due
from curation.triage.models import Fill
from curation.triage.queries import matching, select_stories
from tests.builders import add_story, failed, person, queue_of, selection_of, source

pytestmark = pytest.mark.django_db


CHOICE = {"state": "ready", "order": "import", "limit": 10}


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ready(count: int, of: Source | None = None) -> list[Story]:
    """Add stories that have passed their checks."""
    install_defaults()
    stories = [add_story(of=of) for _ in range(count)]
    advance(stories=[story.pk for story in stories], to=State.CHECKED)
    return stories


def filled(**changes: object) -> dict[str, object]:
    policy = AcceptancePolicy.objects.get()
    return {"name": "Tugs & harbours", "overlap": 2, "lease_minutes": 60, "policy": policy.pk, **CHOICE, **changes}


def test_instructions_stand_beside_every_story_and_so_have_an_end() -> None:
    ready(1)
    page = at(person(Role.CURATOR)).post(reverse("queue_new"), filled(instructions="x" * 10_001))
    assert (page.status_code, Queue.objects.count()) == (422, 0)
    standards = {"policy": (policy := AcceptancePolicy.objects.get()), "rubric": policy.rubric}
    with pytest.raises(InvalidInput, match="10,000"):
        create_queue(actor=SYSTEM, name="Q", slug="q", instructions="x" * 10_001, **standards)


def test_a_curator_makes_a_queue_over_one_source() -> None:
    annie, wanted = person(), source("tugs")
    stories = ready(3, of=wanted)
    ready(2)
    client = at(person(Role.CURATOR))
    data = filled(source=wanted.pk, members=[annie.pk], limit=2, instructions="Read slowly.")
    response = client.post(reverse("queue_new"), data)
    assert response.status_code == 302
    assert "2 stories are being put in" in client.get(response["Location"]).content.decode()
    fill_due()
    queue = Queue.objects.get()
    assert (queue.slug, queue.instructions) == ("tugs-harbours", "Read slowly.")
    assert list(Item.objects.order_by("id").values_list("story", flat=True)) == [story.pk for story in stories[:2]]
    assert Stage.objects.filter(state="queued").count() == 2
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert assignment.story == stories[0]


def test_a_name_is_one_queues_and_an_address_is_found_for_every_name() -> None:
    ready(3)
    client = at(person(Role.CURATOR))
    for name in ("Tugs & harbours", "Tugs, harbours"):
        assert client.post(reverse("queue_new"), filled(name=name, limit=1)).status_code == 302
    assert sorted(Queue.objects.values_list("slug", flat=True)) == ["tugs-harbours", "tugs-harbours-2"]
    answer = client.post(reverse("queue_new"), filled(name=" tugs & HARBOURS"))
    assert answer.status_code == 422
    assert "There is a queue called “tugs &amp; HARBOURS” already" in answer.content.decode()
    assert Queue.objects.count() == 2


def test_a_choice_without_stories_makes_no_queue_and_says_so() -> None:
    ready(0)
    response = at(person(Role.CURATOR)).post(reverse("queue_new"), filled())
    assert response.status_code == 422
    assert "No story fits" in response.content.decode()
    assert not Queue.objects.exists()


def test_stories_are_added_later_without_doubles() -> None:
    ready(3)
    client = at(person(Role.CURATOR))
    client.post(reverse("queue_new"), filled(limit=1))
    fill_due()
    preview = client.get(reverse("queue_preview"), {**CHOICE, "queue": "tugs-harbours", "limit": 1}).content.decode()
    assert "2 stories fit." in preview
    assert "The first 1 goes in." in preview
    assert client.post(reverse("queue_add", args=["tugs-harbours"]), CHOICE).status_code == 302
    fill_due()
    assert Item.objects.count() == 3
    assert client.post(reverse("queue_add", args=["tugs-harbours"]), CHOICE).status_code == 422


def test_chosen_stories_and_those_of_an_import_become_a_queue() -> None:
    stories = ready(4)
    client = at(person(Role.CURATOR))
    page = client.get(reverse("queue_new"), {"story": [stories[1].pk, stories[3].pk]})
    assert "Only the stories that you chose" in page.content.decode()
    chosen = page.context["selection_form"]["stories"].value()
    client.post(reverse("queue_new"), filled(stories=chosen))
    fill_due()
    assert set(Item.objects.values_list("story", flat=True)) == {stories[1].pk, stories[3].pk}
    asked = client.post(reverse("queue_add", args=["tugs-harbours"]), {**CHOICE, "stories": stories[0].pk})
    assert asked.status_code == 302
    fill_due()
    assert Item.objects.count() == 3
    run = ImportRun.objects.create(source=source("run"), file_name="x.csv", file_size=1)
    assert list(matching(selection_of(run=run.pk))) == []
    assert "the import that you came from" in client.get(reverse("queue_new"), {"run": run.pk}).content.decode()
    for wrong in ({"run": "x"}, {"story": "1,2;"}, {"run": "9" * 30}):
        assert client.get(reverse("queue_new"), wrong).status_code == 200
    assert client.post(reverse("queue_new"), filled(name="Other", stories="1,x")).status_code == 422


def test_a_new_queue_says_what_nobody_chosen_means() -> None:
    ready(1)
    page = at(person(Role.CURATOR)).get(reverse("queue_new")).content.decode()
    assert "nobody is offered its stories until you add people" in " ".join(page.split())


def test_tags_narrow_the_choice() -> None:
    first, second = ready(2)
    add_tag(actor=SYSTEM, story=first, kind=TagKind.PRINCIPLE, key="honesty")
    add_tag(actor=SYSTEM, story=second, kind=TagKind.THEME, key="equanimity")
    assert list(matching(selection_of(principle="honesty"))) == [first]
    assert list(matching(selection_of(theme="equanimity"))) == [second]
    assert not matching(selection_of(principle="honesty", theme="equanimity"))


def test_a_language_narrows_the_choice() -> None:
    ready(1)
    german = add_story("Der Schlepper wartete auf den Hafenmeister.", language="de-AT")
    advance(stories=[german.pk], to=State.CHECKED)
    client, fields = at(person(Role.CURATOR)), filled(language="German")
    assert "1 story fits" in " ".join(client.get(reverse("queue_preview"), fields).content.decode().split())
    assert client.post(reverse("queue_new"), fields).status_code == 302
    fill_due()
    assert Item.objects.get().story == german
    refused = client.post(reverse("queue_new"), filled(name="Other", language="Elvish"))
    assert refused.status_code == 422
    assert "No language is called “Elvish”" in refused.content.decode()


def test_an_order_by_score_puts_the_best_first_and_the_unscored_last() -> None:
    install_defaults()
    plain = add_story("The lamp went out. The end.")
    rich = add_story(
        "The tug weighed two ways. If it told the harbour master, the crew would lose a night; if not, she would "
        "sign for a cargo she had not seen. It was not sure. It decided to tell her, because she could not have known."
    )
    advance(stories=[plain.pk, rich.pk], to=State.CHECKED)
    work()
    [unscored] = ready(1)
    rubric = current_rubric()
    high, low = (select_stories(selection_of(order=order), rubric) for order in ("high", "low"))
    assert high.story_ids[-1] == low.story_ids[-1] == unscored.pk
    assert high.story_ids[:2] == low.story_ids[1::-1]
    assert high.priorities[high.story_ids[0]] >= high.priorities[high.story_ids[1]] > high.priorities[unscored.pk] == 0
    assert sorted(select_stories(selection_of(order="random"), rubric).story_ids) == sorted(
        [plain.pk, rich.pk, unscored.pk]
    )


def test_annotators_make_no_queues() -> None:
    client = at(person())
    assert client.get(reverse("queue_new")).status_code == 403
    assert client.post(reverse("queue_new"), {}).status_code == 403
    assert client.get(reverse("queue_preview")).status_code == 403


def test_the_forms_show_without_an_installed_standard_or_story() -> None:
    assert at(person(Role.CURATOR)).get(reverse("queue_new")).status_code == 200


def test_the_page_asks_how_far_it_is_only_while_stories_are_being_added() -> None:
    queue = queue_of(person(), name="Tugs")
    fill = Fill.objects.create(queue=queue, selection={}, total=9)
    client = at(person(Role.CURATOR))
    page = reverse("queue_detail", args=[queue.slug])
    html = client.get(page).content.decode()
    assert "hx-trigger" in html
    assert "0 of 9 stories are in the queue. You can leave this page" in " ".join(html.split())
    Fill.objects.filter(pk=fill.pk).update(added=4)
    assert "4 of 9 stories are in the queue. Those can be read" in " ".join(client.get(page).content.decode().split())
    failed(Fill, "The disk is full.")
    html = client.get(page).content.decode()
    assert "The disk is full." in html
    # Nothing moves any more, and whoever stands on a button keeps their place.
    assert "hx-trigger" not in html
