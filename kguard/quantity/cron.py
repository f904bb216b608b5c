"""Cron schedules as CronJob and CronWorkflow take them.

Both hand their text to robfig/cron v3 (parser.go, `ParseStandard`): Kubernetes in
pkg/apis/batch/validation/validation.go (`validateScheduleFormat`), Argo after writing
`CRON_TZ=<timezone> ` before it. So five fields or a descriptor, `@every 5m` included, are valid for
both. On top of that the API server refuses, since 1.29, any text that contains `TZ`.

Taken as robfig takes it: `?` is `*`; `N/step` runs to the end of the field; a step may exceed the
field (`*/100` is its first value); `*-5` is `*`; a field of commas alone is empty and never fires;
Sunday is 0 and never 7; ranges do not wrap. A `TZ=` prefix without a space makes robfig panic; here
it is an error. Time zone names are checked for form, not against a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from kguard.quantity._go import SPACE, atoi
from kguard.quantity._quote import quoted
from kguard.quantity.durations import SECOND, DurationError, parse_go_duration
from kguard.record import record

MAX_LENGTH = 1024
"""The longest text that is looked at, in characters."""

_DAY = 86400

_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_WEEKDAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

_WORD = re.compile(f"[^{SPACE}]+")


class CronError(ValueError):
    """A text that is no schedule; its message says which field is wrong."""


@record
class Schedule:
    """When something runs: sets of minutes, hours, days and months, or every `every` seconds.

    `days_of_week` counts from Sunday, 0. A day matches if both day fields do or, where neither
    holds a `*` or `?`, if one of them does: `any_day_of_month` and `any_day_of_week` say which do.
    With `every` the sets are empty. `timezone` is the name from a `TZ=` or `CRON_TZ=` prefix.
    """

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days_of_month: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    days_of_week: frozenset[int] = frozenset()
    any_day_of_month: bool = False
    any_day_of_week: bool = False
    every: int | None = None
    timezone: str | None = None

    def shortest_interval(self) -> int | None:
        """The shortest time between two runs in seconds; None if there are never two.

        Exact on the calendar from 2001 to 2028, which repeats until 2100. Changes to and from
        daylight saving time are not counted.
        """
        if self.every is not None:
            return self.every
        times = sorted(hour * 3600 + minute * 60 for hour in self.hours for minute in self.minutes)
        days = self._shortest_gap_in_days() if times else None
        if days is None:
            return None
        within = [later - earlier for earlier, later in pairwise(times)]
        return min([*within, days * _DAY - times[-1] + times[0]])

    def _shortest_gap_in_days(self) -> int | None:
        if self.any_day_of_month and self.any_day_of_week and len(self.months) == 12:
            return 1
        shortest, last = None, None
        for day in self._days():
            if last is not None and (shortest is None or day - last < shortest):
                shortest = day - last
                if shortest == 1:
                    break
            last = day
        return shortest

    def _days(self) -> Iterator[int]:
        """The days of 28 years, a whole cycle of leap years and weekdays, on which it runs."""
        start = 0  # 1 January 2001, a Monday
        for year in range(2001, 2029):
            for month, length in enumerate(_MONTH_LENGTHS, 1):
                length += month == 2 and year % 4 == 0
                if month in self.months:
                    for day in range(1, length + 1):
                        if self._runs_on(day, (start + day) % 7):
                            yield start + day
                start += length

    def _runs_on(self, day: int, weekday: int) -> bool:
        in_month, in_week = day in self.days_of_month, weekday in self.days_of_week
        if self.any_day_of_month or self.any_day_of_week:
            return in_month and in_week
        return in_month or in_week


def parse_cron(text: str) -> Schedule:
    """The schedule that robfig/cron's ParseStandard reads in `text`. Raises CronError."""
    if not text:
        raise CronError("a schedule is empty")
    if len(text) > MAX_LENGTH:
        raise CronError(f"a schedule is longer than {MAX_LENGTH} characters")
    timezone = None
    if text.startswith(("TZ=", "CRON_TZ=")):
        prefix, space, text = text.partition(" ")
        timezone = prefix.partition("=")[2]
        if not space:
            raise CronError(f"{quoted(prefix)} is followed by no schedule")
        if timezone.startswith(("/", "\\")) or ".." in timezone:
            raise CronError(f"{quoted(timezone)} is no time zone")
        text = text.strip(SPACE)
    if text.startswith("@every "):
        return Schedule(every=_every(text), timezone=timezone)
    if text.startswith("@"):
        if text not in _DESCRIPTORS:
            raise CronError(f"{quoted(text)} is no descriptor")
        text = _DESCRIPTORS[text]
    fields = _WORD.findall(text)
    if len(fields) != 5:
        raise CronError(f"{quoted(text)} has {len(fields)} fields, not 5")
    minutes, _ = _field("minute", fields[0], 0, 59)
    hours, _ = _field("hour", fields[1], 0, 23)
    days_of_month, any_day_of_month = _field("day of month", fields[2], 1, 31)
    months, _ = _field("month", fields[3], 1, 12, _MONTHS)
    days_of_week, any_day_of_week = _field("day of week", fields[4], 0, 6, _WEEKDAYS)
    return Schedule(
        minutes,
        hours,
        days_of_month,
        months,
        days_of_week,
        any_day_of_month,
        any_day_of_week,
        timezone=timezone,
    )


def parse_cronjob_schedule(text: str) -> Schedule:
    """The schedule of a batch/v1 CronJob, as the API server of Kubernetes 1.29 or later takes it.

    Raises CronError as `parse_cron` does, and for a time zone in the text (`timeZone` is for that).
    """
    if "TZ" in text:
        raise CronError(f"{quoted(text)} sets a time zone in the schedule")
    return parse_cron(text)


def _every(text: str) -> int:
    """Whole seconds of `@every <Go duration>`; robfig makes less than a second one second."""
    try:
        length = parse_go_duration(text.removeprefix("@every "))
    except DurationError as error:
        raise CronError(str(error)) from error
    return max(length // SECOND, 1)


def _field(
    name: str, text: str, low: int, high: int, names: dict[str, int] | None = None
) -> tuple[frozenset[int], bool]:
    """The values of one field, and whether a `*` or `?` in it makes it unrestricted."""
    values: set[int] = set()
    unrestricted = False
    for entry in text.split(","):
        if not entry:
            continue
        bounds, slash, step_text = entry.partition("/")
        step = _number(name, entry, step_text, None) if slash else 1
        first, *others = bounds.split("-")
        if first in ("*", "?"):
            start, end = low, high
            unrestricted = unrestricted or step == 1
        else:
            if len(others) > 1:
                raise CronError(f"{quoted(entry)} in the {name} field has too many hyphens")
            start = _number(name, entry, first, names)
            end = _number(name, entry, others[0], names) if others else start
            if slash and not others:
                end = high
        if start < low or end > high:
            raise CronError(f"{quoted(entry)} in the {name} field is not within {low}-{high}")
        if start > end:
            raise CronError(f"{quoted(entry)} in the {name} field ends before it starts")
        if step == 0:
            raise CronError(f"{quoted(entry)} in the {name} field has the step 0")
        values.update(range(start, end + 1, step))
    return frozenset(values), unrestricted


def _number(name: str, entry: str, text: str, names: dict[str, int] | None) -> int:
    if names is not None and text.lower() in names:
        return names[text.lower()]
    number = atoi(text)
    if number is None or number < 0:
        raise CronError(f"{quoted(entry)} in the {name} field is not a number")
    return number
