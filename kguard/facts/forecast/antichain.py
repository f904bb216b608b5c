"""The heaviest set of things of which none has to wait for another.

Source: R. P. Dilworth, A Decomposition Theorem for Partially Ordered Sets (1950), in its form with
weights: the heaviest antichain weighs as much as all things less the greatest flow between those
that are ordered, where a thing sends and takes no more than its weight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Set


def heaviest_antichain(weights: Mapping[int, int], after: Mapping[int, Set[int]]) -> int:
    """The weight of the heaviest antichain.

    `after` has for each thing all that come after it, at first and at further hand.
    """
    left = {one: weight for one, weight in weights.items() if weight}
    free = dict(left)
    flow: dict[int, dict[int, int]] = {one: {} for one in left}
    """To a later thing: from which earlier ones, and how much."""
    sent = 0
    for start in left:
        while left[start] and (amount := _push(start, left, free, flow, after)):
            sent += amount
    return sum(weights.values()) - sent


def _push(
    start: int,
    left: dict[int, int],
    free: dict[int, int],
    flow: dict[int, dict[int, int]],
    after: Mapping[int, Set[int]],
) -> int:
    """Send what one shortest way takes from `start` to a thing with room; returns how much."""
    # Senders and takers in turns: a sender reaches all after it, a taker those who fill it.
    came: dict[int, tuple[int, int]] = {start: (start, start)}
    seen: set[int] = set()
    pending = deque([start])
    while pending:
        sender = pending.popleft()
        for taker in after.get(sender, ()):
            if taker in seen or taker not in free:
                continue
            seen.add(taker)
            if free[taker]:
                return _along(start, sender, taker, came, left, free, flow)
            for other, amount in flow[taker].items():
                if amount and other not in came:
                    came[other] = (sender, taker)
                    pending.append(other)
    return 0


def _along(
    start: int,
    sender: int,
    taker: int,
    came: dict[int, tuple[int, int]],
    left: dict[int, int],
    free: dict[int, int],
    flow: dict[int, dict[int, int]],
) -> int:
    way = [(sender, taker)]
    amount = min(left[start], free[taker])
    while sender != start:
        before, through = came[sender]
        amount = min(amount, flow[through][sender])
        way += [(sender, through), (before, through)]
        sender = before
    for number, (one, other) in enumerate(way):
        change = -amount if number % 2 else amount
        flow[other][one] = flow[other].get(one, 0) + change
    left[start] -= amount
    free[taker] -= amount
    return amount


def transitive(before: Mapping[int, Set[int]]) -> dict[int, set[int]]:
    """For each thing all that come after it; `before` has what each waits for, without circles."""
    after: dict[int, set[int]] = {one: set() for one in before}
    above: dict[int, set[int]] = {}

    def all_above(one: int) -> set[int]:
        pending = [one]
        while pending:
            last = pending[-1]
            missing = [each for each in before.get(last, ()) if each not in above]
            if missing and len(pending) <= len(before):
                pending.append(missing[0])
                continue
            pending.pop()
            found: set[int] = set()
            for each in before.get(last, ()):
                found |= {each, *above.get(each, ())}
            above[last] = found
        return above[one]

    for one in before:
        for each in all_above(one):
            if each in after:
                after[each].add(one)
    return after
