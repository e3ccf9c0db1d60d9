"""The scan of a study's files for what tells its arms apart, on the files as raters get them."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

import audit.services as audit
from cohorts import storage
from ratings import equal_arms, shown_files
from ratings.models import ShownFile, Study

if TYPE_CHECKING:
    from ratings.algorithms.traits_scan import PairTraits, Scan


def scan_study(*, study: Study) -> dict[str, "Scan"]:
    """Measure every version against its original anew, from the stored files; a scan by method.

    Raises
    ------
    ValidationError : nothing to scan, or files are not made yet
    """
    from ratings.algorithms.traits_scan import scan

    found = {method: scan(pairs) for method, pairs in _measured(study).items()}
    unequal = sum(len(one.unequal) for one in found.values())
    audit.record(actor=None, verb="study.scanned", target=study, note=f"{unequal} unequal")
    return found


def _measured(study: Study) -> dict[str, list["PairTraits"]]:
    from ratings.algorithms.traits_scan import measure_pair

    files = equal_arms.files(study)
    pairs: dict[str, list[PairTraits]] = {}
    for number, (original, *others) in enumerate(equal_arms.versions(study).values(), start=1):
        for other in others:
            if original.pk not in files or other.pk not in files:
                raise ValidationError(_not_made(study))
            one, two = files[original.pk], files[other.pk]
            with storage.local_copy(one.storage_name) as first, storage.local_copy(two.storage_name) as second:
                measured = measure_pair(f"recording {number}", first, second, (headers(one), headers(two)))
            pairs.setdefault(other.method, []).append(measured)
    if not pairs:
        raise ValidationError(_("This study shows no recordings yet: release renditions and prepare it first."))
    return pairs


def _not_made(study: Study) -> str:
    told = equal_arms.reasons(study) or [_("A file of this study is missing.")]
    return " ".join([*told, _("Scan it once that is done.")])


def headers(shown: ShownFile) -> dict[str, str]:
    """What a rater's browser is told with the file."""
    request = HttpRequest()
    request.method = "HEAD"
    answer = shown_files.serve(request, storage_name=shown.storage_name, shown_bytes=shown.n_bytes)
    return dict(sorted(answer.headers.items()))
