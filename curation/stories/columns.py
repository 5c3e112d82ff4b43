"""Names of columns: storable, never empty, never the same twice, and with dots for what is inside an object."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from curation.stories.text import storable

MOST_COLUMNS = 2_000
DEEPEST = 3


def named(header: Sequence[str], *, strip: bool = True) -> list[str]:
    """Return the header's names: stripped, `column N` where empty, `name (2)` where repeated.

    A name that stands in the header as it is keeps it: of `a`, `a`, `a (2)` the second becomes `a (3)`.
    """
    told = [storable(" ".join(cell.split()) if strip else cell) for cell in header]
    own, used, last = set(told), set[str](), dict[str, int]()
    names: list[str] = []
    for place, cell in enumerate(told, start=1):
        name = cell or f"column {place}"
        if (cell and name in used) or (not cell and (name in own or name in used)):
            base, count = name, last.get(name, 1) + 1
            while (name := f"{base} ({count})") in own or name in used:
                count += 1
            last[base] = count
        used.add(name)
        names.append(name)
    return names


def nested(name: str, names: Iterable[tuple[str, Any]], depth: int = 1) -> Iterator[str]:
    """Yield the names of values inside the object in column `name`, such as `data.text`, three objects deep at most."""
    for inner, value in names:
        if isinstance(value, dict) and depth < DEEPEST:
            yield from nested(f"{name}.{inner}", value.items(), depth + 1)
        else:
            yield f"{name}.{inner}"


def cell(values: Mapping[str, Any], column: str) -> object:
    """Return the value of `column` in a row: its own, or one inside an object as in `data.text`; else None."""
    if column in values or "." not in column:
        return values.get(column)
    for name in _around(values, column):
        if (found := cell(values[name], column[len(name) + 1 :])) is not None:
            return found
    return None


def without(values: Mapping[str, Any], columns: Collection[str]) -> dict[str, Any]:
    """Return a row without `columns`, also where they are inside an object."""
    rest = {name: value for name, value in values.items() if name not in columns}
    for column in columns:
        for name in _around(rest, column) if column not in values else ():
            rest[name] = without(rest[name], [column[len(name) + 1 :]])
    return rest


def _around(values: Mapping[str, Any], column: str) -> list[str]:
    """Return the names of the objects in a row that `column` may be inside of, the shortest first."""
    if "." not in column:
        return []
    return sorted(
        (name for name, value in values.items() if isinstance(value, dict) and column.startswith(f"{name}.")), key=len
    )
