"""What holds for every test."""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import client
from django.utils import translation
from hypothesis import HealthCheck, Phase, settings

from curation.core import giving_way
from tests.argilla.running import Argilla
from tests.database import as_runtime
from tests.dealing import dealt_out
from tests.environments import CLIENTS, NotInstalled
from tests.hub_stand_in import Hub
from tests.model_stand_in import StandIn
from tests.template import copy_from_template

if TYPE_CHECKING:
    from curation.accounts.models import User
    from tests.argilla.annotated import Annotated
    from tests.buckets import Server

MAKING_TEMPLATE = pytest.StashKey["subprocess.Popen[bytes]"]()
# Nobody waits for a page of theirs.
giving_way.NICENESS, giving_way.REST = 0, 0.0
# A busy machine is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
# For runs that ask only whether a test fails: the first example that does is enough.
settings.register_profile(
    "first",
    phases=[Phase.explicit, Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the database that all others are copied from while the workers of a parallel run look for tests."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        config.stash[MAKING_TEMPLATE] = subprocess.Popen([sys.executable, "-m", "tests.template"], env=environment)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no process behind."""
    if making := config.stash.get(MAKING_TEMPLATE, None):
        making.wait()


def pytest_collection(session: pytest.Session) -> None:
    """Have each worker of a parallel run read the tests from another place on, so that each compiles a part of them.

    In a fresh checkout all would compile all otherwise, which is half of the time until the first test.
    """
    given = getattr(session.config, "workerinput", None)
    if given is None or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    apart = session.config.getini("norecursedirs")
    files = sorted(
        file
        for place in session.config.args
        for file in Path(place).glob("*/test_*.py")
        if file.parent.name not in apart
    )
    begin = len(files) * int(given["workerid"].removeprefix("gw")) // given["workercount"]
    for file in files[begin:] + files[:begin]:
        # What is wrong with a file is told when it is collected.
        with suppress(Exception):
            import_module(f"tests.{file.parent.name}.{file.stem}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end of a run, one worker would be at it and the others have nothing to do.

    Next comes what asks for Argilla, so that all of it is one worker's: each server takes seconds to start.
    """
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    items[:] = dealt_out(
        [item for item in items if item.get_closest_marker("long")],
        sorted(
            (item for item in items if not item.get_closest_marker("long")),
            key=lambda item: "argilla_process" not in getattr(item, "fixturenames", ()),
        ),
        workers,
    )


def pytest_collection_finish() -> None:
    """Have the garbage collector look through what a test makes, and not through all modules and tests each time.

    A tenth of the processor time of a run otherwise.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def contexts_of_pages_alone() -> Iterator[None]:
    """Have the test client keep what a page was made of, and not what each of its hundred parts was."""
    keep = client.store_rendered_templates

    def kept(store: dict[str, Any], signal: Any, sender: Any, template: Any, context: Any, **more: Any) -> None:
        if context.template is template:
            keep(store, signal, sender, template, context, **more)

    with patch.object(client, "store_rendered_templates", kept):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any) -> None:
    """Have each worker's database be a copy of one that is migrated already."""
    with django_db_blocker.unblock():
        # Connections of a pool that was opened before lead to the database of `manage.py`, which would be migrated.
        close_on_every_loop()
        copy_from_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database of pytest-django, used with the rights that the application has."""
    with django_db_blocker.unblock():
        yield from as_runtime()
        close_on_every_loop()
        # Models cannot be imported any earlier.
        import_module("curation.core.leases.renewal").stop()


def close_on_every_loop() -> None:
    """Close the connection of tests with the browser, and that of those without: each holds on to the database."""
    running = asyncio._get_running_loop()
    for loop in (None, running):
        asyncio._set_running_loop(loop)
        connection.close()
        connection.close_pool()


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Begin in English: a request leaves the language it was answered in behind, until the next one."""
    translation.activate("en")
    yield
    translation.deactivate()


@pytest.fixture
def a_connection_each(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every thread a connection of its own, so that a barrier can wait for all of them inside the database."""
    connection.close()
    options = {key: value for key, value in connection.settings_dict["OPTIONS"].items() if key != "pool"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    yield
    connection.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Have every other test be without the loop that drives the browser, which counts as running between its tests too.

    From the first fixture to the last: Django keeps a connection for each loop, and a test whose transaction began on
    one of them would commit on the other.
    """
    if "chromium" in getattr(item, "fixturenames", ()):
        return (yield)
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(running)


@pytest.fixture(scope="session")
def stand_in_process() -> Iterator[StandIn]:
    """The stand-in for providers of language models, one for all tests of this run."""
    with StandIn() as running:
        yield running


@pytest.fixture(scope="session")
def argilla_process() -> Iterator[Argilla]:
    """A real Argilla server, one for all tests of this run. Where it is not installed, CI fails."""
    try:
        running = Argilla()
    except NotInstalled as error:
        leave_out(error)
    with running:
        yield running


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Server]":
    """A real S3 server, one for all tests of this run, each of which makes buckets of its own."""
    # The library of its clients takes a while to load.
    from tests.buckets import served

    with served(tmp_path_factory.mktemp("s3") / "server.log") as running:
        yield running


@pytest.fixture(scope="session")
def python_of_clients() -> Path:
    """The interpreter that has what researchers had two years ago, and what reads by address. Without it, CI fails."""
    try:
        return CLIENTS.python()
    except NotInstalled as error:
        leave_out(error)


def leave_out(error: NotInstalled) -> NoReturn:
    """End a test that needs what is not installed: it is left out, and fails in CI."""
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))


@pytest.fixture
def argilla(argilla_process: Argilla, settings: Any) -> Argilla:
    """The Argilla server, running and in order, which may be spoken to."""
    settings.ARGILLA_TO_PRIVATE_ADDRESSES = True
    if argilla_process.process is None:
        argilla_process.start()
    argilla_process.order()
    return argilla_process


@pytest.fixture
def there(argilla: Argilla, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Annotated":
    """A dataset on the Argilla server that was annotated there; no call to the server is made twice by itself."""
    from tests.argilla.annotated import Annotated

    settings.HOME = tmp_path / "home"
    monkeypatch.setattr("curation.argilla.client.TRIES", 1)
    return Annotated(argilla)


@pytest.fixture
def curator() -> "User":
    """Somebody who curates. Some modules mean by it what a curator asks with."""
    from curation.accounts.models import Role
    from tests.builders import person

    return person(Role.CURATOR)


@pytest.fixture
def browser(curator: "User") -> client.Client:
    """What the curator opens pages and sends forms with."""
    browser = client.Client(headers={"sec-fetch-site": "same-origin"})
    browser.force_login(curator)
    return browser


@pytest.fixture
def stand_in(stand_in_process: StandIn) -> StandIn:
    """The stand-in as it is after a start: no faults, an empty bill, answers at once."""
    stand_in_process.begin()
    return stand_in_process


@pytest.fixture
def hub(settings: Any, tmp_path: Any) -> Iterator[Hub]:
    """A small real Hub on this machine, which may be published to."""
    settings.HOME = tmp_path / "home"
    settings.PUBLISHING_TO_PRIVATE_ADDRESSES = True
    with Hub() as running:
        yield running
