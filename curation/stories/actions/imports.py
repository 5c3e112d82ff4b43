"""Starting an import. What is started here is carried out by `actions.importing`."""

from collections.abc import Collection, Mapping
from pathlib import Path

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core import jobs
from curation.core.errors import Conflict, InvalidInput
from curation.core.storage import FileMissing, KeptFile, storage
from curation.core.storage.orphans import discard_orphans, naming_files
from curation.stories.fields import DEFAULTABLE, FIELDS
from curation.stories.files import FOLDER, keep, on_disk
from curation.stories.mapping import guess, problem_with
from curation.stories.models import ImportRun, Source
from curation.stories.models.imports import ImportState
from curation.stories.permissions import check_can_import
from curation.stories.readers import FileUnreadable, encoding_named, open_file


def start_import(
    *,
    actor: Actor,
    source: Source,
    path: Path | None = None,
    kept: KeptFile | None = None,
    file_name: str = "",
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    encoding: str = "",
    complete: bool = False,
    must_be: str = "",
    left_out: Collection[str] = (),
) -> ImportRun:
    """Keep the file or folder at `path`, or take one that is `kept`, and write the import down for a worker.

    `mapping` is field -> column, guessed when empty; with `complete`, what it leaves out is guessed too. `defaults`
    gives licence, language, generator and genre where a row has none; `encoding` is what a person chose for text that
    is not UTF-8, `must_be` the reader's format that the file is said to have. Columns that are `left_out` are not kept
    with the stories. `InvalidInput` says what is wrong with the file, its encoding or the mapping, and then nothing was
    written down.
    """
    check_can_import(actor=actor)
    mapping = {name: column for name, column in (mapping or {}).items() if column}
    defaults = {name: value.strip() for name, value in (defaults or {}).items() if value.strip()}
    for name, value in defaults.items():
        if name not in DEFAULTABLE or len(value) > FIELDS[name].size:
            raise InvalidInput(
                _("%(name)s cannot be “%(value)s” for a whole file.") % {"name": name, "value": value[:100]}
            )
    with naming_files():
        if path is not None:
            kept, file_name = keep(path), file_name or path.name
        elif kept is None or storage().size(kept.key) is None:
            raise FileMissing
        return _write_down(
            actor=actor,
            source=source,
            kept=kept,
            file_name=file_name,
            mapping=mapping,
            defaults=defaults,
            encoding=encoding,
            complete=complete,
            must_be=must_be,
            left_out=left_out,
        )


def _write_down(
    *,
    actor: Actor,
    source: Source,
    kept: KeptFile,
    file_name: str,
    mapping: Mapping[str, str],
    defaults: Mapping[str, str],
    encoding: str,
    complete: bool,
    must_be: str,
    left_out: Collection[str],
) -> ImportRun:
    try:
        encoding = encoding and encoding_named(encoding)
        with on_disk(kept.sha256) as place, open_file(place, file_name, encoding) as reader:
            if must_be and reader.format != must_be:
                raise InvalidInput(
                    _("This is no %(wanted)s, but reads like %(found)s.") % {"wanted": must_be, "found": reader.format}
                )
            mapping = guess(reader.columns, mapping) if complete or not mapping else mapping
            if problem := problem_with(mapping, reader.columns):
                raise InvalidInput(problem)
            file_format = reader.format
    except FileUnreadable as error:
        raise InvalidInput(str(error)) from error
    with transaction.atomic():
        run = ImportRun.objects.create(
            source=source,
            file_name=file_name[-255:],
            file_sha256=kept.sha256,
            file_size=kept.size,
            file_format=file_format,
            encoding=encoding,
            mapping=mapping,
            defaults=defaults,
            left_out=sorted(left_out),
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


def discard_abandoned() -> int:
    """Remove uploads that nobody went on to import within two days; return how many."""
    return discard_orphans(
        storage(),
        FOLDER,
        lambda hashes: ImportRun.objects.filter(file_sha256__in=hashes).values_list("file_sha256", flat=True),
    )
