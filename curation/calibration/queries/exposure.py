"""Who has seen scores."""

from curation.accounts.models import User
from curation.calibration.models import Exposure
from curation.stories.models import Story


def has_seen_scores(user: User, story: Story) -> bool:
    """Whether this person was ever shown a score of the story, by whatever page or program."""
    return Exposure.objects.filter(user=user, story=story).exists()
