"""Which of a file's tags become tags: those that name a principle or a theme of the standards."""

from collections.abc import Mapping

from curation.standards.queries import NamesByKey
from curation.stories.fields import FIELDS
from curation.stories.mapping import NewStory, keepable


def keep_known_tags(
    story: NewStory, known: Mapping[str, NamesByKey], *, values: Mapping[str, object], mapping: Mapping[str, str]
) -> None:
    """Tag `story` with the principles and themes it names, by their keys, and with its content notes.

    A column with a value that names none stays with the story among its original columns, so that nothing is lost, and
    nobody is shown or offered a principle that there is not. While no standards are installed, every value is kept.
    """
    if not story.tags:
        return
    tags: list[tuple[str, str]] = []
    for kind, said in story.tags:
        names = known.get(kind)
        key = names.key_of(said) if names and names.by_key else said
        if key:
            tags.append((kind, key))
            continue
        column = next(mapping[name] for name, one in FIELDS.items() if one.tag == kind and name in mapping)
        story.original[column] = keepable(values.get(column))
    story.tags = list(dict.fromkeys(tags))
