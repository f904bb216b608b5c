"""How far a LimitRange lets a limit be above its request.

Source: kubernetes plugin/pkg/admission/limitranger/admission.go, limitRequestRatioConstraint: a
limit or a request that is absent, or zero, is refused as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kguard.facts.limitranges import LimitItem
from kguard.facts.pods import Amount, Container
from kguard.model import Fault
from kguard.quantity.quantities import rough, times

# What a LimitRange fills in, by the section it becomes.
_DEFAULTS = {"limits": "default", "requests": "defaultRequest"}


def ratio(
    container: Container, item: LimitItem, items: list[LimitItem], resource: str
) -> Iterator[Fault]:
    """A fault where a container has no ratio, or one above what an entry of a LimitRange allows.

    `items` are all the entries in force: where several could fill an amount in, nothing is said.
    """
    most = item.value("maxLimitRequestRatio", resource)
    found = {each: _candidates(container, each, resource, items) for each in _DEFAULTS}
    if most is None or any(len(amounts) > 1 for amounts in found.values()):
        return
    for section, amounts in found.items():
        if container.fragment if not amounts else amounts[0].value is None:
            return
        if not amounts or amounts[0].value == 0:
            noun = f"{resource} {section.rstrip('s')}" + (" above 0" if amounts else "")
            yield container.fault(
                ("resources", section, resource),
                f"{container.called} has no {noun}, which the `maxLimitRequestRatio` of LimitRange "
                f"`{item.resource.name}` wants",
                related=[item.related("maxLimitRequestRatio", resource)],
                help="its pods are rejected",
            )
            return
    limit, request = (amounts[0] for amounts in found.values())
    ratio = (limit.value or Fraction(0)) / (request.value or Fraction(1))
    if ratio > most:
        written = container.amount("limits", resource) is not None
        yield container.fault(
            ("resources", "limits" if written else "requests", resource),
            f"{'' if written else 'default '}{resource} limit `{limit.text}` of {container.called} "
            f"is {times(ratio)} times its request `{request.text}`, and LimitRange "
            f"`{item.resource.name}` allows {rough(most):g}",
            related=[item.related("maxLimitRequestRatio", resource)],
            help="its pods are rejected",
        )


def _candidates(
    container: Container, section: str, resource: str, items: list[LimitItem]
) -> list[Amount]:
    """The amount in force; several where several entries could fill it in, none for none."""
    written = container.amount(section, resource) or container.amount("limits", resource)
    filled = (item.filled(_DEFAULTS[section], resource) for item in items)
    return [written] if written else [amount for amount in filled if amount]
