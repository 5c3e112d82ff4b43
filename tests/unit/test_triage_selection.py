"""What is asked of a queue: kept as JSON and read back whole, and the stories that a page says were chosen."""

import json
from dataclasses import replace

import pytest
from django.forms import ValidationError

from curation.stories.stages import State
from curation.triage.filters import StoryFilter
from curation.triage.forms import MOST_CHOSEN, ORDERS, STATES, ChosenField
from curation.triage.queries import READY, StorySelection, _priority

FULL = StoryFilter(
    words="tug at night",
    source="harbour",
    language="pt-BR",
    run=7,
    stories=(3, 1, 2),
    states=(State.CHECKED, State.SCORED),
    principle="restraint",
    theme="equanimity",
    finding="near_duplicate",
    raised="backfire",
)


@pytest.mark.parametrize("chosen", [FULL, StoryFilter()])
def test_a_selection_is_kept_as_json_and_read_back_whole(chosen: StoryFilter) -> None:
    assert StoryFilter.from_data(json.loads(json.dumps(chosen.as_data()))) == chosen
    selection = StorySelection(filter=chosen, order="low", limit=40)
    kept = json.loads(json.dumps(selection.as_data()))
    assert StorySelection.from_data(kept, limit=40) == selection
    assert StorySelection.from_data(kept, limit=3).limit == 3, "what is left of it"


def test_a_filter_that_was_kept_before_there_were_languages_is_read_back() -> None:
    kept = FULL.as_data()
    del kept["language"]
    assert StoryFilter.from_data(kept) == replace(FULL, language="")


def test_only_an_order_by_score_tells_something_of_the_scores() -> None:
    told = {order: StorySelection(filter=StoryFilter(), order=order).by_score for order, _label in ORDERS}
    assert told == {"import": False, "random": False, "high": True, "low": True}


def test_every_state_that_can_be_asked_for_is_one_that_can_be_reviewed() -> None:
    assert {name for name, _label in STATES} == set(READY)
    assert READY == {
        "ready": (State.CHECKED, State.SCORED), "scored": (State.SCORED,), "checked": (State.CHECKED,),
        "queued": (State.QUEUED,),
    }  # fmt: skip


def test_stories_without_a_score_come_last_in_either_direction() -> None:
    means = (None, 1.0, 3.456, 5.0)
    assert [_priority(mean, 1) for mean in means] == [0, 100, 346, 500]
    assert [_priority(mean, -1) for mean in means] == [0, 500, 254, 100]


def test_chosen_stories_are_ids_between_commas_a_page_of_them_at_most() -> None:
    field = ChosenField(required=False)
    assert [field.clean(text) for text in ("", "7", "3,1,2", ",5,,")] == [(), (7,), (3, 1, 2), (5,)]
    assert len(field.clean(",".join(["1"] * MOST_CHOSEN))) == MOST_CHOSEN
    for wrong in ("x", "1,x", "-1", "1.5", "²", "٣", "9" * 19, ",".join(["1"] * (MOST_CHOSEN + 1))):
        with pytest.raises(ValidationError, match="Choose the stories again"):
            field.clean(wrong)
