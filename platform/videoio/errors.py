"""What is wrong with a media file, as a sentence."""


class MediaError(ValueError):
    """A media file that cannot be read or written.

    `code` is a short stable slug for programs; the message says what was wrong, what was given and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
