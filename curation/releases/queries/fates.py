"""What becomes of every accepted story in a version: in, or left out and why. One relation, worked out in the database.

A story is left out for the first reason of `models.selection.Reason` that holds. Of near duplicates the best stays: by
tier, then by the mean of what its decision says per criterion, then one that the version before has. Caps take the
stories that the version before has first, then the others, both in an order by chance: SHA-256 of the seed and the hash
of a story's words. So a cap takes no story out that was in and still fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from annotations.counting import Use
from annotations.models import Decision, Review, ReviewFlag
from annotations.models.decision import FlagVerdict, Outcome
from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User
from curation.releases import tiers
from curation.releases.models import Dataset, Release, ReleaseItem
from curation.releases.selecting import BRONZE, SelectionChoice
from curation.standards.models import AcceptancePolicy
from curation.standards.models.rubric import Severity
from curation.stories.families import groups, near_duplicates
from curation.stories.models import Stage
from curation.stories.stages import State

# The relation's columns. `had` is the decision that the version before has the story by, `instead` the near duplicate
# that goes in, `detail` what there was enough of.
COLUMNS = "decision, story, policy, rubric, tier, had, reason, detail, instead"
FIRST = """
WITH accepted (story, decision, outcome, policy, rubric) AS MATERIALIZED ({accepted}), softly AS MATERIALIZED (
  SELECT DISTINCT accepted.story FROM ({raised}) AS raised (story, key)
  JOIN accepted ON accepted.story = raised.story
  JOIN annotations_decision d ON d.id = accepted.decision
  WHERE d.flag_verdicts ->> raised.key IS DISTINCT FROM %s
), first AS MATERIALIZED (
  SELECT a.decision, a.story, a.policy, a.rubric, {tier} AS tier, had.decision_id AS had, CASE {reasons} END AS reason
  FROM accepted a {joins}
  LEFT JOIN releases_withdrawnstory gone ON gone.dataset_id = %s AND gone.story_id = a.story
  LEFT JOIN releases_releaseitem had ON had.release_id = %s AND had.story_id = a.story
), fitting AS (
  SELECT first.*, COALESCE(first.reason, CASE WHEN first.tier <> ALL(%s::text[]) THEN 'tier' END) AS why FROM first
)"""
ONCE = """, near AS (
  SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS near (story, cluster)
), best AS MATERIALIZED (
  SELECT f.story, first_value(f.story) OVER (PARTITION BY near.cluster ORDER BY
    array_position(%s::text[], f.tier),
    (SELECT avg(said.value::text::float8) FROM jsonb_each(d.values) said WHERE jsonb_typeof(said.value) = 'number')
      DESC NULLS LAST,
    f.had IS NULL, {chance}, f.story) AS best
  FROM fitting f JOIN near ON near.story = f.story
  JOIN annotations_decision d ON d.id = f.decision JOIN stories_story s ON s.id = f.story
  WHERE f.why IS NULL
), once AS MATERIALIZED (
  SELECT f.decision, f.story, f.policy, f.rubric, f.tier, f.had,
    CASE WHEN best.best <> f.story THEN 'duplicate' ELSE f.why END AS why,
    CASE WHEN best.best <> f.story THEN best.best END AS instead
  FROM fitting f LEFT JOIN best ON best.story = f.story
)"""
EACH = """, once AS MATERIALIZED (
  SELECT f.decision, f.story, f.policy, f.rubric, f.tier, f.had, f.why, NULL::bigint AS instead FROM fitting f
)"""
CAPPED = """, placed AS MATERIALIZED (
  SELECT o.story, o.decision, s.generator, row_number() OVER (ORDER BY o.had IS NULL, {chance}, o.story) AS place
  FROM once o JOIN stories_story s ON s.id = o.story WHERE o.why IS NULL
), slots (place, of, key, most) AS MATERIALIZED ({slots}
), rooms AS MATERIALIZED (
  SELECT of, key, most, row_number() OVER (ORDER BY of, key) AS slot
  FROM (SELECT DISTINCT of, key, most FROM slots) AS known
), counted AS MATERIALIZED (
  SELECT slots.place, rooms.slot FROM slots JOIN rooms ON rooms.of = slots.of AND rooms.key = slots.key
), taken AS (
  SELECT place, found FROM unnest(releases_within_caps(
    (SELECT COALESCE(array_agg(slot::integer ORDER BY place, slot), '{{}}') FROM counted),
    (SELECT COALESCE(array_agg(ends::integer ORDER BY place), '{{}}') FROM (
      SELECT placed.place, sum(count(counted.place)) OVER (ORDER BY placed.place) AS ends
      FROM placed LEFT JOIN counted ON counted.place = placed.place GROUP BY placed.place) AS ending),
    (SELECT COALESCE(array_agg(most::integer ORDER BY slot), '{{}}') FROM rooms)
  )) WITH ORDINALITY AS taken (found, place) WHERE found > 0
), full_up AS MATERIALIZED (
  SELECT placed.story, rooms.of, rooms.key FROM taken JOIN placed ON placed.place = taken.place
  JOIN rooms ON rooms.slot = taken.found
), fated AS (
  SELECT o.decision, o.story, o.policy, o.rubric, o.tier, o.had, COALESCE(full_up.of, o.why) AS reason,
    COALESCE(full_up.key, '') AS detail, o.instead
  FROM once o LEFT JOIN full_up ON full_up.story = o.story
)"""
UNCAPPED = """, fated AS (
  SELECT o.decision, o.story, o.policy, o.rubric, o.tier, o.had, o.why AS reason, '' AS detail, o.instead FROM once o
)"""
SLOTS = {
    "per_generator": "SELECT place, 'per_generator', generator, %s FROM placed",
    "per_principle": "SELECT DISTINCT placed.place, 'per_principle', tag.key, %s FROM placed "
    "JOIN stories_tag tag ON tag.story_id = placed.story AND tag.kind = 'principle'",
    "per_theme": "SELECT DISTINCT placed.place, 'per_theme', theme, %s FROM placed "
    "JOIN annotations_decision d ON d.id = placed.decision CROSS JOIN unnest(d.themes) AS theme",
}
WHAT_IT_IS = """JOIN annotations_decision d ON d.id = a.decision
  JOIN stories_story s ON s.id = a.story JOIN stories_source o ON o.id = s.source_id"""
GONE = "WHEN gone.id IS NOT NULL THEN 'withdrawn'"
CHANCE = "sha256(convert_to(%s || chr(10) || s.normal_sha256, 'UTF8'))"


@dataclass(frozen=True)
class Fates:
    """A relation named `fated`, with `COLUMNS`: `sql` begins a statement, and `parameters` are those in it.

    Its `reason` is null for a story that goes in.
    """

    sql: str
    parameters: tuple[Any, ...]

    def ask(self, select: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement over the relation; `select` is what follows it."""
        with connection.cursor() as cursor:
            cursor.execute(f"{self.sql} {select}", [*self.parameters, *parameters])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def decisions(self) -> QuerySet[Decision]:
        """Return the decisions on the stories that go in, by story."""
        sql = f"{self.sql} SELECT decision FROM fated WHERE reason IS NULL"  # noqa: S608 # nosec
        inside = RawSQL(sql, list(self.parameters))  # noqa: S611  # nosec
        return Decision.objects.filter(pk__in=inside).order_by("story_id")


def decided(*, rewrites: bool = False) -> QuerySet[Decision]:
    """The decisions in force that accept a story which has not been reopened since; with `rewrites`, those too that
    sent one to rewrite."""
    taken = Q(outcome=Outcome.ACCEPT, story__stage__state=State.ACCEPTED)
    if rewrites:
        taken |= Q(outcome=Outcome.REWRITE, story__stage__state=State.REWRITE)
    # Asked as a join that finds nothing, it is thought to leave one row, and all that follows is planned for one.
    later = Decision.objects.filter(supersedes=OuterRef("pk"))
    return Decision.objects.filter(taken, ~Exists(later))


def more_accepted_than(most: int) -> bool:
    """Return whether more stories are accepted than `most`; it counts no further."""
    return Stage.objects.filter(state=State.ACCEPTED).order_by("story")[: most + 1].count() > most


def open_to(line: Release | None, choice: SelectionChoice, reader: User | None) -> QuerySet[Decision]:
    """The decisions on stories that a version could have, as far as `reader` may know of them; on those that `line`
    has, where one is given."""
    found = decided(rewrites=choice.rewrites)
    found = found.exclude(to_judge_blind(reader, "story")) if reader else found
    return found.filter(Exists(ReleaseItem.objects.filter(release=line, story=OuterRef("story")))) if line else found


def fates(
    dataset: Dataset,
    choice: SelectionChoice,
    policy: AcceptancePolicy | None,
    *,
    line: Release | None,
    previous: Release | None,
    reader: User | None = None,
) -> Fates:
    """Return what becomes of every story that a version could have; `policy` names its tiers and its rubric.

    To `reader`, without the stories that they have yet to judge blind: a selection can be so narrow that its figures
    are those of one.
    """
    rules = (policy.rules if policy else {}).get("tiers") or {}
    seed = seed_of(dataset)
    rubric = policy.rubric_id if policy else None
    could = open_to(line, choice, reader).order_by()
    accepted, with_accepted = of(could.values_list("story_id", "pk", "outcome", "policy_id", "policy__rubric_id"))
    raised, with_raised = of(soft_flags(rubric).values_list("review__story_id", "flag__key"))
    tier, with_tier = tiers.tier_sql(
        rules,
        values="d.values",
        soft="(a.story IN (SELECT story FROM softly))",
        rewrite=f"a.outcome = '{Outcome.REWRITE.value}'",
    )
    reasons, with_reasons = reasons_sql(choice)
    sql = FIRST.format(
        accepted=accepted,
        joins=WHAT_IT_IS,
        raised=raised,
        tier=tier,
        reasons=f"{GONE} WHEN a.rubric IS DISTINCT FROM %s THEN 'rubric' {reasons}",
    )
    parameters = [*with_accepted, *with_raised, FlagVerdict.DISMISSED.value, *with_tier, rubric, *with_reasons]
    parameters.append(dataset.pk)
    parameters += [previous.pk if previous else None, [*(choice.tiers or tiers.names(rules)), BRONZE]]
    if choice.one_per_cluster:
        cluster_of = groups(near_duplicates())
        sql += ONCE.format(chance=CHANCE)
        parameters += [list(cluster_of), list(cluster_of.values()), tiers.names(rules), seed]
    else:
        sql += EACH
    if choice.capped:
        caps = {cap: slots for cap, slots in SLOTS.items() if getattr(choice, cap) is not None}
        sql += CAPPED.format(chance=CHANCE, slots=" UNION ALL ".join(caps.values()))
        parameters += [seed, *(getattr(choice, cap) for cap in caps)]
    else:
        sql += UNCAPPED
    return Fates(sql, tuple(parameters))


def seed_of(dataset: Dataset) -> str:
    """Return what the order by chance begins with. Splits have another, so that caps take alike of all of them."""
    return f"selection of {dataset}"


def soft_flags(rubric: int | None) -> QuerySet[ReviewFlag]:
    """Return the soft flags that reviews raised which a release takes."""
    counting = Review.objects.counting(Use.RELEASE).filter(rubric=rubric).order_by()
    return ReviewFlag.objects.filter(flag__severity=Severity.SOFT, review__in=counting.values("pk")).order_by()


def reasons_sql(choice: SelectionChoice) -> tuple[str, list[Any]]:
    """Return the cases of why a choice leaves a story out, by what is known of it alone, with their parameters."""
    cases: list[str] = []
    parameters: list[Any] = []
    fitting = [
        ("policy", "a.policy = %s", choice.policy),
        ("source", "o.name = ANY(%s::text[])", list(choice.sources)),
        ("generator", "s.generator = ANY(%s::text[])", list(choice.generators)),
        (
            "principle",
            "a.story IN (SELECT story_id FROM stories_tag WHERE kind = 'principle' AND key = ANY(%s::text[]))",
            list(choice.principles),
        ),
        ("theme", "d.themes && %s::varchar[]", list(choice.themes)),
    ]
    for reason, condition, wanted in fitting:
        if wanted:
            cases.append(f"WHEN NOT ({condition}) THEN '{reason}'")
            parameters.append(wanted)
    return " ".join(cases), parameters


def policy_for(
    dataset: Dataset, choice: SelectionChoice, line: Release | None, reader: User | None = None
) -> AcceptancePolicy | None:
    """Return the policy that a version names: the newest that decided a story which fits, of the rubric that is its.

    That rubric is what was asked for, that of the line that is corrected, or else the newest in use. Two statements.
    """
    policies = AcceptancePolicy.objects.select_related("rubric")
    rubric = choice.rubric or (line.rubric_id if line else None)
    found = policies_in_use(dataset, choice, line, reader)
    if rubric is None and choice.policy is None:
        rubric = max((rubric for rubric, _policy, _fits in found), default=None)
    fitting = [policy for of_rubric, policy, fits in found if fits and rubric in (None, of_rubric)]
    return policies.filter(pk=choice.policy or max(fitting, default=0)).first()


def policies_in_use(
    dataset: Dataset, choice: SelectionChoice, line: Release | None, reader: User | None
) -> Sequence[tuple[int, int, bool]]:
    """Return rubric, policy, and whether any of its stories fits, of the stories that were not withdrawn."""
    accepted, with_accepted = of(
        open_to(line, choice, reader).order_by().values_list("story_id", "pk", "policy_id", "policy__rubric_id")
    )
    reasons, with_reasons = reasons_sql(choice)
    # Asked for nothing, it need not be looked what they are.
    joins, fits = (WHAT_IT_IS, f"CASE {reasons} END IS NULL") if reasons else ("", "true")
    sql = f"""
SELECT a.rubric, a.policy, bool_or({fits}) FROM ({accepted}) AS a (story, decision, policy, rubric) {joins}
WHERE NOT EXISTS (SELECT FROM releases_withdrawnstory gone WHERE gone.dataset_id = %s AND gone.story_id = a.story)
GROUP BY a.rubric, a.policy"""  # noqa: S608 # nosec
    with connection.cursor() as cursor:
        cursor.execute(sql, [*with_reasons, *with_accepted, dataset.pk])
        rows: list[tuple[int, int, bool]] = cursor.fetchall()
    return rows


def of(rows: QuerySet[Any, Any]) -> tuple[str, list[Any]]:
    """Return a query as SQL, and its parameters."""
    sql, parameters = rows.query.sql_with_params()
    return sql, list(parameters)
