"""Pages of the debrief: after all ratings, what a rater took the videos for."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import signed_in
from ratings import debrief_services
from ratings.access import get_debrief_showing, get_own_place
from ratings.around_forms import GuessForm
from ratings.debrief_queries import Debrief, debrief_of
from ratings.desk_views import rater
from ratings.models import Guess, StudyRater


@require_GET
@rater
def debrief(request: HttpRequest, pk: int) -> HttpResponse:
    """What comes after the ratings, before it begins; how far it is afterwards."""
    place = get_own_place(signed_in(request), pk)
    return render(request, "ratings/debrief.html", {"debrief": debrief_of(place)})


@require_POST
@rater
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    place = get_own_place(signed_in(request), pk)
    try:
        debrief_services.begin_debrief(place=place)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _onward(place, debrief_of(place))


@require_http_methods(["GET", "POST"])
@rater
def guess(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One video once more, and what it was. What is answered is not shown again."""
    showing = get_debrief_showing(signed_in(request), pk)
    if Guess.objects.filter(showing=showing).exists():
        return _onward(showing.place, debrief_of(showing.place))
    form = GuessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            debrief_services.give_guess(showing=showing, **form.cleaned_data)
            return _onward(showing.place, debrief_of(showing.place))
        except ValidationError as error:
            form.add_error(None, error)
    total = showing.place.debrief.count()
    context = {"showing": showing, "form": form, "number": showing.position, "total": total}
    return render(request, "ratings/guess.html", context, status=422 if form.errors else 200)


def _onward(place: StudyRater, debrief: Debrief) -> HttpResponse:
    if debrief.following is None:
        return redirect("ratings:debrief", pk=place.study_id)
    return redirect("ratings:guess", pk=debrief.following.presentation_id)
