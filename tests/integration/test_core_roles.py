"""What the application may do in the database, table by table, and what it cannot set aside."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import Error

from curation.core import roles
from tests.builders import add_story, person, queue_of, review_by

ALL, DROPS, GROWS, READS = "select insert update delete", "select insert delete", "select insert", "select"
# Whoever adds a table says here what the application does with it.
TABLES = {
    **dict.fromkeys(
        [
            "access_accessterms",
            "annotations_consent",
            "annotations_decision",
            "annotations_practiceattempt",
            "annotations_rating",
            "annotations_recusal",
            "annotations_review",
            "annotations_reviewflag",
            "annotations_finalization",
            "annotations_span",
            "annotations_withdrawal",
            "audit_entry",
            "calibration_auditsample",
            "calibration_exposure",
            "llm_priceoverride",
            "calibration_probestory",
            "releases_blob",
            "releases_cardversion",
            "releases_pseudonym",
            "releases_releasefile",
            "releases_leftout",
            "releases_releaseitem",
            "releases_reratingsample",
            "releases_splitassignment",
            "releases_withdrawnstory",
            "releases_withdrawnversion",
            "research_profile",
            "research_rowgroup",
            "scoring_judgeanswer",
            "scoring_answerreading",
            "scoring_ensemblemember",
            "stories_check",
            "stories_lineage",
            "stories_story",
            "stories_tag",
        ],
        GROWS,
    ),
    **dict.fromkeys(
        [
            "access_dailydownloads",
            "access_grant",
            "accounts_browsersession",
            "accounts_invitation",
            "accounts_signinattempt",
            "accounts_token",
            "api_answeredcall",
            "accounts_user",
            "accounts_user_groups",
            "accounts_user_user_permissions",
            "annotations_assignment",
            "annotations_bookmark",
            "annotations_draft",
            "annotations_item",
            "annotations_membership",
            "annotations_queue",
            "argilla_answer",
            "argilla_argillaperson",
            "argilla_argillaserver",
            "argilla_link",
            "argilla_listener",
            "argilla_record",
            "auth_group",
            "auth_group_permissions",
            "auth_permission",
            "calibration_anchoring",
            "calibration_judgequality",
            "calibration_poolquality",
            "calibration_probe",
            "django_admin_log",
            "django_content_type",
            "django_session",
            "llm_batch",
            "llm_budget",
            "llm_provider",
            "llm_spend",
            "publishing_hubtarget",
            "publishing_publication",
            "ratings_import_datasetfetch",
            "ratings_import_notkept",
            "ratings_import_ratingsimport",
            "ratings_import_respondent",
            "releases_approval",
            "releases_dataset",
            "releases_datasetlimit",
            "releases_release",
            "releases_releasepart",
            "research_trainingoutcome",
            "research_rowreport",
            "scoring_importrule",
            "scoring_judge",
            "scoring_judgecalibration",
            "scoring_judgeversion",
            "scoring_scorejob",
            "scoring_scorerun",
            "standards_acceptancepolicy",
            "standards_constitution",
            "standards_criterion",
            "standards_flag",
            "standards_principle",
            "standards_rubric",
            "standards_theme",
            "stories_checklease",
            "stories_importduplicate",
            "stories_importissue",
            "stories_importrun",
            "stories_rewriterequest",
            "stories_searchentry",
            "stories_signature",
            "stories_signatureband",
            "stories_source",
            "stories_stage",
            "triage_fill",
            "triage_queuejudges",
            "webhooks_delivery",
            "webhooks_endpoint",
        ],
        ALL,
    ),
    # What its triggers let be changed, and no more.
    **dict.fromkeys(["erasure_personerasure", "erasure_purge", "erasure_purgedfile", "erasure_purgefollowup"], ALL),
    "core_opening": READS,
    "releases_selection": DROPS,
    "scoring_score": DROPS,
    "webhooks_message": DROPS,
    "django_migrations": READS,
}
PRIVILEGES = """
SELECT c.relname, array_agg(p ORDER BY p) FILTER (WHERE has_table_privilege(current_user, c.oid, p))
FROM pg_class c, unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) AS p
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname
"""
GUARDED = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = %s ORDER BY 1
"""


def guarded_by(trigger: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(GUARDED, [trigger])
        return [table for (table,) in cursor.fetchall()]


@pytest.fixture
def owner(transactional_db: None) -> Iterator[None]:
    """The connection is the owner's, who could change everything but for the triggers."""
    with roles.as_owner():
        yield


@pytest.mark.django_db
def test_the_application_may_do_with_each_table_what_it_does_and_no_more() -> None:
    with connection.cursor() as cursor:
        cursor.execute(PRIVILEGES)
        found = {table: set(privileges or ()) for table, privileges in cursor.fetchall()}
    assert found == {table: set(wanted.split()) for table, wanted in TABLES.items()}
    assert {model._meta.db_table for model in apps.get_models()} <= found.keys()


@pytest.mark.django_db
def test_what_calls_itself_append_only_is_guarded_as_such() -> None:
    """A model says so in its docstring, or its module does for all models in it."""
    said = {
        model._meta.db_table
        for model in apps.get_models()
        if "append-only" in f"{sys.modules[model.__module__].__doc__} {model.__doc__}".lower()
    }
    assert len(said) > 15
    assert said <= set(guarded_by("append_only")), "a migration lacks its `AppendOnly`"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE annotations_review DISABLE TRIGGER append_only",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION exempla_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP TRIGGER append_only ON annotations_rating",
        "TRUNCATE standards_principle CASCADE",
        "UPDATE annotations_rating SET value = 5",
        "DELETE FROM audit_entry",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "CREATE TABLE mine (n int)",
        # One by the name of a table that a trigger asks would be asked in its place.
        "CREATE TEMPORARY TABLE annotations_review (id bigint, submitted_at timestamptz)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE mighty SUPERUSER",
        "SET ROLE exempla",
    ],
)
def test_the_application_cannot_set_the_guards_aside(statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db
def test_no_setting_of_a_session_switches_the_guards_off() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(prosrc, '') FROM pg_proc WHERE proname LIKE 'exempla%'")
        assert "current_setting" not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_an_audit_entry_has_the_time_of_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (at, verb, target_type, target_id, data) "
            "VALUES ('2001-01-01', 'x', 'y', '1', '{}') RETURNING now() - at < interval '1 minute'"
        )
        assert cursor.fetchone() == (True,)


def test_nothing_is_added_to_a_review_once_it_is_committed(transactional_db: None) -> None:
    reviewer = person()
    review = review_by(reviewer, queue_of(reviewer, stories=[add_story()]))
    rubric = review.rubric
    late = [
        ("annotations_rating (review_id, criterion_id, value)", rubric.criteria.get(key="C1").pk, "3"),
        ("annotations_reviewflag (review_id, flag_id)", rubric.flags.get(key="backfire").pk, ""),
    ]
    for table, key, value in late:
        values = ", ".join(filter(None, ["%s", "%s", value]))
        with pytest.raises(IntegrityError, match="is closed"), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} VALUES ({values})", [review.pk, key])  # noqa: S608
    with pytest.raises(IntegrityError, match="is closed"), connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO annotations_span (review_id, flag_id, start, "end", quote, prefix, suffix, conduct, intent, '
            "portrayal) VALUES (%s, %s, 0, 1, 'T', '', '', '', '', '')",
            [review.pk, rubric.flags.get(key="backfire").pk],
        )


def test_nothing_is_added_to_a_review_by_a_transaction_that_began_before_it(transactional_db: None) -> None:
    reviewer = person()
    queue = queue_of(reviewer, stories=[add_story()])
    waited = connection.copy("waited")
    waited.settings_dict["OPTIONS"] = {
        name: value for name, value in waited.settings_dict["OPTIONS"].items() if name != "pool"
    }
    try:
        with waited.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT transaction_timestamp()")
        review = review_by(reviewer, queue)
        sent = [review.pk, review.rubric.criteria.get(key="C1").pk]
        with pytest.raises(IntegrityError, match="is closed"), waited.cursor() as cursor:
            cursor.execute("INSERT INTO annotations_rating (review_id, criterion_id, value) VALUES (%s, %s, 3)", sent)
    finally:
        waited.close()


def test_the_owner_too_is_stopped_by_the_triggers(owner: None) -> None:
    grows = sorted(table for table, wanted in TABLES.items() if wanted == GROWS)
    assert guarded_by("append_only") == grows
    reviewer = person()
    review_by(reviewer, queue_of(reviewer, stories=[add_story()], overlap=1))
    filled = 0
    for table in grows:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' LIMIT 1")  # noqa: S608
            (column,) = cursor.fetchone()
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608
            if not cursor.fetchone()[0]:
                continue
        filled += 1
        for statement in (f'UPDATE {table} SET "{column}" = "{column}"', f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(Error, match="append-only"), connection.cursor() as cursor:
                cursor.execute(statement)
    assert filled >= 6


def test_the_owner_too_is_kept_from_emptying_what_only_grows(owner: None) -> None:
    tables = guarded_by("never_emptied")
    assert set(guarded_by("append_only")) < set(tables)
    for table in tables:
        # The test database lets tables be emptied between tests.
        statement = f"ALTER TABLE {table} ENABLE TRIGGER never_emptied; TRUNCATE {table} CASCADE"
        with pytest.raises(IntegrityError, match="TRUNCATE refused"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.django_db
def test_a_role_that_is_too_mighty_is_named(owner: None) -> None:
    assert "superuser" in roles.too_mighty() or "owns the tables" in roles.too_mighty()


@pytest.mark.django_db
def test_a_role_that_could_become_the_owner_is_named(owner: None) -> None:
    """Each in a transaction that is taken back: a member of the owner's role, and one that makes roles or tables."""
    ways = [
        ("GRANT {0} TO lesser", "is a member of the role that owns"),
        ("ALTER ROLE lesser CREATEROLE", "may make roles"),
        ("GRANT CREATE ON SCHEMA public TO lesser", "may make tables"),
        ("GRANT CREATE ON DATABASE {1} TO lesser", "may make tables"),
        ("GRANT TEMPORARY ON DATABASE {1} TO PUBLIC", "may make temporary tables"),
    ]
    for statement, named in ways:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT quote_ident(current_user), quote_ident(current_database())")
            names = cursor.fetchone()
            cursor.execute("CREATE ROLE lesser NOSUPERUSER")
            cursor.execute("SET LOCAL ROLE lesser")
            assert roles.too_mighty() == ""
            cursor.execute("RESET ROLE")
            cursor.execute(statement.format(*names))
            cursor.execute("SET LOCAL ROLE lesser")
            assert named in roles.too_mighty()
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_database_that_is_older_than_the_runtime_role_gets_it_once(owner: None) -> None:
    found = "SELECT rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'younger'"
    with transaction.atomic(), connection.cursor() as cursor:
        for _ in range(2):
            roles.create_runtime(cursor, "younger", "it's secret")
        cursor.execute(found)
        assert cursor.fetchall() == [(True, False)]
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_runtime_role_is_not_too_mighty() -> None:
    assert roles.too_mighty() == ""


@pytest.mark.django_db
def test_a_host_that_may_not_change_tables_is_told_who_may(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATABASE_OWNER = {}
    applied = MigrationRecorder(connection).applied_migrations()
    pending = {key: value for key, value in applied.items() if key != max(applied)}
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _self: pending)
    with pytest.raises(CommandError, match=f"role {settings.RUNTIME['USER']} may not .* DATABASE_OWNER_URL first"):
        call_command("migrate", interactive=False, verbosity=0)
