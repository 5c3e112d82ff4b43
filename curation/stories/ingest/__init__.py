from curation.stories.ingest.preview import Preview, preview
from curation.stories.ingest.run import claim, run_import
from curation.stories.ingest.surveying import Survey, survey

__all__ = ["Preview", "Survey", "claim", "preview", "run_import", "survey"]
