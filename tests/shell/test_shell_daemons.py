"""Programs that go into the background, and those that become another."""

from __future__ import annotations

import pytest
from shell_starts import SW, D

from kguard.shell.analyse import analyse
from kguard.shell.programs import ends
from kguard.shell.verdict import Shell


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("service ssh start", True),
        ("service --status-all", False),
        ("/etc/init.d/ssh restart", True),
        ("/etc/init.d/ssh status", False),
        ("/usr/sbin/sshd", True),
        ("/usr/sbin/sshd -eD", False),
        ("sshd -f /etc/Ssh/D", True),
        ("crond -l 2", True),
        ("crond -f", False),
        ("rpc.statd --no-notify", True),
        ("rpc.statd -F", False),
        ("rpc.statd --foreground", False),
        ("redis-server --daemonize yes", True),
        ("redis-server --daemonize no", False),
        ("apachectl -k start", True),
        ("apachectl -k start -DFOREGROUND", False),
        ("hdfs --daemon start namenode", True),
        ("hdfs namenode", False),
        ("celery multi start w1", True),
        ("celery -A shop worker", False),
        ("agent start", False),
        ("", False),
    ],
)
def test_servers_that_put_themselves_into_the_background(words: str, known: bool) -> None:
    assert ends(words.split()) is known


@pytest.mark.parametrize(
    ("shells", "kill_after"),
    [([Shell.DASH], {2}), ([Shell.BUSYBOX], {None}), (None, {2, None})],
)
def test_su_of_busybox_becomes_what_it_runs(
    shells: list[Shell] | None, kill_after: set[int | None]
) -> None:
    found = analyse(["su", "-c", "exec app", "www"], shells=shells)
    assert found.verdict is D
    assert {outcome.kill_after for outcome in found.outcomes.values()} == kill_after
    runuser = analyse(["runuser", "-u", "www", "--", "app"], shells=shells)
    assert runuser.kill_after == 2
    assert analyse(["su", "-c", "app; true"], shells=[Shell.BUSYBOX]).verdict is SW
