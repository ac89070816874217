"""The one exception for a user's mistake; command lines turn it into a sentence and exit status 2."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend: bad input, a wrong name, a missing key.

    The message is one clear sentence that says what is wrong, where, and what to do.
    """
