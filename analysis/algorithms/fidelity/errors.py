"""What is raised in place of a number that cannot be computed."""

UNAVAILABLE = "unavailable"  # the key of a report that holds the reason


class Unavailable(ValueError):
    """A metric cannot be computed here; the message says what was wrong, what was given and what is needed."""
