"""How numbers are written."""


def signed(value: float, digits: int = 0) -> str:
    """With its sign and a real minus; zero has none."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{'−' if value < 0 else '+'}{text}"
