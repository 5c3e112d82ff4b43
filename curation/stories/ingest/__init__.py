from curation.stories.ingest.preview import Preview, preview, rehearse
from curation.stories.ingest.run import claim, run_import

__all__ = ["Preview", "claim", "preview", "rehearse", "run_import"]
