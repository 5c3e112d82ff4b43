from django.conf import settings
from django.db import migrations, models

from curation.core.folding import Folded, tell_apart


class Migration(migrations.Migration):

    dependencies = [
        ('llm', '0004_batches'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='provider',
            name='provider_name_once',
        ),
        migrations.RunSQL(
            tell_apart("llm_provider", behind="id", size=60, among="first.removed_at IS NULL AND later.removed_at IS NULL"),
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='provider',
            constraint=models.UniqueConstraint(Folded('name'), condition=models.Q(('removed_at', None)), name='provider_name_once'),
        ),
    ]
