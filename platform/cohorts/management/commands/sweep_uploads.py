"""`manage.py sweep_uploads`: what the scheduler does every ten minutes, at once and with its count."""

from typing import Any

from django.core.management.base import BaseCommand

from cohorts.upload_sweep import sweep_uploads


class Command(BaseCommand):
    help = "Remove unfinished uploads past their time and files that no row names; end rows whose file is gone."

    def handle(self, *args: Any, **options: Any) -> None:
        swept = sweep_uploads()
        self.stdout.write(
            f"{swept.expired} expired, {swept.without_row} files without a row removed, {swept.without_file} rows "
            f"without a file ended, {swept.finished} complete ones handed to a worker"
        )
