"""Every parameter of every address is sent what no database, number or clock can hold: it is answered, nothing is kept.

Parameters are found, not listed: what pages offer in forms and links, and what is read while a request is answered. One
person who may reach an address sends values in each parameter of it; of all others, who should be refused before
anything of it is read, some send something in all parameters once.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls.converters import get_converters
from django.utils.module_loading import import_string

from tests.hostile import (
    FILES,
    HEADER_SHAPES,
    LONG,
    MARK,
    NUL,
    VALUES,
    WORDS,
    Asked,
    Errors,
    Page,
    Writes,
    encoded,
    json_attacks,
)
from tests.integration.test_who_may import WHO, address_of, routes, row_of, rows, workspace

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
EVERYBODY = [*WHO, "nobody"]
# Read for a request to any address, so attacked at one.
EVERYWHERE = "healthz"
# What scripts send, with one of everything.
SPANS = [{"start": 0, "end": 5, "quote": "Story", "criterion": "A1", "flag": None}]
DRAFT = {
    "themes": ["care"], "ratings": {"A1": 4}, "flags": ["backfire"], "spans": SPANS, "out_of_scope": False,
    "comment": "", "active_seconds": 60,
}  # fmt: skip
BODIES: dict[str, Any] = {"review_draft": {"version": 0, "data": DRAFT}}
# Headers that every address which reads them reads in its own way; the others are read by code that all share.
EACH_IN_ITS_WAY = {("environment", f"HTTP_{name}") for name in ("RANGE", "IF_RANGE", "IF_NONE_MATCH")}
# Rows that tell of a request, however it ends.
TOLD = {"accounts_signinattempt", "django_session"}
# Parts of the site by how their addresses begin, of about the same number of requests; the first that fits.
PARTS = {
    "back office": "admin",
    "stories": "stories|standards",
    "queues": "queues|datasets",
    "reviews": "review|practice|work",
    "the rest": "",
}


@dataclass(frozen=True)
class OneIn:
    """One in so many is sent: of the values that all parameters of an address get, that a field of a form gets by
    itself, that a part of JSON gets, that a place in an address gets, and that headers get; and one in so many of those
    who are refused at an address sends something there. Which, differs from address to address.
    """

    together: int = 5
    alone: int = 32
    json: int = 6
    address: int = 6
    headers: int = 2
    refused: int = 3


# The campaign in `tests/faults` sends all.
one_in = OneIn()


class Attack:
    """Sends as each person, keeps nothing of it, and notes each answer that should not be."""

    def __init__(self, people: dict[str, Any]) -> None:
        self.clients = {name: Client(raise_request_exception=False) for name in {*EVERYBODY, *people}}
        for name, user in people.items():
            self.clients[name].force_login(user)
        self.asked, self.errors = Asked(), Errors()
        self.wrong: list[str] = []
        self.sent = 0

    def send(
        self, who: str, method: str, address: str, what: str, *, query: str = "", body: str | bytes = "",
        kind: str = FORM, **extra: str,
    ) -> HttpResponseBase:  # fmt: skip
        """Send one request and return its answer; every change to the database is taken back."""
        client, writes = self.clients[who], Writes()
        cookies = client.cookies.output()
        self.asked.found.clear()
        self.errors.said.clear()
        self.sent += 1
        with transaction.atomic(), writes.watched():
            answer = client.generic(method, address, body, kind, QUERY_STRING=query, **extra)
            if answer.streaming:
                list(answer)
            transaction.set_rollback(True)
        client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
        problems = list(self.errors.said)
        if answer.status_code >= 500 and answer.status_code != 503:
            problems.append(str(answer.status_code))
        if answer.status_code >= 400 and writes.tables() - TOLD:
            problems.append(f"refused, and wrote {writes.tables()}")
        if writes.longest() >= len(LONG):
            problems.append(f"wrote it to {writes.tables()}")
        if problems:
            self.wrong.append(f"{method} {address[:120]} as {who}, {what}: {', '.join(problems)}")
        return answer


@contextmanager
def attacking(people: dict[str, Any]) -> Iterator[Attack]:
    """Yield an attack whose requests are listened to."""
    attack = Attack(people)
    # Alone, because what pytest keeps of each record would fill the memory; with the filters of the real one.
    for rule in site.LOGGING["handlers"]["console"]["filters"]:
        attack.errors.addFilter(import_string(site.LOGGING["filters"][rule]["()"])())
    with patch.object(logging.getLogger(), "handlers", [attack.errors]), attack.asked.listening():
        yield attack


class Part:
    """The addresses of one part of the site: what each reads and its pages offer."""

    def __init__(self, attack: Attack, kept: dict[Any, Any], part: str) -> None:
        self.attack, self.kept = attack, kept
        self.office = part == "back office"
        self.part, self.table = part, rows()
        self.forms: dict[str, dict[str, bytes]] = {}
        self.links: dict[str, set[str]] = {}
        self.read: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self.common: set[tuple[str, str]] = set()
        self.seen: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Look at the pages, then attack the addresses of the part."""
        ours = [(route, pattern) for route, pattern in routes() if part_of(pattern) == self.part]
        for route, pattern in ours:
            for who in self.may(route, "GET")[-2:]:
                self.open(who, route, address_of(pattern, self.kept))
        self.send("nobody", "GET", EVERYWHERE, f"/{EVERYWHERE}", "as it is")
        self.common = set(self.read[EVERYWHERE, "GET"])
        for number, (route, pattern) in enumerate(ours):
            address = address_of(pattern, self.kept)
            self.in_the_address(route, pattern, number)
            for method in ("GET", "POST"):
                self.at(route, method, address, number)

    def at(self, route: str, method: str, address: str, number: int) -> None:
        """Attack one address: thoroughly as one who may, once as some of the others; the back office once."""
        let_in = self.may(route, method)
        if method == "POST" and let_in and not self.office:
            self.send(let_in[0], method, route, address, "as it should be", body=encoded(self.fields(address)))
            self.send(let_in[0], method, route, address, "an empty object", body="{}", kind=JSON)
        if self.office:
            self.mixed(let_in[:1] or ["admin"], method, route, address, number)
            return
        others = [who for who in EVERYBODY if who not in let_in[:1]]
        self.mixed(others[number % one_in.refused :: one_in.refused], method, route, address, number)
        if let_in:
            self.thoroughly(let_in[0], method, route, address, number)

    def may(self, route: str, method: str) -> list[str]:
        """Who is let in to where the parameters of an address are read, whatever is answered then."""
        get, post, strangers = self.table[row_of(route, self.table) or ""]
        outside = (strangers.split() or ["in", "in"])[method == "POST"]
        codes = [*(get if method == "GET" else post), outside]
        return [who for who, code in zip(EVERYBODY, codes, strict=True) if code not in {"403", "404", "405", "in"}]

    def send(self, who: str, method: str, route: str, address: str, what: str, **more: Any) -> HttpResponseBase:
        """Send one request, and note what was read for it."""
        answer = self.attack.send(who, method, address, what, **more)
        self.read.setdefault((route, method), set()).update(self.attack.asked.found)
        return answer

    def open(self, who: str, route: str, address: str) -> None:
        """Open an address, and learn what its page offers."""
        answer = self.send(who, "GET", route, address, "as it is")
        if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
            page = Page(address, answer.content.decode())  # type: ignore[attr-defined]
            for target, names in page.asked.items():
                self.links.setdefault(target, set()).update(names)
            for target, fields in page.forms.items():
                known = self.forms.setdefault(target, {})
                known.update({name: value for name, value in fields.items() if value or name not in known})

    def fields(self, address: str) -> dict[str, bytes]:
        """What a person sends to an address by the form of it; JSON in a field has something in it."""
        fields = self.forms.get(address, {})
        return {name: json.dumps(SPANS).encode() if value == b"[]" else value for name, value in fields.items()}

    def names(self, route: str, method: str, address: str) -> list[str]:
        """Every parameter that is read at an address, or that a page offers for it; one of those that are numbered."""
        read = {name for kind, name in self.read.get((route, method), ()) if kind == "field"}
        read |= set(self.forms.get(address, ())) | (self.links.get(address, set()) if method == "GET" else set())
        return sorted({re.sub(r"\d+", "1", name): name for name in sorted(read)}.values())

    def mixed(self, people: list[str], method: str, route: str, address: str, number: int) -> None:
        """Send as each person a value of its own in every parameter together."""
        for place, who in enumerate(people):
            values = list(VALUES.items())
            what, value = values[(number + place) % len(values)]
            self.submit(
                who, method, route, address, f"{what} in all", dict.fromkeys(self.names(route, method, address), value)
            )

    def submit(self, who: str, method: str, route: str, address: str, what: str, fields: dict[str, bytes]) -> None:
        sent = encoded(fields)
        self.send(who, method, route, address, what, query=sent, body=sent if method == "POST" else "")

    def thoroughly(self, who: str, method: str, route: str, address: str, number: int) -> None:
        """Send as somebody who is let in: each value in each parameter, in JSON, files, headers and cookies."""
        base, done = self.fields(address) if method == "POST" else {}, set[str]()
        while new := [name for name in self.names(route, method, address) if name not in done]:
            done |= set(new)
            self.in_fields(who, method, route, address, base, new, number)
        if done:
            first = sorted(done)[number % len(done)]
            self.submit(who, method, route, address, f"NUL in {first}", base | {first: NUL})
            for name in [name for name, value in base.items() if value == WORDS] or [first]:
                self.submit(who, method, route, address, f"1 MB in {name}", base | {name: LONG})
        for name, value in base.items():
            if value.startswith(b"["):
                for what, text in self.some(json_attacks(json.loads(value))):
                    self.submit(who, method, route, address, f"{name}: {what}", base | {name: text.encode()})
        read = self.read[route, method]
        if ("body", "") in read and route in BODIES:
            for what, text in self.some(json_attacks(BODIES[route])):
                self.send(who, method, route, address, f"JSON, {what}", body=text, kind=JSON)
        for name in sorted(name for kind, name in read if kind == "file"):
            self.with_file(who, route, address, name, base)
        new = {
            (kind, name) for kind, name in read - self.seen - (set() if route == EVERYWHERE else self.common)
            if kind == "cookie" or (kind == "environment" and name.startswith("HTTP_") and name != "HTTP_COOKIE")
        }  # fmt: skip
        self.seen |= new - EACH_IN_ITS_WAY
        # A wrong host is refused before any other header is read.
        for together in ({("environment", "HTTP_HOST")} & new, new - {("environment", "HTTP_HOST")}):
            self.in_headers(who, method, route, address, sorted(together), base, number)

    def some(self, attacks: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
        """One in a few, so that each part of the JSON gets some of the values, and each value some of the parts."""
        return list(attacks)[:: one_in.json]

    def in_fields(
        self, who: str, method: str, route: str, address: str, base: dict[str, bytes], names: list[str], number: int
    ) -> None:  # fmt: skip
        """Send values in every parameter: of several parameters each has another of the values in each request.

        So that none hides behind the first that is refused, each field of a form is also the only one that is wrong.
        """
        values = list(VALUES.items())
        for turn, (what, _value) in list(enumerate(values))[number % one_in.together :: one_in.together]:
            fields = {name: values[(turn + place) % len(values)][1] for place, name in enumerate(names)}
            self.submit(who, method, route, address, f"{what} in {names[0]}, and so on", base | fields)
        for place, name in enumerate(names if base and len(names) > 1 else ()):
            for what, value in values[place % one_in.alone :: one_in.alone]:
                self.submit(who, method, route, address, f"{what} in {name}", base | {name: value})

    def in_headers(
        self, who: str, method: str, route: str, address: str, names: list[tuple[str, str]], base: dict[str, bytes],
        number: int,
    ) -> None:  # fmt: skip
        """Send values in every header and cookie, one in a few of all, in another shape in each of them."""
        values = [*VALUES.values(), NUL] if names else []
        for turn in range(len(values) * 2)[number % one_in.headers :: one_in.headers]:
            extra, cookies = {}, []
            for place, (kind, name) in enumerate(names):
                value = values[(turn + place) % len(values)].decode("latin-1")
                sent = HEADER_SHAPES[(turn // len(values)) * (1 + (turn + place) % (len(HEADER_SHAPES) - 1))].format(
                    value
                )
                if kind == "cookie":
                    cookies.append(f"{name}={sent}")
                else:
                    extra[name] = sent
            if cookies:
                extra["HTTP_COOKIE"] = "; ".join(cookies)
            told = {name: value[:40] for name, value in extra.items()}
            self.send(who, method, route, address, f"the headers {told}", body=encoded(base), **extra)

    def with_file(self, who: str, route: str, address: str, name: str, base: dict[str, bytes]) -> None:
        for file_name, content in FILES.items():
            body = encode_multipart(BOUNDARY, {**base, name: SimpleUploadedFile("x", content)})
            body = body.replace(b'filename="x"', b'filename="' + quote(file_name).encode() + b'"')
            what = f"the file {file_name[:40]}"
            answer = self.send(who, "POST", route, address, what, body=body, kind=MULTIPART_CONTENT)
            if answer.status_code == 302 and (preview := answer.headers["Location"]).startswith(address):
                self.send(who, "GET", f"after {route}", preview, what)
                self.submit(who, "POST", f"after {route}", preview, what, {"new_source": b"new", "map_text": b"text"})

    def in_the_address(self, route: str, pattern: str, number: int) -> None:
        """Put values into every place of an address that its converter lets them into; in the back office one."""
        values = [*VALUES.items(), ("NUL", NUL)]
        for place, (name, converter) in enumerate(converters_of(pattern)):
            fitting = [(what, value) for what, value in values if re.fullmatch(converter.encode(), value)]
            step = len(fitting) if self.office else one_in.address
            fitting = fitting[(number + place) % step :: step]
            for what, value in fitting:
                with_mark = {
                    key: MARK if name in (key if isinstance(key, tuple) else (key,)) else kept
                    for key, kept in self.kept.items()
                }
                with_mark["pk"] = {"": MARK} if name == "pk" else self.kept["pk"]
                address = address_of(pattern, with_mark).replace(MARK, quote(value))
                method = "GET" if self.may(route, "GET") else "POST"
                who = (self.may(route, method) or ["admin"])[0]
                self.send(who, method, f"into {route}", address, f"{what} as {name}")


def converters_of(pattern: str) -> list[tuple[str, str]]:
    """The names in a pattern, each with what it may be as a regular expression."""
    kinds = get_converters()
    found = re.findall(r"<(?:(\w+):)?(\w+)>", re.sub(r"\(\?P<\w+>[^)]*\)", "", pattern))
    return [(name, kinds[kind or "str"].regex) for kind, name in found]


def part_of(pattern: str) -> str:
    """Return the part of the site that is attacked in one go, beside the others."""
    return next(part for part, start in PARTS.items() if re.match(start, pattern))


def attack_part(part: str, place: Path) -> list[str]:
    """Attack all addresses of a part of the site, whose files are in `place`; return each answer that should not be."""
    people, kept = workspace(place)
    with attacking(people) as attack:
        Part(attack, kept, part).run()
    return attack.wrong


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_nothing_that_is_sent_breaks_an_address(part: str, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    assert attack_part(part, tmp_path) == []
