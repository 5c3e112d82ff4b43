"""What a version says of its selection, frozen with its rows."""

from typing import Any

from django.db.models import Count

from curation.releases.models import Release


def selected(release: Release) -> dict[str, Any]:
    """Return what a release was asked to take, by names, and how many stories it left out for which reason.

    A rubric or policy that is null was the newest in use, or any of the rubric.
    """
    selection = release.selection
    asked = selection.choice.as_data()
    counted = release.left_out.order_by().values_list("reason").annotate(n=Count("pk"))
    return {
        **asked,
        "rubric": str(selection.rubric) if selection.rubric else None,
        "policy": str(selection.policy) if selection.policy else None,
        "license": selection.license,
        "decontamination": str(selection.decontamination).replace("_", " "),
        "seed": selection.seed,
        "left_out": dict(sorted(counted)),
    }
