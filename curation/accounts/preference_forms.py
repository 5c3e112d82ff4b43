"""The page on which people set their keys and how stories look."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from curation.accounts.preferences import (
    ACTIONS,
    CHOICES,
    MOST_WORDS,
    PAUSES,
    Preferences,
    parse_keys,
)
from curation.core.errors import InvalidInput

THEMES = {"auto": _("Auto"), "light": _("Light"), "dark": _("Dark"), "sepia": _("Sepia")}
SIZES = {
    "s": pgettext_lazy("text size", "S"),
    "m": pgettext_lazy("text size", "M"),
    "l": pgettext_lazy("text size", "L"),
    "xl": pgettext_lazy("text size", "XL"),
}
MEASURES = {"narrow": _("Narrow"), "normal": _("Normal"), "wide": _("Wide")}
SPACINGS = {"snug": _("Snug"), "normal": _("Normal"), "open": pgettext_lazy("line spacing", "Open")}
PAUSE_WORDS = {25: _("After about 25 minutes"), 50: _("After about 50 minutes"), 0: _("Never")}
# What the small dialogs of other pages may set, one at a time.
PARTS = {*CHOICES, "keys_on"}


class PreferencesForm(forms.Form):
    """Everything that a person can set, with one field for the key of each action."""

    theme = forms.ChoiceField(
        label=pgettext_lazy("colours", "Theme"), choices=list(THEMES.items()), widget=forms.RadioSelect
    )
    size = forms.ChoiceField(label=_("Size of the story text"), choices=list(SIZES.items()), widget=forms.RadioSelect)
    measure = forms.ChoiceField(
        label=_("Length of the lines"), choices=list(MEASURES.items()), widget=forms.RadioSelect
    )
    spacing = forms.ChoiceField(label=_("Line spacing"), choices=list(SPACINGS.items()), widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("As the browser asks for")), *settings.LANGUAGES],
        required=False,
        widget=forms.RadioSelect,
        help_text=_("For pages, messages and the rubric, where it is translated. Stories stay in their own language."),
    )
    ask_notes = forms.BooleanField(
        label=_("Ask me before stories with content notes"),
        required=False,
        help_text=_("Such a story then stays folded until you open it. You can pass on it unseen."),
    )
    pause = forms.TypedChoiceField(
        label=_("Suggest a pause"),
        choices=[(minutes, PAUSE_WORDS[minutes]) for minutes in sorted(PAUSES, key=lambda n: n or 1000)],
        coerce=int,
        widget=forms.RadioSelect,
        help_text=_("One quiet line, which does not stop you and does not count down."),
    )
    daily_words = forms.IntegerField(
        label=_("My goal for a day, in words"),
        required=False,
        min_value=0,
        max_value=MOST_WORDS,
        help_text=_("Only for you: the page then says how far you are. 10,000 words are about 40 minutes of reading."),
    )
    keys_on = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("Turn them off if you dictate, or if keys act when you do not mean it. Enter and Esc still work."),
    )

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for action, words in ACTIONS.items():
            box = forms.TextInput(attrs={"maxlength": 1, "autocapitalize": "off", "spellcheck": "false"})
            self.fields[f"key_{action}"] = forms.CharField(label=words, max_length=1, widget=box)

    @property
    def key_fields(self) -> list[forms.BoundField]:
        """The fields of the keys."""
        return [self[f"key_{action}"] for action in ACTIONS]

    def clean(self) -> dict[str, Any]:
        """Refuse a key that is given twice or that is no key."""
        cleaned = super().clean() or {}
        keys = {action: cleaned[f"key_{action}"] for action in ACTIONS if cleaned.get(f"key_{action}")}
        try:
            self.keys = parse_keys(keys)
        except InvalidInput as error:
            raise ValidationError(error.message) from error
        return cleaned

    def changes(self) -> dict[str, Any]:
        """Return the settings of a valid form, as `save_preferences` takes them."""
        own = {name: value for name, value in self.cleaned_data.items() if not name.startswith("key_")}
        return {**own, "daily_words": own["daily_words"] or 0, "keys": self.keys}


def initial_of(settings: Preferences) -> dict[str, Any]:
    """Fill the form with what a person has set."""
    keys = {f"key_{action}": key for action, key in settings.shown_keys.items()}
    return {**vars(settings), **keys, "daily_words": settings.daily_words or None}


def part_of(post: QueryDict) -> dict[str, Any]:
    """Read the settings that a small dialog sent; `keys_on` arrives as `on` or `off`."""
    sent: dict[str, Any] = {name: post[name] for name in PARTS if name in post}
    if "keys_on" in sent:
        sent["keys_on"] = sent["keys_on"] == "on"
    return sent
