"""Who may see and do what: every address, opened and sent to, by everybody. An address without a row fails.

A new address takes one line in `TABLE`. When one behaves otherwise than its row says, all that do are listed.
"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotations.actions import claim
from annotations.models import Decision
from curation.access.actions import write_terms
from curation.access.models import Grant
from curation.accounts.invitations import invite
from curation.accounts.models import Role, User
from curation.argilla.actions import create_link, create_server
from curation.argilla.models import ArgillaPerson
from curation.erasure.actions import ask_purge
from curation.llm.actions import create_provider
from curation.publishing.actions import create_target, publish
from curation.publishing.models import HubTarget, Publication
from curation.ratings_import.models import DatasetFetch
from curation.releases.actions import limit_person
from curation.releases.models import Release
from curation.scoring.models import JudgeVersion
from curation.standards.models import Rubric
from curation.triage.models import Fill
from curation.webhooks.actions import create_endpoint
from curation.webhooks.emitting import emit
from curation.webhooks.models import Delivery
from tests.argilla_files import ANNA, nested
from tests.builders import (
    CONDUCT,
    accepted_stories,
    add_story,
    answers,
    asked_to_publish,
    built_release,
    dataset,
    passage_of,
    person,
    queue_of,
    reported,
    review_by,
    scored_stories,
    sent_outcome,
)
from tests.judging import estimated_run, llm_judge

WHO = ["annie", "other", "researcher", "curator", "admin"]
TABLE = """
route                     | GET                 | POST                | strangers: GET POST
favicon                   | 302                 | 405                 | 302 405
home                      | 200                 | 405
story_list                | 403 403 403 200 200 | 405
story_detail              | 404 404 404 200 200 | 405
story_scores              | 405                 | 404 404 404 302 302
story_unblock             | 405                 | 404 404 404 409 409
purge_new                 | 403 403 403 403 200 | 403 403 403 403 422
purge_list                | 403 403 403 403 200 | 405
purge                     | 403 403 403 403 200 | 405
purge_move                | 405                 | 403 403 403 403 422
comparison                | 200 404 404 404 404 | 405
scoring_progress          | 403 403 403 200 200 | 405
scoring_retry             | 405                 | 403 403 403 302 302
judge_list                | 403 403 403 200 200 | 405
judge_new                 | 403 403 403 200 200 | 403 403 403 200 200
judge_combine             | 403 403 403 200 200 | 403 403 403 200 200
judge                     | 403 403 403 200 200 | 405
judge_version_new         | 403 403 403 200 200 | 403 403 403 200 200
judge_retire              | 405                 | 403 403 403 302 302
judge_rules               | 405                 | 403 403 403 422 422
run_list                  | 403 403 403 200 200 | 405
run_new                   | 403 403 403 200 200 | 403 403 403 200 200
run                       | 403 403 403 200 200 | 405
run_move                  | 405                 | 403 403 403 302 302
judge_quality             | 403 403 403 200 200 | 405
audit_draw                | 405                 | 403 403 403 422 422
healthz                   | 200                 | 200                 | 200 200
readyz                    | 200                 | 200                 | 200 200
login                     | 302                 | 302                 | 200 200
logout                    | 405                 | 302
password_change           | 200                 | 200
password_change_done      | 302                 | 302
sign_out_elsewhere        | 405                 | 302
sign_out_there            | 405                 | 404 404 404 404 404
preferences               | 200                 | 200
tokens                    | 200                 | 422
token_revoke              | 405                 | 404 404 404 404 404
api_schema                | 200                 | 405                 | 200 405
api_docs                  | 200                 | 405                 | 200 405
preferences_part          | 405                 | 302
standards                 | 200                 | 405
standards_import          | 403 403 403 200 200 | 403 403 403 200 200
standards_file            | 200                 | 405
import_new                | 403 403 403 200 200 | 403 403 403 422 422
import_preview            | 403 403 403 200 404 | 403 403 403 200 404
import_detail             | 403 403 403 200 200 | 405
import_resume             | 405                 | 403 403 403 409 409
import_report             | 403 403 403 200 200 | 405
import_list               | 403 403 403 200 200 | 405
ratings_import_new        | 403 403 403 200 200 | 403 403 403 422 422
ratings_import_map        | 403 403 403 200 404 | 403 403 403 200 404
ratings_import_server     | 403 403 403 200 200 | 403 403 403 422 422
dataset_fetch             | 403 403 403 200 200 | 405
dataset_fetch_cancel      | 405                 | 403 403 403 409 409
ratings_import_list       | 403 403 403 200 200 | 405
ratings_import            | 403 403 403 200 200 | 405
ratings_import_resume     | 405                 | 403 403 403 409 409
ratings_import_not_kept   | 403 403 403 200 200 | 405
imported_reviews          | 403 403 403 200 200 | 405
queue_new                 | 403 403 403 200 200 | 403 403 403 200 200
queue_preview             | 403 403 403 200 200 | 405
queue_add                 | 403 403 403 200 200 | 403 403 403 200 200
queue_judges              | 405                 | 403 403 403 302 302
queue_fills               | 403 403 403 200 200 | 405
queue_fill                | 405                 | 403 403 403 302 302
queue_list                | 200                 | 405
queue_detail              | 200 404 404 200 200 | 405
queue_state               | 405                 | 403 404 404 302 302
queue_practice            | 405                 | 403 404 404 302 302
member_add                | 405                 | 403 404 404 302 302
member_remove             | 405                 | 403 404 404 302 302
review_done               | 200 404 404 404 404 | 405
review_withdraw           | 405                 | 302 404 404 404 404
review                    | 200 404 404 403 302 | 405
review_next               | 200 404 404 403 409 | 405
review_assignment               | 302 404 404 404 404 | 405
review_draft              | 405                 | 422 404 404 404 404
review_submit             | 302                 | 422 404 404 404 404
review_pass               | 302                 | 422 404 404 404 404
review_pass_undo          | 405                 | 302 404 404 404 404
practice                  | 200                 | 405
practice_story            | 200                 | 422
practice_feedback         | 302                 | 405
guidelines                | 200                 | 405
consent                   | 200                 | 422
my_work                   | 200 200 403 200 200 | 405
my_review                 | 200 404 403 404 404 | 405
review_revise             | 409 404 404 404 404 | 409 404 404 404 404
last_reviews              | 200 200 403 200 200 | 405
my_reviews_csv            | 200 200 403 200 200 | 405
my_reviews_jsonl          | 200 200 403 200 200 | 405
adjudication_list         | 403 403 403 200 200 | 405
adjudicate                | 403 403 403 200 200 | 403 403 403 422 422
adjudicate_undo           | 405                 | 403 403 403 404 404
dataset_list              | 200                 | 405                 | in 405
dataset_new               | 403 403 403 200 200 | 403 403 403 200 200
dataset                   | 404 404 200 200 200 | 405                 | in 405
dataset_describe          | 404 404 403 200 200 | 404 404 403 302 302
release_new               | 404 404 403 200 200 | 404 404 403 200 200
release_agreement         | 404 404 403 200 200 | 405
release                   | 404 404 200 200 200 | 405                 | in 405
release_progress          | 404 404 200 200 200 | 405
release_retry             | 405                 | 404 404 403 409 409
release_discard           | 405                 | 404 404 403 409 409
release_abandon           | 405                 | 404 404 403 422 422
release_quality           | 404 404 200 200 200 | 404 404 403 422 422 | in in
release_withdraw          | 405                 | 404 404 403 422 422
dataset_visibility        | 405                 | 404 404 403 422 422
dataset_access            | 404 404 302 302 302 | 404 404 302 302 302
access_give_up            | 405                 | 404 404 409 409 409
dataset_terms             | 404 404 403 200 200 | 404 404 403 422 422
access_decide             | 405                 | 404 404 403 302 302
approval                  | 405                 | 404 404 403 302 403
release_zip               | 404 404 200 200 200 | 405                 | in 405
release_changes           | 404 404 404 404 404 | 405                 | in 405
release_publish           | 404 404 403 200 200 | 404 404 403 302 302
publish_progress          | 404 404 403 200 200 | 405
publish_preview           | 405                 | 404 404 403 200 200
publication_move          | 405                 | 404 404 403 302 302
target_list               | 404 404 403 200 200 | 404 404 403 403 422
target_move               | 405                 | 403 403 403 403 302
research_waiting          | 403 403 403 200 200 | 405
feed                      | 200                 | 405                 | 200 405
dataset_feed              | 404 404 200 200 200 | 405                 | 404 405
report_list               | 404 404 403 200 200 | 405
report                    | 404 404 404 200 200 | 405                 | in 405
report_answer             | 405                 | 404 404 404 302 302
report_finish             | 405                 | 404 404 404 403 403
outcome_list              | 404 404 200 200 200 | 405                 | in 405
outcome_decide            | 405                 | 404 404 403 302 302
outcome_new               | 404 404 200 200 200 | 404 404 422 422 422
release_rows              | 404 404 200 200 200 | 405                 | in 405
release_rows_read         | 405                 | 404 404 302 302 302 | 405 in
release_row               | 404 404 200 200 200 | 405                 | in 405
report_new                | 404 404 200 200 200 | 404 404 422 422 422 | in in
release_story             | 404 404 302 302 302 | 405                 | in 405
release_file              | 404 404 200 200 200 | 405                 | in 405
hub_whoami                | 200                 | 405                 | 401 405
hub_dataset               | 404 404 200 200 200 | 405                 | 401 405
hub_revision              | 404 404 200 200 200 | 405                 | 401 405
hub_tree                  | 404 404 200 200 200 | 405                 | 401 405
hub_folder                | 404                 | 405                 | 401 405
hub_paths                 | 405                 | 404 404 200 200 200 | 405 401
hub_refs                  | 404 404 200 200 200 | 405                 | 401 405
hub_commits               | 404 404 200 200 200 | 405                 | 401 405
hub_auth_check            | 404 404 200 200 200 | 405                 | 401 405
hub_file                  | 404 404 200 200 200 | 405                 | 401 405
hub_nothing               | 404                 | 405                 | 401 405
people                    | 403 403 403 403 200 | 405
person_invite             | 403 403 403 403 200 | 403 403 403 403 422
invitation_withdraw       | 405                 | 403 403 403 403 302
person                    | 403 403 403 403 200 | 405
person_role               | 405                 | 403 403 403 403 422
person_queues             | 405                 | 403 403 403 403 302
person_datasets           | 405                 | 403 403 403 403 422
person_close              | 405                 | 403 403 403 403 302
person_reopen             | 405                 | 403 403 403 403 302
person_erase              | 403 403 403 403 200 | 403 403 403 403 422
invitation                | 409                 | 409                 | 200 422
activity                  | 403 403 403 403 200 | 405
provider_list             | 403 403 403 403 200 | 405
provider_new              | 403 403 403 403 200 | 403 403 403 403 422
provider                  | 403 403 403 403 200 | 403 403 403 403 422
provider_test             | 405                 | 403 403 403 403 422
provider_price            | 405                 | 403 403 403 403 422
provider_remove           | 405                 | 403 403 403 403 302
spending                  | 403 403 403 200 200 | 405
webhook_list              | 403 403 403 403 200 | 405
webhook_new               | 403 403 403 403 200 | 403 403 403 403 422
webhook_dead              | 403 403 403 403 200 | 405
webhook_dead_replay       | 405                 | 403 403 403 403 302
webhook_replay            | 405                 | 403 403 403 403 409
webhook                   | 403 403 403 403 200 | 403 403 403 403 422
webhook_deliveries        | 403 403 403 403 200 | 405
webhook_test              | 405                 | 403 403 403 403 200
webhook_secret            | 405                 | 403 403 403 403 422
webhook_move              | 405                 | 403 403 403 403 302
argilla_list              | 403 403 403 403 200 | 405
argilla_new               | 403 403 403 403 200 | 403 403 403 403 422
argilla_server            | 403 403 403 403 200 | 405
argilla_try               | 405                 | 403 403 403 403 302
argilla_move              | 405                 | 403 403 403 403 422
argilla_links             | 403 403 403 200 200 | 405
argilla_link_new          | 403 403 403 200 200 | 403 403 403 422 422
argilla_link              | 403 403 403 200 200 | 405
argilla_link_move         | 405                 | 403 403 403 422 422
argilla_people            | 403 403 403 200 200 | 405
argilla_account           | 405                 | 403 403 403 422 422
argilla_event             | 405                 | 404                 | 405 404
admin:index               | in in in in 200     | in in in in 200
back_office               | 403 403 403 403 302 | 403 403 403 403 302
back_office_password      | 302                 | 302
admin:login               | 403 403 403 403 302 | 403 403 403 403 302
admin:logout              | 302 302 302 302 405 | 302
admin:password_change     | 302                 | 302
admin:password_change_done | in in in in 200     | in in in in 405
admin:autocomplete        | in in in in 403     | in in in in 405
admin:jsi18n              | in in in in 200     | in in in in 405
admin:view_on_site        | in in in in 404     | in in in in 404
admin:app_list            | in in in in 200     | in in in in 200
admin/(?P<url>.*)$        | in in in in 404     | in in in in 404
admin:accounts_user_add   | in in in in 200     | in in in in 200
admin:accounts_user_change | in in in in 200     | in in in in 200
admin:auth_user_password_change | in in in in 200     | in in in in 200
admin:*_changelist        | in in in in 200     | in in in in 200
admin:*_add               | in in in in 403     | in in in in 403
admin:*_change            | in in in in 200/302 | in in in in 403
admin:*_delete            | in in in in 403     | in in in in 403
admin:*_history           | in in in in 200/302 | in in in in 200/302
admin/*/<path:object_id>/ | in in in in 302     | in in in in 302
"""

# Where a curator and a researcher who are limited to another organisation are answered otherwise than their colleagues:
# a private dataset is not there for them.
LIMITED = """
route                     | curator: GET POST | researcher: GET POST
import_preview            | 404 404           | 403 403
ratings_import_map        | 404 404           | 403 403
dataset                   | 404 405           | 404 405
dataset_describe          | 404 404           | 404 404
release_new               | 404 404           | 404 404
release_agreement         | 404 405           | 404 405
release                   | 404 405           | 404 405
release_progress          | 404 405           | 404 405
release_retry             | 405 404           | 405 404
release_discard           | 405 404           | 405 404
release_quality           | 404 404           | 404 404
release_abandon           | 405 404           | 405 404
release_withdraw          | 405 404           | 405 404
dataset_visibility        | 405 404           | 405 404
dataset_access            | 404 404           | 404 404
access_give_up            | 405 404           | 405 404
dataset_terms             | 404 404           | 404 404
access_decide             | 405 404           | 405 404
approval                  | 405 404           | 405 404
release_zip               | 404 405           | 404 405
release_changes           | 404 405           | 404 405
release_publish           | 404 404           | 404 404
publish_progress          | 404 405           | 404 405
publish_preview           | 405 404           | 405 404
publication_move          | 405 404           | 405 404
target_list               | 404 404           | 404 404
target_move               | 405 403           | 405 403
release_file              | 404 405           | 404 405
dataset_feed              | 404 405           | 404 405
report_list               | 404 405           | 404 405
report                    | 404 405           | 404 405
report_answer             | 405 404           | 405 404
report_finish             | 405 404           | 405 404
outcome_list              | 404 405           | 404 405
outcome_decide            | 405 404           | 405 404
outcome_new               | 404 404           | 404 404
release_rows              | 404 405           | 404 405
release_rows_read         | 405 404           | 405 404
release_row               | 404 405           | 404 405
report_new                | 404 404           | 404 404
release_story             | 404 405           | 404 405
hub_dataset               | 404 405           | 404 405
hub_revision              | 404 405           | 404 405
hub_tree                  | 404 405           | 404 405
hub_paths                 | 405 404           | 405 404
hub_refs                  | 404 405           | 404 405
hub_commits               | 404 405           | 404 405
hub_auth_check            | 404 405           | 404 405
hub_file                  | 404 405           | 404 405
"""

# These change nothing, or believe a signature alone.
READ_BY_POST = {"hub_paths", "argilla_event"}

# What a form sends, where the answer to nothing would be the same for everybody.
SENT = {
    "queue_fill": {"move": "retry"},
    "release_withdraw": {"what": "version"},
    "report_answer": {"answer": "It is mended."},
    "outcome_decide": {"move": "list"},
    "access_decide": {"move": "decline", "reason": "No."},
    "approval": {"move": "decline", "reason": "No."},
    "queue_state": {"move": "pause"},
    "member_add": {"user": "other"},
    "member_remove": {"user": "annie"},
    "run_move": {"move": "cancel"},
    "webhook_move": {"move": "pause"},
    "publication_move": {"move": "retry"},
    "target_move": {"move": "remove"},
}


def rows() -> dict[str, tuple[list[str], list[str], str]]:
    """Read the table: route -> what GET and POST answer to each of `WHO`, and what strangers get."""
    found = {}
    for line in TABLE.strip().splitlines()[1:]:
        route, get, post, *strangers = (part.strip() for part in line.split("|"))
        found[route] = (each(get), each(post), strangers[0] if strangers else "")
    return found


def each(codes: str) -> list[str]:
    """Return one entry for each of `WHO`; a code that stands alone holds for all."""
    said = codes.split()
    return said * len(WHO) if len(said) == 1 else said


def unlike(codes: list[str]) -> list[str]:
    """Return, by what a page answers to each of `WHO`, the first and the last to whom it opens and the first refused.

    What a page shows to those between is what it shows to one of these.
    """
    opens = [name for name, code in zip(WHO, codes, strict=True) if code.startswith("200")]
    refused = [name for name in WHO if name not in opens]
    return list(dict.fromkeys([*opens[:1], *opens[-1:], *refused[:1]]))


def limited() -> dict[str, list[list[str]]]:
    """Read the other table: route -> what GET and POST answer to the curator and to the researcher."""
    lines = [[part.strip() for part in line.split("|")] for line in LIMITED.strip().splitlines()[1:]]
    return {route: [codes.split() for codes in both] for route, *both in lines}


def routes() -> Iterator[tuple[str, str]]:
    """Yield every route of the site: its name, or its pattern if it has none, and its pattern."""

    def walk(patterns: list[URLPattern | URLResolver], before: str, space: str) -> Iterator[tuple[str, str]]:
        for one in patterns:
            pattern = before + str(one.pattern)
            if isinstance(one, URLResolver) and one.namespace == "api":
                continue  # What programs call has tables of its own: test_api_who_may.
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, pattern, space + (f"{one.namespace}:" if one.namespace else ""))
            else:
                yield (space + one.name if one.name else pattern), pattern

    return walk(get_resolver().url_patterns, "", "")


def row_of(route: str, table: dict[str, Any]) -> str | None:
    """Return the row of a route: of its own name, else the first of the patterns with `*` that it fits."""
    return route if route in table else next((row for row in table if "*" in row and fnmatchcase(route, row)), None)


def workspace(folder: Path) -> tuple[dict[str, User], dict[str, Any]]:
    """Make people, and something that every address can be about; annie's where it is somebody's own."""
    people = {
        "annie": person(username="annie"),
        "other": person(username="other"),
        "researcher": person(Role.RESEARCHER),
        "curator": person(Role.CURATOR),
        "admin": User.objects.create_superuser("root", password="a-long-password", is_staff=True),
    }
    for name, role in (("limited curator", Role.CURATOR), ("limited researcher", Role.RESEARCHER)):
        people[name] = person(role)
        limit_person(actor=people["admin"], user=people[name], orgs=["elsewhere"], datasets=[])
    annie = people["annie"]
    accepted_stories(2, annie, person())
    release: Release = built_release(dataset(visibility="private"))
    approval = asked_to_publish(release.dataset, people["admin"])
    terms = write_terms(actor=people["admin"], dataset=release.dataset, text="Do no harm.", by_request=True, anew=True)
    # Both are called by their number under the dataset.
    Grant.objects.create(pk=approval.pk, dataset=release.dataset, person=annie, terms=terms)
    first, second = scored_stories(2)
    problem, result = reported(release, people["annie"]), sent_outcome(release, people["admin"])
    queue = queue_of(annie, person(), stories=[first, second], reveal=True)
    review = review_by(annie, queue)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    one, another = person(), person()
    disputed = queue_of(one, another, stories=[torn := add_story()])
    review_by(one, disputed, answers(flags={"backfire": passage_of(torn.text, "The tug") | CONDUCT}))
    review_by(another, disputed)
    curator = Client()
    curator.force_login(people["curator"])
    file = SimpleUploadedFile("a.csv", b"text\nA tug waited for the harbour master.\n")
    preview = curator.post(reverse("import_new"), {"file": file})["Location"]
    run = curator.post(preview, {"new_source": "files", "map_text": "text"})["Location"]
    rated = nested(0, responses={"quality": [{"value": 5, "user_id": ANNA}]})
    file = SimpleUploadedFile("t.json", json.dumps([rated]).encode())
    upload = curator.post(reverse("ratings_import_new"), {"file": file})["Location"]
    ratings = curator.post(upload, {"start": "1", "source": "files", "name": "Tales"})["Location"]
    invitation, secret = invite(actor=people["admin"], role="annotator")
    fill = Fill.objects.create(queue=queue, selection={}, total=1, state="failed", error="The queue was closed.")
    provider = create_provider(actor=people["admin"], name="Models", kind="openai", base_url="https://a.example/v1")
    # No name of that kind means a host: a test of it ends at once.
    url = "https://hooks.invalid/"
    endpoint, _secret = create_endpoint(actor=people["admin"], name="Ours", url=url, events=["release.built"])
    with transaction.atomic():
        emit(event="release.built", thing="release", key=release.pk)
    told = Delivery.objects.get(endpoint=endpoint)
    score_run = estimated_run(llm_judge("Reader", actor=people["curator"]), [second], actor=people["curator"])
    asked = ask_purge(actor=people["admin"], story=add_story(), kind="law", reason="For a test.")
    target = create_target(actor=people["admin"], dataset=release.dataset, repo="ours/tales", token="hf_none")
    copy = publish(actor=people["curator"], release=release, target=target)
    Publication.objects.filter(pk=copy.pk).update(state="failed", error="It stopped: Killed.")
    # A token that cannot be read: nobody is asked anything.
    HubTarget.objects.filter(pk=target.pk).update(encrypted_token=b"none")
    place = {"url": "https://argilla.invalid", "workspace": "ours"}
    argilla = create_server(actor=people["admin"], name="Argilla", key="none", **place)
    link = create_link(actor=people["curator"], queue=queue, server=argilla)
    account = ArgillaPerson.objects.create(server=argilla, account="1")
    fetching = DatasetFetch.objects.create(
        server=argilla, name="Tales", state="failed", error="It stopped: Killed.", created_by=people["curator"]
    )
    kept = {
        "sent": {key: {"target": str(target.pk)} for key in ("release_publish", "publish_preview")},
        "slug": queue.slug, "assignment": assignment.pk, "review_id": review.pk, "story_id": torn.pk, "number": 1,
        "key": "reader", "decision_id": Decision.objects.get(story=torn).pk,
        "org": release.dataset.org, "name": release.dataset.name, "version": release.version, "path": "README.md",
        "split": problem.split, "row": problem.row, "uuid": problem.uuid, "public_id": problem.story_id,
        "outcome": result.pk,
        "revision": "main", "rest": "api/models/gpt2",
        "upload": upload.split("/")[-2],
        "token": preview.split("/")[-2], "kind": "rubric", "url": "nowhere", "app_label": "audit", "id": annie.pk,
        "secret": secret, "content_type_id": 1, "object_id": 1,
        "pk": {"ratings/import/servers": argilla.pk, "ratings/fetches": fetching.pk,
               "ratings": ratings.split("/")[-2], "stories/import": run.split("/")[-2], "scoring/runs": score_run.pk,
               "scoring": JudgeVersion.objects.get(active=True, provider=None).pk,
               "people/invitations": invitation.pk, "people": annie.pk,
               "queues": fill.pk, "models": provider.pk,
               "webhooks/deliveries": told.pk, "webhooks": endpoint.pk,
               "argilla/links": link.pk, "argilla/accounts": account.pk,
               "argilla": argilla.pk,
               "publications": copy.pk, "datasets/<slug:org>/<slug:name>/hubs": target.pk, "purges": asked.pk,
               "datasets": approval.pk, "accounts/tokens": 1, "accounts/sessions": 0,
               "standards": Rubric.objects.get(of_dataset=False).pk, "stories": second.pk},
    }  # fmt: skip
    for model in admin.site._registry:
        row = model._default_manager.first()
        kept["object_id", f"admin/{model._meta.app_label}/{model._meta.model_name}"] = row.pk if row else 1
    return people, kept


def address_of(pattern: str, kept: dict[Any, Any]) -> str:
    """Fill a pattern in with what the workspace has."""

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name == "object_id":
            return str(kept.get((name, "/".join(pattern.split("/")[:3])), 1))
        if name == "pk":
            if "outcomes" in pattern:
                return str(kept["outcome"])
            return str(next(pk for start, pk in kept["pk"].items() if pattern.startswith(start)))
        return str(kept[name])

    pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern).replace("^", "").removesuffix("$")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", fill, pattern)


def answer_to(client: Client, method: str, address: str, sent: dict[str, str], *, as_page: bool) -> Any:
    """Return what an address answers, and leave everything as it was. A refusal is told as a page or as JSON."""
    cookies, headers = client.cookies.output(), {} if as_page else {"accept": "application/json"}
    with transaction.atomic():
        answer = getattr(client, method)(address, sent if method == "post" else None, headers=headers)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
    if answer.streaming:
        list(answer)  # It closes its file when it is read.
    return answer


def outcome_of(answer: Any) -> str:
    """Say what an answer is: its status, or "in" for the way to the sign-in page."""
    code = str(answer.status_code)
    return "in" if code == "302" and "/login/?next=" in answer["Location"] else code


def may_be_kept(answer: Any) -> bool:
    """Whether a cache may show an answer to whoever uses the computer next, without asking for it again."""
    rule = set(answer.headers.get("Cache-Control", "").split(", "))
    return "private" not in rule or not rule & {"no-store", "no-cache"}


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    table, names = rows(), [name for name, _pattern in routes()]
    assert [name for name in names if row_of(name, table) is None] == []
    assert [row for row in table if row not in {row_of(name, table) for name in names}] == []
    assert limited().keys() <= set(names)


@pytest.mark.long
@pytest.mark.django_db
def test_who_may_see_and_do_what(settings: Any, tmp_path: Path) -> None:
    """And nothing that is said to who is signed in is left in a cache."""
    settings.HOME = tmp_path
    people, kept = workspace(tmp_path)
    clients = {name: Client(raise_request_exception=False) for name in [*people, "nobody", "closed"]}
    closed = person(Role.ADMIN)
    for name, client in clients.items():
        if name != "nobody":
            client.force_login(people.get(name, closed))
    User.objects.filter(pk=closed.pk).update(is_active=False)
    table, others, wrong, left = rows(), limited(), [], set()
    for number, (route, pattern) in enumerate(routes()):
        get, post, strangers = table[row_of(route, table) or ""]
        address, sent = address_of(pattern, kept), SENT.get(route, {}) | kept["sent"].get(route, {})
        for method, codes in (("get", get), ("post", post)):
            outside = (strangers.split() or ["in", "in"])[method == "post"]
            everybody = [*zip(WHO, codes, strict=True), ("nobody", outside), ("closed", outside)]
            told = others.get(route) or [[codes[3]] * 2, [codes[2]] * 2]
            everybody += [
                (f"limited {name}", both[method == "post"])
                for name, both in zip(("curator", "researcher"), told, strict=True)
            ]
            if route.startswith("admin") or set(codes) == {"405"}:
                # What all views of the back office share leads to its door, and a method that a view does not take is
                # refused before it is asked: two for whom that may differ, and one more.
                _annie, _other, _researcher, curator, root, nobody, *more = everybody
                everybody = [root, nobody, [curator, *more][number % (1 + len(more))]]
            # As a page, what is refused would be the same page each time.
            as_page = next((name for name, code in everybody if method == "get" and code.startswith("4")), "")
            for name, expected in everybody:
                as_it_is = name == as_page or not expected.startswith("4")
                answer = answer_to(clients[name], method, address, sent, as_page=as_it_is)
                if (found := outcome_of(answer)) not in expected.split("/"):
                    wrong.append(f"{route} {method} {name}: {found} for {expected} ({address})")
                if name not in {"nobody", "closed"} and may_be_kept(answer):
                    left.add((route, method, found))
    assert wrong == []
    assert left == {("favicon", "get", "302")}


@pytest.mark.django_db
def test_nothing_is_sent_to_any_address_without_the_token_of_its_page() -> None:
    """Also from a signed-in browser: what another site has it send is refused before a view sees it."""
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(User.objects.create_superuser("root", password="a-long-password"))
    filled = {"pk": {"": 1}, "kind": "rubric", "app_label": "audit", "uuid": uuid4()}
    taken = []
    for route, pattern in routes():
        address = address_of(pattern, _Anything(filled))
        if guarded.post(address).status_code != 403 and route not in READ_BY_POST:
            taken.append(address)
    assert taken == []


class _Anything(dict[Any, Any]):
    """Fills any other part of an address with 1."""

    def __missing__(self, _name: object) -> int:
        return 1
