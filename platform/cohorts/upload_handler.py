"""Files of plain forms are written into the quarantine folder too, never into the system's temporary folder."""

from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

from cohorts import quarantine

DISK_FULL = "semblance.disk_full"  # in the request's META, for the view to tell


class QuarantineUploadHandler(TemporaryFileUploadHandler):
    """A request that dies midway leaves its file where the sweep finds it; a full disk leaves the form without one."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        quarantine.folder()
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            quarantine.write(self.file.fileno(), raw_data, start)
        except quarantine.NoSpace as error:
            if self.request is not None:
                self.request.META[DISK_FULL] = True
            raise SkipFile from error
