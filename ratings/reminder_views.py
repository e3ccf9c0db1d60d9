"""Where a rater says whether and where to be reminded."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in
from ratings import reminder_services
from ratings.around_forms import ReminderForm
from ratings.desk_views import rater
from ratings.models import ReminderRefusal


@require_http_methods(["GET", "POST"])
@rater
def reminders(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    wanted = "" if ReminderRefusal.objects.filter(user=user).exists() else "yes"
    form = ReminderForm(request.POST or None, initial={"email": user.email, "wanted": wanted})
    if request.method == "POST" and form.is_valid():
        reminder_services.choose_reminders(user=user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("ratings:desk")
    return render(request, "ratings/reminders.html", {"form": form}, status=422 if form.errors else 200)
