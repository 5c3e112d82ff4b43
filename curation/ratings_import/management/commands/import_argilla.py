"""Imports a dataset from Argilla from the command line: its records, responses and suggestions."""

import json
import re
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.queries import servers
from curation.core.commands import ExemplaCommand
from curation.core.errors import InvalidInput
from curation.ratings_import.actions import carry_out, claim, start_ratings_import
from curation.ratings_import.fetching import fetch
from curation.ratings_import.forms import ChosenMapping
from curation.ratings_import.looking import Look, look
from curation.ratings_import.models import RatingsImport, RatingsImportState
from curation.ratings_import.plan import RatingsImportPlan, plan_of
from curation.ratings_import.queries import not_kept_in_short
from curation.ratings_import.rehearsing import Rehearsal, rehearse
from curation.standards.models import Rubric
from curation.stories.actions import source_named
from curation.stories.actions.importing import claim as claim_stories
from curation.stories.actions.importing import run_import
from curation.stories.files import as_file, keep
from curation.stories.models.imports import ImportState

LOOK_SECONDS = 0.5
WHOLE = 1 << 40


class Command(ExemplaCommand):
    """Carries the import out itself, unless a worker was faster; if it is killed, a worker takes over."""

    help = "Import a dataset of Argilla 1 or 2: a folder or zip of it, or its JSON, JSONL or Parquet."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options are the same as the fields of the mapping page."""
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", help="a file or a folder; with --server, a dataset's name there")
        parser.add_argument("--server", default="", metavar="NAME", help="an Argilla server that was added here")
        parser.add_argument("--name", default="", help="what the dataset is called; by default as the file")
        parser.add_argument("--source", default="", help="the source's name; by default the dataset's")
        parser.add_argument("--license", default="", help="the licence of records that name none, such as CC-BY-4.0")
        parser.add_argument(
            "--rubric", default="", metavar="NAME@VERSION", help="by default one is made of its questions"
        )
        parser.add_argument("--person", action="append", default=[], metavar="KEY=USER", help="who somebody is here")
        parser.add_argument(
            "--plan", type=Path, metavar="FILE", help="what questions become, as --dry-run --json prints"
        )
        parser.add_argument("--blind", action="store_true", help="nobody saw a suggestion or what others said")
        parser.add_argument("--dry-run", action="store_true", help="read everything, store nothing")

    def run(self, options: dict[str, Any]) -> None:
        """Look first, so that a mistake is found before anything is stored."""
        if options["server"]:
            with tempfile.TemporaryDirectory() as folder:
                self._import(self._fetched(Path(folder), options), options)
            return
        place = Path(options["file"])
        if not place.exists():
            raise InvalidInput(f"There is no file {place}.")
        self._import(place, options)

    def _fetched(self, folder: Path, options: dict[str, Any]) -> Path:
        """Fetch a dataset from a server, whole, before anything of it is imported."""
        server = servers().filter(name=options["server"]).first()
        if server is None:
            there = ", ".join(f"“{one.name}”" for one in servers()[:20])
            raise InvalidInput(f"There is no Argilla server “{options['server']}”. There are: {there or 'none'}.")
        place = folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', options['file'])[:100]}.zip"
        self.line.begin()
        try:
            with place.open("wb") as into:
                fetch(server, options["file"], into, progress=lambda n, all_: self.line.draw(n, all_, "records"))
        except ArgillaTrouble as error:
            raise InvalidInput(error.words) from error
        return place

    def _import(self, place: Path, options: dict[str, Any]) -> None:
        name, rubric = options["name"] or place.stem, self._rubric(options["rubric"])
        with as_file(place) as file:
            found = look(file, place.name)
            plan = self._plan(found, name, rubric, options)
            if options["dry_run"]:
                self._told(found, plan, rehearse(file, place.name, found, plan, most=WHOLE), options)
                return
        kept = keep(place)
        source = source_named(actor=SYSTEM, name=options["source"] or name, file=place.stem, license=options["license"])
        ratings = start_ratings_import(
            actor=SYSTEM,
            source=source,
            kept=kept,
            file_name=place.name,
            name=name,
            look=found,
            rubric=rubric,
            plan=plan,
            defaults={"license": options["license"]} if options["license"] else {},
            blind=options["blind"],
        )
        self._report(self._carried_out(ratings), options)

    def _rubric(self, named: str) -> Rubric | None:
        if not named:
            return None
        name, _at, version = named.rpartition("@")
        found = Rubric.objects.filter(name=name, version=int(version) if version.isdecimal() else 0).first()
        if found is None:
            there = ", ".join(f"“{one.name}@{one.version}”" for one in Rubric.objects.all()[:20])
            raise InvalidInput(f"There is no rubric “{named}”. There are: {there or 'none'}.")
        return found

    def _plan(self, found: Look, name: str, rubric: Rubric | None, options: dict[str, Any]) -> RatingsImportPlan:
        plan = ChosenMapping(found, name, None, rubric=rubric).plan
        if options["plan"]:
            try:
                given = json.loads(options["plan"].read_text())
                given = plan_of(plan.as_json() | given.get("plan", given))
                plan = RatingsImportPlan(given.columns, given.targets, plan.people)
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise InvalidInput(f"{options['plan']} holds no plan: {error}") from error
        people = dict(plan.people)
        for said in options["person"]:
            key, equals, user = said.rpartition("=")
            person = User.objects.filter(username=user).values_list("pk", flat=True).first()
            if not equals or person is None:
                raise InvalidInput(f"--person takes KEY=USER, with somebody who signs in here; this was “{said}”.")
            people[key] = person
        return RatingsImportPlan(plan.columns, plan.targets, people)

    def _carried_out(self, ratings: RatingsImport) -> RatingsImport:
        self.line.begin()
        run = ratings.run
        while run.state in {ImportState.PENDING, ImportState.RUNNING}:
            if mine := claim_stories(run_id=run.pk):
                run = run_import(run=mine)
            else:
                time.sleep(LOOK_SECONDS)
                run.refresh_from_db()
        if run.state == ImportState.FAILED:
            raise InvalidInput(f"The import of the stories failed: {run.error}")
        while ratings.state in {RatingsImportState.PENDING, RatingsImportState.RUNNING}:
            if work := claim(ratings_id=ratings.pk):
                ratings = carry_out(work, progress=lambda one: self.line.draw(one.rows_done, run.rows_done, "records"))
            else:
                time.sleep(LOOK_SECONDS)
                ratings.refresh_from_db()
        if ratings.state == RatingsImportState.FAILED:
            raise InvalidInput(f"The import stopped: {ratings.error} {ratings.rows_done:,} records are stored.")
        return ratings

    def _report(self, ratings: RatingsImport, options: dict[str, Any]) -> None:
        left = not_kept_in_short(ratings)
        if options["json"]:
            keys = ("reviews", "reviews_there", "scores", "scores_there", "not_kept")
            counts = {key: getattr(ratings, key) for key in keys}
            stories = {key: getattr(ratings.run, key) for key in ("created", "duplicates", "rejected")}
            why = [{key: str(value) if key != "n" else value for key, value in one.items()} for one in left]
            self.report({"import": ratings.pk, "rubric": str(ratings.rubric), **stories, **counts, "why": why})
            return
        run = ratings.run
        self.say(f"{run.created:,} new stories, {run.duplicates:,} that were there, {run.rejected:,} rejected.")
        self.say(f"{ratings.reviews:,} reviews and {ratings.scores:,} scores under {ratings.rubric}.")
        if ratings.reviews_there or ratings.scores_there:
            self.say(f"{ratings.reviews_there:,} reviews and {ratings.scores_there:,} scores were there already.")
        self._say_left([(str(one["what"]), str(one["question"]), str(one["why"]), one["n"]) for one in left])

    def _told(self, found: Look, plan: RatingsImportPlan, came: Rehearsal, options: dict[str, Any]) -> None:
        left = [(str(what.label), question, str(why.label), n) for what, why, question, n in came.not_kept]
        if options["json"]:
            why = [{"what": what, "question": question, "why": why, "n": n} for what, question, why, n in left]
            stories = {"created": came.stories.new, "duplicates": came.stories.duplicates}
            counts = {"rows": came.rows, "reviews": came.reviews, "scores": dict(came.scores)}
            people = {"people": dict(found.people), "statuses": dict(found.statuses)}
            self.report({"dry_run": True, **stories, **counts, **people, "plan": plan.as_json(), "why": why})
            return
        self.say(
            f"{came.rows:,} records: {came.stories.new:,} new stories, {came.stories.duplicates:,} that are there."
        )
        self.say(f"{came.reviews:,} reviews by {len(found.people):,} people, {came.n_scores:,} scores.")
        for name, target in plan.targets.items():
            options_ = ", ".join(f"{value} as {where}" for value, where in target.options.items())
            self.say(f"  {name}: {target.becomes}{f' ({options_})' if options_ else ''}")
        self._say_left(left)
        self.say("Nothing was stored: this was a dry run.")

    def _say_left(self, left: list[tuple[str, str, str, Any]]) -> None:
        if left:
            self.say("Not kept:")
        for what, question, why, n in left:
            self.say(f"  {n:,} {what}{f', {question}' if question else ''}: {why}")
