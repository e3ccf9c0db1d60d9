"""Looks at results: reading them breaks the seal, so each look enters the audit log."""

import pandas as pd
from django.db import transaction

import audit.services as audit
from accounts.models import User
from analysis import queries
from ratings.models import Study

RESULTS_READ = "study.results_read"  # with the note "csv" it is an export, which a withdrawal calls back


@transaction.atomic
def read_results(*, study: Study, reader: User, note: str) -> pd.DataFrame:
    """The current answers of a closed study by arm; `Sealed` before it is closed. `note` says for what."""
    frame = queries.answers(study)
    audit.record(actor=reader, verb=RESULTS_READ, target=study, note=note)
    return frame
