"""A story in the list of rows, as somebody reads it."""

from types import SimpleNamespace

from django.template.loader import render_to_string


def test_themes_and_principles_are_called_by_their_names() -> None:
    story = {"id": "story-1", "excerpt": "It waited.", "themes": ["self_criticism", "old_one"], "principles": ["care"]}
    shown = render_to_string("research/_listed.html", {
        "story": story, "row": 0, "split": "train", "question": SimpleNamespace(words=""),
        "dataset": SimpleNamespace(org="exempla", name="samples"), "release": SimpleNamespace(version="v1.0.0"),
        "names": {"themes": {"self_criticism": "Self-criticism"}, "principles": {"care": "Care"}},
    })  # fmt: skip
    for name in ("Self-criticism", "old_one", "Care"):
        assert f"<bdi>{name}</bdi>" in shown
