"""Migrating the databases of tests without making nearly all models anew for each change of one of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.migrations.state import ProjectState


@contextmanager
def one_model_at_a_time() -> Iterator[None]:
    """Have a migration in the block make anew the one model that a step changes: a quarter of the time for all of them.

    Django also makes anew what is related to that model, which is nearly everything, as all is related to people and
    stories. What a step says to the database does not depend on that, except where it changes what other tables refer
    to; Django tells these apart (`delay`). A step that runs Python has all models made anew before, as Django has it
    for whatever was put off.
    """
    and_related = ProjectState._find_reload_model  # type: ignore[attr-defined]

    def alone(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        is_new = model_name not in state.apps.all_models[app_label]
        if not delay and not is_new:
            return set(and_related(state, app_label, model_name, delay))
        state.is_delayed = True
        return {(app_label, model_name)}

    ProjectState._find_reload_model = alone  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState._find_reload_model = and_related  # type: ignore[attr-defined]
