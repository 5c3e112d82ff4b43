"""The shapes in which Argilla hands datasets out, and one record of each as plain values. Pure."""

from curation.ratings_import.shapes.layout import ExportShape, FileLayout, layout_of
from curation.ratings_import.shapes.questions import Kind, Question, inferred, told
from curation.ratings_import.shapes.reading import record_of
from curation.ratings_import.shapes.record import AnnotatedRecord, Response, Suggestion

__all__ = [
    "AnnotatedRecord",
    "ExportShape",
    "FileLayout",
    "Kind",
    "Question",
    "Response",
    "Suggestion",
    "inferred",
    "layout_of",
    "record_of",
    "told",
]
