"""The policies in force: read from a directory, tested, swapped as a whole, and kept while good."""

from __future__ import annotations

import datetime
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kguard.config import ConfigError, Problem, Where
from kguard.policy.registry import Registry
from kguard.webhook.cluster.snapshot import EMPTY
from kguard.webhook.exceptions import State
from kguard.webhook.policyset import (
    SETTINGS,
    WEBHOOK,
    Contents,
    Defaults,
    PolicySet,
    build_policy_set,
    read_directory,
    read_file,
    revision_of,
)
from kguard.webhook.request import Request
from kguard.webhook.review import review

if TYPE_CHECKING:
    from kguard.webhook.log import Log
    from kguard.webhook.metrics import Metrics

POLL = 10.0
"""Seconds between two looks at the directory. The kubelet itself takes up to a minute."""

_WAY_OUT = "what was read before stays in force; a restart takes it as it is"

_SAMPLES = (
    ("apps", "v1", "Deployment", {"template": {"spec": {"containers": [{"name": "web"}]}}}),
    (
        "argoproj.io",
        "v1alpha1",
        "Workflow",
        {"entrypoint": "main", "templates": [{"name": "main"}]},
    ),
)


class Policies:
    """What reviews are judged by; `current` is read by any thread and replaced by one."""

    def __init__(
        self,
        registry: Registry,
        metrics: Metrics,
        log: Log,
        *,
        folder: str | None = None,
        config: str | None = None,
        defaults: Defaults | None = None,
        today: Callable[[], datetime.date],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`config` is a file that stands in for the `kguard.yaml` of `folder`.

        `tell` is told once of each state that is refused; it may take seconds. Loads at once.
        Raises ConfigError and OSError.
        """
        self._registry, self._metrics, self._log = registry, metrics, log
        self._folder, self._config = folder, config
        self._defaults = defaults or Defaults()
        self._today, self._tell = today, tell
        self._stop = threading.Event()
        self._refused = ""
        self._seen = ""  # The revision that the last look found.
        self._held = self._contents()
        self.current = self._tested(self._held)
        metrics.policy_reload.labels("failure").inc(0)  # Else an alert misses the first one.
        self._publish()

    def start(self) -> None:
        """Begin to look for changes, on a thread of its own."""
        if self._folder or self._config:
            threading.Thread(target=self._watch, name="policies", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def poll(self) -> bool:
        """Look once; whether other policies are in force now.

        What is not exchanged at once is taken when two looks in a row have found the same.
        """
        revision = ""
        try:
            contents = self._contents()
            revision = revision_of(contents, self._defaults)
            seen, self._seen = self._seen, revision
            if revision == self.current.revision and self._refused:
                self._refused = ""
                self._log.event("info", "policies as before", revision=revision)
            if revision == self._refused:  # It still is: an alert has to go on.
                self._metrics.policy_reload.labels("failure").inc()
            if revision in (self.current.revision, self._refused):
                self._count_exceptions()
                return False
            if revision != seen and not self._is_swapped():
                return False  # Somebody may be amid writing: what is finished looks the same again.
            if lost := list(self._lost(contents)):
                raise ConfigError(lost)
            policies = self._tested(contents)
        except (ConfigError, OSError) as error:
            self._reject(revision, _said(error))
            return False
        except Exception as error:  # The thread has to live as long as the process.
            self._reject(revision, f"{type(error).__name__}: {error}")
            return False
        before, self.current, self._refused = self.current.revision, policies, ""
        self._held = contents
        self._log.event(
            "info",
            "policies loaded",
            revision=policies.revision,
            before=before,
            mode=policies.stances.usual.word,
        )
        self._metrics.policy_config_hash.remove(before)
        self._publish()
        return True

    def _watch(self) -> None:
        while not self._stop.wait(POLL):
            self.poll()

    def _contents(self) -> Contents:
        contents = read_directory(self._folder) if self._folder else {}
        if self._config:
            if SETTINGS in contents:
                where = Where(os.path.join(self._folder or "", SETTINGS))
                message = f"`--config {self._config}` gives the settings already"
                raise ConfigError([Problem(where, message)])
            contents[SETTINGS] = read_file(self._config)
        return contents

    def _is_swapped(self) -> bool:
        """Whether everything is read as the kubelet mounts it: exchanged at once, never in part."""
        config = self._config and (os.path.dirname(self._config) or ".")
        return all(
            os.path.islink(os.path.join(folder, "..data"))
            for folder in (self._folder, config)
            if folder
        )

    def _lost(self, contents: Contents) -> Iterator[Problem]:
        """What was there when the policies in force were read, and is not said any more.

        A mode that is gone leaves the one of the command line, which may refuse nothing, and nobody
        could tell that from an accident. Exceptions may go: without one, more is refused.
        """
        mine = [SETTINGS] if self._config else []  # Not from the directory.
        if set(self._held).difference(mine) and not set(contents).difference(mine):
            yield Problem(Where(self._folder or ""), "holds no YAML file now", _WAY_OUT)
            return
        for name in (SETTINGS, WEBHOOK):
            before, now = (_says_nothing(each.get(name, b"")) for each in (self._held, contents))
            if now and not before:
                given = self._config if name in mine else os.path.join(self._folder or "", name)
                what = "is empty now" if name in contents else "is gone"
                yield Problem(Where(given or ""), what, _WAY_OUT)

    def _tested(self, contents: Contents) -> PolicySet:
        """A policy set that has judged something; a check that cannot do that is never let in."""
        policies = build_policy_set(
            contents, self._registry, self._folder or ".", self._defaults, self._config
        )
        policies.engine.load()
        for group, version, kind, spec in _SAMPLES:
            data = {"apiVersion": f"{group}/{version}", "kind": kind, "spec": spec}
            request = Request("self-test", "CREATE", group, version, kind, object=data)
            for crash in review(request, policies, EMPTY, today=self._today()).crashes:
                message = f"a policy fails on a {kind}: {type(crash).__name__}: {crash}"
                raise ConfigError([Problem(Where(self._folder or ""), message)])
        return policies

    def _publish(self) -> None:
        self._metrics.policy_reload.labels("success").inc()
        self._metrics.policy_config_hash.labels(self.current.revision).set(1)
        self._metrics.last_reload.set(time.time())
        self._count_exceptions()

    def _count_exceptions(self) -> None:
        today = self._today()
        states = Counter(
            each.state(today) for many in self.current.exceptions.values() for each in many
        )
        for state in State:
            self._metrics.exceptions.labels(state.value).set(states[state])

    def _reject(self, revision: str, error: str) -> None:
        """Keep what is in force, and say once what is wrong with the new state."""
        self._metrics.policy_reload.labels("failure").inc()
        state = revision or error  # What cannot be read has no revision.
        if state != self._refused:
            self._refused = state
            self._log.event("error", "policies refused", error=error, kept=self.current.revision)
            self._tell(error)


def _says_nothing(content: bytes) -> bool:
    """Whether a YAML file holds nothing but comments; whoever means that writes `{}`."""
    lines = content.decode("utf-8-sig", "replace").split("\n")
    words = {line.partition("#")[0].strip(" \t\r") for line in lines}
    return words <= {"", "---", "...", "~", "null", "--- ~", "--- null"}


def _said(error: ConfigError | OSError) -> str:
    """Every fault with its place and the way out, on one line."""
    if isinstance(error, OSError):
        return f"{error.filename}: cannot be read: {error.strerror}"
    return "; ".join(
        f"{p.where}: {p.message}{f' ({p.help})' if p.help else ''}" for p in error.problems
    )
