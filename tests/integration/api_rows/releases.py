"""Datasets, releases, judges with their runs and quality, providers, and the log."""

from typing import Any

from curation.access.actions import write_terms
from curation.access.models import Grant
from curation.accounts.invitations import invite
from curation.accounts.models import Role, User
from curation.argilla.actions import create_link, create_server
from curation.argilla.models import ArgillaPerson
from curation.publishing.actions import create_target, publish
from curation.publishing.models import HubTarget, Publication
from curation.ratings_import.actions.fetches import start_fetch
from curation.releases.models import Approval
from curation.releases.story_ids import public_id
from curation.scoring.actions import set_import_rule
from curation.triage.actions import propose_run
from curation.triage.filters import StoryFilter
from curation.webhooks.actions import create_endpoint
from curation.webhooks.models import Delivery, Endpoint, Message
from tests.builders import (
    accepted_stories,
    built_release,
    dataset,
    person,
    queue_of,
    reported,
    scored_stories,
    sent_outcome,
)
from tests.judging import MODEL, llm_judge

TABLE = """
datasets GET             | read    | 200
datasets POST            | release | 403 403 201 201
dataset GET              | read    | 404 200 200 200
dataset PATCH            | release | 404 403 200 200
dataset_outlook GET      | read    | 404 403 200 200
dataset_preview POST     | release | 404 403 200 200
dataset_visibility PUT   | release | 404 403 202 202
dataset_terms GET        | read    | 404 200 200 200
dataset_terms PUT        | release | 404 403 200 200
dataset_access GET       | read    | 404
grants GET               | read    | 404 403 200 200
grant POST               | release | 404 403 200 200
release_downloads GET    | read    | 404 200 200 200
approvals GET            | read    | 404 403 200 200
approval POST            | release | 404 403 200 200
withdrawn_stories GET    | read    | 404 200 200 200
withdrawn_stories POST   | release | 404 403 201 201
releases GET             | read    | 404 200 200 200
releases POST            | release | 404 403 202 202
release GET              | read    | 404 200 200 200
release DELETE           | release | 404 403 409 409
release_retry POST       | release | 404 403 409 409
release_left_out GET     | read    | 404 403 200 200
release_quality GET      | read    | 404 404 404 404
rerating_samples POST    | release | 404 403 201 201
release_abandon POST     | release | 404 403 409 409
release_withdrawal GET   | read    | 404 404 404 404
release_withdrawal POST  | release | 404 403 201 201
release_changes GET      | read    | 404 404 404 404
release_files GET        | read    | 404 200 200 200
release_file GET         | read    | 404 200 200 200
release_zip GET          | read    | 404 200 200 200
release_rows GET         | read    | 404 200 200 200
release_row GET          | read    | 404 200 200 200
new_reports POST         | read    | 404 201 201 201
reports GET              | read    | 404 200 200 200
report GET               | read    | 404 404 200 200
report_answer POST       | release | 404 404 200 200
report_finish POST       | read    | 404 404 403 403
new_outcomes POST        | read    | 404 201 201 201
outcomes GET             | read    | 404 200 200 200
outcome POST             | release | 404 403 200 200
argilla_servers GET      | read    | 403 403 200 200
argilla_servers POST     | admin   | 403 403 403 201
argilla_server GET       | admin   | 403 403 403 200
argilla_server DELETE    | admin   | 403 403 403 409
argilla_datasets GET     | read    | 403 403 503 503
dataset_fetches GET      | read    | 403 403 200 200
dataset_fetches POST     | curate  | 403 403 202 202
dataset_fetch GET        | read    | 404 404 200 200
dataset_fetch_cancel POST | curate | 404 404 200 200
fetched_dataset GET      | read    | 404 404 409 409
argilla_server_key PUT   | admin   | 403 403 403 200
argilla_links GET        | read    | 403 403 200 200
argilla_links POST       | curate  | 403 403 202 202
argilla_link GET         | read    | 403 403 200 200
argilla_link DELETE      | curate  | 403 403 204 204
argilla_link_sync POST   | curate  | 403 403 202 202
argilla_link_waiting GET | read    | 403 403 200 200
argilla_accounts GET     | read    | 403 403 200 200
argilla_account PUT      | curate  | 403 403 200 200
targets GET              | read    | 404 403 200 200
targets POST             | admin   | 403 403 403 201
target GET               | read    | 404 403 200 200
target DELETE            | admin   | 403 403 403 204
target_token PUT         | admin   | 403 403 403 200
publications GET         | read    | 404 403 200 200
publications POST        | release | 404 403 202 202
publication_plan POST    | release | 404 403 409 409
publication GET          | read    | 404 403 200 200
publication_retry POST   | release | 404 403 202 202
publication_accept POST  | release | 404 403 202 202
publication_public POST  | release | 404 403 409 409
judges GET               | read    | 403 403 200 200
judges POST              | curate  | 403 403 201 201
judge_combine POST       | curate  | 403 403 422 422
judge GET                | read    | 403 403 200 200
judge_versions GET       | read    | 403 403 200 200
judge_versions POST      | curate  | 403 403 201 201
judge_version GET        | read    | 403 403 200 200
judge_version_retry POST | curate  | 403 403 200 200
judge_retire POST        | curate  | 403 403 200 200
judge_rules GET          | read    | 403 403 200 200
judge_rules POST         | curate  | 403 403 201 201
judge_rule GET           | read    | 403 403 200 200
judge_rule DELETE        | curate  | 403 403 204 204
judge_quality GET        | read    | 403 403 200 200
runs GET                 | read    | 403 403 200 200
runs POST                | curate  | 403 403 201 201
run GET                  | read    | 403 403 200 200
run_failures GET         | read    | 403 403 200 200
run_start POST           | curate  | 403 403 200 200
run_pause POST           | curate  | 403 403 409 409
run_resume POST          | curate  | 403 403 409 409
run_cancel POST          | curate  | 403 403 200 200
run_retry POST           | curate  | 403 403 409 409
scoring GET              | read    | 403 403 200 200
agreement GET            | read    | 403 403 200 200
audit_samples POST       | curate  | 403 403 201 201
providers GET            | admin   | 403 403 403 200
providers POST           | admin   | 403 403 403 201
provider GET             | admin   | 403 403 403 200
provider PATCH           | admin   | 403 403 403 200
provider DELETE          | admin   | 403 403 403 204
provider_test POST       | admin   | 403 403 403 422
provider_prices GET      | admin   | 403 403 403 200
provider_prices POST     | admin   | 403 403 403 201
people GET               | admin   | 403 403 403 200
person GET               | admin   | 403 403 403 200
person PATCH             | admin   | 403 403 403 200
person_close POST        | admin   | 403 403 403 200
person_reopen POST       | admin   | 403 403 403 200
person_limits GET        | admin   | 403 403 403 200
person_limits PUT        | admin   | 403 403 403 200
person_limits DELETE     | admin   | 403 403 403 204
invitations GET          | admin   | 403 403 403 200
invitations POST         | admin   | 403 403 403 201
invitation GET           | admin   | 403 403 403 200
invitation DELETE        | admin   | 403 403 403 204
spending GET             | read    | 403 403 200 200
audit GET                | admin   | 403 403 403 200
webhooks GET             | admin   | 403 403 403 200
webhooks POST            | admin   | 403 403 403 201
webhook GET              | admin   | 403 403 403 200
webhook PATCH            | admin   | 403 403 403 200
webhook DELETE           | admin   | 403 403 403 204
webhook_test POST        | admin   | 403 403 403 200
webhook_secret POST      | admin   | 403 403 403 201
webhook_pause POST       | admin   | 403 403 403 200
webhook_resume POST      | admin   | 403 403 403 200
webhook_deliveries GET   | admin   | 403 403 403 200
webhook_dead GET         | admin   | 403 403 403 200
webhook_dead POST        | admin   | 403 403 403 202
delivery_replay POST     | admin   | 403 403 403 202
"""


OUTCOME = {
    "who": "The reading group", "model": "Reader 1B", "rows": "stories/train", "method": "SFT", "measure": "Accuracy",
    "baseline": 60.0, "result": 60.5, "low": 58.0, "high": 63.0, "link": "https://example.org/report",
}  # fmt: skip
WEBHOOK = ("test", "secret", "pause", "resume", "deliveries")


def dead_letter(*, actor: User) -> Delivery:
    """Make an endpoint on this machine, to which nothing is sent, and a message to it that was given up."""
    endpoint, _secret = create_endpoint(
        actor=actor, name="Ours", url="https://hooks.example.org/", events=["release.built"]
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1:1/")
    message = Message.objects.create(public_id=f"msg_{endpoint.uuid.hex}", event="release.built", body="{}")
    return Delivery.objects.create(message=message, endpoint=endpoint, state="failed", tries=8, error="Gone.")


def about(world: Any) -> dict[str, dict[str, Any]]:
    world.released, _other = accepted_stories(2, world.people[Role.ANNOTATOR], person())
    release = built_release(dataset(visibility="private"))
    world.problem = problem = reported(release, person())
    one = {"org": release.dataset.org, "name": release.dataset.name}
    version = one | {"version": release.version}
    world.target = create_target(
        actor=world.people[Role.ADMIN], dataset=release.dataset, repo="ours/tales", token="hf_none"
    )
    copy = publish(actor=world.people[Role.CURATOR], release=release, target=world.target)
    Publication.objects.filter(pk=copy.pk).update(state="failed", found_head="0" * 40)
    # A token that cannot be read: nobody is asked anything.
    HubTarget.objects.filter(pk=world.target.pk).update(encrypted_token=b"none")
    asked = Approval.objects.create(what="publication", dataset=release.dataset, asked_by=person(Role.CURATOR))
    terms = write_terms(
        actor=world.people[Role.ADMIN], dataset=release.dataset, text="Do no harm.", by_request=True, anew=True
    )
    grant = Grant.objects.create(dataset=release.dataset, person=person(), terms=terms, purpose="To learn.")
    [story] = scored_stories(1)
    judge = llm_judge("Reader", actor=world.people[Role.CURATOR])
    run = propose_run(
        actor=world.people[Role.CURATOR], version=judge, chosen=StoryFilter(stories=(story.pk,)), at_most=None
    )
    rule = set_import_rule(
        actor=world.people[Role.CURATOR], judge=judge.judge, source=story.source, limit_micro_usd=1_000
    )
    invitation, _secret = invite(actor=world.people[Role.ADMIN], role=Role.ANNOTATOR)
    place = {"url": "https://argilla.example.org", "workspace": "ours"}
    world.argilla = create_server(actor=world.people[Role.ADMIN], name="Argilla", key="none", **place)
    link = create_link(actor=world.people[Role.CURATOR], queue=queue_of(), server=world.argilla)
    account = ArgillaPerson.objects.create(server=world.argilla, account="1")
    fetching = start_fetch(actor=world.people[Role.CURATOR], server=world.argilla, name="Tales")
    world.judge, world.story, world.queue = judge, story, queue_of(person())
    dead = dead_letter(actor=world.people[Role.ADMIN])
    somebody, endpoint = {"pk": person().pk}, {"pk": dead.endpoint_id}
    reader, of_run, provider = {"key": "reader"}, {"pk": run.pk}, {"pk": judge.provider_id}
    return {
        **dict.fromkeys(("dataset", "dataset_outlook", "dataset_preview", "dataset_visibility", "releases"), one),
        **dict.fromkeys(("approvals", "withdrawn_stories", "dataset_terms", "dataset_access", "grants"), one),
        "grant": one | {"pk": grant.pk},
        "approval": one | {"pk": asked.pk},
        **dict.fromkeys(("release", "release_retry", "release_files", "release_zip"), version),
        "release_downloads": version,
        **dict.fromkeys(("release_abandon", "release_changes", "release_withdrawal"), version),
        **dict.fromkeys(("release_rows", "new_reports", "new_outcomes"), version),
        "release_row": version | {"split": problem.split, "row": problem.row},
        **dict.fromkeys(("reports", "outcomes"), one),
        **dict.fromkeys(("report", "report_answer", "report_finish"), one | {"uuid": problem.uuid}),
        "outcome": one | {"pk": sent_outcome(release, person()).pk},
        **{key: {"pk": world.argilla.pk} for key in ("argilla_server", "argilla_server_key", "argilla_datasets")},
        **{key: {"pk": fetching.pk} for key in ("dataset_fetch", "dataset_fetch_cancel", "fetched_dataset")},
        **{key: {"pk": link.pk} for key in ("argilla_link", "argilla_accounts")},
        **{f"argilla_link_{part}": {"pk": link.pk} for part in ("sync", "waiting")},
        "argilla_account": {"pk": account.pk},
        "targets": one,
        **dict.fromkeys(("publications", "publication_plan"), version),
        **{key: {"pk": world.target.pk} for key in ("target", "target_token")},
        "publication": {"pk": copy.pk},
        **{f"publication_{move}": {"pk": copy.pk} for move in ("retry", "accept", "public")},
        **dict.fromkeys(("release_left_out", "release_quality", "rerating_samples"), version),
        "release_file": version | {"path": "README.md"},
        **dict.fromkeys(("judge", "judge_versions", "judge_retire", "judge_rules", "judge_quality"), reader),
        **dict.fromkeys(("judge_version", "judge_version_retry"), reader | {"number": 1}),
        "judge_rule": reader | {"pk": rule.pk},
        **dict.fromkeys(("run", "run_failures"), of_run),
        **dict.fromkeys(("person", "person_close", "person_reopen", "person_limits"), somebody),
        "invitation": {"pk": invitation.pk},
        **dict.fromkeys(("webhook", *(f"webhook_{part}" for part in WEBHOOK)), endpoint),
        "delivery_replay": {"pk": dead.pk},
        **dict.fromkeys(("provider", "provider_test", "provider_prices"), provider),
        **{f"run_{move}": of_run for move in ("start", "pause", "resume", "cancel", "retry")},
    }


def sent(world: Any) -> dict[str, Any]:
    version = {
        "provider": world.judge.provider_id,
        "rubric": world.judge.rubric_id,
        "constitution": world.judge.constitution_id,
        "model": MODEL,
    }
    return {
        "datasets POST": {"org": "exempla", "name": "made"},
        "dataset_visibility PUT": {"visibility": "public"},
        "approval POST": {"move": "approve"},
        "dataset_terms PUT": {"text": "Do good.", "by_request": False},
        "grant POST": {"move": "decline", "reason": "Too vague."},
        "withdrawn_stories POST": {"story": public_id(world.released.normal_sha256), "reason": "It names a person."},
        "release_abandon POST": {"reason": "It failed."},
        "release_withdrawal POST": {"reason": "A rating was wrong."},
        "new_reports POST": {"split": world.problem.split, "row": 0, "kind": "text", "text": "It is cut off."},
        "report_answer POST": {"answer": "It is mended."},
        "new_outcomes POST": OUTCOME,
        "outcome POST": {"move": "list"},
        "argilla_servers POST": {
            "name": "Other",
            "url": "https://argilla.example.org",
            "workspace": "others",
            "key": "none",
        },
        "argilla_server_key PUT": {"key": "other"},
        "argilla_links POST": {"queue": world.queue.slug, "server": world.argilla.pk},
        "argilla_account PUT": {"person": None},
        "dataset_fetches POST": {"server": world.argilla.pk, "name": "Tales"},
        "targets POST": {"repo": "ours/others", "token": "hf_none"},
        "target_token PUT": {"token": "hf_other"},
        "publications POST": {"target": world.target.pk},
        "publication_plan POST": {"target": world.target.pk},
        "publication_accept POST": {"head": "0" * 40},
        "dataset_preview POST": {"selection": {"one_per_cluster": True}},
        "rerating_samples POST": {"name": "Second reading", "stories": 2},
        "releases POST": {"version": "v0.1.1", "notes": "A title was corrected."},
        "judges POST": version | {"name": "Another"},
        "judge_combine POST": {"name": "All", "rubric": world.judge.rubric_id, "judges": ["reader"]},
        "judge_versions POST": version,
        "judge_rules POST": {"limit_micro_usd": 1_000},
        "runs POST": {"version": world.judge.pk, "source": world.story.source.name},
        "run_start POST": {"limit_micro_usd": 1_000_000},
        "person PATCH": {"role": "curator"},
        "person_limits PUT": {"orgs": ["exempla"], "datasets": []},
        "webhooks POST": {"name": "Theirs", "url": "https://hooks.example.org/", "events": ["release.built"]},
        "webhook PATCH": {"url": "https://hooks.example.org/", "events": ["import.finished"]},
        "providers POST": {"name": "Ours", "kind": "openai", "base_url": "https://models.example.org/v1"},
        "provider PATCH": {"in_flight": 4},
        "provider_prices POST": {"model": MODEL, "input": "1", "output": "2"},
        "audit_samples POST": {"queue": world.queue.slug, "stories": 1},
    }
