"""Starting an import. What is started here is carried out by `curation.stories.ingest`."""

import time
from collections.abc import Mapping
from pathlib import Path

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core import jobs
from curation.core.errors import Conflict, InvalidInput
from curation.stories.fields import DEFAULTABLE, FIELDS
from curation.stories.files import full_path, keep
from curation.stories.mapping import guess, problem_with
from curation.stories.models import ImportRun, Source
from curation.stories.models.imports import ImportState
from curation.stories.permissions import check_can_import
from curation.stories.readers import Unreadable, encoding_named, open_file

ABANDONED_AFTER = 48 * 3600


def start_import(
    *,
    actor: Actor,
    source: Source,
    path: Path,
    file_name: str = "",
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    encoding: str = "",
) -> ImportRun:
    """Keep the file or folder at `path` and write down the import, for a worker to carry out.

    `mapping` is field -> column, guessed when empty; `defaults` gives licence, language, generator and genre where a
    row has none; `encoding` is what a person chose for text that is not UTF-8. `InvalidInput` says what is wrong with
    the file, its encoding or the mapping, and then nothing was written down.
    """
    check_can_import(actor=actor)
    mapping = {name: column for name, column in (mapping or {}).items() if column}
    defaults = {name: value.strip() for name, value in (defaults or {}).items() if value.strip()}
    for name, value in defaults.items():
        if name not in DEFAULTABLE or len(value) > FIELDS[name].size:
            raise InvalidInput(
                _("%(name)s cannot be “%(value)s” for a whole file.") % {"name": name, "value": value[:100]}
            )
    kept = keep(path)
    try:
        encoding = encoding and encoding_named(encoding)
        with open_file(full_path(kept.path), file_name or path.name, encoding) as reader:
            mapping = mapping or guess(reader.columns)
            if problem := problem_with(mapping, reader.columns):
                raise InvalidInput(problem)
            file_format = reader.format
    except Unreadable as error:
        raise InvalidInput(str(error)) from error
    with transaction.atomic():
        run = ImportRun.objects.create(
            source=source,
            path=kept.path,
            file_name=(file_name or path.name)[-255:],
            file_sha256=kept.sha256,
            file_size=kept.size,
            file_format=file_format,
            encoding=encoding,
            mapping=mapping,
            defaults=defaults,
            created_by_id=actor.pk,
        )
        record(actor=actor, verb="import.started", target=run, file=run.file_name, sha256=kept.sha256)
        jobs.nudge("stories.import")
    return run


def resume_import(*, actor: Actor, run: ImportRun) -> None:
    """Let a failed import go on after the last row that is stored."""
    check_can_import(actor=actor)
    with transaction.atomic():
        if not ImportRun.objects.filter(pk=run.pk, state=ImportState.FAILED).update(
            state=ImportState.PENDING, error="", finished_at=None, attempts=0, next_at=Now()
        ):
            raise Conflict(_("This import has not failed."))
        record(actor=actor, verb="import.resumed", target=run)
        jobs.nudge("stories.import")


def discard_abandoned() -> None:
    """Remove uploads that nobody went on to import within two days."""
    folder = full_path("imports")
    old = time.time() - ABANDONED_AFTER
    paths = [path for path in folder.iterdir() if path.stat().st_mtime < old] if folder.exists() else []
    names = [f"imports/{path.name}" for path in paths]
    used = set(ImportRun.objects.filter(path__in=names).values_list("path", flat=True))
    for path in paths:
        if f"imports/{path.name}" not in used:
            path.unlink(missing_ok=True)
