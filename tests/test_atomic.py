"""A file is replaced whole or not at all; what is no file is written to."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kguard.atomic import stray_link, write_atomically


def test_new_file(tmp_path: Path) -> None:
    write_atomically(str(tmp_path / "new"), b"text")
    assert (tmp_path / "new").read_bytes() == b"text"
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
def test_mode_stays_and_links_are_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomically(str(link), b"new")
    assert real.read_bytes() == b"new"
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_links_that_lead_out_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    monkeypatch.chdir(here)
    links = {"out": "../file", "in": "sub/file", "loop": "loop", "far": "/etc/hostname"}
    links |= {"sub/up": "../file", "sub/out": "../../file", "../beside": "beside2"}
    for name, target in links.items():
        (here / name).symlink_to(target)
    (here / "folder").symlink_to(tmp_path, target_is_directory=True)
    (here / "plain").touch()
    outside = str(tmp_path / "file")
    assert {name: stray_link(name) for name in [*links, "plain", "none", "/dev/stdout"]} == {
        **{"out": outside, "in": "", "loop": "", "far": "/etc/hostname", "plain": "", "none": ""},
        **{"sub/up": "", "sub/out": outside, "../beside": "", "/dev/stdout": ""},
    }
    # Whoever writes through a link to a folder has named that folder.
    assert stray_link("folder/report.json") == ""


def test_a_write_protected_file_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder can be written to, which is all that replacing it takes; root may do all."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(PermissionError):
        write_atomically(str(tmp_path / "file"), b"new")
    assert (tmp_path / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_old_content_survives_what_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "file").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(str(tmp_path / "file"), b"new")
    assert (tmp_path / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="a signal of POSIX")
def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """In a container the next one has the same process id."""
    target = str(tmp_path / "file")
    code = (
        "import os, sys; from kguard.atomic import write_atomically;"
        "os.fsync = lambda _, me=os.getpid(): os.kill(me, 9); os.getpid = lambda: 1;"
        "write_atomically(sys.argv[1], b'new')"
    )
    for left in (1, 2):
        subprocess.run([sys.executable, "-c", code, target], check=False)
        assert len(os.listdir(tmp_path)) == left


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(str(tmp_path / "none" / "file"), b"x")


@pytest.mark.skipif(os.name == "nt", reason="no named pipes in the file system")
def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """Renaming a file over /dev/null, as root in a container, would break the machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"import sys; sys.stdout.write(open({str(pipe)!r}).read())"
    reader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    write_atomically(str(pipe), b"through the pipe")
    assert reader.communicate(timeout=30)[0] == "through the pipe"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]
