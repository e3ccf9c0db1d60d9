"""As in English: what a date or a number looks like does not depend on who reads it."""

from frontend.formats.en.formats import *  # noqa: F403
