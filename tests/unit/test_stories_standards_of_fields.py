"""Languages and licences are kept as the standards write them, however a file did."""

from typing import Any

import pytest
from babel import localedata

from curation.releases import licences
from curation.stories import languages
from curation.stories.languages import code_of, tag_of
from curation.stories.licence_names import spdx
from curation.stories.mapping import story_from

LANGUAGES = {
    "English": "en", "en_US": "en-US", "zh-CN": "zh-CN", "EN": "en", "Deutsch": "de", "no": "no", "pt-br": "pt-BR",
    "en-GB,fr": "en-GB", "eng": "en", "ger": "de", "zh_Hans_CN": "zh-Hans-CN", "français": "fr", "日本語": "ja",
    "en_US.UTF-8": "en-US", "['de', 'en']": "de", "es-419": "es-419", "unknown, fr": "fr",
    "English (US)": "en", "Chinese (Simplified)": "zh", "sh": "sr", "norsk bokmål": "nb", "Norsk": "no",
    "unknown": "", "und": "", "mul": "", "x": "", "": "", "nolang": "",
}  # fmt: skip
LICENCES = {
    "cc-by-4.0": "CC-BY-4.0", "CC BY 4.0": "CC-BY-4.0", "cc_by_4.0": "CC-BY-4.0", "cc by": "CC-BY-4.0",
    "CC-BY 4.0": "CC-BY-4.0", "CC BY-SA 4.0": "CC-BY-SA-4.0", "cc0": "CC0-1.0", "CC0 1.0": "CC0-1.0", "mit": "MIT",
    "MIT License": "MIT", "Apache 2.0": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0",
    "https://creativecommons.org/licenses/by-nc/4.0/": "CC-BY-NC-4.0",
    "http://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0", "BSD 3 Clause": "BSD-3-Clause",
    "CC0 1.0 Universal": "CC0-1.0", "Creative Commons Zero v1.0 Universal": "CC0-1.0", "CC BY 4": "CC-BY-4.0",
    "Creative Commons Attribution 4.0 International": "CC-BY-4.0", "CC BY 2.5": "CC-BY-2.5",
    "CC BY, version 4.0": "CC-BY-4.0",
    "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International License": "CC-BY-NC-SA-4.0",
    "Creative Commons Attribution Non Commercial No Derivatives 3.0 Unported": "CC-BY-NC-ND-3.0",
    "CC BY-SA 3.0 IGO": "CC-BY-SA-3.0-IGO", "CC BY 4.0 or later": "", "cc-by-4.0-custom": "", "Creative Commons": "",
    "MIT OR Apache-2.0": "MIT OR Apache-2.0", "unknown": "", "All rights reserved": "", "": "",
}  # fmt: skip


@pytest.mark.parametrize(("written", "tag"), LANGUAGES.items())
def test_a_language_is_a_tag_or_nothing(written: str, tag: str) -> None:
    assert tag_of(written) == tag
    assert tag_of(tag) == tag
    assert code_of(written) == tag.partition("-")[0]


def test_the_names_of_all_languages_are_read_without_all_else_that_is_known_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(localedata, "_cache", {})
    languages._names.cache_clear()
    assert len(languages._names()) > 800
    assert localedata._cache.keys() <= {"root", "en"}


@pytest.mark.parametrize(("written", "name"), LICENCES.items())
def test_a_licence_is_an_spdx_expression_or_nothing(written: str, name: str) -> None:
    assert spdx(written) == name
    assert spdx(name) == name


@pytest.mark.parametrize("name", licences.KNOWN)
def test_every_licence_that_a_dataset_can_have_is_known(name: str) -> None:
    assert licences.known(name) == licences.known(name.lower()) == licences.known(name.replace("-", " ")) == name


def imported(**cells: Any) -> Any:
    values = {"text": "The tug waited at the bar until somebody had looked at the gauge again.", **cells}
    return story_from(values, mapping={name: name for name in values}, defaults={})


def test_what_a_file_says_is_kept_beside_what_it_means() -> None:
    story = imported(language="en_us", license="CC BY 4.0")
    assert (story.fields["language"], story.fields["license"]) == ("en-US", "CC-BY-4.0")
    assert story.original == {"language": "en_us", "license": "CC BY 4.0"}
    plain = imported(language="de", license="CC-BY-4.0")
    assert plain.original == {}


def test_a_language_that_nobody_knows_is_none_and_a_licence_stays_to_be_read() -> None:
    story = imported(language="unknown", license="All rights reserved")
    assert (story.fields["language"], story.fields["license"]) == ("", "All rights reserved")
    assert story.original == {"language": "unknown"}
    assert "language" not in imported(language=None).fields
