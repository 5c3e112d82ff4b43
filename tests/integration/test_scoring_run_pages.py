"""The pages of judges and runs, and of the judges that a queue uses."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotations.actions import claim
from annotations.models import Item, Recusal
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.calibration.models import Exposure
from curation.core.errors import Conflict, NotAllowed
from curation.llm.actions import create_provider
from curation.llm.models import Batch
from curation.scoring.actions import finish_runs
from curation.scoring.actions.asking import questions_of
from curation.scoring.models import ImportRule, Judge, JudgeVersion, Score, ScoreJob, ScoreRun
from curation.standards.queries import current_constitution
from curation.stories.models import Story
from curation.triage.actions import fill_due, fill_queue, make_queue, set_queue_judges, start_due_runs
from curation.triage.management.commands import run_judge
from curation.triage.models import Fill, QueueJudges
from tests.builders import default_rubric, person, queue_of, review_by, scored_stories, selection_of, source
from tests.judging import MODEL, answer_all, estimated_run, kept, llm_judge, provider, settled, started_run, take
from tests.readings import raw

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def curator() -> User:
    return person(Role.CURATOR)


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, (name, answer.status_code)
    return str(answer.content.decode())


def test_a_judge_is_set_up_estimated_started_watched_and_paused_by_pages_alone(curator: User) -> None:
    stories, client, answers_by = scored_stories(2), signed_in(curator), provider(is_practice=True, default_model=MODEL)
    rubric = default_rubric()
    form = {
        "name": "Careful", "provider": answers_by.pk, "model": "", "rubric": rubric.pk,
        "constitution": current_constitution().pk, "samples": 2, "effort": "", "max_output_tokens": 900,
        "prompt_version": 1,
    }  # fmt: skip
    assert client.post(reverse("judge_new"), form)["Location"] == reverse("judge", args=["careful"])
    version = JudgeVersion.objects.get(judge__key="careful")
    assert version.model == MODEL, "the provider's own, where none is named"
    nameless = client.post(reverse("judge_new"), {**form, "name": "Other", "provider": provider().pk})
    assert (nameless.status_code, "Name the model" in nameless.content.decode()) == (422, True)
    told = page(client, "judge", "careful")
    assert "It has not been asked anything yet." in told
    assert "{{criteria}}" in told, "the prompt is shown word for word"
    assert "Practice model" in told
    assert "Practice model" in page(client, "judge_list")
    assert "Practice model" in page(client, "judge_quality", version.pk)
    assert f'<option value="{MODEL}">{answers_by.name}</option>' in page(client, "judge_new")
    chosen = {"version": version.pk, "state": "any", "source": "", "principle": "", "theme": "", "at_most": ""}
    address = client.post(reverse("run_new"), chosen)["Location"]
    run = ScoreRun.objects.get()
    assert address == reverse("run", args=[run.pk])
    told = page(client, "run", run.pk)
    assert "for 4 answers. Nothing has been asked yet." in told
    assert "No answer of this model is here yet" in told
    assert "of the budget is kept back for it" in told
    assert "What it took so far" not in told
    assert "Practice model" in told
    assert "All that passed their checks" in told
    assert not ScoreJob.objects.filter(run=run).exists()
    move = reverse("run_move", args=[run.pk])
    assert client.post(move, {"move": "start", "limit": "2.50"})["Location"] == address
    told = page(client, "run", run.pk)
    assert "A worker is going through the stories that you chose." in told
    assert 'hx-trigger="every 4s"' in told
    assert "Being started" in page(client, "run_list")
    assert start_due_runs() == 1
    run.refresh_from_db()
    assert run.budget is not None
    assert (run.state, run.budget.limit_micro_usd) == ("running", 2_500_000)
    lease = take(run, limit=2)
    settled(run, lease, kept(run, lease, said=[raw(stories[0].text, rubric_spec(run)), "no JSON"]))
    told = page(client, "run", run.pk)
    assert "1 of 4 answers are in and read." in told
    took = told.split("What it took so far")[1].split("</dl>")[0]
    assert [word for word in took.split() if word[0].isdigit() or word[0] == "$"] == ["$0.002", "1,800", "0", "100"]
    assert "$0.002" in told
    assert 'hx-trigger="every 4s"' in told
    client.post(move, {"move": "pause"})
    told = page(client, "run", run.pk)
    assert "Paused: by a person." in told
    assert "hx-trigger" not in told.split('id="run-state"')[1].split(">")[0]
    client.post(move, {"move": "resume", "limit": "3"})
    run.refresh_from_db()
    assert (run.state, run.budget and ScoreRun.objects.get().budget.limit_micro_usd) == ("running", 3_000_000)  # type: ignore[union-attr]
    client.post(move, {"move": "cancel"})
    assert "Cancelled" in page(client, "run_list")
    client.post(reverse("run_new"), chosen)
    assert "It goes by the last 2 answers of this model." in page(client, "run", ScoreRun.objects.latest("pk").pk)


def test_a_run_is_answered_within_a_day_for_less_where_its_provider_does_that(curator: User) -> None:
    scored_stories(2)
    client = signed_in(curator)
    asked = create_provider(actor=SYSTEM, name="Somebody", kind="anthropic", key="k")
    version = llm_judge(provider=asked, model="claude-haiku-4-5")
    chosen = {"version": version.pk, "state": "any", "source": "", "principle": "", "theme": "", "at_most": ""}
    address = client.post(reverse("run_new"), chosen)["Location"]
    run = ScoreRun.objects.get()
    assert (run.estimated_micro_usd or 0) > (run.batch_micro_usd or 0) > 0
    assert (run.batch_at_most_micro_usd or 0) > (run.batch_micro_usd or 0)
    told = page(client, "run", run.pk)
    assert "In batches it costs about" in told
    assert 'name="pace" value="batches"' in told
    assert "of them from the cache" in told
    move = reverse("run_move", args=[run.pk])
    assert client.post(move, {"move": "start", "limit": "2.50", "pace": "batches"})["Location"] == address
    assert start_due_runs() == 1
    run.refresh_from_db()
    assert (run.state, run.in_batches) == ("running", True)
    assert Entry.objects.get(verb="score_run.started").data["in_batches"] is True
    lease = take(run)
    batch = Batch.objects.create(provider=asked, model=version.model, size=2)
    lease.end("sent", batch_id=batch.pk)
    told = page(client, "run", run.pk)
    assert "2 are at the provider in batches, the first since" in told
    assert "in batches, within a day" in told
    assert "of them from the cache" not in told, "it was started in batches, which use none"
    other = provider()
    at_once = estimated_run(llm_judge(provider=other), Story.objects.all(), actor=curator)
    assert 'name="pace"' not in page(client, "run", at_once.pk)


def rated(run: ScoreRun, story: Story, value: str) -> str:
    """A sound answer about a story that rates every criterion alike."""
    rubric = rubric_spec(run)
    criteria = [{"criterion": one.key, "quotes": [], "rationale": "", "value": value} for one in rubric.criteria]
    return raw(story.text, rubric, criteria=criteria)


def rubric_spec(run: ScoreRun) -> Any:
    return questions_of(run.judge_version).rubric


def test_what_failed_is_shown_with_its_reason_and_asked_again(curator: User) -> None:
    run, client = started_run(llm_judge(), scored_stories(1)), signed_in(curator)
    ScoreJob.objects.filter(run=run).update(attempts=ScoreJob.terms.most_errors - 1)
    lease = take(run)
    settled(run, lease, kept(run, lease, said=["no JSON"]))
    told = page(client, "run", run.pk)
    assert "The answer is not one JSON object." in told
    assert "1 failed." in told
    client.post(reverse("run_move", args=[run.pk]), {"move": "retry"})
    assert ScoreJob.objects.get(run=run).state == "pending"


def test_a_run_says_why_it_cannot_be_started(curator: User) -> None:
    client, version = signed_in(curator), llm_judge(model="of-nobody")
    scored_stories(1)
    told = client.post(reverse("run_new"), {"version": version.pk, "state": "any"}, follow=True).content.decode()
    assert "is not known, so the run cannot be started" in told
    assert 'value="start"' not in told
    run = ScoreRun.objects.get()
    assert client.post(reverse("run_move", args=[run.pk]), {"move": "start", "limit": "1"}).status_code == 409
    assert client.post(reverse("run_move", args=[run.pk]), {"move": "start", "limit": "much"}).status_code == 422
    assert client.post(reverse("run_move", args=[run.pk]), {"move": "hurry"}).status_code == 422
    none = client.post(reverse("run_new"), {"version": version.pk, "state": "decided"})
    assert none.status_code == 422
    assert "No story fits that choice" in none.content.decode()


def test_the_run_page_takes_few_statements_however_many_answers_there_are(
    curator: User, django_assert_max_num_queries: Any
) -> None:
    run, client = started_run(llm_judge(samples=3), scored_stories(5)), signed_in(curator)
    page(client, "run", run.pk)
    with django_assert_max_num_queries(7):
        page(client, "run", run.pk)
    with django_assert_max_num_queries(14):
        page(client, "judge", run.judge_version.judge.key)
    with django_assert_max_num_queries(7):
        page(client, "judge_list")


def test_imports_are_scored_by_a_rule_that_is_set_and_ended_on_the_judges_page(curator: User) -> None:
    client, judge, of = signed_in(curator), llm_judge().judge, source("harbour")
    address = reverse("judge_rules", args=[judge.key])
    assert client.post(address, {"source": of.pk, "limit": ""}).status_code == 422
    client.post(address, {"source": of.pk, "limit": "1.5"})
    rule = ImportRule.objects.get()
    assert (rule.source, rule.limit_micro_usd, rule.created_by) == (of, 1_500_000, curator)
    assert "up to $1.50 each" in page(client, "judge", judge.key)
    assert client.post(address, {"end": rule.pk + 1}).status_code == 404
    client.post(address, {"end": rule.pk})
    assert "up to $1.50 each" not in page(client, "judge", judge.key)


def test_a_version_starts_from_the_one_before_and_a_judge_is_put_to_rest(curator: User) -> None:
    client, version = signed_in(curator), llm_judge("Reader", samples=4, own_prompt="{{criteria}} {{flags}}")
    told = page(client, "judge_version_new", "reader")
    assert 'name="samples" value="4"' in told
    assert "{{criteria}} {{flags}}" in told
    form = {
        "provider": version.provider_id, "model": "practice-2", "rubric": version.rubric_id, "samples": 1,
        "constitution": version.constitution_id, "effort": "", "max_output_tokens": 900, "prompt_version": 1,
        "own_prompt": "Rate.",
    }  # fmt: skip
    refused = client.post(reverse("judge_version_new", args=["reader"]), form)
    assert refused.status_code == 422
    assert "no place for everything" in refused.content.decode()
    client.post(reverse("judge_version_new", args=["reader"]), {**form, "own_prompt": ""})
    assert JudgeVersion.objects.get(judge=version.judge, active=True).model == "practice-2"
    client.post(reverse("judge_retire", args=["reader"]))
    assert not JudgeVersion.objects.filter(judge=version.judge, active=True).exists()
    assert "at rest" in page(client, "judge", "reader")


def test_a_queue_is_ordered_by_the_judge_that_was_chosen_for_it(curator: User) -> None:
    stories = scored_stories(3)
    version = llm_judge()
    run = started_run(version, stories)
    lease = take(run)
    said = [rated(run, *pair) for pair in zip(stories, "253", strict=True)]
    settled(run, lease, kept(run, lease, said=said))
    queue = queue_of()
    set_queue_judges(actor=curator, queue=queue, orders=version.judge, shows=None)
    fill_queue(actor=curator, queue=queue, selection=selection_of(order="high"))
    assert Fill.objects.get().selection["judge"] == version.judge.key
    fill_due()
    ordered = Item.objects.filter(queue=queue).order_by("-priority", "id").values_list("story", flat=True)
    assert list(ordered) == [stories[1].pk, stories[2].pk, stories[0].pk]
    made, fill = make_queue(
        actor=curator, selection=selection_of("queued", order="low"), members=[], orders=version.judge,
        shows=version.judge, name="Low", slug="low", rubric=queue.rubric, policy=queue.policy,
    )  # fmt: skip
    again, same = make_queue(
        actor=curator, selection=selection_of("queued", order="low"), members=[], orders=version.judge,
        shows=version.judge, name="Low", slug="low", rubric=queue.rubric, policy=queue.policy,
    )  # fmt: skip
    assert (again, same) == (made, fill)
    assert QueueJudges.objects.get(queue=made).shows == version.judge
    with pytest.raises(NotAllowed):
        set_queue_judges(actor=person(), queue=queue, orders=None, shows=None)


def test_a_queue_is_put_in_the_order_of_another_judge_and_who_asks_is_recused(curator: User) -> None:
    stories = scored_stories(3)
    version = llm_judge()
    run = started_run(version, stories)
    lease = take(run)
    settled(run, lease, kept(run, lease, said=[rated(run, *pair) for pair in zip(stories, "253", strict=True)]))
    annie = person()
    queue, _fill = make_queue(
        actor=person(Role.CURATOR), selection=selection_of(order="low"), members=[annie], name="Low", slug="low",
        rubric=version.rubric, policy=queue_of().policy,
    )  # fmt: skip
    with pytest.raises(Conflict, match="right now"):
        set_queue_judges(actor=curator, queue=queue, orders=version.judge, shows=None)
    fill_due()
    assert set_queue_judges(actor=curator, queue=queue, orders=None, shows=version.judge) is None
    client = signed_in(curator)
    client.post(reverse("queue_judges", args=["low"]), {"orders": version.judge_id, "shows": ""})
    assert "Waiting for a worker" in page(client, "queue_detail", "low")
    fill_due()
    ordered = Item.objects.filter(queue=queue).order_by("-priority", "id").values_list("story", flat=True)
    assert list(ordered) == [stories[0].pk, stories[2].pk, stories[1].pk]
    assert Item.objects.get(queue=queue, story=stories[0]).priority == 400
    assert Recusal.objects.filter(user=curator, saw="order").count() == 3
    assert Entry.objects.filter(verb="queue.ordered", actor=curator, data__count=3).exists()
    claimed = claim(reviewer=annie, queue=queue)
    assert claimed is not None
    assert claimed.story_id == stories[0].pk


def test_who_reads_a_story_of_a_queue_does_not_change_its_order() -> None:
    stories, reader, version = scored_stories(2), person(Role.CURATOR), llm_judge()
    queue, _fill = make_queue(
        actor=person(Role.CURATOR), selection=selection_of(order="high"), members=[reader], name="High", slug="high",
        rubric=version.rubric, policy=queue_of().policy,
    )  # fmt: skip
    fill_due()
    assert claim(reviewer=reader, queue=queue) is not None
    with pytest.raises(Conflict, match="reading one"):
        set_queue_judges(actor=reader, queue=queue, orders=version.judge, shows=None)
    assert not QueueJudges.objects.exists()
    assert len(stories) == Item.objects.filter(queue=queue).count()


def test_reviewers_are_compared_with_the_judge_that_their_queue_shows_and_with_no_other(curator: User) -> None:
    annie, stories = person(), scored_stories(1)
    version = llm_judge("Careful")
    answer_all(started_run(version, stories))
    queue = queue_of(annie, stories=stories, reveal=True)
    review = review_by(annie, queue)
    address = reverse("comparison", args=[review.pk])
    client = signed_in(annie)
    compared = client.get(address).context["compared"]
    assert compared.version.judge.kind == "embedded"
    assert compared.both + len([line for line in compared.rest if not line.level]) == 10, "each criterion once"
    answer = signed_in(curator).post(
        reverse("queue_judges", args=[queue.slug]), {"orders": "", "shows": version.judge.pk}
    )
    assert answer.status_code == 302
    response = client.get(address)
    compared = response.context["compared"]
    assert compared.version == version
    assert len(compared.apart) + len(compared.rest) == 10
    told = response.content.decode()
    assert "It says so." in told
    assert "Words were counted" not in told
    assert Exposure.objects.filter(recusal__user=annie).count() == 1
    other = Judge.objects.get(pk=llm_judge("Silent").judge_id)
    set_queue_judges(actor=curator, queue=queue, orders=None, shows=other)
    assert "has not scored this story" in client.get(address).content.decode()


def test_who_looks_at_a_storys_scores_is_shown_each_judge_by_itself(curator: User) -> None:
    (story,) = scored_stories(1)
    answer_all(started_run(llm_judge("Careful"), [story]), themes=[])
    client = signed_in(curator)
    client.post(reverse("story_scores", args=[story.pk]))
    told = page(client, "story_detail", story.pk)
    assert told.count("<caption>") == 2
    assert "Careful v1 · Uncalibrated" in told
    assert "N/A" in told


def test_a_run_is_made_from_a_terminal_first_its_cost_and_then_with_a_budget() -> None:
    scored_stories(3)
    llm_judge("Careful")
    out = StringIO()
    call_command("run_judge", "careful", "--at-most", "2", stdout=out)
    run = ScoreRun.objects.get()
    assert f"Run {run.pk}: 2 answers about 2 stories. Cost: about $0.0" in out.getvalue()
    assert run.state == "estimated"
    with pytest.raises(CommandError, match="Say the budget in dollars"):
        call_command("run_judge", "careful", "--budget", "lots")
    with pytest.raises(CommandError, match="No story fits"):
        call_command("run_judge", "careful", "--source", "nowhere")
    with pytest.raises(CommandError, match="No language is called “Elvish”"):
        call_command("run_judge", "careful", "--language", "Elvish")
    call_command("run_judge", "careful", "--language", "English", "--at-most", "1", stdout=out)
    assert ScoreRun.objects.latest("pk").chosen["filter"]["language"] == "en"
    with pytest.raises(CommandError, match="no such judge"):
        call_command("run_judge", "nobody")
    assert ScoreRun.objects.count() == 2


def test_the_command_that_started_a_run_follows_it_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    (story,) = scored_stories(1)
    llm_judge("Careful")

    def answer(_seconds: float) -> None:
        run = ScoreRun.objects.get()
        answer_all(run)
        finish_runs()

    monkeypatch.setattr(run_judge.time, "sleep", answer)
    out = StringIO()
    call_command("run_judge", "careful", "--budget", "2.5", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["state"], told["done"], told["failed"], told["spent_micro_usd"]) == ("done", 1, 0, 1_000)
    run = ScoreRun.objects.get()
    assert run.budget is not None
    assert run.budget.limit_micro_usd == 2_500_000
    assert story.pk in Score.objects.filter(judge_version=run.judge_version).values_list("story", flat=True)


def test_a_queue_page_offers_judges_only_where_there_is_a_choice(curator: User) -> None:
    client, queue = signed_in(curator), queue_of()
    assert "Whose scores it uses" not in page(client, "queue_detail", queue.slug)
    assert "Judge for the order" not in page(client, "queue_new")
    llm_judge("Careful")
    assert "Whose scores it uses" in page(client, "queue_detail", queue.slug)
    assert "Judge for the order" in page(client, "queue_new")
    annie = person()
    assert "Whose scores it uses" not in page(signed_in(annie), "queue_detail", queue_of(annie).slug)


def test_without_a_provider_an_admin_is_led_to_where_one_is_added_and_a_curator_is_not(curator: User) -> None:
    address = reverse("provider_new")
    assert address in page(signed_in(person(Role.ADMIN)), "judge_new")
    assert address not in page(signed_in(curator), "judge_new")
