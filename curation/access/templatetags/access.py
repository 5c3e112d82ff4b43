"""How often versions were downloaded, for the pages that show them."""

from django import template

from curation.access.queries import downloads
from curation.releases.models import Dataset, Release

register = template.Library()


@register.simple_tag
def downloads_of(release: Release) -> int:
    """Return how often a version was downloaded."""
    return downloads.downloads_of([release]).get(release.pk, 0)


@register.simple_tag
def downloads_lately(dataset: Dataset) -> int:
    """Return how often versions of a dataset were downloaded in the last 30 days."""
    return downloads.downloads_lately(dataset)
