"""People whose role is limited to an organisation or to some datasets."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.accounts.people import set_role
from curation.audit.models import Entry
from curation.core.errors import InvalidInput, NotAllowed, NotFound
from curation.releases.actions import create_dataset, discard, lift_limits, limit_person, retry, start_release
from curation.releases.models import Dataset, DatasetLimit, Release
from curation.releases.permissions import can_create_dataset, can_release, check_can_release
from curation.releases.queries.find import load_dataset, load_release
from curation.releases.queries.limits import limits_of
from tests import builders

pytestmark = pytest.mark.django_db
INSIDERS = [Role.CURATOR, Role.RESEARCHER]


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def datasets() -> dict[str, Dataset]:
    """A private and a public dataset of each of two organisations, the first of which some write with a capital."""
    made = [
        ("Weir", "tides", "private"),
        ("weir", "open", "public"),
        ("lamp", "low", "private"),
        ("lamp", "high", "public"),
    ]
    return {name: builders.dataset(name, org=org, visibility=visibility) for org, name, visibility in made}


def limited(role: Role, *, orgs: tuple[str, ...] = (), datasets: tuple[Dataset, ...] = ()) -> User:
    user = builders.person(role)
    limit_person(actor=SYSTEM, user=user, orgs=orgs, datasets=datasets)
    return user


def opens(user: User) -> set[str]:
    return set(Dataset.objects.visible_to(user).values_list("name", flat=True))


@pytest.mark.parametrize("role", INSIDERS)
def test_beyond_their_limits_people_see_what_everybody_sees(role: Role, datasets: dict[str, Dataset]) -> None:
    assert opens(builders.person(role)) == {"tides", "open", "low", "high"}
    of_weir = limited(role, orgs=("WEIR",))
    assert opens(of_weir) == {"tides", "open", "high"}
    assert opens(limited(role, datasets=(datasets["low"],))) == {"open", "low", "high"}
    assert opens(limited(role, orgs=("lamp",), datasets=(datasets["tides"],))) == {"tides", "open", "low", "high"}
    later = builders.dataset("later", org="weir", visibility="private")
    assert load_dataset(of_weir, "weir", "later") == later
    with pytest.raises(NotFound):
        load_dataset(of_weir, "lamp", "low")


def test_a_limited_curator_releases_what_is_theirs_and_nothing_else(datasets: dict[str, Dataset]) -> None:
    builders.accepted_stories(1)
    curator = limited(Role.CURATOR, orgs=("weir",))
    releases = {
        name: start_release(actor=SYSTEM, dataset=dataset, version="v0.1.0")
        for name, dataset in datasets.items()
        if name != "tides"
    }
    assert start_release(actor=curator, dataset=datasets["tides"], version="v0.1.0").created_by == curator
    for other in (datasets["low"], datasets["high"]):
        with pytest.raises(NotAllowed, match=r"weir/\*"):
            start_release(actor=curator, dataset=other, version="v0.2.0")
        for deed in (retry, discard):
            with pytest.raises(NotAllowed):
                deed(actor=curator, release=releases[other.name])
        with pytest.raises(NotFound):
            load_release(curator, "lamp", other.name, "v0.1.0")
    found = {release.dataset.name for release in Release.objects.visible_to(curator)}
    assert found == {"tides", "open"}, "of another organisation, what is not built is not there"
    home = Client()
    home.force_login(curator)
    page = home.get(reverse("home")).content.decode()
    assert "Weir/tides v0.1.0" in page
    assert "lamp/low" not in page
    assert home.get(reverse("release_new", args=["lamp", "high"])).status_code == 403
    shown = home.get(reverse("dataset", args=["lamp", "high"])).content.decode()
    assert reverse("release_new", args=["lamp", "high"]) not in shown
    assert 'title="You work with other datasets: ' in shown, "the reason is at the button"


def test_a_limited_curator_makes_datasets_in_their_own_organisations(datasets: dict[str, Dataset]) -> None:
    of_weir = limited(Role.CURATOR, orgs=("weir",), datasets=(datasets["low"],))
    assert create_dataset(actor=of_weir, org="Weir", name="new").created_by == of_weir
    with pytest.raises(NotAllowed, match="weir"):
        create_dataset(actor=of_weir, org="lamp", name="new")
    of_low = limited(Role.CURATOR, datasets=(datasets["low"],))
    assert "lamp/low" in can_create_dataset(actor=of_low, org=None).reason
    client = Client()
    client.force_login(of_low)
    assert client.get(reverse("dataset_new")).status_code == 403
    page = client.get(reverse("dataset_list")).content.decode()
    assert "lamp/low" in page
    assert reverse("dataset_new") not in page
    assert 'title="You can make none here, because you work with these datasets: ' in page


def test_who_is_not_a_curator_releases_nothing_and_no_limit_binds_an_admin(datasets: dict[str, Dataset]) -> None:
    low = datasets["low"]
    for role in (Role.ANNOTATOR, Role.RESEARCHER):
        for user in (builders.person(role), limited(role, orgs=("lamp",))):
            with pytest.raises(NotAllowed, match="Curators make releases"):
                check_can_release(actor=user, dataset=low)
    assert "low" not in opens(limited(Role.ANNOTATOR, orgs=("lamp",))), "a limit gives nothing"
    assert can_release(actor=SYSTEM, dataset=low)
    builders.person(Role.ADMIN)
    admin = limited(Role.CURATOR, orgs=("weir",))
    assert not can_release(actor=admin, dataset=low)
    set_role(actor=SYSTEM, user=admin, role=Role.ADMIN)
    admin.refresh_from_db()
    assert can_release(actor=admin, dataset=low)
    assert limits_of(admin) is None
    assert len(opens(admin)) == 4
    set_role(actor=SYSTEM, user=admin, role=Role.CURATOR)
    admin.refresh_from_db()
    assert not can_release(actor=admin, dataset=low), "what was kept binds again"


def test_limits_go_on_record_where_they_change(datasets: dict[str, Dataset]) -> None:
    user, low = builders.person(Role.CURATOR), datasets["low"]
    for orgs in (["weir"], [" WEIR", ""], ["weir", "lamp"], ["lamp", "weir"]):
        limit_person(actor=SYSTEM, user=user, orgs=orgs, datasets=[low, low])
    for _again in range(2):
        lift_limits(actor=SYSTEM, user=user)
    kept = Entry.objects.filter(verb__startswith="user.limit").order_by("pk").values_list("verb", flat=True)
    assert list(kept) == ["user.limited", "user.limited", "user.limits_lifted"]


def test_an_admin_sets_and_lifts_limits_on_the_page_of_a_person(datasets: dict[str, Dataset]) -> None:
    admin, curator = builders.person(Role.ADMIN), builders.person(Role.CURATOR)
    at = Client()
    at.force_login(admin)
    address, page = (reverse(name, args=[curator.pk]) for name in ("person_datasets", "person"))
    wanted = {"which": "these", "org": ["lamp"], "dataset": [datasets["tides"].pk, "x"], "other_org": " Pier "}
    assert at.post(address, wanted)["Location"] == page
    limits = limits_of(curator)
    assert limits is not None
    assert limits.names == ["lamp/*", "pier/*", "Weir/tides"]
    shown = at.get(page).content.decode()
    assert f'value="{datasets["tides"].pk}" checked' in shown
    assert 'value="pier" checked' in shown
    assert '<span class="tag"><bdi>lamp/*</bdi></span>' in shown
    set_role(actor=SYSTEM, user=curator, role=Role.ADMIN)
    assert "<bdi>lamp/*</bdi>" not in at.get(page).content.decode(), "no limit binds an admin"
    set_role(actor=SYSTEM, user=curator, role=Role.CURATOR)
    assert "some datasets" in at.get(reverse("people")).content.decode()
    for nothing in ({"which": "these"}, {"which": "these", "other_org": "no / name"}, {}):
        assert at.post(address, nothing).status_code == 422
        assert limits_of(curator) == limits, "nothing chosen never means everything"
    at.post(address, {"which": "all", "org": ["lamp"]})
    assert limits_of(curator) is None
    for other in (curator, builders.person(Role.RESEARCHER)):
        with pytest.raises(NotAllowed):
            limit_person(actor=other, user=curator, orgs=["weir"], datasets=[])
        with pytest.raises(NotAllowed):
            lift_limits(actor=other, user=curator)
    with pytest.raises(InvalidInput, match="at least one"):
        limit_person(actor=admin, user=curator, orgs=[" "], datasets=[])
    assert (
        reverse("person_datasets", args=[admin.pk]) not in at.get(reverse("person", args=[admin.pk])).content.decode()
    )


@pytest.mark.parametrize("fields", [{}, {"org": "Weir"}, {"org": "weir", "dataset": True}])
def test_the_database_keeps_limits_of_one_kind_in_lower_case(
    fields: dict[str, Any], datasets: dict[str, Dataset]
) -> None:
    given = fields | ({"dataset": datasets["low"]} if "dataset" in fields else {})
    with pytest.raises(IntegrityError), transaction.atomic():
        DatasetLimit.objects.create(user=builders.person(), **given)
