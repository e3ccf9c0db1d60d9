"""Pages of donors. Shipped donors are nobody and are shown; an own donor is a person: every look is recorded."""

from contextlib import closing

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import links, media, storage
from deid import donor_queries, donor_services
from deid.access import own_donors_for
from deid.forms import DonorForm
from deid.models import OwnDonor

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)


@require_http_methods(["GET", "POST"])
@staff
def donors(request: HttpRequest) -> HttpResponse:
    form = DonorForm(request.POST or None, request.FILES or None, user=signed_in(request))
    if request.method == "POST" and form.is_valid():
        try:
            donor_services.add_donor(actor=signed_in(request), **form.cleaned_data)
            return redirect("deid:donors")
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {
        "form": form,
        "shipped": donor_queries.shipped_donors(),
        "own": own_donors_for(signed_in(request)).select_related("added_by", "participant__cohort"),
    }
    return render(request, "deid/donors.html", context, status=422 if form.errors else 200)


@require_safe
@staff
def donor_picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """The picture of a shipped donor."""
    path = donor_queries.shipped_picture(name)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type="image/jpeg")


@require_safe
@staff
def own_donor_picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The photograph of an own donor, for who added it and for administrators."""
    user = signed_in(request)
    donor = get_object_or_404(own_donors_for(user).exclude(storage_name=""), pk=pk)
    if donor.state == OwnDonor.State.WITHDRAWN:
        raise Http404
    links.look(request, verb="donor.viewed", target=donor)
    with closing(storage.open_media(donor.storage_name)) as photograph:
        n_bytes = photograph.size
    return media.serve(
        request, storage_name=donor.storage_name, n_bytes=n_bytes, content_type="application/octet-stream"
    )
