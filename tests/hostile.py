"""What nobody's browser sends, and which parameters a request had read while it was answered."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, quote, urlsplit

from django.core.handlers import wsgi
from django.db import connection
from django.http import HttpHeaders, HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

LONG = b"x" * 1_000_000
# What a person is thought to write where a form asks for words.
WORDS = b"words"
# Each as bytes: half of a surrogate pair and a broken sequence have no text.
VALUES: dict[str, bytes] = {
    "11 digits": b"9" * 11,
    "19 digits": b"9" * 19,
    "30 digits below zero": b"-" + b"9" * 30,
    "5,000 digits": b"9" * 5000,
    "a digit that is no number": "²".encode(),
    "NaN": b"NaN",
    "1e400": b"1e400",
    "deep lists": b"[" * 5000 + b"]" * 5000,
    "an object with numbers that are none": b'[{"start": 1e400, "end": NaN}]',
    "half a pair": "\ud800".encode("utf-8", "surrogatepass"),
    "half a pair, escaped": b'[{"quote": "\\ud800", "start": 1, "end": 2}]',
    "broken UTF-8": b"\xff\xfe\xc3",
    "the last day": b"9999-12-31",
    "the first day": b"0001-01-01",
    "a place after the last day": b"1:9999-12-31T23:59:59-14:00",
    "a place of 30 digits": b"1:" + b"9" * 30,
}
# Refused before anything else looks at a request, so that it would hide what the others do.
NUL = b"a\0b"
# How headers hold a value.
HEADER_SHAPES = ("{0}", "bytes={0}-", "bytes=0-{0}", '"{0}"', "{0}, {0}", "en;q={0}")
# What a value is made of in JSON, and in YAML too.
JSON_VALUES = {
    "NUL": '"a\\u0000b"',
    "11 digits": "9" * 11,
    "30 digits below zero": "-" + "9" * 30,
    "5,000 digits": "9" * 5000,
    "NaN": "NaN",
    "1e400": "1e400",
    "deep lists": "[" * 100 + "]" * 100,
    "too deep to parse": "[" * 100_000,
    "half a pair": '"\\ud800"',
    "a list": "[[1]]",
    "an object": '{"a": {"b": null}}',
    "true": "true",
    "null": "null",
    "a fraction": "1.5",
}
YAML_VALUES = {
    **JSON_VALUES,
    "no number": ".nan",
    "16 digits of sixteen": "0x" + "f" * 16,
    "a day": "0001-01-01",
    "a list in itself": "&a [*a]",
    "bytes": "!!binary /w==",
}
# Contents of files that people upload, by a name of theirs.
FILES = {
    "cells.csv": b"text,licence\n" + b"".join(b"A tug waited %d,%b\n" % pair for pair in enumerate(VALUES.values())),
    "headers.csv": b",".join([*VALUES.values(), NUL]) + b"\na story\n",
    "NUL.csv": b"text,licence\n" + NUL + b",CC0-1.0\n",
    **{f"{name}.jsonl": f'{{"text": "A tug waited.", "n": {value}}}\n'.encode() for name, value in JSON_VALUES.items()},
    **{f"text of {name}.json": f'[{{"text": {value}}}]'.encode() for name, value in JSON_VALUES.items()},
    **{f"{name}.yaml": f"name: a\nversion: {value}\n".encode() for name, value in YAML_VALUES.items()},
    **{f"{name}.md": f"---\ntitle: {value}\n---\nA tug waited.\n".encode() for name, value in YAML_VALUES.items()},
    "x" * 5000 + ".csv": b"text\nA tug waited.\n",
    "²\u202e\u0085.csv": b"text\nA tug waited.\n",
    "none": b"",
}
MARK = "the-place-of-a-value"


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything in a value, the value itself first."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from leaves(part, (*path, name))


def marked(value: Any, path: tuple[Any, ...]) -> Any:
    """Return `value` with `MARK` at the end of a way, where a text that is none can be put in."""
    if not path:
        return MARK
    name, *rest = path
    changed = marked(value[name], tuple(rest))
    if isinstance(value, dict):
        return {**value, name: changed}
    return [*value[:name], changed, *value[name + 1 :]]


def json_attacks(base: Any) -> Iterator[tuple[str, str]]:
    """Yield what to call it, and `base` as JSON with one part of it replaced; every part by every value."""
    for path in leaves(base):
        text = json.dumps(marked(base, path))
        for name, value in JSON_VALUES.items():
            yield f"{name} at {path}", text.replace(json.dumps(MARK), value)


class Asked:
    """What was read of a request since the last `clear`: (kind, name) of fields, files, headers, cookies and bodies."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str]] = set()
        self._request: Any = None

    def note(self, kind: str, name: object) -> None:
        if isinstance(name, str):
            self.found.add((kind, name))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Notice what every request reads."""
        begin, in_headers, of_text = wsgi.WSGIRequest.__init__, HttpHeaders.__getitem__, wsgi.parse_cookie
        body, cookies, environment = HttpRequest.body, noticing("cookie", self.note), noticing("environment", self.note)

        def start(request: Any, given: dict[str, Any]) -> None:
            self._request = request
            begin(request, environment(given))

        def read_body(request: HttpRequest) -> bytes:
            if request.content_type == "application/json":
                self.note("body", "")
            return bytes(body.fget(request))  # type: ignore[attr-defined]

        def read_header(data: HttpHeaders, name: str) -> str:
            self.note("environment", "HTTP_" + name.upper().replace("-", "_"))
            return in_headers(data, name)

        replaced: list[tuple[Any, str, Any]] = [
            (wsgi.WSGIRequest, "__init__", start),
            (wsgi, "parse_cookie", lambda text: cookies(of_text(text))),
            (HttpRequest, "body", property(read_body)),
            (HttpHeaders, "__getitem__", read_header),
            *((MultiValueDict, name, self._field(name)) for name in ("get", "getlist", "__getitem__", "__contains__")),
        ]
        with ExitStack() as stack:
            for owner, name, ours in replaced:
                stack.enter_context(patch.object(owner, name, ours))
            yield

    def _field(self, method: str) -> Callable[..., Any]:
        real = getattr(MultiValueDict, method)

        def read(data: MultiValueDict[str, Any], name: Any, *more: Any, **named: Any) -> Any:
            if isinstance(data, QueryDict):
                self.note("field", name)
            elif data is getattr(self._request, "_files", None):
                self.note("file", name)
            return real(data, name, *more, **named)

        return read


def noticing(kind: str, note: Callable[[str, object], None]) -> type[dict[Any, Any]]:
    """A dictionary that tells `note` which of its names are read."""

    class Noticed(dict[Any, Any]):
        def __getitem__(self, name: Any) -> Any:
            note(kind, name)
            return super().__getitem__(name)

        def get(self, name: Any, default: Any = None) -> Any:
            note(kind, name)
            return super().get(name, default)

        def __contains__(self, name: object) -> bool:
            note(kind, name)
            return super().__contains__(name)

    return Noticed


class Page(HTMLParser):
    """What a page offers to send.

    `forms`: address -> what a person who fills the form in somehow would send; `asked`: address -> the names in links.
    """

    def __init__(self, address: str, page: str) -> None:
        super().__init__()
        self.here = address
        self.forms: dict[str, dict[str, bytes]] = {}
        self.asked: dict[str, set[str]] = {}
        self._form: dict[str, bytes] | None = None
        self._select = ""
        self._by_id: dict[str, dict[str, bytes]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and (parts := urlsplit(given.get("href", ""))).query and not parts.netloc:
            self.asked.setdefault(parts.path or self.here, set()).update(parse_qs(parts.query, keep_blank_values=True))
        if tag == "form":
            target = urlsplit(given.get("action", "")).path or self.here
            self._form = self.forms.setdefault(target, {})
            self._by_id[given.get("id", "")] = self._form
        form = self._by_id.get(given.get("form", ""), self._form) if "form" in given else self._form
        name = given.get("name", "")
        if form is None or (not name and tag != "option"):
            return
        if tag == "input" and given.get("type") != "file":
            self._fill(form, name, given)
        elif tag == "textarea":
            form.setdefault(name, WORDS)
        elif tag == "button":
            form.setdefault(name, given.get("value", "").encode())
        elif tag == "select":
            self._select = name
            form.setdefault(name, b"")
        elif tag == "option" and self._select and ("selected" in given or not form.get(self._select)):
            form[self._select] = given.get("value", "").encode()

    def _fill(self, form: dict[str, bytes], name: str, given: Mapping[str, str]) -> None:
        kind, value = given.get("type", "text"), given.get("value", "").encode()
        if kind in {"radio", "checkbox"}:
            if "checked" in given or name not in form:
                form[name] = value or b"on"
        else:
            form.setdefault(name, value or (b"1" if kind == "number" else b"" if kind == "hidden" else WORDS))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def encoded(fields: Mapping[str, bytes]) -> str:
    """Fields as a form or an address sends them, whatever bytes they are."""
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in fields.items())


class Writes:
    """The statements that changed rows and were not taken back, while a request was answered."""

    CHANGE = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM|COPY) "?(\w+)')

    def __init__(self) -> None:
        self.found: list[tuple[str, Any]] = []
        self._marks: list[tuple[str, int]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        word, name = sql.split(" ", 1)[0], sql.rsplit(" ", 1)[-1]
        result = execute(sql, params, many, context)
        if word == "SAVEPOINT":
            self._marks.append((name, len(self.found)))
        elif word in {"ROLLBACK", "RELEASE"}:
            place = next(n for n, (mark, _length) in reversed(list(enumerate(self._marks))) if mark == name)
            if word == "ROLLBACK":
                del self.found[self._marks[place][1] :]
            del self._marks[place + (word == "ROLLBACK") :]
        elif change := self.CHANGE.match(sql):
            self.found.append((change[1], params))
        return result

    @contextmanager
    def watched(self) -> Iterator["Writes"]:
        with connection.execute_wrapper(self):
            yield self

    def tables(self) -> set[str]:
        return {table for table, _params in self.found}

    def longest(self) -> int:
        """The length of the longest text or bytes that was written."""
        return max((length(params) for _table, params in self.found), default=0)


def length(value: Any) -> int:
    """The length of the longest text in a value, however nested."""
    value = getattr(value, "obj", value)  # psycopg's wrapper around JSON
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return max((length(part) for pair in value.items() for part in pair), default=0)
    if isinstance(value, list | tuple):
        return max(map(length, value), default=0)
    return 0


class Errors(logging.Handler):
    """What the log gets at ERROR or above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            fault = record.exc_info[1] if record.exc_info else None
            self.said.append(f"{record.name}: {record.getMessage()[:200]} {fault!r}"[:400])
