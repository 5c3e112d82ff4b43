"""The shape of constitution, rubric and policy files."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated, Literal, TypeVar

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from curation.core.errors import InvalidInput
from curation.core.plain_text import ShallowLoader, parse_yaml, storable
from curation.standards.validation import in_words

Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Words = Annotated[str, Field(min_length=1)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
FiveLabels = Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=5, max_length=5)]
FiveAnchors = Annotated[list[Annotated[str, Field(min_length=1, max_length=240)]], Field(min_length=5, max_length=5)]
Version = Annotated[int, Field(ge=1, le=999_999)]
MAX_BYTES = 512 * 1024


class StandardPart(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Keyed(StandardPart):
    """A part that translations name by its key."""

    key: str


class PrincipleFile(Keyed):
    key: Key
    name: Annotated[str, Field(min_length=1, max_length=120)]
    statement: Words
    looks_like: str = ""
    fails_when: str = ""


class PrincipleWords(StandardPart):
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    statement: Words | None = None
    looks_like: Words | None = None
    fails_when: Words | None = None


class ConstitutionWords(StandardPart):
    """A constitution's words in one other language. What is left out stays in the constitution's own."""

    summary: Words | None = None
    principles: dict[str, PrincipleWords] = {}


class ConstitutionFile(StandardPart):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    version: Version
    language: Language = "en"
    summary: str = ""
    principles: Annotated[list[PrincipleFile], Field(min_length=1, max_length=100)]
    translations: Annotated[dict[Language, ConstitutionWords], Field(max_length=40)] = {}

    @model_validator(mode="after")
    def consistent(self) -> "ConstitutionFile":
        once([part.key for part in self.principles])
        other_than(self.language, self.translations)
        for language, words in self.translations.items():
            of_its_parts(language, words.principles, self.principles)
        return self


class ThemeFile(Keyed):
    key: Key
    name: Annotated[str, Field(min_length=1, max_length=120)]
    description: str = ""


class CriterionFile(Keyed):
    key: Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}$")]
    group: Literal["A", "B", "C", "D"]
    theme: Key | None = None
    name: Annotated[str, Field(min_length=1, max_length=80)]
    short: Annotated[str, Field(min_length=1, max_length=24)]
    question: Words
    na_allowed: bool = False
    labels: FiveLabels
    anchors: FiveAnchors


class FlagFile(Keyed):
    key: Key
    name: Annotated[str, Field(min_length=1, max_length=80)]
    description: str = ""
    severity: Literal["hard", "soft"]
    safety: bool = False
    asks_passage: bool = False
    asks_conduct: bool = False

    @model_validator(mode="after")
    def consistent(self) -> "FlagFile":
        if self.safety and self.severity != "hard":
            raise ValueError(_("a safety flag must be hard"))
        if self.asks_conduct and not self.asks_passage:
            raise ValueError(_("a flag that asks for conduct must ask for the passage too"))
        return self


class ThemeWords(StandardPart):
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    description: Words | None = None


class CriterionWords(StandardPart):
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    short: Annotated[str, Field(min_length=1, max_length=24)] | None = None
    question: Words | None = None
    labels: FiveLabels | None = None
    anchors: FiveAnchors | None = None


class FlagWords(StandardPart):
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    description: Words | None = None


class RubricWords(StandardPart):
    """A rubric's words in one other language, by the keys of its parts. What is left out stays in the rubric's own."""

    summary: Words | None = None
    themes: dict[str, ThemeWords] = {}
    criteria: dict[str, CriterionWords] = {}
    flags: dict[str, FlagWords] = {}


class RubricFile(StandardPart):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    version: Version
    language: Language = "en"
    summary: str = ""
    themes: list[ThemeFile] = []
    criteria: Annotated[list[CriterionFile], Field(min_length=1, max_length=40)]
    flags: Annotated[list[FlagFile], Field(max_length=60)] = []
    translations: Annotated[dict[Language, RubricWords], Field(max_length=40)] = {}

    @model_validator(mode="after")
    def consistent(self) -> "RubricFile":
        once([part.key for part in self.themes])
        once([part.key for part in self.criteria])
        once([part.key for part in self.flags])
        known = {theme.key for theme in self.themes}
        for criterion in self.criteria:
            if criterion.theme and criterion.theme not in known:
                names = {"criterion": criterion.key, "theme": criterion.theme}
                raise ValueError(_("criterion %(criterion)s names the theme “%(theme)s”, which is not listed") % names)
        return self

    @model_validator(mode="after")
    def translations_of_its_parts(self) -> "RubricFile":
        other_than(self.language, self.translations)
        for language, words in self.translations.items():
            of_its_parts(language, words.themes, self.themes)
            of_its_parts(language, words.criteria, self.criteria)
            of_its_parts(language, words.flags, self.flags)
        return self


class AtLeastOne(StandardPart):
    criteria: list[str] = []
    groups: list[Literal["A", "B", "C", "D"]] = []
    value: Annotated[float, Field(ge=1, le=5)]


class Tier(StandardPart):
    every: Annotated[float, Field(ge=1, le=5)] | None = None
    weight: Annotated[float, Field(gt=0)]


class PolicyRules(StandardPart):
    minimum: dict[str, Annotated[float, Field(ge=1, le=5)]] = {}
    at_least_one: AtLeastOne | None = None
    floor: Annotated[float, Field(ge=1, le=5)] = 1
    conduct_group: Literal["A", "B", "C", "D"] = "A"
    rewrite_groups: list[Literal["A", "B", "C", "D"]] = []
    confirm_flags_by: Annotated[int, Field(ge=1, le=5)] = 2
    theme_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    adjudicate_gap: Annotated[int, Field(ge=1, le=4)] | None = None
    tiers: dict[Key, Tier] = {}


class PolicyFile(StandardPart):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    version: Version
    rules: PolicyRules

    def check_against(self, criteria: set[str]) -> None:
        """Raise `InvalidInput` if the rules name a criterion that the rubric does not have."""
        named = set(self.rules.minimum) | set(self.rules.at_least_one.criteria if self.rules.at_least_one else [])
        if missing := sorted(named - criteria):
            raise InvalidInput(
                _("The policy names %(names)s, which the rubric does not have.") % {"names": ", ".join(missing)}
            )


def once(keys: list[str]) -> None:
    """Raise `ValueError` if a key comes twice."""
    if twice := sorted(key for key, n in Counter(keys).items() if n > 1):
        raise ValueError(_("%(names)s: used twice as a key") % {"names": ", ".join(twice)})


def other_than(language: str, translations: Collection[str]) -> None:
    """Raise `ValueError` if something is translated into its own language."""
    if language in translations:
        raise ValueError(_("“%(language)s” is the language of the file itself") % {"language": language})


def of_its_parts(language: str, translated: Collection[str], parts: Sequence[Keyed]) -> None:
    """Raise `ValueError` if a translation names a part that the standard does not have."""
    if unknown := sorted(set(translated) - {part.key for part in parts}):
        named = {"language": language, "names": ", ".join(unknown)}
        raise ValueError(_("the translation “%(language)s” names %(names)s, which the file does not have") % named)


class _StorableLoader(ShallowLoader):
    """Takes no scalar that the database could not hold, as `"\\0"` would be."""

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> str:
        value = str(super().construct_scalar(node))
        if not storable(value):
            raise yaml.MarkedYAMLError(problem="a character that cannot be stored", problem_mark=node.start_mark)
        return value


File = TypeVar("File", bound=StandardPart)


def load(content: bytes | str) -> dict[str, object]:
    """Parse YAML that holds one mapping; raise `InvalidInput` in words if it does not."""
    if len(content) > MAX_BYTES:
        raise InvalidInput(_("The file is larger than 512 KB. A constitution or rubric is a few pages of YAML."))
    try:
        data = parse_yaml(content, _StorableLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        text = _("This is not readable YAML. Check indentation, colons and quotes.")
        if mark:
            text = _("This is not readable YAML near line %(n)d. Check indentation, colons and quotes.")
            text %= {"n": mark.line + 1}
        raise InvalidInput(text) from error
    if not isinstance(data, dict):
        raise InvalidInput(_("The file must hold one mapping that starts with name: and version:."))
    return data


def read(kind: type[File], content: bytes | str) -> File:
    """Parse YAML into `kind`; raise `InvalidInput` with every problem found, in words."""
    try:
        return kind.model_validate(load(content))
    except ValidationError as error:
        raise InvalidInput(in_words(error, kind, content)) from error


def kind_of(content: bytes) -> str:
    """Tell what a file holds by its parts: "constitution", "rubric" or "policy"; `InvalidInput` if it is none."""
    data = load(content)
    for part, kind in (("principles", "constitution"), ("criteria", "rubric"), ("rules", "policy")):
        if part in data:
            return kind
    raise InvalidInput(
        _("This is none of the three: a constitution has principles:, a rubric criteria:, a policy rules:.")
    )
