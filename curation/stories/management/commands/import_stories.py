"""Imports files or folders of stories from the command line."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.core.commands import ExemplaCommand
from curation.core.errors import InvalidInput
from curation.stories.actions import source_named, start_import
from curation.stories.actions.importing import claim, run_import
from curation.stories.files import as_file
from curation.stories.ingest import Preview, preview, survey
from curation.stories.mapping import guess, problem_with
from curation.stories.models import ImportRun, Source
from curation.stories.models.imports import ImportState

UNKNOWN_TOLD = 20
LOOK_SECONDS = 0.5


class Command(ExemplaCommand):
    """Carries out each import itself, unless a worker was faster; if it is killed, the worker takes over."""

    help = "Import stories from CSV, TSV, JSON, JSONL, Parquet or Arrow, or from a folder or zip of these or of prose."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options are the same as the fields of the import page."""
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a file or a folder")
        parser.add_argument("--source", default="", help="the source's name; by default the first file's")
        parser.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", help="such as text=Story")
        parser.add_argument("--license", default="", help="the licence of rows that name none, such as CC-BY-4.0")
        parser.add_argument("--encoding", default="", help="the encoding of files that are not UTF-8, such as cp1251")
        parser.add_argument("--dry-run", action="store_true", help="read everything, store nothing")

    def run(self, options: dict[str, Any]) -> None:
        """Look at all files first, so that a mistake is found before anything is stored."""
        given = dict(self._pair(text) for text in options["map"])
        defaults = {"license": options["license"]} if options["license"] else {}
        self.encoding = options["encoding"]
        mappings = {path: self._mapping(path, given) for path in options["files"]}
        if options["dry_run"]:
            results = [self._rehearse(path, mapping, defaults) for path, mapping in mappings.items()]
        else:
            named, first = options["source"], options["files"][0].stem
            source = source_named(actor=SYSTEM, name=named, file=first, license=options["license"])
            results = [self._import(path, mapping, defaults, source) for path, mapping in mappings.items()]
        if options["json"]:
            keys = ("rows", "created", "duplicates", "rejected")
            total = {key: sum(result[key] for result in results) for key in keys}
            self.report({**total, "dry_run": options["dry_run"], "files": results})
            return
        for result in results:
            self._tell(result, rehearsed=options["dry_run"])

    def _pair(self, text: str) -> tuple[str, str]:
        field, equals, column = text.partition("=")
        if not equals or not field or not column:
            raise InvalidInput(f"--map takes FIELD=COLUMN, such as text=Story; this was “{text}”.")
        return field.strip(), column.strip()

    def _mapping(self, path: Path, given: dict[str, str]) -> dict[str, str]:
        if str(path).startswith("hf:"):
            raise InvalidInput(f"{path}: download the dataset first, then give its folder.")
        if not path.exists():
            raise InvalidInput(f"There is no file {path}.")
        try:
            with as_file(path) as file:
                look = preview(path=file, file_name=path.name, encoding=self.encoding)
            if look.doubt:
                raise InvalidInput(self._doubt(look))
            mapping = guess(look.columns, given)
            if problem := problem_with(mapping, look.columns):
                raise InvalidInput(problem)
        except InvalidInput as error:
            raise InvalidInput(f"{path}: {error.message}") from error
        for note in look.notes:
            self.stderr.write(f"{path.name}: {note}")
        return mapping

    def _doubt(self, look: Preview) -> str:
        """Return why an encoding must be chosen, with a line of the text in each that it could be."""
        lines = [f"  --encoding {one.codec:<10} {one.label}: {one.line}" for one in look.choices]
        return "\n".join([f"{look.doubt} Add the one in which the text reads right:", *lines])

    def _rehearse(self, path: Path, mapping: dict[str, str], defaults: dict[str, str]) -> dict[str, Any]:
        with as_file(path) as file:
            found = survey(
                path=file,
                file_name=path.name,
                mapping=mapping,
                defaults=defaults,
                encoding=self.encoding,
                whole=True,
            )
        return {
            "file": path.name,
            "mapping": mapping,
            "rows": found.rows,
            "created": found.new,
            "duplicates": found.duplicates,
            "rejected": found.rejected,
            "issues": found.issues,
            "unknown_tags": {label: {value.key: value.n for value in values} for label, values in found.unknown},
        }

    def _import(self, path: Path, mapping: dict[str, str], defaults: dict[str, str], source: Source) -> dict[str, Any]:
        run = start_import(
            actor=SYSTEM,
            source=source,
            path=path,
            mapping=mapping,
            defaults=defaults,
            encoding=self.encoding,
        )
        self.line.begin()
        mine = claim(run_id=run.pk)
        run = run_import(run=mine, progress=self._draw) if mine else run
        while run.state in {ImportState.PENDING, ImportState.RUNNING}:
            run = self._wait(run)
        if run.state == ImportState.FAILED:
            raise InvalidInput(
                f"{path}: {run.error}" + (f" {run.rows_done:,} rows are stored." if run.rows_done else "")
            )
        issues = list(run.issues.values_list("row", "reason")[:20])
        counts = {"created": run.created, "duplicates": run.duplicates, "rejected": run.rejected}
        return {
            "file": path.name,
            "import": run.pk,
            "mapping": mapping,
            "rows": run.rows_done,
            **counts,
            "issues": issues,
        }

    def _wait(self, run: ImportRun) -> ImportRun:
        """Look on while a worker has the import, and go on with it where nobody has."""
        if mine := claim(run_id=run.pk):
            return run_import(run=mine, progress=self._draw)
        time.sleep(LOOK_SECONDS)
        run.refresh_from_db()
        self._draw(run)
        return run

    def _draw(self, run: ImportRun) -> None:
        # How many rows a file has is not known before its end.
        share = run.bytes_done / max(run.file_size, 1)
        self.line.draw(run.rows_done, None, f"rows, {run.rejected:,} rejected", share=share)

    def _tell(self, result: dict[str, Any], *, rehearsed: bool) -> None:
        fields = ", ".join(f"{field} from “{column}”" for field, column in result["mapping"].items())
        self.say(f"{result['file']}: {fields}.")
        new = f"{result['created']:,} new" if result["created"] or not result["duplicates"] else "nothing new"
        self.say(
            f"{result['rows']:,} rows: {new}, {result['duplicates']:,} already there, {result['rejected']:,} rejected."
        )
        for row, reason in result["issues"]:
            self.say(f"  row {row:,}: {reason}")
        if result["rejected"] > len(result["issues"]):
            self.say("  ... the import's page has the whole list.")
        for label, values in result.get("unknown_tags", {}).items():
            said = ", ".join(f"“{key}” ({n:,})" for key, n in list(values.items())[:UNKNOWN_TOLD])
            more = len(values) - UNKNOWN_TOLD
            self.say(f"{label} that the standards do not know: {said}{f' and {more:,} more' * (more > 0)}.")
            self.say("  They become no tags, and stay with their stories among the original columns.")
        if rehearsed:
            self.say("Nothing was stored: this was a dry run.")
