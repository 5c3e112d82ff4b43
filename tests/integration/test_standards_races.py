"""Standards that come in at the same moment, on real connections."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from curation.accounts.actors import SYSTEM
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput
from curation.ratings_import.actions import start_ratings_import
from curation.ratings_import.looking import look
from curation.ratings_import.models import RatingsImport
from curation.ratings_import.plan import RatingsImportPlan, columns_for
from curation.standards.actions import DATA, install_defaults, store_constitution, store_policy, store_rubric
from curation.standards.models import AcceptancePolicy, Constitution, Rubric
from curation.standards.schema import ConstitutionFile, PolicyFile, RubricFile, read
from curation.stories.files import keep
from tests.argilla_files import nested, to_disk
from tests.at_once import together
from tests.builders import source

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("a_connection_each")]


def constitution(name: str, version: int, *keys: str) -> ConstitutionFile:
    parts = [{"key": key, "name": key, "statement": f"It is {key}."} for key in keys]
    return ConstitutionFile.model_validate({"name": name, "version": version, "principles": parts})


def stored(*files: ConstitutionFile) -> list[Any]:
    return together(*[lambda file=file: store_constitution(actor=SYSTEM, file=file) for file in files])


def test_of_those_who_import_the_same_new_standard_at_once_one_is_kept_whole() -> None:
    files = [constitution("Kindness", 1, f"kind_{n}", f"calm_{n}") for n in range(8)]
    got = stored(*files)
    assert {type(result) for result in got} == {Constitution}, got
    (there,) = Constitution.objects.all()
    keys = list(there.principles.order_by("position").values_list("key", flat=True))
    assert keys in [[part.key for part in file.principles] for file in files]


@pytest.mark.parametrize("versions", [(1, 1), (1, 2)])
def test_of_two_who_write_a_new_name_in_two_ways_at_once_one_is_told(versions: tuple[int, int]) -> None:
    for n in range(4):
        got = stored(
            constitution(f"Tales {n}", versions[0], "kind"),
            constitution(f"TALES {n}", versions[1], "kind"),
        )
        assert Counter(map(type, got)) == {Constitution: 1, Conflict: 1}, got
    assert Constitution.objects.count() == 4


def test_those_who_install_the_standards_at_once_install_them_once() -> None:
    assert together(*[install_defaults] * 4) == [None] * 4
    assert [model.objects.count() for model in (Constitution, Rubric, AcceptancePolicy)] == [1, 1, 1]
    assert Entry.objects.filter(verb="rubric.imported").count() == 1


def test_those_who_bring_the_same_dataset_at_once_get_a_version_each(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    path = to_disk(tmp_path, [nested(0)])
    found, kept, where = look(path, path.name), keep(path), source()

    def bring() -> RatingsImport:
        return start_ratings_import(
            actor=SYSTEM,
            source=where,
            kept=kept,
            file_name=path.name,
            name="Tales",
            look=found,
            rubric=None,
            plan=RatingsImportPlan(columns_for(found), {}),
        )

    got = together(*[bring] * 3)
    assert {type(result) for result in got} == {RatingsImport}, got
    assert sorted(one.rubric.version for one in got) == [1, 2, 3]


def test_a_policy_is_held_to_the_rubric_that_comes_in_at_the_same_moment() -> None:
    install_defaults()
    AcceptancePolicy.objects.all().delete()
    policy = read(PolicyFile, (DATA / "policy.yaml").read_bytes())
    whole = read(RubricFile, (DATA / "rubric.yaml").read_bytes())
    less = whole.model_copy(update={"criteria": [part for part in whole.criteria if part.key != "B2"]})
    rubric, told, waits = Rubric.objects.get(), list[Exception](), threading.Event()

    def notice(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if "advisory" in sql:
            waits.set()
        return answer

    def bring() -> None:
        try:
            with connection.execute_wrapper(notice):
                store_policy(actor=SYSTEM, file=policy, rubric=rubric)
        except InvalidInput as error:
            told.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=bring)
    with transaction.atomic():
        store_rubric(actor=SYSTEM, file=less)
        thread.start()
        assert waits.wait(30)
    thread.join(30)
    assert [str(error) for error in told] == ["The policy names B2, which the rubric does not have."]
    assert not AcceptancePolicy.objects.exists()
