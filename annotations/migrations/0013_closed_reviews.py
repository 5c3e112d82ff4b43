from django.db import migrations

from curation.core.triggers import AppendOnly, ClosedAfter, StampedByDatabase


class Migration(migrations.Migration):
    dependencies = [("annotations", "0012_facts_kept")]

    operations = [
        StampedByDatabase("annotations_review", "submitted_at"),
        ClosedAfter("annotations_rating", "review_id", "annotations_review", "submitted_at"),
        ClosedAfter("annotations_reviewflag", "review_id", "annotations_review", "submitted_at"),
        ClosedAfter("annotations_span", "review_id", "annotations_review", "submitted_at"),
        AppendOnly("annotations_recusal"),
    ]
