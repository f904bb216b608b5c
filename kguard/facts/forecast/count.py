"""The nodes of a part of a run, as sums that add and multiply."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.facts.forecast.copies import MOST_BYTES, Copies, Value, filled, joined, multiplied
from kguard.record import field, record

MOST_NODES = 10**9
"""Where counting ends: retries around retries grow without bound."""


@record
class Count:
    """Nodes of a part of a run. `raw` is their JSON, `references` the ids in it of other nodes,
    `repeated` those of nodes that many refer to.

    Names are counted below the name of the part. `unlike` are bytes of items and short inputs that
    no compression saves, `copies` the long texts of inputs, whose bytes `raw` has unless they are
    inputs yet to be filled. `ends` are the nodes that what comes next hangs on.
    """

    pods: int = 0
    retries: int = 0
    others: int = 0
    raw: int = 0
    references: int = 0
    repeated: int = 0
    unlike: int = 0
    ends: int = 0
    assumed: bool = False
    """Whether a loop of unknown length is among them."""
    partial: bool = False
    """Whether templates that were not seen are among them, counted as one pod each."""
    recursive: bool = False
    """Whether a template calls itself: counted once."""
    unbounded: bool = False
    """Whether retries without a limit are among them: counted as one attempt."""
    copies: Copies = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """Entries of status.nodes."""
        return self.pods + self.retries + self.others

    def __add__(self, other: Count) -> Count:
        return Count(
            self.pods + other.pods,
            self.retries + other.retries,
            self.others + other.others,
            self.raw + other.raw,
            self.references + other.references,
            self.repeated + other.repeated,
            self.unlike + other.unlike,
            self.ends + other.ends,
            self.assumed or other.assumed,
            self.partial or other.partial,
            self.recursive or other.recursive,
            self.unbounded or other.unbounded,
            joined(self.copies, other.copies),
        )

    def times(self, number: int) -> Count:
        """So many of them."""
        if number == 1:
            return self
        number = min(number, MOST_NODES)
        return Count(
            min(self.pods * number, MOST_NODES),
            min(self.retries * number, MOST_NODES),
            min(self.others * number, MOST_NODES),
            min(self.raw * number, MOST_BYTES),
            min(self.references * number, MOST_BYTES),
            min(self.repeated * number, MOST_BYTES),
            min(self.unlike * number, MOST_BYTES),
            min(self.ends * number, MOST_NODES),
            self.assumed,
            self.partial,
            self.recursive,
            self.unbounded,
            multiplied(self.copies, number),
        )

    def filled(self, values: Mapping[str, Value]) -> Count:
        """They, with the values of inputs where these were yet to be filled."""
        if not self.copies:
            return self
        copies, size = filled(self.copies, values)
        return self.changed(raw=self.raw + size, copies=copies)

    def below(self, name: int) -> Count:
        """They, when a name of that length is put before theirs."""
        return self.changed(raw=self.raw + self.nodes * name)

    def changed(
        self,
        *,
        raw: int | None = None,
        references: int | None = None,
        repeated: int | None = None,
        unlike: int | None = None,
        ends: int | None = None,
        assumed: bool | None = None,
        copies: Copies | None = None,
    ) -> Count:
        """The same nodes with other sums.

        `replace` does it too, and takes six times as long; a large DAG asks for it thousands of
        times.
        """
        return Count(
            self.pods,
            self.retries,
            self.others,
            self.raw if raw is None else raw,
            self.references if references is None else references,
            self.repeated if repeated is None else repeated,
            self.unlike if unlike is None else unlike,
            self.ends if ends is None else ends,
            self.assumed if assumed is None else assumed,
            self.partial,
            self.recursive,
            self.unbounded,
            self.copies if copies is None else copies,
        )
