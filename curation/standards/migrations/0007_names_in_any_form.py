from django.db import migrations, models

from curation.core.folding import Folded, tell_apart


class Migration(migrations.Migration):

    dependencies = [
        ('standards', '0006_fewer_indexes'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='acceptancepolicy',
            name='policy_version_once',
        ),
        migrations.RemoveConstraint(
            model_name='constitution',
            name='constitution_version_once',
        ),
        migrations.RemoveConstraint(
            model_name='rubric',
            name='rubric_version_once',
        ),
        *(
            migrations.RunSQL(
                [
                    # Those in use are frozen, for the application.
                    f"ALTER TABLE {table} DISABLE TRIGGER USER",
                    tell_apart(table, behind="id", size=120, among="first.version = later.version"),
                    f"ALTER TABLE {table} ENABLE TRIGGER USER",
                ],
                migrations.RunSQL.noop,
            )
            for table in ("standards_constitution", "standards_rubric", "standards_acceptancepolicy")
        ),
        migrations.AddConstraint(
            model_name='acceptancepolicy',
            constraint=models.UniqueConstraint(Folded('name'), models.F('version'), name='policy_version_once'),
        ),
        migrations.AddConstraint(
            model_name='constitution',
            constraint=models.UniqueConstraint(Folded('name'), models.F('version'), name='constitution_version_once'),
        ),
        migrations.AddConstraint(
            model_name='rubric',
            constraint=models.UniqueConstraint(Folded('name'), models.F('version'), name='rubric_version_once'),
        ),
    ]
