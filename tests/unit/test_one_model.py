"""What is made anew of the models while migrations run: what a step needs, and all before Python runs."""

from collections.abc import Iterator

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from tests.one_model import one_model_at_a_time

PORT, TUG = ("stories", "port"), ("stories", "tug")


@pytest.fixture
def state() -> Iterator[ProjectState]:
    """Two tables, one of which refers to the other, while only what a step changes is made anew."""
    with one_model_at_a_time():
        state = ProjectState()
        assert not state.apps.get_models(), "made once, and changed from here on"
        key = {"primary_key": True}
        for operation in (
            migrations.CreateModel("Port", [("code", models.IntegerField(**key)), ("name", models.TextField())]),
            migrations.CreateModel(
                "Tug", [("id", models.BigAutoField(**key)), ("port", models.ForeignKey("Port", models.CASCADE))]
            ),
        ):
            operation.state_forwards("stories", state)
        yield state


def test_a_change_that_nothing_refers_to_makes_one_model_anew(state: ProjectState) -> None:
    port, tug = state.apps.get_model(*PORT), state.apps.get_model(*TUG)
    for operation in (
        migrations.AddField("Port", "berths", models.IntegerField(default=1)),
        migrations.AlterField("Port", "name", models.CharField(max_length=9)),
        migrations.AddConstraint("Port", models.UniqueConstraint(fields=["name"], name="one_name")),
    ):
        operation.state_forwards("stories", state)
    changed = state.apps.get_model(*PORT)
    assert changed is not port
    assert [field.name for field in changed._meta.fields] == ["code", "name", "berths"]
    assert [str(one.name) for one in changed._meta.constraints] == ["one_name"]
    assert [one.related_model for one in changed._meta.related_objects] == [tug], "who refers to it is known"
    assert state.apps.get_model(*TUG) is tug


def test_a_change_of_what_others_refer_to_is_theirs_too(state: ProjectState) -> None:
    migrations.AlterField("Port", "code", models.UUIDField(primary_key=True)).state_forwards("stories", state)
    refers = state.apps.get_model(*TUG)._meta.get_field("port")
    assert refers.related_model is state.apps.get_model(*PORT)
    assert refers.db_type(connection) == "uuid"


def test_python_is_run_with_all_models_anew(state: ProjectState) -> None:
    migrations.AddField("Port", "berths", models.IntegerField(default=1)).state_forwards("stories", state)
    found = []

    def look(apps: migrations.state.StateApps, _editor: object) -> None:
        found.append(apps.get_model(*TUG)(port=apps.get_model(*PORT)(berths=3)).port.berths)

    operation = migrations.RunPython(look)
    operation.database_forwards("stories", connection.schema_editor(atomic=False), state, state)
    assert found == [3]


def test_after_the_block_all_is_as_django_has_it() -> None:
    before = ProjectState._find_reload_model  # type: ignore[attr-defined]

    def fail() -> None:
        with one_model_at_a_time():
            assert ProjectState._find_reload_model is not before  # type: ignore[attr-defined]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ProjectState._find_reload_model is before  # type: ignore[attr-defined]
