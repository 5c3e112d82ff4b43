from django.db import migrations

from curation.core.triggers import ClosedOnceStored


class Migration(migrations.Migration):
    dependencies = [("annotations", "0028_verdicts_stand")]

    operations = [
        ClosedOnceStored("annotations_rating", "review_id", "annotations_review", "submitted_at"),
        ClosedOnceStored("annotations_reviewflag", "review_id", "annotations_review", "submitted_at"),
        ClosedOnceStored("annotations_span", "review_id", "annotations_review", "submitted_at"),
    ]
