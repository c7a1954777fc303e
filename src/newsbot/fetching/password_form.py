"""Detection of the form with which WordPress asks for a post's password, in a feed or on a page."""

import re

__all__ = ["has_password_form"]

# Themes change the form's words and classes, but not the address and the field that WordPress reads:
# https://developer.wordpress.org/reference/functions/get_the_password_form/
_FORM = re.compile(rb"""[?&;]action=postpass\b|\bname=["']?post_password\b""")


def has_password_form(html: str | bytes) -> bool:
    """Return whether HTML has the form that WordPress shows in place of a password-protected post."""
    return bool(_FORM.search(html.encode("utf-8", "replace") if isinstance(html, str) else html))
