"""Who is at the terminal: decisions are recorded with a name."""

import getpass
import os


def user_name() -> str:
    """The user's login name; where there is none, as in some containers, the user's number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
