"""A review opens no file and no socket, starts no program and imports nothing, once it is warm.

An audit hook cannot be taken away again, so the reviews are asked of a process of their own.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from test_growth import reviewed
from webhook_reviews import REGISTRY, TODAY, asked, world

from kguard.webhook.app import PATH, create_app
from kguard.webhook.front.wsgi import TIMED
from kguard.webhook.log import Log
from kguard.webhook.metrics import Metrics
from kguard.webhook.reload import Policies
from kguard.webhook.service import Service

ROOT = Path(__file__).resolve().parents[2]
WATCHED = ("open", "import", "socket.", "subprocess.", "os.")
WARM, JUDGED = 6, 30
"""Objects of each kind that it is warmed up with, and judged by then."""
CONTROLLER = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "workflow-controller-configmap", "namespace": "argo"},
    "data": {"workflowDefaults": "spec: ["},
}
"""What is said of YAML that is none is worked out in a module of its own."""


def by_kind() -> Iterator[list[dict[str, Any]]]:
    """The objects of the examples and of all pages of policies."""
    found = defaultdict(list)
    for _, data in reviewed():
        found[str(data["kind"])].append(data)
    found["ConfigMap"].insert(0, CONTROLLER)
    yield from found.values()


def environ(data: Mapping[str, Any]) -> dict[str, Any]:
    body = json.dumps(asked(data), default=str).encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "QUERY_STRING": "timeout=5s",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        TIMED: True,
    }


def watch() -> None:
    """Warm up, judge, and print how many were judged and what Python told its auditors meanwhile.

    The last of it is done on purpose.
    """
    events: list[str] = []
    on = False

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if on and event.startswith(WATCHED):
            events.append(f"{event} {arguments[0] if arguments else ''}")

    with open(os.devnull, "w", encoding="ascii") as nowhere:
        metrics, log = Metrics(), Log(nowhere)
        policies = Policies(REGISTRY, metrics, log, today=lambda: TODAY)
        around = world()
        service = Service(
            lambda: policies.current, lambda: around, metrics, log, today=lambda: TODAY
        )
        app: Any = create_app(service)
        warm: list[dict[str, Any]] = []
        judged: list[dict[str, Any]] = []
        for found in by_kind():
            warm += map(environ, found[:WARM])
            judged += map(environ, found[WARM : WARM + JUDGED])
        sys.addaudithook(heard)
        for each in warm:
            app(each, lambda *_: None)
        on = True
        for each in judged:
            app(each, lambda *_: None)
        with open(os.devnull, "rb"):
            on = False
    print(json.dumps({"judged": len(judged), "events": events}))


def test_a_review_touches_nothing_but_its_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import test_request_path as it; it.watch()"],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["judged"] > 400
    assert found["events"] == [f"open {os.devnull}"]
