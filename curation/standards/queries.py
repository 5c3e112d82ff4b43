"""Which standards are in force."""

import re
from dataclasses import dataclass, field

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.core.errors import NotFound
from curation.standards.models import AcceptancePolicy, Constitution, Flag, Principle, Rubric, Theme
from curation.standards.translating import Part, name_for_reader, names_in_all_languages

INSTALL = gettext_lazy("Run “manage.py install_standards”, or import one on the standards page.")

KINDS: dict[str, type[Constitution] | type[Rubric] | type[AcceptancePolicy]] = {
    "constitution": Constitution,
    "rubric": Rubric,
    "policy": AcceptancePolicy,
}


def current_constitution() -> Constitution:
    """Return the newest constitution; `NotFound` when none is installed."""
    constitution = Constitution.objects.order_by("-id").first()
    if constitution is None:
        raise NotFound(_("There is no constitution yet. %(how)s") % {"how": INSTALL})
    return constitution


def current_rubric() -> Rubric:
    """Return the newest rubric that has a policy; `NotFound` when none is installed."""
    rubric = usual_rubrics().first()
    if rubric is None:
        raise NotFound(_("There is no rubric with an acceptance policy yet. %(how)s") % {"how": INSTALL})
    return rubric


def usual_rubrics() -> QuerySet[Rubric]:
    """Return the rubrics with a policy, newest first, but for those that were made of an imported dataset."""
    return Rubric.objects.filter(policies__isnull=False, of_dataset=False).order_by("-id")


def current_policy(rubric: Rubric) -> AcceptancePolicy:
    """Return the newest acceptance policy for this rubric; `NotFound` when it has none."""
    policy = rubric.policies.order_by("-id").first()
    if policy is None:
        raise NotFound(_("%(rubric)s has no acceptance policy yet. %(how)s") % {"rubric": rubric, "how": INSTALL})
    return policy


def standards_of(kind: str) -> "QuerySet[Constitution] | QuerySet[Rubric] | QuerySet[AcceptancePolicy]":
    """Return all standards of a kind ("constitution", "rubric" or "policy"), newest first; `NotFound` for no kind."""
    if kind not in KINDS:
        raise NotFound(_("There is no such standard."))
    return KINDS[kind]._default_manager.order_by("-id")


def load_standard(kind: str, pk: int) -> Constitution | Rubric | AcceptancePolicy:
    """Return a standard; `NotFound` if there is none."""
    standard = standards_of(kind).filter(pk=pk).first()
    if standard is None:
        raise NotFound(_("There is no such standard."))
    return standard


def rubrics_in_full() -> QuerySet[Rubric]:
    """All rubrics, newest first, with their themes, criteria, flags and policies, in five statements."""
    return Rubric.objects.order_by("-id").prefetch_related("themes", "criteria", "flags", "policies")


@dataclass(frozen=True)
class NamesByKey:
    """The names of principles, themes or flags by key, in the language of whoever looks; of several versions the
    newest says. `also` holds what else each may be called: its name in every language that it has one in.
    """

    by_key: dict[str, str]
    also: dict[str, frozenset[str]] = field(default_factory=dict)

    def choices(self) -> list[tuple[str, str]]:
        """Return (key, name), by name, as a filter offers them."""
        return sorted(self.by_key.items(), key=lambda pair: pair[1].casefold())

    def key_of(self, words: str) -> str:
        """Return the key of what is called so, by its key or a name in any language; empty for what is unknown."""
        said = _plain(words)
        return next((key for key, names in self.also.items() if said in names), "")

    def name_of(self, words: str) -> str:
        """Return the name of what is called so; empty for what is unknown."""
        return self.by_key.get(self.key_of(words), "")


def names_by_kind() -> dict[str, NamesByKey]:
    """Return the one list each of principles, themes and flags that every page offers, in one statement."""
    kinds: dict[str, type[Part]] = {"principle": Principle, "theme": Theme, "flag": Flag}
    rows = [
        part._default_manager.order_by().values_list(
            "key", "name", name_for_reader(part), names_in_all_languages(part), "pk", Value(kind)
        )
        for kind, part in kinds.items()
    ]
    names: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    also: dict[str, dict[str, frozenset[str]]] = {kind: {} for kind in kinds}
    for key, own, name, others, _pk, kind in sorted(rows[0].union(*rows[1:], all=True), key=lambda row: row[4]):
        names[kind][key] = name
        also[kind][key] = frozenset(map(_plain, (key, own, *others)))
    return {kind: NamesByKey(names[kind], also[kind]) for kind in kinds}


def _plain(words: str) -> str:
    return re.sub(r"[\W_]+", "_", words.casefold()).strip("_")
