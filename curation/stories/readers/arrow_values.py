"""Arrow values as what a story or a JSON column can hold: text, numbers, lists and objects.

Python has no nanoseconds, no year 12000, no time zone on Mars and no text with broken bytes. One such cell must not
stop an import, so every type is turned into text by rules of its own where Python's types would not do. Types are
looked at once a column and batch; plain ones take the library's own way.
"""

import uuid
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.stories.columns import named

KEPT_BYTES = 8_000
UNITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
DAY = 86_400
types = pa.types
BYTES = (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary)
LISTS = (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)


def as_text(data: bytes) -> str:
    """Return bytes as the UTF-8 they are; of other bytes the beginning, with lone surrogates for what is no text."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return data[: max(error.end, KEPT_BYTES)].decode(errors="surrogateescape")


def shape(kind: pa.DataType) -> Any:
    """Return a dict of the fields of a type of objects, these likewise; None for every other type."""
    if not types.is_struct(kind):
        return None
    fields = [kind.field(place) for place in range(kind.num_fields)]
    return dict(zip(named([one.name for one in fields], strip=False), (shape(one.type) for one in fields), strict=True))


def simplified(array: pa.Array) -> list[Any]:
    """Return the values of `array` as None, bool, int, float, str, and lists and dicts of these."""
    kind = array.type
    if _is_plain(kind):
        try:
            return list(array.to_pylist())
        except UnicodeDecodeError:
            pass
    for known, convert in CONVERSIONS:
        if known(kind):
            return convert(array)
    return [None if not value.is_valid else _other(value) for value in array]


def _is_plain(kind: pa.DataType) -> bool:
    if types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return len({one.name for one in fields}) == len(fields) and all(_is_plain(one.type) for one in fields)
    if _is_list(kind):
        return _is_plain(kind.value_type)
    return (
        types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind) or types.is_null(kind)
        or _is_text(kind)
    )  # fmt: skip


def _is_text(kind: pa.DataType) -> bool:
    return any(one(kind) for one in (types.is_string, types.is_large_string, types.is_string_view))


def _is_bytes(kind: pa.DataType) -> bool:
    return any(one(kind) for one in BYTES)


def _is_list(kind: pa.DataType) -> bool:
    return any(one(kind) for one in LISTS)


def _is_extension(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType)


def _other(value: pa.Scalar) -> str:
    """Return something for a value of a type that has no rule here: better than to lose the row."""
    try:
        return str(value.as_py())
    except Exception:
        return f"({value.type})"


def _texts(array: pa.Array) -> list[Any]:
    return [None if not value.is_valid else as_text(value.as_buffer().to_pybytes()) for value in array]


def _bytes(array: pa.Array) -> list[Any]:
    return [None if value is None else as_text(value) for value in array.to_pylist()]


def _decimals(array: pa.Array) -> list[Any]:
    return [None if value is None else format(value, "f") for value in array.to_pylist()]


def _integers(array: pa.Array) -> list[Any]:
    """Return the whole numbers that times are stored as."""
    return list(array.view(pa.int32() if array.type.bit_width == 32 else pa.int64()).to_pylist())


def _iso(numbers: list[Any], unit: str) -> list[Any]:
    """Return counts of `unit` since 1970 in ISO 8601, with all digits of a fraction unless it is nought."""
    if not numbers:
        return []
    filled = np.array([number or 0 for number in numbers], dtype=np.int64).astype(f"datetime64[{unit}]")
    told = np.datetime_as_string(filled).tolist()
    nought = "." + "0" * UNITS.get(unit, 0)
    return [None if number is None else one.removesuffix(nought) for number, one in zip(numbers, told, strict=True)]


def _dates(array: pa.Array) -> list[Any]:
    days = _integers(array)
    if types.is_date64(array.type):
        days = [None if one is None else one // (DAY * 1_000) for one in days]
    return _iso(days, "D")


def _timestamps(array: pa.Array) -> list[Any]:
    """Return ISO 8601: local with its offset, or UTC with the zone's name (as in RFC 9557) where nobody knows it."""
    unit, zone, moments = array.type.unit, array.type.tz, _integers(array)
    if not zone:
        return _iso(moments, unit)
    try:
        locals_ = _integers(pc.local_timestamp(array))
    except pa.ArrowException:
        suffix = f"Z[{zone}]"
        return [None if one is None else one + suffix for one in _iso(moments, unit)]
    per_second = 10 ** UNITS[unit]
    offsets = [
        None if one is None else (local - one) // per_second for local, one in zip(locals_, moments, strict=True)
    ]
    return [
        None if one is None else one + _offset(offset or 0)
        for one, offset in zip(_iso(locals_, unit), offsets, strict=True)
    ]


def _offset(seconds: int) -> str:
    minutes = abs(seconds) // 60
    odd = f":{abs(seconds) % 60:02}" if seconds % 60 else ""
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{odd}"


def _times(array: pa.Array) -> list[Any]:
    whole = DAY * 10 ** UNITS[array.type.unit]
    numbers = _integers(array)
    told = _iso([None if one is None else one % whole for one in numbers], array.type.unit)
    return [
        None if one is None else text.partition("T")[2] if 0 <= one < whole else _seconds(one, array.type.unit)
        for one, text in zip(numbers, told, strict=True)
    ]


def _durations(array: pa.Array) -> list[Any]:
    return [None if one is None else _seconds(one, array.type.unit) for one in _integers(array)]


def _seconds(number: int, unit: str) -> str:
    """Return a length of time in ISO 8601, in seconds: `PT1.5S`."""
    digits = UNITS[unit]
    whole, part = divmod(abs(number), 10**digits)
    fraction = f".{part:0{digits}}".rstrip("0") if part else ""
    return f"{'-' if number < 0 else ''}PT{whole}{fraction}S"


def _intervals(array: pa.Array) -> list[Any]:
    return [
        None
        if one is None
        else f"P{one.months}M{one.days}D" + _seconds(one.nanoseconds, "ns").replace("P", "", 1)
        if one.nanoseconds >= 0
        else f"P{one.months}M{one.days}DT-{_seconds(-one.nanoseconds, 'ns')[2:]}"
        for one in array.to_pylist()
    ]


def _dictionaries(array: pa.Array) -> list[Any]:
    values = simplified(array.dictionary)
    return [None if place is None else values[place] for place in array.indices.to_pylist()]


def _run_ends(array: pa.Array) -> list[Any]:
    values, ends, start = simplified(array.values), array.run_ends.to_pylist(), array.offset
    found: list[Any] = []
    for value, end in zip(values, ends, strict=True):
        found += [value] * (min(end, start + len(array)) - start - len(found))
    return found


def _lists(array: pa.Array) -> list[Any]:
    items = simplified(array.flatten())
    sizes = pc.list_value_length(array).to_pylist()
    edges = pairwise(accumulate((size or 0 for size in sizes), initial=0))
    return [None if size is None else items[start:end] for size, (start, end) in zip(sizes, edges, strict=True)]


def _maps(array: pa.Array) -> list[Any]:
    """Return maps as dicts where their keys are texts, each there once; else as lists of pairs."""
    edges = array.offsets.to_pylist()
    first, last = edges[0], edges[-1]
    pairs = list(zip(
        simplified(array.keys[first:last]), simplified(array.items[first:last]), strict=True
    ))  # fmt: skip
    found: list[Any] = []
    for there, (start, end) in zip(array.is_valid().to_pylist(), pairwise(edges), strict=True):
        own = pairs[start - first : end - first]
        keys = {key for key, _ in own if isinstance(key, str)}
        found.append(None if not there else dict(own) if len(keys) == len(own) else [list(pair) for pair in own])
    return found


def _structs(array: pa.Array) -> list[Any]:
    names = named([array.type.field(place).name for place in range(array.type.num_fields)], strip=False)
    there = array.is_valid().to_pylist()
    if not names:
        return [{} if valid else None for valid in there]
    rows = zip(*(simplified(child) for child in array.flatten()), strict=True)
    return [dict(zip(names, row, strict=True)) if valid else None for valid, row in zip(there, rows, strict=True)]


def _unions(array: pa.Array) -> list[Any]:
    children = {code: simplified(array.field(place)) for place, code in enumerate(array.type.type_codes)}
    # `type_codes` and `offsets` forget that an array is a slice of another.
    own, buffers = slice(array.offset, array.offset + len(array)), array.buffers()
    codes = np.frombuffer(buffers[1], np.int8)[own].tolist()
    dense = array.type.mode == "dense"
    places = np.frombuffer(buffers[2], np.int32)[own].tolist() if dense else range(len(codes))
    return [children[code][place] for code, place in zip(codes, places, strict=True)]


def _extensions(array: pa.Array) -> list[Any]:
    storage = array.storage
    if array.type.extension_name == "arrow.uuid":
        return [None if one is None else str(uuid.UUID(bytes=one)) for one in storage.to_pylist()]
    if array.type.extension_name == "arrow.bool8":
        return [None if one is None else bool(one) for one in storage.to_pylist()]
    return simplified(storage)


CONVERSIONS = (
    (_is_extension, _extensions),
    (_is_text, _texts),
    (_is_bytes, _bytes),
    (types.is_decimal, _decimals),
    (types.is_date, _dates),
    (types.is_timestamp, _timestamps),
    (types.is_time, _times),
    (types.is_duration, _durations),
    (types.is_interval, _intervals),
    (types.is_dictionary, _dictionaries),
    (types.is_run_end_encoded, _run_ends),
    (_is_list, _lists),
    (types.is_map, _maps),
    (types.is_struct, _structs),
    (types.is_union, _unions),
)
