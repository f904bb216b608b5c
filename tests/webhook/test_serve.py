"""What `kguard serve` says as users start it: what it refuses, and what is in force."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import which
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from front_pki import issue

ROOT = Path(__file__).resolve().parents[2]
CA = issue("CA")
LEAF = issue("kguard", CA, sans=("kguard.kguard.svc",))


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (None, "client-ca: cannot be read: No such file or directory"),
        (b"", "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (b"text", "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (b"\xff\0", "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (LEAF.key, "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (LEAF.cert, "`--client-ca client-ca`: client CAs cannot be used: none of them is a CA"),
    ],
    ids=["missing", "empty", "text", "binary", "key", "leaf"],
)
def test_a_client_ca_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, detail: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crt").write_bytes(LEAF.cert)
    (tmp_path / "key").write_bytes(LEAF.key)
    if content is not None:
        (tmp_path / "client-ca").write_bytes(content)
    words = ["--no-cluster", "--tls-cert", "crt", "--tls-key", "key", "--client-ca", "client-ca"]
    done = subprocess.run(
        [sys.executable, "-m", "kguard", "serve", *words, "--port", "0", "--health-port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (2, f"kguard: {detail}\n")


class Started:
    """A server that runs, and what it has logged."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]

    def line(self, event: str) -> dict[str, Any]:
        """The first line of an event, which is waited for."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for line in self.lines():
                if line["event"] == event:
                    return line
            time.sleep(0.05)
        raise AssertionError(self._log.read_text("utf-8"))


@contextlib.contextmanager
def serving(
    folder: Path, *words: str, program: Sequence[str] = ("-m", "kguard")
) -> Iterator[Started]:
    """`kguard serve` with these words, on any free ports, in a folder."""
    env = {k: v for k, v in os.environ.items() if k != "POD_NAMESPACE"}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, *program, *words, "--port", "0", "--health-port", "0"],
            cwd=folder,
            env={**env, "PYTHONPATH": str(ROOT)},
            stdout=log,
        )
    try:
        yield Started(folder / "log")
    finally:
        process.terminate()
        assert process.wait(30) == 0


def commands(section: str) -> list[list[str]]:
    """The commands of the code blocks in a part of docs/webhook.md, as a shell reads them."""
    text = (ROOT / "docs/webhook.md").read_text("utf-8").partition(section)[2].partition("\n## ")[0]
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.S)).replace("\\\n", " ")
    return [shlex.split(line) for line in blocks.splitlines()]


@pytest.mark.skipif(which("openssl") is None, reason="no openssl")
def test_the_commands_of_the_page_work_word_by_word(tmp_path: Path) -> None:
    openssl, serve, probe = commands("\nBy hand,")
    subprocess.run(openssl, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "policies").mkdir()
    modes = (ROOT / "docs/webhook.md").read_text("utf-8").partition("\n## Modes")[2]
    for name, text in re.findall(r"```yaml\n# (\w+\.yaml): (.*?)```", modes, re.S):
        (tmp_path / "policies" / name).write_text(f"# {text}")
    assert sorted(os.listdir(tmp_path / "policies")) == ["kguard.yaml", "webhook.yaml"]
    assert serve[-2:] == ["--mode", "enforce"]
    with serving(tmp_path, *serve[1:]) as server:
        started = server.line("serving")
        assert started["mode"] == "warn"  # What webhook.yaml says goes before `--mode`.
        probe = [word.replace("10250", str(started["port"])) for word in probe]
        done = subprocess.run(
            [sys.executable, "-m", "kguard", *probe[1:]],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count("ok  ") == 3
        # Nobody calls it by the name of a Service where there is no cluster.
        assert [line for line in server.lines() if line["level"] != "info"] == []


@pytest.mark.parametrize(
    ("words", "doubted"),
    [(["--no-cluster"], False), (["--no-cluster", "--namespace", "kguard"], True)],
    ids=["by hand", "in a namespace"],
)
def test_the_name_of_the_service_matters_where_one_is_known(
    tmp_path: Path, words: list[str], doubted: bool
) -> None:
    pair = issue("localhost", CA, sans=("localhost",))
    (tmp_path / "crt").write_bytes(pair.cert)
    (tmp_path / "key").write_bytes(pair.key)
    with serving(tmp_path, "serve", *words, "--tls-cert", "crt", "--tls-key", "key") as server:
        server.line("serving")
        said = [line["message"] for line in server.lines() if line["level"] == "warning"]
        port = server.line("serving")["healthPort"]
        text = urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10).read().decode()
        assert text == "ok\n" + "".join(f"warning: {each}\n" for each in said)
    assert ["is not among its names" in each for each in said] == [True] * doubted


def test_a_certificate_that_is_not_there_is_waited_for_aloud(tmp_path: Path) -> None:
    words = ["--no-cluster", "--tls-cert", "nope.crt", "--tls-key", "nope.key"]
    with serving(tmp_path, "serve", *words) as server:
        port = server.line("serving")["healthPort"]
        waiting = "waiting for a certificate that can be served, nobody is answered until then"
        line = server.line("certificates")
        assert line["level"] == "error"
        assert line["message"] == f"`nope.crt`: No such file or directory; {waiting}"
        with pytest.raises(HTTPError) as caught:
            urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10)
        with caught.value as answer:
            assert (answer.code, answer.read().decode().count(waiting)) == (503, 1)
        socket.create_connection(("127.0.0.1", server.line("serving")["port"]), 10).close()
        told = server.line("told")
        assert told["level"] == "error"
        assert told["message"].startswith("no certificate to serve: no certificate yet; `nope.crt`")
