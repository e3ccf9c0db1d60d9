"""What waits in cohorts for those who care for them."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.access import cohorts_for, participants_for
from cohorts.models import ConsentEvent, Recording, Upload
from cohorts.vocabulary import Scope
from frontend.waiting import Row, Waiting, first_of


def waiting(user: User) -> Iterator[Waiting]:
    if not has_role(user, Role.COORDINATOR, Role.ADMINISTRATOR):
        return
    yield _first_cohort(user)
    yield _unfinished(user)
    yield _without_consent(user)


def _first_cohort(user: User) -> Waiting:
    new = reverse("cohorts:new")
    n = 0 if cohorts_for(user).exists() else 1
    row = Row(_("You care for no cohort yet. Make one, then upload its recordings."), new)
    return Waiting(_("Begin with a cohort"), n, [row], (_("New cohort"), new))


def _unfinished(user: User) -> Waiting:
    """Begun by this user: only who has the file can go on."""
    begun = Upload.objects.filter(cohort__in=cohorts_for(user), added_by=user, state=Upload.State.RECEIVING)
    uploads, n = first_of(begun.select_related("cohort").order_by("expires_at", "id"))
    rows = [
        Row(
            label=f"{upload.code} · {upload.get_task_display()}",
            url=reverse("cohorts:uploads", args=[upload.cohort_id]),
            state=upload,
            note=_("Choose the same file again on the upload page: it goes on where it stopped."),
            at=upload.created_at,
        )
        for upload in uploads
    ]
    return Waiting(_("Uploads to finish"), n, rows, (_("Finish the upload"), rows[0].url) if rows else None)


def _without_consent(user: User) -> Waiting:
    """Participants with recordings, of whom nobody has recorded yet whether they agree to research."""
    asked = ConsentEvent.objects.filter(participant=OuterRef("pk"), scope=Scope.RESEARCH)
    recorded = Recording.objects.filter(participant=OuterRef("pk"))
    found = participants_for(user).filter(~Exists(asked), Exists(recorded), withdrawn_at__isnull=True)
    participants, n = first_of(found.order_by("created_at", "id"))
    rows = [
        Row(one.code, reverse("cohorts:participant", args=[one.pk]), note=str(one.cohort), at=one.created_at)
        for one in participants
    ]
    action = (_("Record the next consent"), rows[0].url) if rows else None
    return Waiting(_("Participants without recorded consent"), n, rows, action, reverse("cohorts:list"))
