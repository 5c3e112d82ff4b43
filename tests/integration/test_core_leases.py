"""What holds for all work that is leased, whoever takes it: imports, checks, scores, releases, filling queues."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.db.models.functions import Now

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.argilla.actions import create_link, create_server
from curation.argilla.models import Link
from curation.core import leases
from curation.core.errors import InvalidInput, Unavailable
from curation.core.leases import Fatal, Lease, Leased, LeaseLost, is_retryable, reclaim, renewal
from curation.core.leases.renewer import Renewer
from curation.erasure.actions import ask_purge
from curation.erasure.models import Purge
from curation.publishing.actions import create_target, publish
from curation.publishing.models import Publication
from curation.ratings_import.actions import start_ratings_import
from curation.ratings_import.actions.fetches import start_fetch
from curation.ratings_import.looking import look
from curation.ratings_import.models import DatasetFetch, RatingsImport
from curation.ratings_import.plan import RatingsImportPlan, columns_for
from curation.releases.actions import start_release
from curation.releases.models import Release
from curation.scoring.actions import create_jobs, ensure_embedded_judge
from curation.scoring.actions.jobs import take_jobs
from curation.scoring.models import ScoreJob
from curation.stories.actions import checking, start_import
from curation.stories.files import keep
from curation.stories.models import CheckLease, ImportRun
from curation.triage.actions import fill_queue
from curation.triage.models import Fill
from curation.webhooks.actions import create_endpoint
from curation.webhooks.emitting import emit
from curation.webhooks.models import Delivery
from tests.argilla_files import nested, to_disk
from tests.builders import (
    accepted_stories,
    add_story,
    built_release,
    checked_stories,
    dataset,
    default_rubric,
    person,
    queue_of,
    run_out,
    selection_of,
    source,
)

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class User:
    """Somebody who leases: how its work comes to be, and how it is taken."""

    model: type[models.Model]
    prepare: Callable[[Path], None]
    take: Callable[[], Lease | None]


def an_import(folder: Path) -> None:
    path = folder / "tales.csv"
    path.write_text("text\nThe tug asked, and then it waited.\n")
    start_import(actor=SYSTEM, source=source(), path=path)


def a_score(_: Path) -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(1)
    create_jobs()


def take_checks() -> Lease | None:
    lease, _attempts = checking._take(10)
    return lease if lease.ids else None


def take(model: type[Leased]) -> Callable[[], Lease | None]:
    def one() -> Lease | None:
        reclaim(model)
        return leases.take(model)

    return one


def take_scores() -> Lease | None:
    reclaim(ScoreJob)
    return take_jobs(slot=1, limit=10)


def a_release(_: Path) -> None:
    accepted_stories(1)
    start_release(actor=SYSTEM, dataset=dataset(), version="v0.1.0")


def a_purge(_: Path) -> None:
    ask_purge(actor=SYSTEM, story=add_story(), kind="law", reason="A court.")


def a_fill(_: Path) -> None:
    queue = queue_of()
    checked_stories(1)
    fill_queue(actor=person(Role.CURATOR), queue=queue, selection=selection_of())


def a_delivery(_: Path) -> None:
    admin = person(Role.ADMIN)
    create_endpoint(actor=admin, name="Ours", url="https://hooks.example.org/", events=["release.built"])
    with transaction.atomic():
        emit(event="release.built", thing="release", key=1)


def a_link(_: Path) -> None:
    place = {"url": "https://argilla.example.org", "workspace": "ours"}
    server = create_server(actor=SYSTEM, name="Ours", key="none", **place)
    create_link(actor=SYSTEM, queue=queue_of(), server=server)


def a_publication(_: Path) -> None:
    accepted_stories(1)
    release = built_release(dataset())
    target = create_target(actor=SYSTEM, dataset=release.dataset, repo="ours/tales", token="hf_none")
    publish(actor=SYSTEM, release=release, target=target)


def a_fetch_of_a_dataset(_: Path) -> None:
    place = {"url": "https://argilla.example.org", "workspace": "ours"}
    start_fetch(actor=SYSTEM, server=create_server(actor=SYSTEM, name="Ours", key="none", **place), name="Tales")


def an_import_of_ratings(folder: Path) -> None:
    path = to_disk(folder, [nested(0)])
    found = look(path, path.name)
    start_ratings_import(
        actor=SYSTEM,
        source=source(),
        kept=keep(path),
        file_name=path.name,
        name="Tales",
        look=found,
        rubric=None,
        plan=RatingsImportPlan(columns_for(found), {}),
    )


USERS = {
    "fill": User(Fill, a_fill, take(Fill)),
    "release": User(Release, a_release, take(Release)),
    "import": User(ImportRun, an_import, take(ImportRun)),
    "import of ratings": User(RatingsImport, an_import_of_ratings, take(RatingsImport)),
    "fetch of a dataset": User(DatasetFetch, a_fetch_of_a_dataset, take(DatasetFetch)),
    "check": User(CheckLease, lambda _: (add_story(), None)[1], take_checks),
    "score": User(ScoreJob, a_score, take_scores),
    "purge": User(Purge, a_purge, take(Purge)),
    "link": User(Link, a_link, take(Link)),
    "publication": User(Publication, a_publication, take(Publication)),
    "delivery": User(Delivery, a_delivery, take(Delivery)),
}


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> User:
    settings.HOME = tmp_path / "home"
    user = USERS[request.param]
    user.prepare(tmp_path)
    return user


def taken(user: User) -> Lease:
    lease = user.take()
    assert lease is not None
    return lease


def test_every_table_with_a_lease_is_among_them() -> None:
    leased = {model for model in apps.get_models() if any(field.name == "by_token" for field in model._meta.fields)}
    assert leased == {user.model for user in USERS.values()}


def test_what_is_held_nobody_else_takes_and_what_has_run_out_somebody_does(user: User) -> None:
    first = taken(user)
    assert user.take() is None
    run_out(first)
    second = taken(user)
    assert set(second.ids) <= set(first.ids)
    assert second.token > first.token
    if issubclass(user.model, Leased):
        second.give_back()
        rows = user.model._default_manager.filter(pk__in=second.ids)
        # What nobody holds is changed under nobody's token, and no token comes back.
        for changes in ({"attempts": 9, "by_token": second.token}, {"token": first.token}):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**changes)


def test_a_late_writer_stores_nothing(user: User) -> None:
    late = taken(user)
    run_out(late)
    newer = taken(user)
    rows = user.model._default_manager.filter(pk__in=newer.ids)
    with pytest.raises(LeaseLost), late.only(newer.ids).storing():
        raise AssertionError("nothing to store in")
    assert late.only(newer.ids).update(attempts=9) == 0
    # Nor by a statement that forgets to ask.
    for changes in ({"attempts": 9}, {"attempts": 9, "by_token": late.token}, {"token": late.token}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**changes)
    with newer.storing() as held:
        assert held == newer.ids
        assert newer.update(attempts=9) == len(held)
    assert set(rows.values_list("attempts", "by_token")) == {(9, None)}


def test_what_has_run_out_is_not_changed_as_if_it_were_held(user: User) -> None:
    lease = taken(user)
    run_out(lease)
    with pytest.raises(IntegrityError, match="run out"), transaction.atomic():
        user.model._default_manager.filter(pk__in=lease.ids).update(attempts=9)


def test_a_long_store_is_undone_if_the_lease_is_lost_meanwhile(user: User) -> None:
    lease = taken(user)

    def lose() -> None:
        with lease.storing(long=True):
            lease.update(attempts=2)
            run_out(lease)
            taken(user)

    with pytest.raises(LeaseLost):
        lose()
    assert lease.mine.count() == len(lease.ids), "the lease is as it was before the block"
    assert not lease.mine.filter(attempts=2).exists()
    with lease.storing(long=True):
        lease.update(attempts=2)
    assert lease.mine.filter(attempts=2, lease_until__gt=Now()).count() == len(lease.ids)


# Whose table is renewed is told to the renewer by its name and that of its key: one with each kind of key will do.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("user", ["import", "check"], indirect=True)
def test_it_is_renewed_through_a_call_that_stops_every_thread_and_ends_with_its_process(user: User) -> None:
    lease = taken(user)
    name, label = str(connection.settings_dict["NAME"]), user.model._meta.label
    command = [sys.executable, str(ROOT / "tests" / "lease_child.py"), name, label, str(lease.token), "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command += map(str, lease.ids)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        try:
            assert child.stdout is not None
            assert int(child.stdout.readline()) == child.pid
            seen: set[object] = set()
            until(lambda: len(seen.update(lease.mine.values_list("lease_until", flat=True)) or seen) > 3)
        finally:
            child.kill()
    # A renewer that outlived its parent would never let it run out.
    until(lambda: user.model._default_manager.filter(pk__in=lease.ids, lease_until__lt=Now()).exists())


@pytest.mark.django_db(transaction=True)
def test_whoever_holds_it_has_it_renewed_and_nobody_who_held_it(user: User) -> None:
    lease = taken(user)
    run_out(lease)
    newer = taken(user)
    renewer = Renewer(os.getppid(), renewal.connection_parameters())
    line = {"table": user.model._meta.db_table, "column": "story_id" if user.model is CheckLease else "id"}
    try:
        assert renewer.renew(newer.token, {**line, "ids": newer.ids, "seconds": 60}, {"attempts": 7})
        assert newer.mine.filter(attempts=7).count() == len(newer.ids)
        assert not renewer.renew(lease.token, {**line, "ids": lease.ids, "seconds": 60}, {})
    finally:
        renewer.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("user", ["import"], indirect=True)
def test_a_renewer_whose_holder_ended_while_it_connected_renews_nothing(user: User) -> None:
    lease = taken(user)
    run_out(lease)
    line = {"table": user.model._meta.db_table, "column": "id", "ids": lease.ids, "seconds": 60}
    # What began it is somebody else's child by now.
    renewer = Renewer(os.getpid(), renewal.connection_parameters())
    try:
        assert not renewer.renew(lease.token, line, {"attempts": 7})
    finally:
        renewer.close()
    assert not lease.mine.filter(attempts=7).exists()
    assert not lease.mine.filter(lease_until__gt=Now()).exists()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def test_errors_that_pass_are_tried_again_and_others_are_not() -> None:
    for passing in (OperationalError("away"), ConnectionResetError(), TimeoutError(), Unavailable("later")):
        assert is_retryable(passing)
    for lasting in (InvalidInput("that is no file"), Fatal("broken")):
        assert not is_retryable(lasting, unknown=True)
    assert (is_retryable(ValueError("?")), is_retryable(ValueError("?"), unknown=True)) == (False, True)


@pytest.mark.parametrize("name", [name for name, user in USERS.items() if issubclass(user.model, Leased)])
def test_work_waits_longer_each_time_and_fails_in_the_end(name: str, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    user = USERS[name]
    user.prepare(tmp_path)
    model: Any = user.model
    states = []
    for attempt in range(1, model.terms.most_errors + 1):
        lease = taken(user)
        states.append(lease.put_off(ConnectionResetError(), reason="The service was away."))
        waits = {wait.total_seconds() for wait in model.objects.values_list(models.F("next_at") - Now(), flat=True)}
        assert all(0.7 * 2**attempt - 1 < wait < 1.3 * 2**attempt + 1 for wait in waits)
        model.objects.update(next_at="2020-01-01T00:00Z")
    assert states == [*[model.terms.waiting] * (model.terms.most_errors - 1), model.terms.failed]
    assert user.take() is None
    assert set(model.objects.values_list(model.terms.reason, flat=True)) == {"The service was away."}


@pytest.mark.parametrize("name", [name for name, user in USERS.items() if issubclass(user.model, Leased)])
def test_what_stops_every_worker_is_given_up(name: str, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    user = USERS[name]
    user.prepare(tmp_path)
    model: Any = user.model
    model.objects.update(attempts=model.terms.most_stops - 1)
    lease = taken(user)
    run_out(lease)
    assert user.take() is None or model.objects.filter(state=model.terms.failed).exists()
    (failed,) = model.objects.filter(state=model.terms.failed)[:1]
    assert str(model.terms.most_stops) in getattr(failed, model.terms.reason)


def test_work_that_is_given_back_counts_as_not_taken(tmp_path: Path, settings: Any) -> None:
    settings.HOME = tmp_path / "home"
    an_import(tmp_path)
    lease = taken(USERS["import"])
    lease.give_back()
    assert ImportRun.objects.values_list("state", "attempts", "lease_until").get() == ("pending", 0, None)
    lease.give_back()
    assert taken(USERS["import"]).token > lease.token
