"""Files of plain forms are written into the quarantine folder too, never into the system's temporary folder."""

import tempfile
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler

from cohorts import quarantine

DISK_FULL = "semblance.disk_full"  # in the request's META, for the view to tell


class QuarantinedFile(TemporaryUploadedFile):
    """Like Django's, in our folder. (The setting for that must name a folder that exists when the process starts.)"""

    def __init__(self, name: str | None, content_type: str | None, charset: str | None, extra: Any) -> None:
        file = tempfile.NamedTemporaryFile(dir=quarantine.folder(), suffix=".upload")  # noqa: SIM115 - closed by Django
        UploadedFile.__init__(self, file, name, content_type, 0, charset, extra)


class QuarantineUploadHandler(TemporaryFileUploadHandler):
    """A request that dies midway leaves its file where the sweep finds it; a full disk leaves the form without one."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = QuarantinedFile(self.file_name, self.content_type, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            quarantine.write(self.file.fileno(), raw_data, start)
        except quarantine.NoSpace as error:
            if self.request is not None:
                self.request.META[DISK_FULL] = True
            raise SkipFile from error
