from curation.ratings_import.models.not_kept import NotKept
from curation.ratings_import.models.ratings_import import RatingsImport, RatingsImportState
from curation.ratings_import.models.respondent import Respondent

__all__ = ["NotKept", "RatingsImport", "RatingsImportState", "Respondent"]
