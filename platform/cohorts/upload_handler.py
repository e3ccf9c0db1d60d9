"""Files of plain forms are written into the quarantine folder too, never into the system's temporary folder."""

from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler

from cohorts import quarantine


class QuarantineUploadHandler(TemporaryFileUploadHandler):
    """A request that dies midway leaves its file where the sweep finds it."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        quarantine.folder()
        super().new_file(*args, **kwargs)
