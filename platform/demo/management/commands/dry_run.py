"""`manage.py dry_run STUDY --url URL`: synthetic raters rate a copy of a study through the running site."""

import secrets
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role, User
from accounts.services import create_user
from demo import dry_run
from demo.client import Browser, Refused, wait_for
from ratings import equal_arms, services
from ratings.algorithms.synthetic import Planted, SyntheticRater
from ratings.models import Study

FIELDS = ("bias", "leniency", "noise", "retest", "not_sure", "not_sure_deidentified")


class Command(BaseCommand):
    help = "Rate a copy of a study by synthetic raters, through the running site, and compare what the analysis finds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", type=int, help="number of the study, as in its address")
        parser.add_argument("--url", required=True, help="address of the running site")
        parser.add_argument("--seed", default="dry run")
        parser.add_argument("--patience", type=float, default=600, help="seconds to wait for the worker")
        for name in FIELDS:
            default = getattr(Planted(), name)
            parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=default)

    def handle(self, *args: Any, **options: Any) -> None:
        planted = Planted(**{name: options[name] for name in FIELDS})
        model = Study.objects.filter(pk=options["study"]).first()
        if model is None:
            raise CommandError(f"there is no study {options['study']}: its number stands in the address of its page")
        mark = secrets.token_hex(3)
        passwords = {f"dry-run-{mark}-{n}": secrets.token_urlsafe(12) for n in range(1, model.places.count() + 1)}
        raters = [
            create_user(username=name, role=Role.RATER, password=password, name=f"Synthetic {name[-1]}")
            for name, password in passwords.items()
        ]
        try:
            study = self._rated(model, raters, passwords, planted, options, mark)
        except (ValidationError, Refused) as error:
            raise CommandError(f"the dry run stopped: {error}") from error
        finally:
            User.objects.filter(pk__in=[rater.pk for rater in raters]).update(is_active=False)
        found = dry_run.recovered(study, planted)
        for one in found:
            self.stdout.write(str(one))
        if not all(one.holds for one in found):
            raise CommandError("the analysis does not find what was planted", returncode=1)

    def _rated(
        self, model: Study, raters: list[User], passwords: dict[str, str], planted: Planted, options: dict, mark: str
    ) -> Study:
        """A copy without days of waiting, rated and closed. It stays, named for what it is."""
        study = services.create_study(
            name=f"Dry run {mark}", cohort=model.cohort, method=model.method, more_methods=model.more_methods,
            raters=raters, actor=None, protocol=replace(model.design, gap_days=0, break_after=0),
        )  # fmt: skip
        wait_for(
            "the last encode of the copy's files", lambda: not equal_arms.reasons(study), seconds=options["patience"]
        )
        study = services.open_study(study=study, actor=None)
        for place in study.places.select_related("rater"):
            name = place.rater.username
            rater = SyntheticRater(planted, place.number, options["seed"])
            shown, answers = dry_run.walk(study, Browser(options["url"], name, passwords[name]), rater)
            self.stdout.write(f"{place}: {shown} videos, {answers} answers")
        return services.close_study(study=study, actor=None)
