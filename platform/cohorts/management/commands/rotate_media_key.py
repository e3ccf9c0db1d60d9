"""`manage.py rotate_media_key`: after a change of the master key, wrap every file's key by the new one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cohorts import keys


class Command(BaseCommand):
    help = (
        "Wrap the key of every stored file by MEDIA_ENCRYPTION_KEY. Give the key that wrapped them before as "
        "MEDIA_ENCRYPTION_KEY_OLD. The files themselves are not touched. Exit 1 when some keys could not be opened."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not keys.encrypting():
            raise CommandError("MEDIA_ENCRYPTION_KEY is not set: there is no key to wrap by", returncode=2)
        n_done, n_left = keys.rotate()
        self.stdout.write(f"{n_done} keys are wrapped anew")
        if n_left:
            raise CommandError(
                f"{n_left} keys are wrapped by a master key that was not given: set it as MEDIA_ENCRYPTION_KEY_OLD",
                returncode=1,
            )
