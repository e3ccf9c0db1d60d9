"""Looks at results: reading them breaks the seal, so each look enters the audit log."""

from typing import TYPE_CHECKING

from django.db import transaction

import audit.services as audit
from accounts.models import User
from analysis import queries
from analysis.answers import LockedStudy, locked_study
from ratings.models import Study

if TYPE_CHECKING:
    import pandas as pd

RESULTS_READ = "study.results_read"  # with one of these notes it is an export, which a withdrawal calls back
EXPORTS = ("csv", "zip", "run-csv", "run-json", "run-parquet", "run-pdf", "run-html")


@transaction.atomic
def read_results(*, study: Study, reader: User, note: str) -> "pd.DataFrame":
    """The current answers of a closed study by arm; `Sealed` before it is closed. `note` says for what."""
    frame = queries.answers(study)
    audit.record(actor=reader, verb=RESULTS_READ, target=study, note=note)
    return frame


@transaction.atomic
def take_home(*, study: Study, reader: User) -> LockedStudy:
    """A closed study for its export; `Sealed` before it is closed."""
    locked = locked_study(study)
    audit.record(actor=reader, verb=RESULTS_READ, target=study, note="zip")
    return locked
