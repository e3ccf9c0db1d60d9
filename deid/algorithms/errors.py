"""What the engine refuses, each as a sentence a coordinator can act on."""


class EngineError(RuntimeError):
    """The engine could not do its work; no file was written."""


class Withheld(EngineError):
    """Nothing may be given out: no frame has a positive decision; no file was written."""


class UnknownMethod(LookupError):
    """A method name that no method has."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "unknown method"


class BadParameters(ValueError):
    """A parameter that a method does not know, or a value it cannot take."""
