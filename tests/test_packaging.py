"""What a built wheel and sdist carry, compared with the tree they were built from."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from kguard import __version__
from kguard.policy.registry import read_entries

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"kguard": "kguard", "policies": "kguard/policies", "webhook": "kguard/webhook"}
LINKS = ("kguard/policies", "kguard/webhook")


def tree(root: Path = ROOT) -> set[str]:
    """Every file of the three source folders, under the path it must have in a wheel."""
    found = set()
    for folder, target in FOLDERS.items():
        for path in (root / folder).rglob("*"):
            relative = path.relative_to(root / folder)
            linked = folder == "kguard" and relative.parts[0] in ("policies", "webhook")
            cache = any(part == "__pycache__" or part.startswith(".") for part in relative.parts)
            if path.is_file() and not linked and not cache:
                found.add(f"{target}/{relative.as_posix()}")
    return found


def copy_of_checkout(target: Path) -> Path:
    """The checkout without what git and tools keep in it; builds leave their traces there."""
    left_out = ("*.egg-info", "__pycache__", "build", "dist", ".*_cache", ".venv", ".git", "tests")
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(*left_out))
    return target


def pip(*arguments: str | Path) -> None:
    """Run pip; without build isolation, so without a download, where setuptools is recent."""
    words = [sys.executable, "-m", "pip", *map(str, arguments)]
    try:
        recent = int(importlib.metadata.version("setuptools").split(".")[0]) >= 80
    except importlib.metadata.PackageNotFoundError:
        recent = False
    if recent:
        words.append("--no-build-isolation")
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(words, check=True, capture_output=True, env=environment)


def build_wheel(source: Path, target: Path) -> Path:
    """The wheel pip makes of a source folder or an sdist."""
    pip("wheel", "--quiet", "--no-deps", "--wheel-dir", target, source)
    (wheel,) = target.glob("*.whl")
    return wheel


def names(wheel: Path) -> set[str]:
    """The files of a wheel, without its metadata."""
    metadata = f"kguard_lint-{__version__}.dist-info/"
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.startswith(metadata)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the checkout, in which an earlier build left a module that is gone since."""
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_of_checkout(folder / "source")
    stale = source / "build" / "lib" / "kguard" / "deleted.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    return build_wheel(source, folder / "out")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution of the checkout."""
    folder = tmp_path_factory.mktemp("sdist")
    source = copy_of_checkout(folder / "source")
    command = "from setuptools import build_meta; build_meta.build_sdist('../out')"
    (folder / "out").mkdir()
    subprocess.run([sys.executable, "-c", command], cwd=source, check=True, capture_output=True)
    (archive,) = (folder / "out").glob("*.tar.gz")
    return archive


def test_the_wheel_holds_the_tree_and_the_index(wheel: Path) -> None:
    assert names(wheel) == tree() | {"kguard/policies/index.json"}


def test_only_kguard_lands_in_site_packages(wheel: Path) -> None:
    assert {name.split("/")[0] for name in names(wheel)} == {"kguard"}


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.rpartition("/")[0] for path in tree() if path.endswith(".py")}
    packages = {p.rpartition("/")[0] for p in tree() if p.endswith("/__init__.py")}
    assert folders - packages == set()


def test_the_index_is_what_the_pages_say(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        index = json.loads(archive.read("kguard/policies/index.json"))
    assert index == read_entries(ROOT / "policies")


def test_a_clone_without_links_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    source = copy_of_checkout(tmp_path / "source")
    for link in LINKS:
        # What git writes under core.symlinks=false.
        target = os.readlink(source / link)
        (source / link).unlink()
        (source / link).write_text(target, encoding="utf-8")
    assert names(build_wheel(source, tmp_path / "out")) == names(wheel)


def test_the_links_are_relative_and_lead_to_the_folders() -> None:
    assert {link: os.readlink(ROOT / link) for link in LINKS} == {
        "kguard/policies": "../policies",
        "kguard/webhook": "../webhook",
    }


def test_an_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    assert names(build_wheel(sdist, tmp_path)) == names(wheel)


def test_an_sdist_carries_what_its_readers_look_for(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "setup.py", "Makefile"}
    assert wanted - held == set()


def test_an_installed_kguard_knows_the_policies_of_the_tree(wheel: Path, tmp_path: Path) -> None:
    pip("install", "--quiet", "--no-deps", "--target", tmp_path, wheel)
    program = (
        "import json, kguard.policy.registry as r; "
        "print(json.dumps([r.__file__, [[p.id, p.page] for p in r.builtin()]]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    module, policies = json.loads(run.stdout)
    assert Path(module).is_relative_to(tmp_path)
    expected = [
        [entry["meta"]["id"], str(tmp_path / "kguard" / "policies" / entry["page"])]
        for entry in read_entries(ROOT / "policies")
    ]
    assert policies == expected
