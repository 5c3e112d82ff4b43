"""Starting the import of an annotated dataset, and carrying it out."""

from curation.ratings_import.actions.carrying import carry_out, carry_out_due, claim
from curation.ratings_import.actions.starting import resume_ratings_import, start_ratings_import

__all__ = ["carry_out", "carry_out_due", "claim", "resume_ratings_import", "start_ratings_import"]
