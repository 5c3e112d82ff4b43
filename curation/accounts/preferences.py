"""What a person can set for themselves: keys, and how stories look. Kept as JSON on the person, only what differs."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from string import ascii_lowercase
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.core.errors import InvalidInput
from curation.core.plain_text import in_form

# The actions of the review page that have a key of their own, in the order in which the help lists them.
KEYS = {
    "next": "j",
    "previous": "k",
    "na": "x",
    "evidence": "e",
    "flags": "f",
    "comment": "c",
    "guidelines": "g",
    "undo": "u",
    "revise": "r",
    "recent": "l",
    "pass": "n",  # a key, no password  # nosec
    "help": "?",
}
ACTIONS = {
    "next": gettext_lazy("Next question"),
    "previous": gettext_lazy("Previous question"),
    "na": gettext_lazy("Not applicable"),
    "evidence": gettext_lazy("Link the selected passage, or pick sentences"),
    "flags": gettext_lazy("Flags; Space raises one"),
    "comment": gettext_lazy("Comment; Esc leaves it"),
    "guidelines": gettext_lazy("The guidelines"),
    "undo": gettext_lazy("Undo"),
    "revise": gettext_lazy("Revise, on the page of a review that stays"),
    "recent": gettext_lazy("Your last reviews"),
    "pass": gettext_lazy("Pass, without penalty"),
    "help": gettext_lazy("This list"),
}
# The first of each is what nobody has to choose.
CHOICES = {
    "theme": ("auto", "light", "dark", "sepia"),
    "size": ("m", "s", "l", "xl"),
    "measure": ("normal", "narrow", "wide"),
    "spacing": ("normal", "snug", "open"),
    "language": ("", *dict(settings.LANGUAGES)),
}
PAUSES = (50, 25, 0)
MOST_WORDS = 200_000
# The columns of the table allow this much JSON; a full set takes about 400 characters.
MOST_CHARACTERS = 2000


@dataclass(frozen=True)
class Preferences:
    """One person's settings.

    `language` is a code of settings.LANGUAGES, or empty for what the browser asks for. `keys` maps each action to its
    key; `pause` is in minutes of active reading, 0 for never; `daily_words` is the
    person's own goal, 0 for none.
    """

    theme: str = "auto"
    size: str = "m"
    measure: str = "normal"
    spacing: str = "normal"
    language: str = ""
    keys_on: bool = True
    ask_notes: bool = False
    pause: int = PAUSES[0]
    daily_words: int = 0
    keys: Mapping[str, str] = field(default_factory=lambda: dict(KEYS))

    @property
    def key_rows(self) -> list[tuple[str, str, str]]:
        """Each action with its words and its key, as it is printed on the keyboard."""
        return [(action, str(words), self.keys[action].upper()) for action, words in ACTIONS.items()]

    @property
    def shown_keys(self) -> dict[str, str]:
        """The key of each action, as it is printed on the keyboard."""
        return {action: key.upper() for action, key in self.keys.items()}

    @property
    def keys_json(self) -> str:
        """What the review page's script reads: the action of each key."""
        return json.dumps({key: action for action, key in self.keys.items()})

    def to_store(self) -> dict[str, Any]:
        """Return what differs from the defaults."""
        plain = asdict(Preferences())
        mine = {name: value for name, value in asdict(self).items() if name != "keys" and value != plain[name]}
        keys = {action: key for action, key in self.keys.items() if key != KEYS[action]}
        return {**mine, "keys": keys} if keys else mine


def read_preferences(stored: Any) -> Preferences:
    """Read what is stored; what is not understood falls back to its default."""
    return _read(json.dumps(stored))


@lru_cache(maxsize=1024)
def _read(written: str) -> Preferences:
    """Every request of a person reads the same."""
    stored = json.loads(written)
    try:
        return parse_preferences(_with_room(stored) if isinstance(stored, Mapping) else {})
    except InvalidInput:
        return Preferences()


def _with_room(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give another key to an action whose usual one was given away before the action existed."""
    own = stored.get("keys")
    if not isinstance(own, Mapping):
        return stored
    homeless = [action for action, key in KEYS.items() if action not in own and key in own.values()]
    free = [key for key in ascii_lowercase if key not in own.values() and key not in KEYS.values()]
    return {**stored, "keys": {**own, **dict(zip(homeless, free, strict=False))}}


def parse_preferences(data: Mapping[str, Any], base: Preferences | None = None) -> Preferences:
    """Check settings and lay them over `base` (the defaults if None).

    `data` has some of the fields of `Preferences`; its `keys` maps some of the actions to one character each. Raises
    InvalidInput with words for whoever sees the page.
    """
    known = asdict(base or Preferences())
    if unknown := set(data) - set(known):
        raise InvalidInput(_("There is no setting called %(name)s.") % {"name": sorted(map(str, unknown))[0]})
    for name, choices in CHOICES.items():
        if data.get(name, choices[0]) not in choices:
            raise InvalidInput(_("Choose one of the steps that the page offers."))
    for name in ("keys_on", "ask_notes"):
        if not isinstance(data.get(name, False), bool):
            raise InvalidInput(_("Choose one of the steps that the page offers."))
    if data.get("pause", 0) not in PAUSES or isinstance(data.get("pause"), bool):
        raise InvalidInput(_("Choose one of the steps that the page offers."))
    words = data.get("daily_words", 0)
    if not isinstance(words, int) or isinstance(words, bool) or not 0 <= words <= MOST_WORDS:
        raise InvalidInput(_("A goal is a number of words, up to %(most)s.") % {"most": MOST_WORDS})
    keys = parse_keys({**known["keys"], **_mapping(data.get("keys", {}))})
    return Preferences(**{**known, **data, "keys": keys})


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(_("Keys are given by action."))
    return value


def parse_keys(keys: Mapping[str, Any]) -> dict[str, str]:
    """Check a whole set of keys: one printable character each, no digit, and none of them twice."""
    taken: dict[str, str] = {}
    for action, key in keys.items():
        if action not in ACTIONS:
            raise InvalidInput(_("There is no action called %(name)s.") % {"name": str(action)[:40]})
        clean = in_form("NFC", key).strip().lower() if isinstance(key, str) else ""
        names = {"action": ACTIONS[action], "key": clean.upper()[:8]}
        if len(clean) != 1 or unicodedata.category(clean)[0] not in "LPS":
            raise InvalidInput(_("“%(action)s” needs one key: a letter or a sign.") % names)
        if clean in taken:
            names["other"] = ACTIONS[taken[clean]]
            raise InvalidInput(
                _("“%(other)s” and “%(action)s” cannot both have the key %(key)s. Give one of them another.") % names
            )
        taken[clean] = action
    return {action: key for key, action in taken.items()}
