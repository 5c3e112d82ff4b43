from curation.argilla.models.answer import AnswerState, ArgillaAnswer, There
from curation.argilla.models.link import Link, LinkState
from curation.argilla.models.listener import Listener
from curation.argilla.models.person import ArgillaPerson, RoleThere
from curation.argilla.models.record import ArgillaRecord
from curation.argilla.models.server import ArgillaServer

__all__ = [
    "AnswerState",
    "ArgillaAnswer",
    "ArgillaPerson",
    "ArgillaRecord",
    "ArgillaServer",
    "Link",
    "LinkState",
    "Listener",
    "RoleThere",
    "There",
]
