from curation.publishing.models.publication import Publication, PublicationState
from curation.publishing.models.target import HubTarget

__all__ = ["HubTarget", "Publication", "PublicationState"]
