"""How the time of a function grows with the length of a text, and which functions of the project take texts.

What is measured is found, not listed: every function and method of the rooms whose arguments can all be made of a text
and what stands beside one. A new check, reader or normalisation is measured as soon as it is written.
"""

import gc
import importlib
import inspect
import io
import pkgutil
import random
import time
import types
import typing
from collections import abc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial
from operator import itemgetter
from statistics import median
from types import ModuleType
from typing import Any, Literal, Union
from zlib import crc32

from django.db.models import Field, Model, QuerySet

import annotations
import curation

# Modules that work on rows, files, processes, requests and pages; what they do with texts they have from the others.
DELIVERY = {
    "actions", "admin", "apps", "asgi", "assemble", "attempts", "build", "celery", "commands", "csp", "demo",
    "embedded", "environment", "files", "fit", "forms", "heartbeat", "ingest", "invitations", "jobs", "leases",
    "loading", "management", "material", "middleware", "migrations", "models", "pages", "people", "permissions",
    "practising", "queries", "queues", "roles", "services", "serving", "settings", "sql_files", "statistics",
    "storage", "tasks", "triggers", "urls", "values", "verify", "views", "worker_heartbeat", "wsgi",
}  # fmt: skip
# What patterns look for, and what keeps them looking: repeated, such a piece is a text that nobody would write.
PIECES = (
    "\n", " ", "\t", " \n", "\r", "\u2028", "\u3000", "\u0315\u0300", "\u0301", "\uff9e\u0315", "\ufdfa", "\u200d",
    "[", "(", "[story ", "[insert ", "[your ", "(continues", "{{", "{a", "<", "<insert", "<|a", "here ",
    "here's the a ", "sure ", "`", "```", "a.b@", "a@", "www.", "www.a-", "http://", "word count ", "total ", "# ",
    "#", " #", "-", "---\n", "a-", "_", "*", "x.", ".\"", "?!", "... ", "!", "“", "\"", "'", "a'", "a\\'", "\\\"",
    ",\"\"\"", "\"a\"b,", "I'm sorry ", "as an ai ", "the story ", "we have omitted ", "Sarah ", "over and ",
    "in order ", "日", "日 ", "\U000e0041", "\U0001f3f4\U000e0067", "\\", "{\"a\":", "a,", "a\n\n", "a\t", "é", "a: ",
    "&", "|", "/*", "//", "**/", "a/", ";",
)  # fmt: skip
# What makes the beginning of a text look like something.
BEFORE = ("日", "# x", '[{"role": \'', "---\ntitle: a\n", "['")
WORDS = "The tug asked twice."
NAMES = {"codec": "utf-8", "delimiter": ",", "quote": '"', "unit": "ns"}


@cache
def mixture(size: int) -> str:
    """About `size` code points of all the pieces, in the same even mixture every time."""
    chance = random.Random(1)  # noqa: S311
    return "".join(chance.choices(PIECES, k=size // 4))


@cache
def in_turn(size: int) -> str:
    """About `size` code points, in which each piece follows itself for an even part of them."""
    part = size // len(PIECES)
    return "".join(piece * (part // len(piece)) for piece in PIECES)


def repeated(before: str, piece: str, after: str, size: int) -> str:
    return before + piece * (size // len(piece)) + after


def of_one_piece() -> Iterator[Callable[[int], str]]:
    """Yield what makes a text of a size: each piece by itself, and behind one of the beginnings and before a word."""
    for place, piece in enumerate(PIECES):
        yield partial(repeated, "", piece, "")
        yield partial(repeated, BEFORE[place % len(BEFORE)], piece, "z")


class NotOfATextError(Exception):
    """No argument of this type can be made of a text."""


def made(kind: Any, text: str, depth: int = 2) -> Any:
    """Return an argument of the type `kind` that has as much of `text` in it as it can; `NotOfATextError` if none."""
    if kind in (str, Any, object):
        return text
    if kind is bytes:
        return text.encode()
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in SIMPLE:
        return SIMPLE[kind]
    if origin is Literal:
        return inner[0]
    if origin in (Union, types.UnionType):
        return first_made([one for one in inner if one is not type(None)], text, depth)
    if origin is typing.IO or kind is io.BytesIO:
        return io.BytesIO(text.encode("utf-16-be"))
    if origin is not None and isinstance(origin, type):
        return collected(origin, inner, text, depth)
    if inspect.isclass(kind) and depth and not issubclass(kind, (Model, Field, Enum, Exception, ModuleType)):
        given = {name: made(one, text, depth - 1) for name, one in kinds_of(kind.__init__, own=True).items()}
        try:
            return kind(**given)
        except Exception as error:
            raise NotOfATextError from error
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind))
    raise NotOfATextError


SIMPLE: dict[Any, Any] = {int: 5, float: 0.5, bool: True, type(None): None}


def collected(origin: type, inner: tuple[Any, ...], text: str, depth: int) -> Any:
    """Return a collection or mapping: of the whole text, and of all its short pieces where those are texts too."""
    item = inner[-1] if inner else None
    if issubclass(origin, tuple) and item is not Ellipsis:
        return tuple(made(one, text, depth) for one in inner)
    if not issubclass(origin, abc.Iterable) or (item := inner[0] if item is Ellipsis else item) is None:
        raise NotOfATextError
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)] if item in (str, Any, object) and depth > 1 else []
    whole = made(item, text, depth - 1) if depth else text
    if issubclass(origin, abc.Mapping):
        if inner[0] not in (str, Any):
            raise NotOfATextError
        return dict(zip(pieces, pieces, strict=True)) | {"text": whole, text[:100]: whole}
    items = [whole, *pieces]
    if issubclass(origin, abc.Iterator):
        return iter(items)
    return origin(items) if origin in (set, frozenset, tuple) else items


def first_made(kinds: list[Any], text: str, depth: int) -> Any:
    for kind in sorted(kinds, key=lambda one: one not in (str, bytes)):
        try:
            return made(kind, text, depth)
        except NotOfATextError:
            continue
    raise NotOfATextError


@cache
def kinds_of(function: Callable[..., Any], *, own: bool = False) -> dict[str, Any]:
    """Return the types of what has to be given to `function`; `own` leaves out `self`."""
    if function is object.__init__:
        return {}
    try:
        hints = typing.get_type_hints(function)
    except Exception as error:
        raise NotOfATextError from error
    kinds = {}
    for place, one in enumerate(inspect.signature(function).parameters.values()):
        if (own and place == 0) or one.default is not one.empty or one.kind is one.VAR_KEYWORD:
            continue
        if one.kind in {one.VAR_POSITIONAL, one.POSITIONAL_ONLY} or one.name not in hints:
            raise NotOfATextError
        kinds[one.name] = hints[one.name]
    return kinds


def grows(kind: Any) -> bool:
    """Whether what is made of a longer text is larger."""
    return weight(made(kind, "a" * 16)) < weight(made(kind, "a" * 512))


def weight(value: Any) -> int:
    if isinstance(value, QuerySet):
        raise NotOfATextError
    return len(value.getvalue()) if isinstance(value, io.BytesIO) else len(repr(value))


@dataclass(frozen=True)
class Call:
    """A function, and which of its arguments is made of the text, or `self`; the others are of a few words."""

    function: Callable[..., Any]
    grown: str
    own: type | None = None

    def prepared(self, text: str) -> Callable[[], object]:
        """Return the call with arguments of its own."""
        given = {
            name: NAMES[name] if name in NAMES else made(kind, text if name == self.grown else WORDS)
            for name, kind in kinds_of(self.function, own=self.own is not None).items()
        }
        if self.own is None:
            return partial(self.function, **given)
        return partial(self.function, made(self.own, text if self.grown == "self" else WORDS), **given)


def calls_of(function: Callable[..., Any], own: type | None = None) -> Iterator[Call]:
    """Yield a call for each argument that can be made of a text; none where one cannot be made at all.

    What waits for others (`async`) is left out: it asks them, and works on texts by what is measured here.
    """
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return
    try:
        kinds = kinds_of(function, own=own is not None)
        larger = own is not None and grows_as_object(own)
        for name, kind in kinds.items():
            made(kind, WORDS)
            if name not in NAMES and grows(kind):
                yield Call(function, name, own)
        if larger:
            yield Call(function, "self", own)
    except (NotOfATextError, RecursionError):
        return


def grows_as_object(own: type) -> bool:
    made(own, WORDS)
    return any(grows(kind) for kind in kinds_of(own.__init__, own=True).values())  # type: ignore[misc]


def modules() -> Iterator[ModuleType]:
    """Yield the modules of the project that are no `DELIVERY`."""
    for root in (curation, annotations):
        for info in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            if not DELIVERY & set(info.name.split(".")):
                yield importlib.import_module(info.name)


def found(places: Iterable[ModuleType] | None = None) -> dict[str, Call]:
    """Return all calls with a text of the functions and methods of the project, by where they stand."""
    calls: dict[str, Call] = {}
    for module in places or modules():
        for name, own in vars(module).items():
            if getattr(own, "__module__", None) != module.__name__:
                continue
            if not inspect.isclass(own):
                function = inspect.unwrap(own) if callable(own) else own
                functions = {name: function} if inspect.isfunction(function) else {}
            elif issubclass(own, (Model, Enum, Exception)) or inspect.isabstract(own):
                continue
            else:
                functions = {
                    f"{name}.{key}": one
                    for key, one in vars(own).items()
                    if inspect.isfunction(one) and not key.startswith("__")
                }
            for key, function in functions.items():
                for call in calls_of(function, own if inspect.isclass(own) else None):
                    calls[f"{module.__name__}.{key}({call.grown})"] = call
    return calls


def seconds(call: Call, text: str) -> float:
    """Processor time of a call with a text, which may be refused; what comes piece by piece is taken to the end."""
    try:
        prepared = call.prepared(text)
    except NotOfATextError:
        return 0
    gc.disable()
    start = time.process_time()
    try:
        answer = prepared()
        if inspect.isgenerator(answer):
            for _piece in answer:
                pass
    except Exception:  # noqa: S110
        pass
    finally:
        took = time.process_time() - start
        gc.enable()
    return took


# The shortest text whose time is asked.
SHORTEST = 4_000
# What takes so many times longer than what tells something is told by shorter texts.
LONG = 10
# All texts of one piece are tried in this length. Above so many seconds one is looked at again: the square of that
# would take two minutes for the longest.
SCREENED, SUSPECT = 2_000, 0.0005
# How many times longer the time of a text that is four times longer may be: the square is 16.
TIMES, MOST = 4, 9


@dataclass(frozen=True)
class Depth:
    """How much is tried: texts up to `longest` code points, until one takes `telling` seconds; of those of one piece
    every `one_in`th, from a place that differs from function to function, and of these again the `suspects` that took
    the longest."""

    longest: int
    telling: float
    one_in: int
    suspects: int


# Where text of strangers is read each text of one piece is tried; elsewhere each is by one function in six. A square
# that is slight beside what else a function does with a text is for the campaign in `tests/faults` to notice.
READING, ELSEWHERE = Depth(250_000, 0.004, 1, 2), Depth(250_000, 0.004, 6, 2)
THOROUGH = Depth(1_000_000, 0.01, 1, 4)


def usual_depth(name: str) -> Depth:
    """How much the suite tries of the function that stands at `name`."""
    return READING if name.startswith("curation.stories") else ELSEWHERE


def place_of(name: str, depth: Depth) -> int:
    """Where among the texts of one piece those begin that the function at `name` is tried with."""
    return crc32(name.encode()) % depth.one_in


def too_slow(call: Call, depth: Depth, name: str = "") -> str:
    """Return for which text, and how, the time of `call` grows faster than the text; empty if for none.

    Of the texts of one piece only those are looked at again that take much longer than others of their length, twice.
    `name` is what the choice of these texts goes by.
    """
    for make in (mixture, in_turn):
        if told := growth(call, make, depth):
            return told
    texts = screened()[place_of(name, depth) :: depth.one_in]
    took = [(seconds(call, text), make, text) for make, text in texts]
    usual = max(SUSPECT, 4 * median(one for one, _make, _text in took))
    slowest = sorted((one for one in took if one[0] > usual), key=itemgetter(0), reverse=True)[: depth.suspects]
    again = (make for _took, make, text in slowest if seconds(call, text) > usual)
    return next((told for make in again if (told := growth(call, make, depth))), "")


@cache
def screened() -> list[tuple[Callable[[int], str], str]]:
    """The texts of one piece in the length in which all are tried, with what makes longer ones."""
    return [(make, make(SCREENED)) for make in of_one_piece()]


def growth(call: Call, make: Callable[[int], str], depth: Depth) -> str:
    """Return how much longer a longer text takes if that is too much, three times in a row; else an empty string."""
    size, long = SHORTEST, LONG * depth.telling
    while (before := seconds(call, make(size))) < depth.telling and size * TIMES < depth.longest:
        if before * (depth.longest / size) ** 2 < long:
            return ""  # Even with the square of its length the longest text would take too little to tell.
        size *= TIMES
    while before > long and size > SHORTEST // 32:
        size //= 2
        before = seconds(call, make(size))
    for _again in range(3):
        after = seconds(call, make(size * TIMES))
        if after < long or after < MOST * min(seconds(call, make(size)) for _twice in range(2)):
            return ""
    return f"{make(40)!r}: {size:,} in {before:.4f} s, {size * TIMES:,} in {after:.4f} s"
