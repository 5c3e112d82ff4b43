from django.conf import settings
from django.db import migrations, models

from curation.core.folding import Folded, tell_apart


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0002_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='endpoint',
            name='endpoint_name_once',
        ),
        migrations.RunSQL(
            tell_apart(
                "webhooks_endpoint", behind="id", size=60, among="first.removed_at IS NULL AND later.removed_at IS NULL"
            ),
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.UniqueConstraint(Folded('name'), condition=models.Q(('removed_at', None)), name='endpoint_name_once'),
        ),
    ]
