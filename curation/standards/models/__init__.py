from curation.standards.models.constitution import Constitution, Principle
from curation.standards.models.policy import AcceptancePolicy
from curation.standards.models.rubric import Criterion, Flag, Rubric, Theme

__all__ = ["AcceptancePolicy", "Constitution", "Criterion", "Flag", "Principle", "Rubric", "Theme"]
