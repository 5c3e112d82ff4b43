"""How forms are drawn: `{{ form }}` renders our own components."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Draw forms and fields with the templates of `_components`."""

    form_template_name = "_components/form.html"
    field_template_name = "_components/field.html"
