from curation.stories.ingest.preview import Preview, preview
from curation.stories.ingest.surveying import Survey, survey

__all__ = ["Preview", "Survey", "preview", "survey"]
