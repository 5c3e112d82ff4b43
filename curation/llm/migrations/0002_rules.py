from django.db import migrations

from curation.core.sql_files import function_text
from curation.core.triggers import AppendOnly, FrozenBut, FrozenWhen, NeverEmptied, Transitions

COUNTERS = "reserved_micro_usd, spent_micro_usd, unknown_micro_usd"


class Migration(migrations.Migration):
    dependencies = [("llm", "0001_initial"), ("core", "0002_functions")]

    operations = [
        AppendOnly("llm_priceoverride"),
        FrozenBut(
            "llm_spend",
            [
                "state",
                "micro_usd",
                "input_tokens",
                "cached_read_tokens",
                "cached_write_tokens",
                "output_tokens",
                "seconds",
                "priced_by",
                "error",
                "settled_at",
            ],
        ),
        FrozenWhen("llm_spend", "OLD.state IN ('settled', 'released')"),
        Transitions(
            "llm_spend",
            {
                "reserved": ["settled", "unknown", "released"],
                "unknown": ["settled", "released"],
                "settled": [],
                "released": [],
            },
        ),
        FrozenBut(
            "llm_budget", ["limit_micro_usd", "reserved_micro_usd", "spent_micro_usd", "unknown_micro_usd", "purpose"]
        ),
        NeverEmptied("llm_budget"),
        FrozenBut("llm_batch", ["state", "handle", "error", "next_at", "ended_at"]),
        NeverEmptied("llm_batch"),
        Transitions(
            "llm_batch",
            {
                "sending": ["sent", "refused", "lost"],
                "sent": ["ended", "lost"],
                "ended": ["collected", "lost"],
                "collected": [],
                "refused": [],
                "lost": ["sent"],
            },
        ),
        migrations.RunSQL(
            function_text("llm", "counted", migration="0002")
            + """
CREATE TRIGGER counted_insert AFTER INSERT ON llm_spend REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION llm_counted();
CREATE TRIGGER counted_update AFTER UPDATE ON llm_spend REFERENCING OLD TABLE AS removed NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION llm_counted();
CREATE TRIGGER counted_only BEFORE UPDATE OF %s ON llm_budget
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION exempla_refuse();"""
            % COUNTERS,
            "DROP TRIGGER counted_only ON llm_budget; DROP TRIGGER counted_update ON llm_spend; "
            "DROP TRIGGER counted_insert ON llm_spend; DROP FUNCTION llm_counted();",
        ),
    ]
