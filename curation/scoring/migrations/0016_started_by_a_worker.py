from django.conf import settings
from django.db import migrations, models
from django.db.models.deletion import PROTECT

from curation.core.triggers import FrozenBut, Transitions

DROPPED = 'DROP TRIGGER frozen_update ON scoring_scorerun; DROP TRIGGER frozen_delete ON scoring_scorerun;'
MOVES = ['state', 'total', 'budget_id', 'paused_by', 'note', 'started_at', 'ended_at', 'in_batches']
STATES = [
    ('estimated', 'Estimated'),
    ('starting', 'Being started'),
    ('running', 'Running'),
    ('paused', 'Paused'),
    ('done', 'Done'),
    ('cancelled', 'Cancelled'),
]


class Migration(migrations.Migration):
    dependencies = [
        ('scoring', '0015_scores_from_no_judge'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            'scorerun',
            'started_by',
            models.ForeignKey(
                blank=True, db_index=False, null=True, on_delete=PROTECT, related_name='+', to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            'scorerun', 'state', models.CharField(choices=STATES, default='estimated', max_length=12)
        ),
        migrations.RemoveConstraint('scorerun', 'score_run_state_known'),
        migrations.AddConstraint(
            'scorerun',
            models.CheckConstraint(
                condition=models.Q(('state__in', [state for state, _label in STATES])), name='score_run_state_known'
            ),
        ),
        migrations.AddIndex(
            'scorerun',
            models.Index(condition=models.Q(('state', 'starting')), fields=['id'], name='score_run_starting'),
        ),
        migrations.RunSQL(DROPPED, FrozenBut('scoring_scorerun', MOVES).sql),
        FrozenBut('scoring_scorerun', [*MOVES, 'started_by_id']),
        Transitions(
            'scoring_scorerun',
            {
                'estimated': ['starting', 'cancelled'],
                'starting': ['running', 'estimated', 'cancelled'],
                'running': ['paused', 'done', 'cancelled'],
                'paused': ['running', 'cancelled'],
                'done': ['running'],
                'cancelled': [],
            },
        ),
    ]
