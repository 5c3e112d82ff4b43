"""By which of its words a file is known that quotes a story."""

from curation.erasure.files_with_words import fragments
from curation.stories.models import Story

TITLE = "The tug that “asked” twice"
WORDS = "It waited for the harbour master, because nobody had answered it yet."


def known(story: Story, file: str) -> bool:
    return any(piece in file.encode() for piece in fragments(story))


def test_a_file_that_has_the_title_alone_is_known_by_it() -> None:
    story = Story(text=WORDS, title=TITLE)
    assert known(story, f"| {TITLE} | accepted |")
    assert known(story, '{"title": "The tug that \\u201casked\\u201d twice"}'), "as JSON may write it"
    assert known(story, f"> {WORDS}")
    assert not known(story, "| Another tug | accepted |")


def test_a_title_of_a_few_letters_tells_no_story_from_another() -> None:
    assert not known(Story(text=WORDS, title="The tug"), "The tug is a harbour story of another person.")
