"""Which standards are in force."""

import re
from dataclasses import dataclass

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.core.errors import NotFound
from curation.standards.models import AcceptancePolicy, Constitution, Principle, Rubric, Theme

INSTALL = gettext_lazy("Run `manage.py install_standards`, or import one on the standards page.")


def current_constitution() -> Constitution:
    """Return the newest constitution; `NotFound` when none is installed."""
    constitution = Constitution.objects.order_by("-id").first()
    if constitution is None:
        raise NotFound(_("There is no constitution yet. %(how)s") % {"how": INSTALL})
    return constitution


def current_rubric() -> Rubric:
    """Return the newest rubric that has a policy; `NotFound` when none is installed."""
    rubric = Rubric.objects.filter(policies__isnull=False).order_by("-id").first()
    if rubric is None:
        raise NotFound(_("There is no rubric with an acceptance policy yet. %(how)s") % {"how": INSTALL})
    return rubric


def current_policy(rubric: Rubric) -> AcceptancePolicy:
    """Return the newest acceptance policy for this rubric; `NotFound` when it has none."""
    policy = rubric.policies.order_by("-id").first()
    if policy is None:
        raise NotFound(_("%(rubric)s has no acceptance policy yet. %(how)s") % {"rubric": rubric, "how": INSTALL})
    return policy


def rubrics_in_full() -> QuerySet[Rubric]:
    """All rubrics, newest first, with their themes, criteria, flags and policies, in five statements."""
    return Rubric.objects.order_by("-id").prefetch_related("themes", "criteria", "flags", "policies")


@dataclass(frozen=True)
class Names:
    """The names of principles, or of themes, by key; of several versions the newest says."""

    by_key: dict[str, str]

    def choices(self) -> list[tuple[str, str]]:
        """Return (key, name), by name, as a filter offers them."""
        return sorted(self.by_key.items(), key=lambda pair: pair[1].casefold())

    def key_of(self, words: str) -> str:
        """Return the key of what is called so, by its key or its name in any spelling; empty for what is unknown."""
        said = _plain(words)
        return next((key for key, name in self.by_key.items() if said in {_plain(key), _plain(name)}), "")

    def name_of(self, words: str) -> str:
        """Return the name of what is called so; empty for what is unknown."""
        return self.by_key.get(self.key_of(words), "")


def names_by_kind() -> dict[str, Names]:
    """Return the one list of principles and the one list of themes that every page offers, in one statement."""
    principles = Principle.objects.order_by().values_list("key", "name", "pk", Value("principle"))
    themes = Theme.objects.order_by().values_list("key", "name", "pk", Value("theme"))
    found: dict[str, dict[str, str]] = {"principle": {}, "theme": {}}
    for key, name, _pk, kind in sorted(principles.union(themes, all=True), key=lambda row: row[2]):
        found[kind][key] = name
    return {kind: Names(names) for kind, names in found.items()}


def _plain(words: str) -> str:
    return re.sub(r"[\W_]+", "_", words.casefold()).strip("_")
