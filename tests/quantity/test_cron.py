from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.quantity.cron import CronError, Schedule, parse_cron, parse_cronjob_schedule

MINUTE, HOUR, DAY = 60, 3600, 86400


def test_fields() -> None:
    expected = Schedule(
        minutes=frozenset({0, 20, 40}),
        hours=frozenset({9, 10, 11}),
        days_of_month=frozenset(range(1, 32)),
        months=frozenset({1, 6}),
        days_of_week=frozenset({1, 2, 3, 4, 5}),
        any_day_of_month=True,
    )
    assert expected == parse_cron("*/20 9-11 ? JAN,6 mon-Fri")


# Every row was run through ParseStandard of robfig/cron v3.0.1.
@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        ("5/20", {5, 25, 45}),
        ("*/100", {0}),
        ("10-20/5", {10, 15, 20}),
        ("1,1,2", {1, 2}),
        ("+5", {5}),
        ("007", {7}),
        ("*-5", set(range(60))),
        ("?", set(range(60))),
        (",", set()),
        ("1,,2,", {1, 2}),
    ],
)
def test_odd_minutes(minute: str, expected: set[int]) -> None:
    assert expected == parse_cron(f"{minute} * * * *").minutes


@pytest.mark.parametrize(
    ("day", "expected"), [("*", True), ("?", True), ("*/1", True), ("*/2", False), ("1-31", False)]
)
def test_unrestricted_day(day: str, expected: bool) -> None:
    assert expected == parse_cron(f"0 0 {day} * 1").any_day_of_month


@pytest.mark.parametrize(
    ("text", "every", "timezone"),
    [
        ("@every 5m", 300, None),
        ("@every 1h30m", 5400, None),
        ("@every 1500ms", 1, None),
        ("@every -5m", 1, None),
        ("TZ=UTC @every 5m", 300, "UTC"),
        ("CRON_TZ=Europe/Berlin 0 0 * * *", None, "Europe/Berlin"),
        ("TZ= 0 0 * * *", None, ""),
    ],
)
def test_interval_and_time_zone(text: str, every: int | None, timezone: str | None) -> None:
    schedule = parse_cron(text)
    assert (every, timezone) == (schedule.every, schedule.timezone)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a schedule is empty"),
        ("* * * *", "`* * * *` has 4 fields, not 5"),
        ("0 * * * * *", "`0 * * * * *` has 6 fields, not 5"),
        ("60 * * * *", "`60` in the minute field is not within 0-59"),
        ("* * * * 7", "`7` in the day of week field is not within 0-6"),
        ("* * 0 * *", "`0` in the day of month field is not within 1-31"),
        ("* 22-2 * * *", "`22-2` in the hour field ends before it starts"),
        ("*/0 * * * *", "`*/0` in the minute field has the step 0"),
        ("*/-5 * * * *", "`*/-5` in the minute field is not a number"),
        ("1-2-3 * * * *", "`1-2-3` in the minute field has too many hyphens"),
        ("1/2/3 * * * *", "`1/2/3` in the minute field is not a number"),
        ("x * * * *", "`x` in the minute field is not a number"),
        ("٣ * * * *", "`٣` in the minute field is not a number"),
        ("* * * monday *", "`monday` in the month field is not a number"),
        (
            "99999999999999999999 * * * *",
            "`99999999999999999999` in the minute field is not a number",
        ),
        ("@Daily", "`@Daily` is no descriptor"),
        (" @daily", "` @daily` has 1 fields, not 5"),
        ("@every", "`@every` is no descriptor"),
        ("@every 1d", "`1d` has the unknown unit `d`"),
        ("@every  5m", "` 5m` is no duration"),
        ("TZ=UTC", "`TZ=UTC` is followed by no schedule"),
        ("TZ=../x * * * * *", "`../x` is no time zone"),
        ("* " * 1000, "a schedule is longer than 1024 characters"),
    ],
    ids=lambda value: value[:40],
)
def test_bad_schedule(text: str, message: str) -> None:
    with pytest.raises(CronError) as caught:
        parse_cron(text)
    assert message == str(caught.value)


@pytest.mark.parametrize("text", ["TZ=UTC 0 0 * * *", "CRON_TZ=UTC @daily", "TZ=UTC"])
def test_cronjob_takes_no_time_zone(text: str) -> None:
    with pytest.raises(CronError, match="sets a time zone in the schedule"):
        parse_cronjob_schedule(text)


@pytest.mark.parametrize("text", ["@hourly", "@every 5m", "0 0 * * ?"])
def test_cronjob_takes_descriptors(text: str) -> None:
    assert parse_cron(text) == parse_cronjob_schedule(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", MINUTE),
        ("*/5 * * * *", 5 * MINUTE),
        ("*/7 * * * *", 4 * MINUTE),
        ("0 * * * *", HOUR),
        ("0 9-17 * * *", HOUR),
        ("0 0 * * *", DAY),
        ("0 1,23 * * *", 2 * HOUR),
        ("0 1,23 * * 1", 22 * HOUR),
        ("0 0 * * 1-5", DAY),
        ("0 0 * * 0", 7 * DAY),
        ("0 0 * * 6,0", DAY),
        ("0 0 * * 1,4", 3 * DAY),
        ("0 0 1 * *", 28 * DAY),
        ("0 0 1,31 * *", DAY),
        ("0 0 13 * 5", DAY),
        ("0 0 1 1 *", 365 * DAY),
        ("0 0 29 2 *", 1461 * DAY),
        ("@weekly", 7 * DAY),
        ("@every 90s", 90),
        ("0 0 31 2 *", None),
        (", * * * *", None),
    ],
)
def test_shortest_interval(text: str, expected: int | None) -> None:
    assert expected == parse_cron(text).shortest_interval()


# The least and most number of each field, and what its names begin at (robfig/cron spec.go).
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
BOUNDS: list[tuple[int, int, list[str]]] = [
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, MONTHS),
    (0, 6, WEEKDAYS),
]


def counted(first: int, last: int, step: int) -> set[int]:
    """The loop of getBits in robfig/cron parser.go."""
    found, value = set(), first
    while value <= last:
        found.add(value)
        value += step
    return found


@st.composite
def entries(draw: st.DrawFn, bounds: tuple[int, int, list[str]]) -> tuple[str, set[int]]:
    """One entry of a field, as getRange in robfig/cron parser.go takes it apart."""
    least, most, names = bounds
    first = draw(st.integers(least, most))
    last = draw(st.integers(first, most))
    step = draw(st.integers(1, most + 2))

    def written(number: int) -> str:
        name = names[number - least] if names else ""
        return draw(st.sampled_from([str(number), f"0{number}", name or str(number), name.upper()]))

    shown = written(first) or str(first)
    until = written(last) or str(last)
    return draw(
        st.sampled_from(
            [
                ("*", counted(least, most, 1)),
                ("?", counted(least, most, 1)),
                (f"*/{step}", counted(least, most, step)),
                (shown, {first}),
                (f"{shown}/{step}", counted(first, most, step)),
                (f"{shown}-{until}", counted(first, last, 1)),
                (f"{shown}-{until}/{step}", counted(first, last, step)),
            ]
        )
    )


@given(st.tuples(*(st.lists(entries(each), min_size=1, max_size=4) for each in BOUNDS)))
def test_fields_are_the_union_of_their_entries(
    fields: tuple[list[tuple[str, set[int]]], ...],
) -> None:
    text = " ".join(",".join(entry for entry, _ in field) for field in fields)
    expected = [set().union(*(numbers for _, numbers in field)) for field in fields]
    found = parse_cron(text)
    sets = found.minutes, found.hours, found.days_of_month, found.months, found.days_of_week
    assert expected == [set(each) for each in sets]


@given(
    st.integers(0, 4).flatmap(
        lambda place: st.tuples(
            st.just(place),
            st.integers(BOUNDS[place][1] + 1, 10**4)
            | (st.just(0) if BOUNDS[place][0] else st.nothing()),
        )
    )
)
def test_numbers_outside_of_a_field_are_refused(wrong: tuple[int, int]) -> None:
    place, number = wrong
    fields = ["*"] * 5
    fields[place] = str(number)
    with pytest.raises(CronError, match="field"):
        parse_cron(" ".join(fields))


FIELD = st.from_regex(r"[*?0-9,/\-a-z+]{0,6}", fullmatch=True)


@given(st.text(max_size=60) | st.lists(FIELD, min_size=5, max_size=5).map(" ".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        schedule = parse_cron(text)
    except CronError:
        return
    assert schedule.every or schedule.minutes <= set(range(60))


@given(st.sets(st.integers(0, 59), min_size=1), st.sets(st.integers(0, 23), min_size=1))
def test_shortest_interval_is_the_smallest_gap_round_the_clock(
    minutes: set[int], hours: set[int]
) -> None:
    text = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"
    runs = [
        day * DAY + hour * HOUR + minute * MINUTE
        for day in range(2)
        for hour in sorted(hours)
        for minute in sorted(minutes)
    ]
    expected = min(later - earlier for earlier, later in itertools.pairwise(runs))
    assert expected == parse_cron(text).shortest_interval()
