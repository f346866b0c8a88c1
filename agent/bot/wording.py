"""How the sentence of an error calls what an author gave."""


def called(given: object) -> str:
    """Its type, never its words: they may be a customer's."""
    return "None" if given is None else type(given).__name__
