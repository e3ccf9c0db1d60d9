"""How forms are drawn: one template for every field."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Finds `templates/forms/` of ours before Django's own."""

    form_template_name = "forms/form.html"
