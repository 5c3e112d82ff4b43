from django.contrib import admin

from curation.core.admin import ReadOnlyAdmin, ReadOnlyInline
from curation.standards.models import AcceptancePolicy, Constitution, Criterion, Flag, Principle, Rubric, Theme


class PrincipleInline(ReadOnlyInline):
    model = Principle


class CriterionInline(ReadOnlyInline):
    model = Criterion


class ThemeInline(ReadOnlyInline):
    model = Theme


class FlagInline(ReadOnlyInline):
    model = Flag


@admin.register(Constitution)
class ConstitutionAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "frozen_at")
    inlines = (PrincipleInline,)


@admin.register(Rubric)
class RubricAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "frozen_at")
    inlines = (ThemeInline, CriterionInline, FlagInline)


@admin.register(AcceptancePolicy)
class AcceptancePolicyAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "rubric", "frozen_at")
    list_select_related = ("rubric",)
