"""The page that looks at screen and sound at the beginning of a session."""

import uuid

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in
from ratings import viewing_services
from ratings.access import get_presentation
from ratings.desk_views import rater
from ratings.equipment_forms import EquipmentForm
from ratings.models import EquipmentCheck


@require_http_methods(["GET", "POST"])
@rater
def equipment(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asked once in the session of a presentation; whoever comes again goes on."""
    user = signed_in(request)
    presentation = get_presentation(user, pk)
    study, session = presentation.study, presentation.session
    if request.method == "GET" and EquipmentCheck.objects.filter(study=study, rater=user, session=session).exists():
        return redirect("ratings:next")
    with_sound = any(item.sound for item in study.design.asked().values())
    form = EquipmentForm(request.POST or None, with_sound=with_sound)
    if request.method == "POST" and form.is_valid():
        try:
            viewing_services.record_equipment(study=study, rater=user, session=session, **form.cleaned_data)
            return redirect("ratings:next")
        except ValidationError as error:
            form.add_error(None, error)
    context = {"study": study, "form": form, "with_sound": with_sound, "steps": range(1, EquipmentCheck.STEPS + 1)}
    return render(request, "ratings/equipment.html", context, status=422 if form.errors else 200)
