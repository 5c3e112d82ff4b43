"""Names that people cannot tell apart are one name, and words are found in whatever form they are written."""

from importlib import import_module

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import create_queue
from annotations.models import Queue
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, SignInAttempt, User
from curation.audit.models import Entry
from curation.core import roles
from curation.core.errors import Conflict, InvalidInput
from curation.core.folding import tell_apart
from curation.llm.actions import create_provider
from curation.releases.card.words import bibtex
from curation.releases.models import Dataset
from curation.scoring.actions.judges import name_judge
from curation.scoring.models.judge import JudgeKind
from curation.standards.actions import blank
from curation.standards.models import AcceptancePolicy, Constitution, Rubric
from curation.stories.actions import advance
from curation.stories.actions.search import index_words, to_be_indexed
from curation.stories.models import Story
from curation.stories.stages import State
from curation.triage.queries import free_slug
from curation.webhooks.actions import create_endpoint
from tests.builders import add_story, dataset, default_rubric, person, queue_of

pytestmark = pytest.mark.django_db
COMPOSED, APART, WIDE = "ren\u00e9", "rene\u0301", "\uff52\uff45\uff4e\u00e9"


def refused(attempt: object) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        attempt()  # type: ignore[operator]
    return str(caught.value)


@pytest.mark.parametrize(("one", "other"), [("annie", "ANNIE"), (COMPOSED, COMPOSED.upper()), (COMPOSED, APART)])
def test_the_database_takes_a_persons_name_once(one: str, other: str) -> None:
    person(username=one)
    ben = person(username="ben")
    assert "user_name_once" in refused(lambda: User.objects.filter(pk=ben.pk).update(username=other))
    assert "user_name_once" in refused(lambda: User.objects.bulk_create([User(username=other)]))


def test_a_command_and_the_back_office_refuse_a_name_in_another_case(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(username="annie")
    ben = person(username="ben")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-password")
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", "--noinput", username="ANNIE", email="")
    admin = User.objects.create_superuser("root", password="a-long-password")
    client.force_login(admin)
    form = {"username": "ANNIE", "display_name": "", "email": "", "role": "annotator", "is_active": "on"}
    answer = client.post(reverse("admin:accounts_user_change", args=[ben.pk]), form)
    assert "capitals make no difference" in answer.content.decode()
    ben.refresh_from_db()
    assert ben.username == "ben"


@pytest.mark.parametrize("typed", ["Annie", "ANNIE", " annie "])
def test_signing_in_does_not_mind_capitals(client: Client, typed: str) -> None:
    person(username="annie")
    sent = {"username": typed, "password": "a-long-password"}
    assert client.post(reverse("login"), sent).headers["Location"] == "/"
    client.logout()
    assert client.post(reverse("login"), sent | {"password": "A-LONG-PASSWORD"}).status_code == 200


def test_tries_under_one_name_are_counted_together_however_it_is_written(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.SIGN_IN_ATTEMPTS = 4
    person(username=COMPOSED)
    for typed in (COMPOSED, COMPOSED.upper(), APART, f" {WIDE} "):
        assert client.post(reverse("login"), {"username": typed, "password": "no"}).status_code == 200
    assert len(set(SignInAttempt.objects.values_list("key", flat=True))) == 2, "the name's, and the address's own"
    assert client.post(reverse("login"), {"username": COMPOSED, "password": "a-long-password"}).status_code == 429


def index(story: Story) -> None:
    to_be_indexed([story.pk])
    assert index_words() == 1


def test_older_accounts_of_one_name_are_told_apart_and_the_log_says_so(transactional_db: None) -> None:
    first, other = person(username="annie"), person(username="ben")
    with roles.as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        cursor.execute("DROP INDEX user_name_once")
        User.objects.filter(pk=other.pk).update(username="ANNIE")
        cursor.execute(import_module("curation.accounts.migrations.0004_names_in_any_case").TELL_APART)
        names = dict(User.objects.values_list("pk", "username"))
        entry = Entry.objects.get(verb="user.renamed")
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert names == {first.pk: "annie", other.pk: f"ANNIE-{other.pk}"}
    assert (entry.target_id, entry.data) == (str(other.pk), {"was": "ANNIE", "is": f"ANNIE-{other.pk}"})


def test_a_dataset_is_one_in_whatever_case(client: Client) -> None:
    client.force_login(person(Role.CURATOR))
    kept = dataset("Lines")
    for org, name in (("exempla", "lines"), ("Exempla", "Lines"), ("EXEMPLA", "LINES")):
        with pytest.raises(Conflict, match="capitals make no difference"):
            dataset(name, org=org)
        sent = {"org": org, "name": name, "license": "CC0-1.0", "visibility": "public"}
        assert client.post(reverse("dataset_new"), sent).status_code in {409, 422}
        assert "dataset_once" in refused(lambda org=org, name=name: Dataset.objects.create(org=org, name=name))
    assert list(Dataset.objects.all()) == [kept]


@pytest.mark.parametrize(("stored", "asked"), [(COMPOSED, APART), (APART, COMPOSED), (APART, APART)])
def test_a_search_finds_both_forms_of_an_accent(client: Client, stored: str, asked: str) -> None:
    story = add_story(f"The tug asked {stored} twice, and then it waited.", title=f"To {stored}")
    index(story)
    client.force_login(person(Role.CURATOR))
    for words in (asked, f'"asked {asked}"'):
        assert reverse("story_detail", args=[story.pk]) in client.get("/stories/", {"q": words}).content.decode()


def test_what_was_indexed_in_the_other_form_is_indexed_again(client: Client) -> None:
    story = add_story(f"The tug asked {APART} twice, and then it waited.")
    index(story)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stories_searchentry SET words = to_tsvector('english', 'asked ' || %s)", [APART])
        cursor.execute(import_module("curation.stories.migrations.0005_search_one_form").INDEX_AGAIN)
    client.force_login(person(Role.CURATOR))
    assert reverse("story_detail", args=[story.pk]) in client.get("/stories/", {"q": COMPOSED}).content.decode()


@pytest.mark.parametrize("asked", ["the", "of the", "?!", '"to be"'])
def test_a_search_for_common_words_only_says_so(client: Client, asked: str) -> None:
    story = add_story()
    index(story)
    advance(stories=[story.pk], to=State.CHECKED)
    client.force_login(person(Role.CURATOR))
    page = client.get("/stories/", {"q": asked}).content.decode()
    assert "Search for a rarer word" in page
    assert "No story fits" not in page
    assert "No story fits" in client.get("/stories/", {"q": "the zeppelin"}).content.decode()


def test_a_closed_account_is_marked_and_does_not_count_as_a_reviewer(client: Client) -> None:
    annie, ben = person(username="annie"), person(username="ben")
    queue: Queue = queue_of(annie, ben)
    client.force_login(person(Role.CURATOR))
    address = reverse("queue_detail", args=[queue.slug])
    assert "Account closed" not in client.get(address).content.decode()
    User.objects.filter(pk=ben.pk).update(is_active=False)
    page = client.get(address).content.decode()
    assert page.index("ben") < page.index("Account closed")
    assert page.count("Account closed") == 1
    assert "add more people" in page


def test_a_title_in_bibtex_is_text_that_latex_sets_as_it_stands() -> None:
    title = 'Tales & truths: 100% "kept" #1 {x} a_b $5 ~ ^ \\ \r\n } end'
    said = bibtex(title)
    assert said == (
        'Tales \\& truths: 100\\% "kept" \\#1 \\textbraceleft{}x\\textbraceright{} a\\_b \\$5 \\textasciitilde{} '
        "\\textasciicircum{} \\textbackslash{} \\textbraceright{} end"
    )
    assert said.count("{") == said.count("}")


ALIKE = [("Tales", "TALES"), (COMPOSED, COMPOSED.upper()), (COMPOSED, APART), (COMPOSED, WIDE)]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_standards_providers_endpoints_and_judges_are_one_in_whatever_form_their_name_is_written(
    one: str, other: str
) -> None:
    admin = User.objects.create_superuser("root", password="a-long-password")
    rubric = default_rubric()
    schemes = {
        "rubric_version_once": lambda name: Rubric.objects.create(name=name, version=1),
        "policy_version_once": lambda name: AcceptancePolicy.objects.create(
            name=name, version=1, rubric=rubric, rules={}
        ),
        "constitution_version_once": lambda name: Constitution.objects.create(name=name, version=1),
    }
    for constraint, stored in schemes.items():
        stored(one)
        assert constraint in refused(lambda: stored(other))  # noqa: B023
    with pytest.raises(Conflict, match=f"written “{one}”"):
        blank(Constitution, other, 2)
    assert blank(Constitution, one, 2)[0].version == 2
    create_provider(actor=admin, name=one, kind="openai", base_url="https://a.example/v1")
    with pytest.raises(Conflict, match="Another provider"):
        create_provider(actor=admin, name=other, kind="openai", base_url="https://b.example/v1")
    create_endpoint(actor=admin, name=one, url="https://hooks.invalid/", events=["release.built"])
    with pytest.raises(Conflict, match="Another endpoint"):
        create_endpoint(actor=admin, name=other, url="https://hooks.invalid/", events=["release.built"])
    name_judge(actor=admin, name=one, kind=JudgeKind.LLM)
    with pytest.raises(Conflict, match="a judge called"):
        name_judge(actor=admin, name=other, kind=JudgeKind.LLM)


def test_a_judge_may_be_named_in_any_script_and_by_names_whose_addresses_would_be_the_same() -> None:
    curator = person(Role.CURATOR)
    names = ["Сказки 7", "夜の話 7", "夜の話", "昼の話", "A b", "A-b", "New", "embedded", "x" * 60, "x" * 61]
    keys = [name_judge(actor=curator, name=name, kind=JudgeKind.LLM).key for name in names]
    assert keys == ["7", "7-2", "judge", "judge-2", "a-b", "a-b-2", "new-2", "embedded-2", "x" * 36, "x" * 36 + "-2"]
    for name in ("", " \0", "—", "embedded SCORER"):
        with pytest.raises(InvalidInput):
            name_judge(actor=curator, name=name, kind=JudgeKind.LLM)


def test_a_queue_has_an_address_that_no_other_has_in_other_capitals() -> None:
    queue = queue_of(name="Harbour", slug="Tales")
    standards = {"rubric": queue.rubric, "policy": queue.policy}
    for taken, said in (("tales", "Choose another address"), ("TALES", "Choose another address"), ("New", "cannot be")):
        with pytest.raises((Conflict, InvalidInput), match=said):
            create_queue(actor=SYSTEM, name="Weir", slug=taken, **standards)
    other = queue_of(name="Weir")
    assert "queue_address_once" in refused(lambda: Queue.objects.filter(pk=other.pk).update(slug="tales"))
    assert free_slug("Tales") == "tales-2"


@pytest.mark.django_db(transaction=True)
def test_names_that_were_taken_twice_are_told_apart() -> None:
    rows = "(1, 'Tales', 1), (2, 'TALES', 1), (3, 'tales', 2), (4, 'Other', 1)"
    with roles.as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE named (id bigint, name varchar(20), version integer) ON COMMIT DROP")
        cursor.execute(f"INSERT INTO named VALUES {rows}, (5, repeat('x', 20), 1), (6, repeat('X', 20), 1)")  # noqa: S608
        cursor.execute(tell_apart("named", behind="id", size=20, among="first.version = later.version"))
        cursor.execute("SELECT id, name FROM named ORDER BY id")
        assert [name for _pk, name in cursor.fetchall()] == [
            "Tales", "TALES (2)", "tales", "Other", "x" * 20, "X" * 16 + " (6)",
        ]  # fmt: skip
