"""Which stories a run was made over, in words."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.scoring.models import ScoreRun
from curation.standards.queries import names_by_kind
from curation.stories.models import ImportRun
from curation.triage.forms import OF_RUNS, RUN_STATES


def chosen_words(run: ScoreRun) -> list[str]:
    """Return what the stories of a run have in common, a few words each."""
    if run.import_run is not None:
        return [_("The import %(file)s") % {"file": run.import_run.file_name}]
    kept: dict[str, Any] = run.chosen.get("filter", {})
    labels = {tuple(state.value for state in OF_RUNS[key]): str(label) for key, label in RUN_STATES}
    words = [labels.get(tuple(kept.get("states", ())), "")]
    if kept.get("source"):
        words.append(_("Source: %(name)s") % {"name": kept["source"]})
    if kept.get("language"):
        words.append(_("Language: %(name)s") % {"name": kept["language"]})
    if kept.get("run"):
        found = ImportRun.objects.filter(pk=kept["run"]).values_list("file_name", flat=True).first()
        words.append(_("The import %(file)s") % {"file": found or kept["run"]})
    if kept.get("stories"):
        words.append(_("Chosen one by one"))
    names = names_by_kind() if kept.get("principle") or kept.get("theme") else {}
    for kind in ("principle", "theme"):
        if kept.get(kind):
            words.append(dict(names[kind].choices()).get(kept[kind], kept[kind]))
    if run.chosen.get("at_most"):
        count = run.chosen["at_most"]
        words.append(ngettext("At most %(n)d, by chance", "At most %(n)d, by chance", count) % {"n": count})
    return [one for one in words if one]
