"""How often a retryStrategy lets a template run, worked out by hand after processNodeRetries."""

from __future__ import annotations

import pytest
import yaml

from kguard.facts.forecast.attempts import most_attempts

ATTEMPTS = {
    "a limit": ("{limit: 2}", 3),
    "a limit as a text": ('{limit: "2"}', 3),
    "a limit of nothing": ("{limit: 0}", 1),
    "a limit below": ("{limit: -3}", 1),
    "no limit": ("{backoff: {duration: 1s, maxDuration: 1m}}", None),
    "a limit that is filled in": ('{limit: "{{x}}"}', None),
    "a limit that is filled in, in time": (
        '{limit: "{{x}}", backoff: {duration: 1s, factor: 2, maxDuration: 1m}}',
        None,
    ),
    # 1, 2, 4, 8, 16, 32: nobody waits so long, but 64 would be too long.
    "no limit, waits that double": ("{backoff: {duration: 1s, factor: 2, maxDuration: 1m}}", 7),
    "no limit, the last just in time": ("{backoff: {duration: 1, factor: 2, maxDuration: 4}}", 4),
    "an empty limit": ('{limit: "", backoff: {duration: 1, factor: 2, maxDuration: 4}}', 4),
    "no limit, a factor of 1": ("{backoff: {duration: 1s, factor: 1, maxDuration: 1m}}", None),
    "no limit, a wait too long": ("{backoff: {duration: 2m, maxDuration: 1m}}", 1),
    "no limit, a cap within the time": (
        "{backoff: {duration: 1s, factor: 2, cap: 1m, maxDuration: 1m}}",
        None,
    ),
    "no limit, a cap beyond the time": (
        "{backoff: {duration: 1s, factor: 2, cap: 61s, maxDuration: 1m}}",
        7,
    ),
    "no limit, no time": ("{backoff: {duration: 1s, factor: 2}}", None),
    "waits of one length": ("{limit: 20, backoff: {duration: 10s, maxDuration: 1m}}", 7),
    "waits that double": ("{limit: 20, backoff: {duration: 1s, factor: 2, maxDuration: 7s}}", 4),
    "the last one too late": ("{limit: 9, backoff: {duration: 1s, factor: 2, maxDuration: 6s}}", 3),
    "a factor as a text": ('{limit: 9, backoff: {duration: 1s, factor: "3", maxDuration: 13s}}', 4),
    "a factor of 1": ("{limit: 9, backoff: {duration: 2, factor: 1, maxDuration: 4}}", 3),
    "a factor of 0 is none": ("{limit: 9, backoff: {duration: 2, factor: 0, maxDuration: 4}}", 3),
    "a factor below is none": ("{limit: 9, backoff: {duration: 2, factor: -2, maxDuration: 4}}", 3),
    # 1 + 2 + 4 + 8 seconds, then 10 times 10: without the cap the seventh attempt is the last.
    "a cap": ("{limit: 50, backoff: {duration: 1, factor: 2, cap: 10s, maxDuration: 2m}}", 15),
    "a cap below the first wait": (
        "{limit: 50, backoff: {duration: 9, cap: 2, maxDuration: 9}}",
        5,
    ),
    "a cap of nothing": ("{limit: 50, backoff: {duration: 9, cap: 0s, maxDuration: 9}}", 51),
    "an empty cap is none": ('{limit: 9, backoff: {duration: 3, cap: "", maxDuration: 9}}', 4),
    "a cap that is no duration": ("{limit: 9, backoff: {duration: 3, cap: x, maxDuration: 9}}", 10),
    "no wait": ("{limit: 9, backoff: {duration: 0, maxDuration: 4}}", 10),
    "a wait below": ("{limit: 9, backoff: {duration: -1, maxDuration: 4}}", 10),
    "no time": ("{limit: 9, backoff: {duration: 1, maxDuration: 0}}", 1),
    "time that is over": ("{limit: 9, backoff: {duration: 1, maxDuration: -5s}}", 1),
    "time without a bound": ("{limit: 9, backoff: {duration: 1}}", 10),
    "time for thousands": ("{limit: 9000, backoff: {duration: 1s, maxDuration: 2h}}", 7201),
    "a limit within the time": ("{limit: 2, backoff: {duration: 1s, maxDuration: 2h}}", 3),
    "a backoff that is no mapping": ("{limit: 2, backoff: 5}", 3),
    "a factor that is no number": (
        "{limit: 9, backoff: {duration: 2, factor: x, maxDuration: 4}}",
        3,
    ),
    "no retryStrategy": ("[]", None),
}


@pytest.mark.parametrize(("retry", "expected"), ATTEMPTS.values(), ids=ATTEMPTS)
def test_most_attempts(retry: str, expected: int | None) -> None:
    assert most_attempts(yaml.safe_load(retry)) == expected
