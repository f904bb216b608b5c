"""What is said of fields that do not go together, and where in a mapping it is."""

from __future__ import annotations

from kguard.model import Route
from kguard.record import record

Missing = tuple[Route, str]
"""Keys to a mapping, and the key that is missing there."""


@record
class Wrong:
    """What is wrong with the value at some keys, or with the key itself where it stands.

    `help` is what to say of it where Kubernetes does not refuse the object.
    """

    keys: Route
    said: str
    at_key: bool = False
    help: str = ""
