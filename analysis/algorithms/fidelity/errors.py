"""What is raised where a number cannot be computed."""


class Unavailable(ValueError):
    """A metric that cannot be computed; the message says what was wrong, what was given and what is needed."""
