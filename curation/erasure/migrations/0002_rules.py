from django.db import migrations

from curation.core.sql_files import function_text
from curation.core.triggers import FrozenBut, LeasedRows, NeverEmptied, Transitions

TEXTS = "".join(
    function_text("erasure", name, migration="0002")
    for name in ("purge_story", "erase_person", "nothing_more", "no_draft", "not_destroyed", "stays_closed")
)
# Whoever may call the two is granted it with the other rights of the application.
CLOSED = """
REVOKE ALL ON FUNCTION erasure_purge_story(bigint), erasure_erase_person(bigint) FROM PUBLIC;
"""
ABOUT_STORIES = (
    "annotations_assignment",
    "annotations_decision",
    "annotations_item",
    "annotations_review",
    "releases_releaseitem",
    "scoring_judgeanswer",
    "scoring_score",
    "scoring_scorejob",
    "stories_check",
    "stories_rewriterequest",
    "stories_searchentry",
    "stories_signature",
)
TRIGGERS = "".join(
    f"CREATE TRIGGER nothing_more AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION erasure_nothing_more();\n"
    for table in ABOUT_STORIES
) + f"""
CREATE TRIGGER no_draft_insert AFTER INSERT ON annotations_draft REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION erasure_no_draft();
CREATE TRIGGER no_draft_update AFTER UPDATE ON annotations_draft REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION erasure_no_draft();
CREATE TRIGGER not_destroyed AFTER INSERT ON releases_releasefile REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION erasure_not_destroyed();
CREATE TRIGGER stays_closed BEFORE UPDATE ON accounts_user FOR EACH ROW WHEN (
  NOT OLD.is_active AND (NEW.is_active OR OLD.username <> NEW.username OR NEW.email <> '' OR NEW.display_name <> ''
  OR NEW.first_name <> '' OR NEW.last_name <> '' OR NEW.password <> OLD.password)
) EXECUTE FUNCTION erasure_stays_closed();
CREATE TRIGGER texts_once BEFORE UPDATE OF texts_at ON erasure_purge FOR EACH ROW
WHEN (OLD.texts_at IS NOT NULL AND OLD.texts_at IS DISTINCT FROM NEW.texts_at) EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER erased_once BEFORE UPDATE ON erasure_personerasure FOR EACH ROW
WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON erasure_purgefollowup FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
BACK = "".join(f"DROP TRIGGER nothing_more ON {table};\n" for table in ABOUT_STORIES) + """
DROP TRIGGER no_draft_insert ON annotations_draft; DROP TRIGGER no_draft_update ON annotations_draft;
DROP TRIGGER not_destroyed ON releases_releasefile; DROP TRIGGER stays_closed ON accounts_user;
DROP TRIGGER texts_once ON erasure_purge; DROP TRIGGER erased_once ON erasure_personerasure;
DROP TRIGGER never_removed ON erasure_purgefollowup;
DROP FUNCTION erasure_purge_story(bigint); DROP FUNCTION erasure_erase_person(bigint);
DROP FUNCTION erasure_nothing_more(); DROP FUNCTION erasure_no_draft(); DROP FUNCTION erasure_not_destroyed();
DROP FUNCTION erasure_stays_closed();
"""
MAY_CHANGE = [
    "state", "token", "by_token", "attempts", "next_at", "lease_until", "decided_by_id", "decided_at",
    "decided_because", "error", "texts_at", "finished_at",
]


class Migration(migrations.Migration):
    dependencies = [
        ("erasure", "0001_initial"),
        ("core", "0003_opening"),
        ("accounts", "0006_tokens"),
        ("annotations", "0023_completed_queues"),
        ("api", "0001_initial"),
        ("audit", "0005_fewer_indexes"),
        ("releases", "0009_withdrawn"),
        ("scoring", "0012_batches"),
        ("stories", "0017_purged"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunSQL(TEXTS + CLOSED + TRIGGERS, BACK),
        FrozenBut("erasure_purge", MAY_CHANGE),
        NeverEmptied("erasure_purge"),
        LeasedRows("erasure_purge"),
        Transitions(
            "erasure_purge",
            {
                "awaiting": ["declined", "pending", "retracted"],
                "pending": ["running"],
                "running": ["done", "failed", "pending"],
                "failed": ["pending"],
            },
        ),
        FrozenBut("erasure_purgedfile", ["removed_at"]),
        NeverEmptied("erasure_purgedfile"),
        FrozenBut("erasure_personerasure", ["erased_at"]),
        NeverEmptied("erasure_personerasure"),
        NeverEmptied("erasure_purgefollowup"),
    ]
