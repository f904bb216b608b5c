"""See cronjob_invalid_schedule.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kguard.facts.quantities import is_placeholder
from kguard.facts.workloads import Workload
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.cron import CronError, parse_cron, parse_cronjob_schedule
from kguard.quantity.zones import meant_zone

_NO_ZONE_WITHIN = (1, 29)
"""Since when a time zone within the schedule is refused (validateScheduleFormat)."""
_HELP = "the API server refuses it; five fields, `@daily` and `@every 5m` are accepted"
# validTimeZoneCharacters, and the parts that are refused beside it.
_PART = re.compile(r"(?!-|\.{1,2}\Z)[A-Za-z._0-9+-]{1,14}\Z")


def check(cronjob: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a schedule or a time zone that the API server refuses."""
    schedule, zone = cronjob.get("spec", "schedule"), cronjob.get("spec", "timeZone")
    wrong = _schedule(schedule, ctx)
    if schedule is None and not cronjob.pod.fragment:
        wrong = f"{cronjob.called} has no `schedule`"
    if wrong:
        way_out = "name the zone in `timeZone`" if "time zone" in wrong else _HELP
        yield cronjob.fault(("spec", "schedule"), wrong, help=way_out)
    if isinstance(zone, str) and not is_placeholder(zone):
        names = "`Europe/Berlin` and `Etc/UTC` are names"
        if not zone:
            wrong = "`timeZone` is empty"
        elif zone.lower() == "local":
            wrong = f"`timeZone: {zone}` is whatever zone the controller is in"
        elif not all(_PART.match(part) for part in zone.split("/")):
            wrong = f"`timeZone: {zone}` is no name of a time zone"
        elif meant := meant_zone(zone):
            wrong = f"there is no time zone `{zone}`"
            names = f"did you mean `{meant}`?"
        else:
            return
        help = f"the API server refuses it; {names}"
        yield cronjob.fault(("spec", "timeZone"), wrong, help=help)


def _schedule(text: object, ctx: Context) -> str:
    if not isinstance(text, str) or is_placeholder(text):
        return ""
    if not text:
        return "`schedule` is empty"
    try:
        (parse_cronjob_schedule if ctx.assume.kube >= _NO_ZONE_WITHIN else parse_cron)(text)
    except CronError as error:
        return f"`schedule` cannot be read: {error}"
    return ""
