"""Every error that crosses a layer, as a tree.

::

    CenfobotError
    ├── SettingsError          a setting is missing, a placeholder, or not usable here
    ├── DataError              a file that staff maintain breaks its format: CSV, profile, synonyms, recipe
    ├── HomeError              the home directory cannot be used
    │   └── HomeAlreadyBegun   it has a database already
    ├── ModelError             a base model or an adapter cannot be found, read or run
    │   └── AdapterError       an adapter is damaged or does not belong to the base in service
    ├── BusyError              too many requests are waiting; the student is asked to try again
    ├── GenerationError        the model failed in the middle of an answer
    ├── AlreadyAnswered        another worker answered this inbox message
    └── ReviewError            a decision that staff cannot take
        ├── AlreadyDecided     somebody decided first; says who and when
        └── ContradictionError the answer contradicts an approved one and wants a confirmation

A message says what was wrong, the rule, the value received, and what to do.
"""


class CenfobotError(Exception):
    """Base of all of the project's own errors; its text is fit for a terminal."""


class SettingsError(CenfobotError):
    """A setting is missing, a placeholder, or not usable here."""


class DataError(CenfobotError):
    """A file that staff maintain breaks its format."""


class HomeError(CenfobotError):
    """The home directory cannot be used."""


class HomeAlreadyBegun(HomeError):
    """The home has a database already."""


class ModelError(CenfobotError):
    """A base model or an adapter cannot be found, read or run."""


class AdapterError(ModelError):
    """An adapter is damaged or does not belong to the base in service."""


class BusyError(CenfobotError):
    """Too many requests are waiting for the model."""


class GenerationError(CenfobotError):
    """The model failed in the middle of an answer."""


class AlreadyAnswered(CenfobotError):
    """Another worker answered this inbox message."""


class ReviewError(CenfobotError):
    """A decision that staff cannot take."""


class AlreadyDecided(ReviewError):
    """Somebody decided first."""


class ContradictionError(ReviewError):
    """The answer contradicts an approved one; asks for a confirmation."""
