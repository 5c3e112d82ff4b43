import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0013_text_checks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='check',
            name='other',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stories.story'),
        ),
        migrations.AlterField(
            model_name='check',
            name='story',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='stories.story'),
        ),
        migrations.AlterField(
            model_name='searchentry',
            name='words',
            field=django.contrib.postgres.search.SearchVectorField(null=True),
        ),
        migrations.AlterField(
            model_name='signatureband',
            name='story',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stories.story'),
        ),
        migrations.AlterField(
            model_name='story',
            name='normal_sha256',
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name='story',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='stories', to='stories.source'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(condition=models.Q(('words', None)), fields=['story'], name='search_due'),
        ),
        migrations.AddConstraint(
            model_name='story',
            constraint=models.UniqueConstraint(fields=('normal_sha256',), name='story_once'),
        ),
    ]
