"""How long to wait before the next try: each pause twice the last, and never the same for two who failed together."""

import random

LONGEST_SECONDS = 60.0


def backoff(failures: int, first_seconds: float = 1.0) -> float:
    """Seconds to wait after so many failures in a row, from 1; between half of the pause and all of it."""
    pause = min(LONGEST_SECONDS, first_seconds * 2.0 ** min(failures - 1, 30))
    return pause * random.uniform(0.5, 1)
