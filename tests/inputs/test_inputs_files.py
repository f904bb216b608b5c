"""Which files a run reads, under which names."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from inputs_project import DEPLOYMENT, Write, git

from kguard.inputs import links
from kguard.inputs.files import MOST_SIBLINGS, Discovery, discover

OBJECT = '{"apiVersion": "v1", "kind": "Pod"}'


def missing(found: Discovery) -> list[tuple[str, str]]:
    return [(item.path, item.reason) for item in found.missing]


@pytest.fixture(params=["git", "no git"])
def folder(request: pytest.FixtureRequest, project: Path) -> Path:
    """A working directory that is a repository, and one that is none."""
    if request.param == "git":
        git(project, "init", "-q")
    return project


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("a.yaml", "", True),
        ("a.yml", "", True),
        ("A.YAML", "", True),
        (".drone.yml", "", True),
        ("a.json", OBJECT, True),
        ("package.json", '{"name": "x"}', False),
        ("late.json", '{"a": "' + " " * 5000 + '", "apiVersion": "v1"}', False),
        ("Dockerfile", "", True),
        ("Dockerfile.dev", "", True),
        ("web.Dockerfile", "", True),
        ("web.dockerfile", "", True),
        ("Containerfile", "", True),
        ("Kustomization", "", True),
        ("Dockerfile.dockerignore", "", False),
        ("Dockerfile.md", "", False),
        ("docker-compose", "", False),
        ("a.yaml.bak", "", False),
        ("notes.txt", "", False),
        (".hidden.yaml", "", True),
    ],
)
def test_files_in_a_folder_count_by_name(
    folder: Path, write: Write, name: str, text: str, counts: bool
) -> None:
    write({f"x/{name}": text, "x/always.yaml": ""})
    expected = sorted(["x/always.yaml", *([f"x/{name}"] if counts else [])])
    assert discover(["."]).files == expected


def test_paths_are_relative_to_the_git_root(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"apps/web/a.yaml": "", "b.yaml": ""})
    monkeypatch.chdir(repository / "apps")
    found = discover(["web", "../b.yaml"])
    assert found.files == ["apps/web/a.yaml", "b.yaml"]
    assert found.base == str(repository)
    assert [os.path.isfile(found.real_path(path)) for path in found.files] == [True, True]


def test_without_git_paths_are_relative_to_the_working_directory(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"apps/a.yaml": "", "b.yaml": ""})
    monkeypatch.chdir(project / "apps")
    assert discover(["a.yaml", "../b.yaml"]).files == ["../b.yaml", "a.yaml"]


def test_a_file_has_one_name_however_often_it_is_given(folder: Path, write: Write) -> None:
    write({"x/a.yaml": "", "y/b.yaml": ""})
    (folder / "link.yaml").symlink_to("x/a.yaml")
    (folder / "z").symlink_to("x")
    given = ["x/a.yaml", "./x/../x/a.yaml", str(folder / "x/a.yaml"), "link.yaml", "z/a.yaml", "x"]
    assert discover(given).files == ["x/a.yaml"]


@pytest.mark.parametrize("name", ["a.txt", "manifest", "Dockerfile.md"])
def test_a_named_file_is_read_whatever_it_is_called(folder: Path, write: Write, name: str) -> None:
    write({name: ""})
    assert discover([name]).files == [name]


def test_named_files_never_start_git(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"a.yaml": "", "b.yaml": ""})
    monkeypatch.setattr("kguard.inputs.files.list_files", lambda *_, **__: pytest.fail("git"))
    found = discover(["a.yaml"])
    assert (found.files, found.context) == (["a.yaml"], ["b.yaml"])


def test_what_does_not_exist_is_reported(folder: Path, write: Write) -> None:
    write({"empty/readme.txt": "", "a.yaml": ""})
    (folder / "dangling.yaml").symlink_to("nowhere")
    (folder / "itself.yaml").symlink_to("itself.yaml")
    found = discover(["a.yaml", "nope.yaml", "empty", "dangling.yaml", "itself.yaml", ""])
    assert found.files == ["a.yaml"]
    assert missing(found) == [
        ("nope.yaml", "no such file or folder"),
        ("empty", "nothing to check in it"),
        ("dangling.yaml", "a symbolic link that leads nowhere"),
        ("itself.yaml", "a symbolic link that leads back to itself"),
        ("", "no such file or folder"),
    ]


def test_ignored_files_do_not_count_unless_asked_for(folder: Path, write: Write) -> None:
    write({".gitignore": "out/\n*.gen.yaml\n", "a.yaml": "", "b.gen.yaml": "", "out/c.yaml": ""})
    assert discover(["."]).files == ["a.yaml"]
    assert discover(["."], use_gitignore=False).files == ["a.yaml", "b.gen.yaml", "out/c.yaml"]
    assert discover(["b.gen.yaml"]).files == ["b.gen.yaml"]


def test_a_folder_that_is_ignored_and_given_is_read(folder: Path, write: Write) -> None:
    """`helm template --output-dir out && kguard check out`"""
    write({".gitignore": "out/\n", "out/c.yaml": ""})
    found = discover(["out"])
    if git_lists_nothing := (folder / ".git").exists():
        assert "`out` is ignored by git, and read because it was given" in found.notes
    assert found.files == ["out/c.yaml"], git_lists_nothing


def test_deleted_files_are_gone(repository: Path, write: Write) -> None:
    write({"a.yaml": "", "b.yaml": ""})
    git(repository, "add", ".")
    (repository / "b.yaml").unlink()
    found = discover(["."])
    assert (found.files, found.missing) == (["a.yaml"], [])


def test_hidden_folders_count_where_git_lists_them(project: Path, write: Write) -> None:
    write({".argo/a.yaml": "", "b.yaml": ""})
    assert discover(["."]).files == ["b.yaml"]
    assert discover([".argo"]).files == [".argo/a.yaml"]
    git(project, "init", "-q")
    assert discover(["."]).files == [".argo/a.yaml", "b.yaml"]


def test_links_are_not_followed_out_of_the_tree(folder: Path, write: Write) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("")
    write({"a.yaml": ""})
    (folder / "file.yaml").symlink_to(outside / "secret.yaml")
    (folder / "dir").symlink_to(outside)
    (folder / "loop").symlink_to(".")
    (folder / "dangling.yaml").symlink_to("nowhere")
    (folder / "folder.yaml").symlink_to(".")
    (folder / "itself.yaml").symlink_to("itself.yaml")
    found = discover(["."])
    assert found.files == ["a.yaml"]
    assert {item.path: item.reason for item in found.skipped} == {
        "file.yaml": "a symbolic link that leads out of this tree",
        "dangling.yaml": "a symbolic link that leads nowhere",
        "folder.yaml": links.FOLDER,
        "itself.yaml": "a symbolic link that leads back to itself",
    }
    for name in ("dir", "loop"):
        assert f"`{name}` is {links.FOLDER}" in found.notes
    only_looked_at = discover(["a.yaml"], context=["."])
    assert only_looked_at.skipped == []


def test_a_link_to_a_file_of_the_tree_is_that_file(folder: Path, write: Write) -> None:
    write({"x/a.yaml": "", "y/b.yaml": ""})
    (folder / "y" / "link.yaml").symlink_to("../x/a.yaml")
    expected = ["x/a.yaml", "y/b.yaml"] if (folder / ".git").exists() else ["y/b.yaml"]
    assert discover(["y"]).files == expected


def test_a_folder_replaced_by_a_link_is_not_entered(repository: Path, write: Write) -> None:
    outside = repository.parent / "outside"
    outside.mkdir()
    (outside / "a.yaml").write_text("")
    write({"x/a.yaml": "", "b.yaml": ""})
    git(repository, "add", ".")
    (repository / "x" / "a.yaml").unlink()
    (repository / "x").rmdir()
    (repository / "x").symlink_to(outside)
    assert discover(["."]).files == ["b.yaml"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_in_a_folder_is_left_alone(folder: Path, write: Write) -> None:
    write({"a.yaml": ""})
    os.mkfifo(folder / "pipe.yaml")
    assert discover(["."]).files == ["a.yaml"]


def test_submodules_and_repositories_inside_are_not_entered(repository: Path, write: Write) -> None:
    write({"a.yaml": "", "sub/b.yaml": "", "other/c.yaml": ""})
    for inner in ("sub", "other"):
        git(repository / inner, "init", "-q")
        git(repository / inner, "add", ".")
        git(repository / inner, "commit", "-qm", "x")
    write({".gitmodules": '[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n'})
    git(repository, "add", "sub", ".gitmodules")
    found = discover(["."])
    assert found.files == ["a.yaml"]
    assert "`sub` is a submodule" in found.notes
    assert "`other/` is another git repository" in found.notes
    assert discover(["sub"]).files == ["sub/b.yaml"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on this platform")
def test_a_name_that_is_not_utf8_can_be_shown_and_opened(folder: Path) -> None:
    with open(os.path.join(os.fsencode(folder), b"\xff.yaml"), "w") as file:
        file.write(DEPLOYMENT)
    found = discover(["."])
    assert found.files == ["\\xff.yaml"]
    with open(found.real_path(found.files[0]), encoding="utf-8") as file:
        assert file.read() == DEPLOYMENT


@pytest.mark.parametrize("name", ["größe.yaml", "日本.yaml", "a\nb.yaml", "-x.yaml", "a b.yaml"])
def test_unusual_names_are_kept(folder: Path, write: Write, name: str) -> None:
    write({name: ""})
    assert discover(["."]).files == [name]


class TestExclude:
    def test_patterns_leave_files_out(self, folder: Path, write: Write) -> None:
        write({"a.yaml": "", "vendor/b.yaml": "", "x/vendor/c.yaml": "", "x/d.gen.yaml": ""})
        assert discover(["."], exclude=["/vendor/", "*.gen.yaml"]).files == [
            "a.yaml",
            "x/vendor/c.yaml",
        ]

    def test_they_are_relative_to_the_root(
        self, repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write({"apps/x/a.yaml": "", "apps/b.yaml": ""})
        monkeypatch.chdir(repository / "apps")
        assert discover(["."], exclude=["apps/x/**"]).files == ["apps/b.yaml"]

    def test_named_files_are_read_unless_forced(self, folder: Path, write: Write) -> None:
        write({"vendor/a.yaml": ""})
        assert discover(["vendor/a.yaml"], exclude=["vendor/"]).files == ["vendor/a.yaml"]
        found = discover(["vendor/a.yaml"], exclude=["vendor/"], force_exclude=True)
        assert (found.files, found.missing) == ([], [])
        assert found.notes[-1] == "`vendor/a.yaml` is excluded"

    def test_a_folder_with_nothing_else_is_reported(self, folder: Path, write: Write) -> None:
        write({"x/a.yaml": ""})
        found = discover(["x"], exclude=["*.yaml"])
        assert missing(found) == [("x", "everything in it is excluded")]


class TestContext:
    def test_it_is_the_rest_of_the_folder_of_a_named_file(self, folder: Path, write: Write) -> None:
        write({"x/a.yaml": "", "x/b.yaml": "", "x/y/c.yaml": "", "d.yaml": "", "x/e.txt": ""})
        found = discover(["x/a.yaml"])
        assert (found.files, found.context) == (["x/a.yaml"], ["x/b.yaml"])

    def test_it_knows_ignored_and_excluded_files(self, folder: Path, write: Write) -> None:
        write({".gitignore": "*.gen.yaml\n", "x/a.yaml": "", "x/b.gen.yaml": "", "x/c.yaml": ""})
        assert discover(["x/a.yaml"], exclude=["x/c.yaml"]).context == []

    def test_folders_have_none(self, folder: Path, write: Write) -> None:
        write({"x/a.yaml": "", "x/y/b.yaml": "", "c.yaml": ""})
        assert discover(["x"]).context == []

    def test_a_given_one_replaces_it(self, folder: Path, write: Write) -> None:
        write({"x/a.yaml": "", "x/b.yaml": "", "y/c.yaml": ""})
        found = discover(["x/a.yaml"], context=["y", "x/a.yaml"])
        assert (found.files, found.context) == (["x/a.yaml"], ["y/c.yaml"])
        assert found.widened

    def test_a_given_one_that_does_not_exist_is_reported(self, folder: Path, write: Write) -> None:
        write({"a.yaml": ""})
        found = discover(["a.yaml"], context=["nope"])
        assert missing(found) == [("nope", "no such file or folder")]

    def test_it_is_bounded(self, folder: Path, write: Write) -> None:
        write({f"{number:04}.yaml": "" for number in range(MOST_SIBLINGS + 10)})
        found = discover(["0000.yaml"])
        assert len(found.context) == MOST_SIBLINGS - 1
        assert f"only {MOST_SIBLINGS} are looked at" in found.notes[-1]

    def test_a_link_beside_a_named_file_is_what_it_leads_to(
        self, folder: Path, write: Write
    ) -> None:
        outside = folder.parent / "outside.yaml"
        outside.write_text("")
        write({"x/a.yaml": "", "y/b.yaml": ""})
        (folder / "x/again.yaml").symlink_to("a.yaml")
        (folder / "x/b.yaml").symlink_to("../y/b.yaml")
        (folder / "x/outside.yaml").symlink_to(outside)
        assert discover(["x/a.yaml"]).context == ["y/b.yaml"]


class TestStandardInput:
    def test_it_has_a_name_of_its_own(self, folder: Path) -> None:
        found = discover(["-"])
        assert (found.files, found.stdin, found.context) == (["<stdin>"], "<stdin>", [])

    def test_a_given_name_brings_its_folder_as_context(self, folder: Path, write: Write) -> None:
        write({"x/a.yaml": "", "x/b.yaml": ""})
        found = discover(["-"], stdin_name="x/a.yaml")
        assert (found.files, found.stdin) == (["x/a.yaml"], "x/a.yaml")
        assert found.context == ["x/b.yaml"]

    def test_the_named_file_need_not_exist(self, folder: Path) -> None:
        found = discover(["-"], stdin_name="new/a.yaml")
        assert (found.files, found.missing) == (["new/a.yaml"], [])


def test_untrusted_repositories_are_walked(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({".gitignore": "b.yaml\n", "a.yaml": "", "b.yaml": "", "x/.gitignore": "/c.yaml\n"})
    write({"x/c.yaml": "", "x/y/c.yaml": "", ".git/info/exclude": "secret.yaml\n"})
    write({"secret.yaml": ""})
    monkeypatch.setenv("PATH", str(repository))
    found = discover(["."])
    assert found.files == ["a.yaml", "x/y/c.yaml"]
    assert found.notes == ["`.` is searched without git: git is not installed"]


@pytest.mark.parametrize(
    ("given", "path", "covered"),
    [
        (["."], "gone/a.yaml", True),
        (["."], "vendor/a.yaml", False),
        (["x"], "x/gone.yaml", True),
        (["x"], "xy/gone.yaml", False),
        (["x"], "gone.yaml", False),
        (["x/a.yaml"], "x/a.yaml", True),
        (["x/a.yaml"], "x/gone.yaml", False),
        (["x/gone.yaml"], "x/gone.yaml", True),
        (["vendor/a.yaml"], "vendor/a.yaml", True),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_a_run_knows_what_it_would_have_read(
    folder: Path, write: Write, given: list[str], path: str, covered: bool
) -> None:
    write({"x/a.yaml": "", "xy/b.yaml": "", "vendor/a.yaml": ""})
    assert discover(given, exclude=["vendor/"]).covers(path) is covered


def test_a_folder_that_cannot_be_listed_is_not_passed_over(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"a.yaml": "", "b/shut/c.yaml": "", "old/shut/d.yaml": ""})
    listed = os.scandir

    def scandir(path: str) -> object:
        if "shut" in path:
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = discover(["."], exclude=["old/"])

    assert found.files == ["a.yaml"]
    assert missing(found) == [("b/shut", "permission denied")]


def test_a_folder_that_git_cannot_list_is_not_passed_over(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"x/a.yaml": "", "x/shut/b.yaml": "", "x/old/c.yaml": ""})

    def listed(folder: str, *, ignored: bool, miss: Callable[[str, str], None]) -> list[str]:
        for path in ("x/shut", "x/old"):
            miss(path, "Permission denied")
        return ["a.yaml"]

    monkeypatch.setattr("kguard.inputs.files.list_files", listed)
    found = discover(["x"], exclude=["old/"])
    assert found.files == ["x/a.yaml"]
    assert missing(found) == [("x/shut", "permission denied")]
