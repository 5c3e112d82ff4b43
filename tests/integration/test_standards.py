"""Standards in the database and on their pages."""

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import Conflict, NotFound
from curation.standards.actions import DATA, freeze, import_file, install_defaults
from curation.standards.models import Criterion, Rubric
from curation.standards.queries import current_constitution, current_policy, current_rubric
from tests.builders import person

pytestmark = pytest.mark.django_db


def test_nothing_installed_says_how_to_install() -> None:
    with pytest.raises(NotFound, match="install_standards"):
        current_rubric()


def test_installing_twice_gives_one_of_each() -> None:
    install_defaults()
    install_defaults()
    assert Rubric.objects.count() == 1
    assert current_rubric().criteria.count() == 10
    assert current_policy(current_rubric()).rules["minimum"]["B1"] == 4
    assert current_constitution().principles.count() == 10


def test_a_rubric_can_be_replaced_until_it_is_frozen() -> None:
    install_defaults()
    data = yaml.safe_load((DATA / "rubric.yaml").read_text())
    data["summary"] = "changed"
    import_file(actor=SYSTEM, kind="rubric", content=yaml.safe_dump(data).encode())
    rubric = current_rubric()
    assert rubric.summary == "changed"
    freeze(standard=rubric)
    with pytest.raises(Conflict, match="version 2"):
        import_file(actor=SYSTEM, kind="rubric", content=yaml.safe_dump(data).encode())


def test_the_database_refuses_changes_of_a_frozen_rubric() -> None:
    install_defaults()
    rubric = current_rubric()
    freeze(standard=rubric)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Rubric.objects.update(summary="other")
    for change in (
        lambda: Criterion.objects.update(name="other"),
        lambda: Criterion.objects.all().delete(),
        lambda: Criterion.objects.create(
            rubric=rubric, key="Z1", group="A", name="n", short="n", question="q", anchors=["a"] * 5, labels=["a"] * 5
        ),
    ):
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            change()


@pytest.mark.parametrize("kind", ["constitution", "rubric", "policy"])
def test_what_is_downloaded_imports_again(client: Client, kind: str) -> None:
    install_defaults()
    client.force_login(person(Role.CURATOR))
    rubric = current_rubric()
    standard = {"constitution": current_constitution(), "rubric": rubric, "policy": current_policy(rubric)}[kind]
    content = client.get(reverse("standards_file", args=[kind, standard.pk])).content
    file = SimpleUploadedFile("standard.yaml", content.replace(b"version: 1", b"version: 2"))
    answer = client.post(reverse("standards_import"), {"rubric": rubric.pk, "file": file})
    assert answer.status_code == 302
    again = client.get(reverse("standards_file", args=[kind, type(standard)._default_manager.latest("id").pk])).content
    assert again.replace(b"version: 2", b"version: 1") == content


def test_a_wrong_file_is_explained_at_the_form(client: Client) -> None:
    client.force_login(person(Role.CURATOR))
    file = SimpleUploadedFile("rubric.yaml", b"name: mine\nversion: 1\ncriteria: []\n")
    answer = client.post(reverse("standards_import"), {"file": file})
    assert answer.status_code == 422
    assert "criteria" in answer.content.decode()


def test_a_file_that_is_no_standard_is_told_what_would_be_one(client: Client) -> None:
    client.force_login(person(Role.CURATOR))
    answer = client.post(reverse("standards_import"), {"file": SimpleUploadedFile("x.yaml", b"name: x\nversion: 1\n")})
    assert answer.status_code == 422
    assert "a constitution has principles:" in answer.content.decode()


def test_a_policy_without_its_rubric_asks_for_it(client: Client) -> None:
    client.force_login(person(Role.CURATOR))
    file = SimpleUploadedFile("policy.yaml", (DATA / "policy.yaml").read_bytes())
    answer = client.post(reverse("standards_import"), {"file": file})
    assert "Choose the rubric" in answer.content.decode()


def test_annotators_read_the_standards_but_cannot_import(client: Client) -> None:
    install_defaults()
    client.force_login(person())
    assert client.get(reverse("standards")).status_code == 200
    assert client.get(reverse("standards_import")).status_code == 403


def test_the_page_costs_the_same_however_many_versions(client: Client, django_assert_max_num_queries: object) -> None:
    install_defaults()
    client.force_login(person())
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        client.get(reverse("standards"))


def test_the_command_says_what_is_wrong(tmp_path: object) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("install_standards", constitution="missing.yaml")
