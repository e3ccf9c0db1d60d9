"""What is raised in place of a number that cannot be computed."""


class Unavailable(ValueError):
    """A metric cannot be computed here; the message says what was wrong, what was given and what is needed."""
