"""Who may ask: names in a verified certificate, and a token out of a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from kguard.webhook.caller import Callers
from kguard.webhook.options import OptionsError

NOBODY: frozenset[str] = frozenset()
CERTIFICATE = {
    "subject": ((("organizationName", "system:masters"),), (("commonName", "kube-apiserver"),)),
    "subjectAltName": (("DNS", "apiserver.example.com"), ("IP Address", "10.0.0.1")),
}


def test_anybody_may_ask_where_nothing_is_demanded() -> None:
    assert Callers(NOBODY, None)(None, {})
    assert Callers(NOBODY, None)(CERTIFICATE, {"authorization": "Bearer x"})


@pytest.mark.parametrize(
    ("certificate", "allowed"),
    [
        (CERTIFICATE, True),
        ({"subjectAltName": (("DNS", "kube-apiserver"),)}, True),
        ({"subject": ((("commonName", "kube-apiserver"),),)}, True),
        ({"subject": ((("organizationName", "kube-apiserver"),),)}, False),
        ({"subject": ((("commonName", "KUBE-APISERVER"),),)}, False),
        ({"subject": ((("commonName", "kube-apiserver.evil.example.com"),),)}, False),
        ({"subject": ((("commonName", ""),),)}, False),
        ({}, False),
        (None, False),
    ],
)
def test_only_clients_of_these_names_may_ask(certificate: Any, allowed: bool) -> None:
    assert Callers(frozenset({"kube-apiserver", "other"}), None)(certificate, {}) is allowed


def test_an_alternative_name_counts_like_the_common_one() -> None:
    assert Callers(frozenset({"apiserver.example.com"}), None)(CERTIFICATE, {})
    assert Callers(frozenset({"10.0.0.1"}), None)(CERTIFICATE, {})


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """A file with a token, as an editor leaves it."""
    path = tmp_path / "token"
    path.write_text("s3cret-ö\r\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"authorization": "Bearer s3cret-ö"}, True),
        ({"authorization": "Bearer   s3cret-ö "}, True),
        ({"authorization": "bearer s3cret-ö"}, False),
        ({"authorization": "Basic s3cret-ö"}, False),
        ({"authorization": "s3cret-ö"}, False),
        ({"authorization": "Bearer"}, False),
        ({"authorization": "Bearer "}, False),
        ({"authorization": "Bearer s3cret"}, False),
        ({"authorization": "Bearer s3cret-öx"}, False),
        ({"authorization": "Bearer \ud800"}, False),
        ({"authorization": ""}, False),
        ({"Authorization": "Bearer s3cret-ö"}, False),
        ({}, False),
    ],
)
def test_only_clients_with_the_token_may_ask(
    headers: dict[str, str], allowed: bool, token: Path
) -> None:
    assert Callers(NOBODY, str(token))(None, headers) is allowed


def test_name_and_token_are_both_needed(token: Path) -> None:
    callers = Callers(frozenset({"kube-apiserver"}), str(token))
    good = {"authorization": "Bearer s3cret-ö"}
    assert callers(CERTIFICATE, good)
    assert not callers(CERTIFICATE, {})
    assert not callers(None, good)


def test_a_new_token_counts_once_it_is_read(token: Path) -> None:
    callers = Callers(NOBODY, str(token))
    token.write_text("new")
    assert not callers(None, {"authorization": "Bearer new"})
    callers.reread()
    assert callers(None, {"authorization": "Bearer new"})
    assert not callers(None, {"authorization": "Bearer s3cret-ö"})


@pytest.mark.parametrize("content", ["", "\n", "  \t\r\n"])
def test_an_empty_token_is_none(content: str, token: Path) -> None:
    callers = Callers(NOBODY, str(token))
    token.write_text(content)
    with pytest.raises(OptionsError, match="holds no token"):
        callers.reread()
    assert callers(None, {"authorization": "Bearer s3cret-ö"})
    assert not callers(None, {"authorization": "Bearer "})
    with pytest.raises(OptionsError, match="holds no token"):
        Callers(NOBODY, str(token))


def test_a_token_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"/gone: cannot be read: No such file"):
        Callers(NOBODY, str(tmp_path / "gone"))
    with pytest.raises(OptionsError, match=r"cannot be read: Is a directory"):
        Callers(NOBODY, str(tmp_path))


def test_a_token_that_goes_is_kept_and_told_of_once(token: Path) -> None:
    told: list[str] = []
    callers = Callers(NOBODY, str(token), told.append)
    token.unlink()
    callers.poll()
    callers.poll()
    assert told == [f"{token}: cannot be read: No such file or directory"]
    assert callers(None, {"authorization": "Bearer s3cret-ö"})
    token.write_text("new")
    callers.poll()
    assert callers(None, {"authorization": "Bearer new"})
    token.unlink()
    callers.poll()
    assert len(told) == 2


def test_the_token_is_looked_at_while_serving(token: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kguard.webhook.caller.POLL", 0.01)
    callers = Callers(NOBODY, str(token))
    callers.start()
    token.write_text("new")
    until = time.monotonic() + 10
    while not callers(None, {"authorization": "Bearer new"}):
        assert time.monotonic() < until
        time.sleep(0.01)
    callers.stop()
