"""Files as objects: units, what cannot be read, what is of other tools."""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar

import pytest
from inputs_loaded import BROKEN, SERVICE, check, named, skipped, unchecked
from inputs_project import DEPLOYMENT, Write

from kguard.inputs.files import discover
from kguard.inputs.load import Loaded, load
from kguard.model import Span
from kguard.source import Limits

WORKFLOW = "on: push\njobs: {}\n"


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("kind: Deployment\nmetadata: {name: web}\n", "apiVersion"),
        ("apiversion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n", "apiVersion"),
        ("apiVersion: apps/v1\nmetadata: {name: web}\n", "kind"),
        ("kind: Deployment\n", ""),
        ("kind: Thing\nmetadata: {name: web}\n", ""),
        ("apiVersion: example.com/v1\nmetadata: {name: web}\n", ""),
        ("metadata: {name: web}\n", ""),
    ],
)
def test_half_an_object_is_not_taken_for_a_file_of_another_tool(
    project: Path, write: Write, text: str, lacking: str
) -> None:
    write({"a.yaml": f"{SERVICE}---\n{text}"})
    loaded = check()
    line = SERVICE.count("\n") + 2

    assert named(loaded) == ["a.yaml: Service/web"]
    assert unchecked(loaded) == ([("a.yaml", line, 1)] if lacking else [])
    assert [lacking in each.reason for each in loaded.unchecked] == ([True] if lacking else [])


def test_every_object_becomes_a_resource_once(project: Path, write: Write) -> None:
    write({"a.yaml": f"{DEPLOYMENT}---\n{SERVICE}", "x/b.yaml": SERVICE})
    loaded = check(".", "a.yaml", "x")
    assert named(loaded) == [
        "a.yaml: Deployment/web",
        "a.yaml: Service/web",
        "x/b.yaml: Service/web",
    ]
    assert (loaded.files, loaded.documents) == (2, 3)
    assert (skipped(loaded), unchecked(loaded)) == ([], [])


class TestUnits:
    FILES: ClassVar = {
        "x/a.yaml": SERVICE,
        "x/b.yaml": SERVICE,
        "y/c.yaml": SERVICE,
        "d.yaml": SERVICE,
    }

    def units(self, loaded: Loaded) -> dict[str, str]:
        return {r.origin.path: r.unit for r in loaded.resources}

    def test_a_folder_is_a_unit_and_never_complete(self, project: Path, write: Write) -> None:
        write(self.FILES)
        loaded = check()
        expected = {"x/a.yaml": "x", "x/b.yaml": "x", "y/c.yaml": "y", "d.yaml": ""}
        assert self.units(loaded) == expected
        assert loaded.complete == set()

    def test_complete_makes_one_unit_of_all(self, project: Path, write: Write) -> None:
        write(self.FILES)
        loaded = check("x", "y", complete=True)
        assert set(self.units(loaded).values()) == loaded.complete
        assert len(loaded.complete) == 1

    def test_a_given_context_makes_one_unit_that_is_not_complete(
        self, project: Path, write: Write
    ) -> None:
        write(self.FILES)
        loaded = check("x/a.yaml", context=["y"])
        assert set(self.units(loaded)) == {"x/a.yaml", "y/c.yaml"}
        assert len(set(self.units(loaded).values())) == 1
        assert loaded.complete == set()

    def test_context_is_looked_at_and_never_reported_on(self, project: Path, write: Write) -> None:
        write(self.FILES | {"x/broken.yaml": BROKEN, "x/foreign.yaml": WORKFLOW})
        loaded = check("x/a.yaml")
        assert [(r.origin.path, r.context) for r in loaded.resources] == [
            ("x/a.yaml", False),
            ("x/b.yaml", True),
        ]
        assert (skipped(loaded), unchecked(loaded), loaded.files) == ([], [], 1)
        assert loaded.notes[0].startswith("`x/broken.yaml:4:1` is no help as context: ")


class TestWhatCannotBeRead:
    def test_a_broken_document_costs_only_itself(self, project: Path, write: Write) -> None:
        write({"a.yaml": f"{SERVICE}---\n{BROKEN}---\n{DEPLOYMENT}"})
        loaded = check()
        assert named(loaded) == ["a.yaml: Service/web", "a.yaml: Deployment/web"]
        assert unchecked(loaded) == [("a.yaml", 8, 1)]
        assert loaded.line("a.yaml", 8) == "\tname: web"

    def test_places_after_a_broken_document_are_right(self, project: Path, write: Write) -> None:
        write({"a.yaml": f"{BROKEN}---\n{DEPLOYMENT}"})
        loaded = check()
        route = ("spec", "template", "spec", "containers", 0, "image")
        path, place = loaded.locate(loaded.resources[0], route)
        assert (path, place.span) == ("a.yaml", Span(15, 16, 15, 21))

    def test_a_broken_file_has_its_text_for_the_frame(self, project: Path, write: Write) -> None:
        write({"a.yaml": BROKEN})
        loaded = check()
        assert (loaded.line("a.yaml", 4), loaded.files) == ("\tname: web", 0)

    def test_too_large(self, project: Path, write: Write) -> None:
        write({"a.yaml": DEPLOYMENT, "Dockerfile": "FROM x\n" * 30})
        loaded = load(discover(["."]), limits=Limits(max_bytes=100))
        assert [(u.path, u.reason) for u in loaded.unchecked] == [
            ("Dockerfile", "larger than 100 bytes"),
            ("a.yaml", "larger than 100 bytes"),
        ]

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (FileNotFoundError(2, "No such file or directory"), "vanished before it was read"),
            (PermissionError(13, "Permission denied"), "permission denied"),
            (IsADirectoryError(21, "Is a directory"), "is a directory"),
            (OSError(5, "Input/output error"), "input/output error"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_a_file_the_system_does_not_give(
        self,
        project: Path,
        write: Write,
        monkeypatch: pytest.MonkeyPatch,
        error: OSError,
        reason: str,
    ) -> None:
        write({"a.yaml": SERVICE, "b.yaml": SERVICE})
        found = discover(["."])

        def refuse(path: str, mode: str) -> io.BytesIO:
            if path.endswith("a.yaml"):
                raise error
            return io.BytesIO(SERVICE.encode())

        monkeypatch.setattr("builtins.open", refuse)
        loaded = load(found)
        monkeypatch.undo()
        assert [(u.path, u.line, u.reason) for u in loaded.unchecked] == [("a.yaml", 0, reason)]
        assert named(loaded) == ["b.yaml: Service/web"]

    def test_bytes_that_are_no_text(self, project: Path) -> None:
        (project / "a.yaml").write_bytes(b"a: \xff\n")
        (project / "Dockerfile").write_bytes(b"FROM x\0\n")
        assert unchecked(check()) == [("Dockerfile", 1, 1), ("a.yaml", 1, 4)]


class TestForeign:
    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            ("ci.yaml", WORKFLOW, "GitHub workflow"),
            ("values.yaml", "replicas: 1\n", "Helm values"),
            ("empty.yaml", "", "no document in it"),
            ("comment.yaml", "# nothing\n", "no document in it"),
            ("list.yaml", "- a\n- b\n", "YAML without an object"),
            ("Dockerfile", "\n", "no instruction in it"),
            ("Dockerfile", "# nothing\n", "no instruction in it"),
            ("kustomization.yaml", "resources: []\n", "kustomization"),
            (
                "kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
                "kustomization",
            ),
        ],
        ids=lambda value: value.splitlines()[0] if value.strip() else "blank",
    )
    def test_it_is_skipped_with_a_reason(
        self, project: Path, write: Write, name: str, text: str, reason: str
    ) -> None:
        write({name: text})
        loaded = check(name)
        assert skipped(loaded) == [(name, reason)]
        assert (named(loaded), unchecked(loaded), loaded.sources) == ([], [], {})

    def test_a_document_among_objects_is_counted(self, project: Path, write: Write) -> None:
        write({"a.yaml": f"{SERVICE}---\n- a\n---\n- b\n"})
        loaded = check()
        assert named(loaded) == ["a.yaml: Service/web"]
        assert skipped(loaded) == [("a.yaml", "YAML without an object (2 of 3 documents)")]

    def test_items_of_a_list_of_one_kind_have_that_kind(self, project: Path, write: Write) -> None:
        items = "items:\n- metadata: {name: a}\n- {apiVersion: v1, kind: Pod}\n"
        write({"a.yaml": "apiVersion: apps/v1\nkind: DeploymentList\n" + items})
        found = check()
        kinds = [(each.api_version, each.kind) for each in found.resources]
        assert kinds == [("apps/v1", "Deployment"), ("v1", "Pod")]
        assert found.locate(found.resources[0], ("metadata", "name"))[1].span.line == 4
        assert found.skipped == []

    def test_items_without_a_kind_are_named(self, project: Path, write: Write) -> None:
        inner = "- {apiVersion: v1, kind: List, items: [7, {apiVersion: v1, kind: Pod}]}\n"
        items = f"items:\n- metadata: {{name: a}}\n- null\n{inner}"
        write({"a.yaml": "apiVersion: v1\nkind: List\n" + items})
        found = check()
        assert [each.kind for each in found.resources] == ["Pod"]
        assert skipped(found) == [("a.yaml", "3 items of a List without a kind")]

    def test_an_item_of_a_kind_that_lacks_its_other_half_is_an_error(
        self, project: Path, write: Write
    ) -> None:
        """As a document of its own would be: it would not be judged, and kubectl refuses it."""
        items = "- kind: Pod\n  metadata: {name: a}\n- {apiVersion: v1, metadata: {name: b}}\n- 7\n"
        write({"a.yaml": "apiVersion: v1\nkind: List\nitems:\n" + items})
        found = check()
        reason = "no `{}`, without which kubectl refuses the object"
        told = [(each.line, each.column, each.reason) for each in found.unchecked]
        assert told == [(4, 3, reason.format("apiVersion")), (6, 4, reason.format("kind"))]
        assert skipped(found) == [("a.yaml", "1 item of a List without a kind")]

    def test_an_empty_list_is_not_foreign(self, project: Path, write: Write) -> None:
        write({"a.yaml": "apiVersion: v1\nkind: List\nitems: []\n"})
        loaded = check()
        assert (named(loaded), skipped(loaded)) == ([], [])
