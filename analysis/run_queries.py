"""Reads of runs."""

from django.db.models import QuerySet

from analysis.run_models import Run, RunReport
from cohorts.models import Cohort
from ratings.models import Study


def runs_of(target: Study | Cohort, kind: str) -> QuerySet[Run]:
    """Newest first, without what they found: a list needs no summaries."""
    own = Run.objects.filter(study=target) if isinstance(target, Study) else Run.objects.filter(cohort=target)
    return own.filter(kind=kind).select_related("created_by").defer("summary")


def newest_run(target: Study | Cohort, kind: str, parameters: dict | None = None) -> Run | None:
    """The newest that was computed, with these parameters where they are given; a study's whole run otherwise."""
    own = Run.objects.filter(study=target) if isinstance(target, Study) else Run.objects.filter(cohort=target)
    done = own.filter(kind=kind, state=Run.State.DONE)
    return (done if parameters is None else done.filter(parameters=parameters)).first()


def report_of(run: Run) -> RunReport | None:
    """How far the report of a run is; its files are read only when they are asked for."""
    return RunReport.objects.filter(run=run).defer("html", "pdf").first()
