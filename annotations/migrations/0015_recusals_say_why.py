from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0014_settling'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='recusal',
            name='saw',
            field=models.CharField(choices=[('reviews', 'Reviews'), ('order', 'Order'), ('scores', 'Scores')], default='scores', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='recusal',
            constraint=models.UniqueConstraint(fields=('story', 'user', 'saw'), name='recusal_once_each'),
        ),
        migrations.AddConstraint(
            model_name='recusal',
            constraint=models.CheckConstraint(condition=models.Q(('saw__in', ['reviews', 'order', 'scores'])), name='recusal_saw_known'),
        ),
        migrations.RemoveConstraint(
            model_name='recusal',
            name='recusal_once',
        ),
    ]
