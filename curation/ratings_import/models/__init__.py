from curation.ratings_import.models.dataset_fetch import DatasetFetch, DatasetFetchState
from curation.ratings_import.models.not_kept import NotKept
from curation.ratings_import.models.ratings_import import RatingsImport, RatingsImportState
from curation.ratings_import.models.respondent import Respondent

__all__ = ["DatasetFetch", "DatasetFetchState", "NotKept", "RatingsImport", "RatingsImportState", "Respondent"]
