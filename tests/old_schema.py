"""A database as an earlier version left it: its schema by the migrations there were, and rows in every table.

The rows are stored by the models of that state, so that no later code has a say in them. Each table has those that a
later migration changes, and one that must stay as it is.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

# The newest migrations of that version; of what comes with Django, whatever is installed.
STATE = {
    "accounts": "0003_preferences",
    "annotations": "0011_revision",
    "audit": "0002_triggers",
    "calibration": "0003_quality",
    "releases": "0003_facts",
    "scoring": "0003_slot",
    "standards": "0002_triggers",
    "stories": "0003_search",
}
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
ARTIFACT = b"\x93NUMPY arrays"
TITLES = ["Cafe\u0301", "The tug", "", "", ""]
TEXTS = [f"Tale {number}. The tug asked the harbour master, and then it waited." for number in range(1, 6)]


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Rows:
    """Stores rows of the earlier models. `apps` is Django's registry of them."""

    def __init__(self, apps: Any) -> None:
        self.apps = apps
        self.people()
        self.standards()
        self.stories()
        self.scores()
        self.reviews()
        self.decisions()
        self.releases()

    def add(self, model: str, /, **fields: Any) -> Any:
        return self.apps.get_model(model).objects.create(**fields)

    def people(self) -> None:
        self.annie = self.add("accounts.User", username="annie", role="annotator", password="!", date_joined=AT)
        self.other = self.add("accounts.User", username="ANNIE", role="annotator", password="!", date_joined=AT)
        self.curator = self.add(
            "accounts.User", username="curator", role="curator", password="!", preferences={"theme": "dark"}
        )
        self.add("accounts.SignInAttempt", key="annie")
        self.add(
            "audit.Entry", actor=self.curator, verb="queue.created", target_type="annotations.queue", target_id="1"
        )

    def standards(self) -> None:
        constitution = self.add("standards.Constitution", name="Ours", version=1, summary="")
        self.add("standards.Principle", constitution=constitution, key="ask", name="Ask", statement="Ask first.")
        self.rubric = self.add("standards.Rubric", name="Ours", version=1, summary="")
        self.theme = self.add("standards.Theme", rubric=self.rubric, key="sleep", name="Sleep")
        self.criteria = [
            self.add(
                "standards.Criterion", rubric=self.rubric, key=key, group=group, name=key, short=key, question="How?",
                anchors=["a", "b", "c", "d", "e"], labels=["a", "b", "c", "d", "e"], theme=theme,
            )
            for key, group, theme in [("B1", "B", None), ("C1", "C", self.theme)]
        ]  # fmt: skip
        self.flag = self.add("standards.Flag", rubric=self.rubric, key="backfire", name="Backfire", severity="hard")
        rules = {"min_reviews": 2, "minimums": {}}
        self.policy = self.add("standards.AcceptancePolicy", name="Ours", version=1, rubric=self.rubric, rules=rules)
        for one in (constitution, self.rubric, self.policy):
            one.frozen_at = AT
            one.save()

    def stories(self) -> None:
        self.sources = [
            self.add("stories.Source", name=name, title=title, license="CC0-1.0")
            for name, title in [("harbour", "Harbour"), ("harbour-2", "HARBOUR"), ("weir", "")]
        ]
        run = {"source": self.sources[0], "file_sha256": "a" * 64, "file_size": 900, "file_format": "csv"}
        counts = {"rows_done": 3, "created": 1, "duplicates": 1, "rejected": 1, "bytes_done": 400}
        self.runs = [
            self.add("stories.ImportRun", path=f"/srv/{name}", file_name=name, **state, **counts, **run)
            for name, state in [
                ("harbour.csv", {"state": "done", "token": 7, "finished_at": LATER}),
                ("weir.csv", {"state": "running", "token": 41, "lease_until": LATER}),
            ]
        ]
        self.add("stories.ImportIssue", run=self.runs[0], row=2, reason="It is empty.", excerpt="")
        self.tales = [
            self.add(
                "stories.Story", source=self.sources[0], import_run=self.runs[0], row=row, title=TITLES[row],
                text=text, text_sha256=digest(text), normal_sha256=digest(text),
                n_words=12, n_chars=len(text), original={"id": row},
            )
            for row, text in enumerate(TEXTS)
        ]  # fmt: skip
        states = ["accepted", "adjudication", "queued", "rewrite", "stored"]
        for tale, state in zip(self.tales, states, strict=True):
            self.add("stories.Stage", story=tale, state=state)
            self.add("stories.SearchEntry", story=tale, words="'tug':1")
        first, second, *_rest = self.tales
        self.add("stories.Tag", story=first, kind="theme", key="sleep", source="curator", added_by=self.curator)
        self.add("stories.Lineage", child=second, parent=first, kind="rewrite")
        self.add("stories.RewriteRequest", story=self.tales[3], reason="Shorter.", requested_by=self.curator)
        for kind, version, fields in [
            ("artefacts", "artefacts-1", {"verdict": "pass"}),
            (
                "fence",
                "artefacts-1",
                {"verdict": "review", "reason": "A fence.", "start": 0, "end": 4, "quote": "Tale"},
            ),
            ("near_duplicate", "minhash-2", {"verdict": "review", "other": second}),
        ]:
            self.add("stories.Check", story=first, kind=kind, index_version=version, **fields)
        self.add("stories.Signature", story=first, minhash=b"\x00\x01")
        self.add("stories.SignatureBand", story=first, band=0, digest=-5)

    def scores(self) -> None:
        first, second, third, *_rest = self.tales
        judge = self.add("scoring.Judge", key="embedded", name="Embedded scorer", kind="embedded")
        version = self.add(
            "scoring.JudgeVersion", judge=judge, number=1, rubric=self.rubric, model="ridge", standing="provisional",
            n_labels=60, parameters={"criteria": {"B1": {"n": 60}, "C1": {}}}, artefact=ARTIFACT,
            artefact_sha256=sha256(ARTIFACT).hexdigest(),
        )  # fmt: skip
        b1 = self.criteria[0]
        self.add(
            "scoring.Score", story=first, judge_version=version, criterion=b1, value=3.25, spread=0.75, quotes=["tug"]
        )
        _done, self.job, _failed = [
            self.add("scoring.ScoreJob", story=story, judge_version=version, **fields)
            for story, fields in [
                (first, {"state": "done", "token": 3, "done_at": AT}),
                (second, {"state": "leased", "token": 52, "lease_until": LATER, "slot": 1, "attempts": 1}),
                (third, {"state": "failed", "token": 4, "last_error": "It met an error."}),
            ]
        ]
        self.add("calibration.Exposure", user=self.curator, story=first, where="story")
        self.add("annotations.Recusal", user=self.curator, story=first)
        self.add("calibration.Exposure", user=self.curator, story=second, where="comparison")
        self.add("calibration.JudgeQuality", judge_version=version, criterion=b1, n=40, labels=60, spearman=0.5)

    def reviews(self) -> None:
        first, second, third, *_rest = self.tales
        queue = {"rubric": self.rubric, "policy": self.policy, "created_by": self.curator}
        self.queue = self.add("annotations.Queue", slug="tugs", name="Tugs", **queue)
        self.add("annotations.Queue", slug="wide", name="Ｔｕｇｓ", state="paused", **queue)
        self.add("annotations.Membership", queue=self.queue, user=self.annie)
        self.add("annotations.Bookmark", reviewer=self.annie, queue=self.queue, priority=0, item_id=1)
        self.add("annotations.Consent", user=self.annie, version=1, publish=True)
        self.add(
            "annotations.PracticeAttempt", user=self.annie, story="pump", version=1, compared=7, exact=5, within_one=7,
            passed=True,
        )  # fmt: skip
        items = [
            self.add("annotations.Item", queue=self.queue, story=story, seats=2, seats_left=left)
            for story, left in [(first, 0), (second, 1), (third, 1)]
        ]
        self.assignments = [
            self.add(
                "annotations.Assignment", item=items[place], story=self.tales[place], reviewer=reviewer, seat=seat,
                rubric=self.rubric, lease_until=LATER, **fields,
            )
            for place, reviewer, seat, fields in [
                (0, self.annie, 1, {"state": "submitted", "ended_at": AT}),
                (0, self.other, 2, {"state": "submitted", "ended_at": AT}),
                (1, self.annie, 1, {"state": "expired", "ended_at": AT}),
                (2, self.annie, 1, {}),
            ]
        ]  # fmt: skip
        self.add("annotations.Draft", assignment=self.assignments[3], data={"ratings": {"B1": 3}}, version=2)
        self.add("annotations.Draft", assignment=self.assignments[2], data={"comment": "No version."}, version=0)
        self.commits = [self.review(place, "commit", number) for number, place in enumerate((0, 1))]
        self.extra = self.review(2, "extra", 2)
        self.withdrawn = self.review(3, "commit", 3)
        self.add("annotations.Withdrawal", review=self.withdrawn, reason="Too quick.")
        self.review(0, "revision", 4, revises=self.commits[0], reason="Read again.", asks_curator=True)
        for review, value in zip([*self.commits, self.extra], (4, 5, None), strict=True):
            for criterion in self.criteria:
                self.add("annotations.Rating", review=review, criterion=criterion, value=value)
        self.add("annotations.ReviewFlag", review=self.commits[0], flag=self.flag)
        passage = {"review": self.commits[0], "start": 0, "end": 4, "quote": "Tale", "suffix": " 1."}
        told = {"flag": self.flag, "conduct": "misaligned", "intent": "benevolent"}
        self.add("annotations.Span", portrayal="positive", **told, **passage)
        self.add("annotations.Span", portrayal="negative", **told, **passage)
        self.add("annotations.Span", criterion=self.criteria[0], **passage)

    def review(self, place: int, kind: str, number: int, **fields: Any) -> Any:
        assignment = self.assignments[place]
        return self.add(
            "annotations.Review", assignment=assignment, story=assignment.story, reviewer=assignment.reviewer,
            rubric=self.rubric, kind=kind, active_seconds=60, comment="Calm.", idempotency_key=UUID(int=number),
            **fields,
        )  # fmt: skip

    def decisions(self) -> None:
        first, second, third, *_rest = self.tales
        ids = [review.pk for review in self.commits]
        on = {"queue": self.queue, "policy": self.policy}
        reasons = [{"rule": "reviews", "passed": True, "text": "2 of 2"}]
        values: dict[str, Any] = {"values": {"B1": 4.5, "C1": None}, "reasons": reasons, "review_ids": ids}
        self.decision = self.add("annotations.Decision", story=first, outcome="accept", **values, **on)
        waits = self.add("annotations.Decision", story=second, outcome="adjudicate", values={"C1": 2.0}, **on)
        self.add(
            "annotations.Decision", story=second, outcome="reject", supersedes=waits, decided_by=self.curator,
            note="It waits too long.", values={"C1": 2.0}, policy=self.policy,
        )  # fmt: skip
        self.add("annotations.Decision", story=third, outcome="accept", **on)
        self.add("annotations.Seal", story=first)

    def releases(self) -> None:
        first = self.tales[0]
        tales, other = [
            self.add("releases.Dataset", org="exempla", name=name, title=name, license="CC0-1.0", visibility=visibility)
            for name, visibility in (("tales", "private"), ("Tales", "public"))
        ]
        number = {"major": 0, "minor": 1, "patch": 0, "rubric": self.rubric, "policy": self.policy}
        built = self.add("releases.Release", dataset=tales, **number)
        self.build = self.add(
            "releases.Release", dataset=other, state="building", token=63, lease_until=LATER, **number
        )
        self.add("releases.SplitAssignment", dataset=tales, story=first, split="train")
        self.add(
            "releases.ReleaseItem", release=built, story=first, decision=self.decision, split="train", tier="gold",
            weight=1.0, review_ids=[review.pk for review in self.commits], facts={"title": "Café"},
        )  # fmt: skip
        blob = self.add("releases.Blob", sha256="b" * 64, size=12, git_sha1="c" * 40)
        self.add("releases.ReleaseFile", release=built, path="README.md", blob=blob)
        self.add("releases.Pseudonym", dataset=tales, user=self.annie, secret=b"d" * 32, name="r-1")
        for name, value in {
            "state": "built", "manifest": {"rows": 1}, "manifest_sha256": "e" * 64, "rows_total": 1, "rows_done": 1,
            "built_at": LATER, "token": 2,
        }.items():  # fmt: skip
            setattr(built, name, value)
        built.save()
