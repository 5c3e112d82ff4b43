from typing import Any

from django.db import migrations, models

from curation.stories.source_names import source_key


def fill(apps: Any, schema_editor: Any) -> None:
    taken: set[str] = set()
    Source = apps.get_model("stories", "Source")
    for source in Source.objects.order_by("pk"):
        key = source_key(source.title or source.name)
        source.key = key if key not in taken else f"{source.pk}-{source.name}"
        taken.add(source.key)
        source.save(update_fields=["key"])


class Migration(migrations.Migration):
    dependencies = [
        ("stories", "0005_search_one_form"),
    ]

    operations = [
        migrations.AlterField(
            model_name="source",
            name="name",
            field=models.SlugField(allow_unicode=True, max_length=80, unique=True),
        ),
        migrations.AddField(
            model_name="source",
            name="key",
            field=models.CharField(default="", max_length=200),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="source",
            name="key",
            field=models.CharField(max_length=200, unique=True),
        ),
    ]
