from django.db import migrations

from curation.core.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial")]

    operations = [
        AppendOnly("annotations_review"),
        AppendOnly("annotations_rating"),
        AppendOnly("annotations_reviewflag"),
        AppendOnly("annotations_span"),
        AppendOnly("annotations_decision"),
        migrations.RunSQL(
            # Claims update the same items again and again: leave room on the page, and clean up early.
            sql="ALTER TABLE annotations_item SET "
            "(fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);",
            reverse_sql="ALTER TABLE annotations_item RESET "
            "(fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay);",
        ),
    ]
