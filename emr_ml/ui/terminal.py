"""What a terminal may be shown, whoever wrote it."""


def escape_control_characters(text: str) -> str:
    """The text with the codes of all signs that a terminal would obey instead of showing them."""
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else sign.encode("unicode_escape").decode()
        for sign in text
    )
