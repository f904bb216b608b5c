"""Kustomizations rendered by `kustomize build` or `kubectl kustomize`, objects kept at their files.

The build is one of an overlay in a folder of its own, which only asks for origin annotations: the
user's files stay as they are. Remote bases are not fetched, plugins and Helm are not run.

Source: kustomize api/resource/origin.go (the annotation), api/types/kustomization.go
(buildMetadata).
"""

from __future__ import annotations

import os
import posixpath
import re
import tempfile
from collections.abc import Mapping
from functools import partial
from typing import Any

from kguard.inputs import program
from kguard.inputs.files import Discovery
from kguard.inputs.kustomize import Kustomizations
from kguard.inputs.names import KUSTOMIZATIONS, is_candidate, is_kustomization
from kguard.inputs.origins import FileObject, FileOrigin, NoOrigin, object_in, objects_of
from kguard.inputs.patched import PatchedOrigin
from kguard.inputs.patchways import PatchWays
from kguard.inputs.program import ToolError
from kguard.inputs.rendered import Origin, Rendered, RenderedDocument, shown
from kguard.kube.recognise import is_kubernetes, resources
from kguard.model import dig
from kguard.record import field, record
from kguard.report import Skipped, Unchecked
from kguard.source import Limits, SourceFile, read

VARIABLE = "KGUARD_KUSTOMIZE"
"""The environment variable that names the program, kustomize or kubectl."""
ANNOTATION = "config.kubernetes.io/origin"


def render_kustomizations(found: Discovery, known: Kustomizations) -> Rendered:
    """Every kustomization of a run that no other one of it builds on."""
    rendered = Rendered()
    folders = _roots(found, known)
    beyond = [p for p in found.files if is_kustomization(p) and known.is_beyond(p)]
    reason = "not rendered: it is not below the repository or folder that kguard was started in"
    rendered.unchecked += (Unchecked(path, 0, 0, reason) for path in beyond)
    _name_components(found, known, folders, rendered)
    if not (folders or beyond):
        rendered.notes.append("no kustomization to render is among the files")
        return rendered
    if not folders:
        return rendered
    try:
        tool = program.find(VARIABLE, "kustomize", "kubectl")
        if tool is None:
            raise ToolError(
                f"neither kustomize nor kubectl is installed, nor does {VARIABLE} name one"
            )
    except ToolError as error:
        rendered.unchecked += (Unchecked(folder or ".", 0, 0, str(error)) for folder in folders)
        rendered.failed.update(path for folder in folders for path in known.files_of(folder))
        return rendered
    given = frozenset(found.files)
    for folder in folders:
        _Build(found, known, folder, tool, rendered, given).run()
    return rendered


def _roots(found: Discovery, known: Kustomizations) -> list[str]:
    """The folders to build: those that reach a given file, without those others build on."""
    folders = {folder for folder in known.folders() if not known.is_component(folder)}
    used = {part for folder in folders for part in known.reachable(folder)}
    given = set(found.files)
    return sorted(
        folder
        for folder in folders - used
        if not given.isdisjoint(known.files_of(folder) | known.contents_of(folder))
    )


def _name_components(
    found: Discovery, known: Kustomizations, folders: list[str], rendered: Rendered
) -> None:
    """Say which files build nothing, because they are of a component that nobody uses.

    Objects in one are judged as they are.
    """
    built = {path for folder in folders for path in known.files_of(folder)}
    reason = "part of a Kustomize component that no kustomization found here uses: not rendered"
    for path in found.files:
        if path not in built and known.only_for_components(path):
            rendered.skipped.append(Skipped(path, reason))
            rendered.covered.add(path)


@record(frozen=False, eq=False, repr=False)
class _Build:
    """One kustomization of a run."""

    found: Discovery
    known: Kustomizations
    folder: str
    tool: str
    rendered: Rendered
    given: frozenset[str]
    """The files of the run that are reported on."""
    files: frozenset[str] = field(init=False)
    """All local files the kustomization is made of, by shown path."""
    reported: frozenset[str] = field(init=False)
    """The files whose objects are reported on: those given, and all of what others stand for."""
    own: str = field(init=False)
    """Its own file, by shown path."""
    ways: PatchWays = field(init=False)
    """The patches of its objects."""
    objects: dict[str, list[FileObject]] = field(default_factory=dict)
    """The objects of the files it is made of, by path."""

    def __post_init__(self) -> None:
        self.files = self.known.files_of(self.folder)
        self.own = _kustomization_in(self.found.base, self.folder)
        own = partial(_kustomization_in, self.found.base)
        self.ways = PatchWays(self.known, self.folder, own, self._source)
        inputs = self.files | self.known.contents_of(self.folder)
        stood_for = {
            folder
            for path in inputs & self.given
            for folder in self.known.stood_for(path)
            if folder == self.folder or folder in self.known.reachable(self.folder)
        }
        below = (self.known.files_of(folder) for folder in stood_for)
        self.reported = self.given.union({self.own} if self.folder in stood_for else (), *below)

    def run(self) -> None:
        """Add what the kustomization builds."""
        is_kubectl = os.path.basename(self.tool).removesuffix(".exe") == "kubectl"
        command = f"{'kubectl kustomize' if is_kubectl else 'kustomize build'} {self.folder or '.'}"
        words = ["kustomize"] if is_kubectl else ["build"]
        try:
            with tempfile.TemporaryDirectory(prefix="kguard-") as scratch:
                # No part of the way from there may be a link: it would lead elsewhere and back.
                scratch = os.path.realpath(scratch)
                overlay = os.path.join(scratch, "overlay")
                os.mkdir(overlay)
                base = os.path.relpath(os.path.join(self.found.base, self.folder), overlay)
                with open(os.path.join(overlay, KUSTOMIZATIONS[0]), "wb") as file:
                    file.write(_overlay(base.replace(os.sep, "/")))
                answer = program.run(self.tool, [*words, overlay], scratch)
                if answer.code:
                    raise ToolError(self._reason(program.said(answer), base, overlay))
                self._take(answer.stdout, command, overlay)
        except ToolError as error:
            reason = f"{error} (`{command}`)"
            self.rendered.unchecked.append(Unchecked(self.own, 0, 0, reason))
        except (OSError, ValueError) as error:
            reason = f"kustomize has no place to work in: {error} (`{command}`)"
            self.rendered.unchecked.append(Unchecked(self.own, 0, 0, reason))
        else:
            # Other texts are for those who read what is generated, and objects for themselves.
            contents = self.known.contents_of(self.folder)
            parts = self.files.union(path for path in contents if not is_candidate(path))
            self.rendered.covered |= parts
            self.rendered.parts |= parts
            return
        self.rendered.failed |= self.files

    def _reason(self, message: str, base: str, overlay: str) -> str:
        here = self.folder or "."
        message = message.removeprefix("error: ").replace(f"'{base}'", f"'{here}'")
        message = message.replace(os.path.realpath(self.found.base) + os.sep, "")
        message = message.replace(overlay, here)
        # That is said of the overlay made here, which builds on nothing else.
        quoted = re.escape(f"'{here}'")
        message = re.sub(
            f"^accumulating resources: accumulation err='accumulating resources from {quoted}: "
            f"{quoted} must resolve to a file': [a-z' ]+ path {quoted}: ",
            "",
            message,
        )
        remote = "git" in message and "executable file not found" in message
        if remote or "127.0.0.1:9" in message:
            # kustomize repeats the address in every step of what it tried.
            named = re.findall(r"accumulating \w+ from '([^']+)'", message)
            return (
                f"it builds on something remote, which is not fetched: {(named or [message])[-1]}"
            )
        return f"kustomize: {message}"

    def _take(self, data: bytes, command: str, overlay: str) -> None:
        unit = f"kustomize:{self.folder}"
        output = _without_origins(read(self.folder, data, Limits(max_bytes=program.MOST_OUTPUT)))
        for error in output.source.errors:
            reason = f"what it builds cannot be read: line {error.line}: {error.message}"
            self.rendered.unchecked.append(Unchecked(self.own, 0, 0, f"{reason} (`{command}`)"))
        inputs = self.files | self.known.contents_of(self.folder)
        for document in output.source.documents:
            if not is_kubernetes(document.data):
                continue
            path = self._origin(output.origins.get(document.index, ""), overlay)
            source = self._source(path)
            number = self.rendered.number()
            origin = self._way_back(path, source, document.data)
            context = self.own not in self.reported and path not in self.reported
            self.rendered.documents[(path, number)] = RenderedDocument(
                command, document, output.source, origin, number
            )
            inputs |= {path}
            self.rendered.resources += resources(
                document.data, path, number, unit=unit, context=context
            )
        self.rendered.complete.add(unit)
        self.rendered.inputs[unit] = inputs

    def _way_back(self, path: str, source: SourceFile | None, built: Mapping[str, Any]) -> Origin:
        """The way from an object that was built to where it stands in a file and its patches."""
        leads = partial(self.ways.leads_to, path, built=built)
        if source is not None and path not in self.objects:
            self.objects[path] = objects_of(source)
        found = object_in(self.objects.get(path, ()), built, leads)
        if found is None:
            return NoOrigin()
        file = FileOrigin(found.document, found.route)
        patches = self.ways.of(path, file.data, built)
        return PatchedOrigin(file, patches) if patches else file

    def _origin(self, annotation: str, overlay: str) -> str:
        """The shown path of the file an object is made of: its own, else what generates it."""
        documents = read("origin", annotation.encode()).documents
        data = documents[0].data if documents else None
        if isinstance(dig(data, "repo"), str):
            return self.own
        for key in ("path", "configuredIn"):
            name = dig(data, key)
            if isinstance(name, str):
                path = os.path.normpath(os.path.join(overlay, *name.split("/")))
                if os.path.isfile(path):
                    return shown(self.found, os.path.realpath(path))
        return self.own

    def _source(self, path: str) -> SourceFile | None:
        """A file of the user's, read once."""
        source = self.rendered.sources.get(path)
        if source is None:
            try:
                with open(self.found.real_path(path), "rb") as file:
                    source = read(path, file.read(Limits().max_bytes + 1))
            except OSError:
                return None
            self.rendered.sources[path] = source
        return source if isinstance(source, SourceFile) else None


def _overlay(base: str) -> bytes:
    import json

    overlay = {"resources": [base], "buildMetadata": ["originAnnotations"]}
    return json.dumps(overlay).encode()


def _kustomization_in(base: str, folder: str) -> str:
    for name in KUSTOMIZATIONS:
        path = posixpath.join(folder, name)
        if os.path.isfile(os.path.join(base, path)):
            return path
    return folder or "."


@record
class _Output:
    """What was built, as it is without origin annotations, and these by document."""

    source: SourceFile
    origins: Mapping[int, str]


def _without_origins(source: SourceFile) -> _Output:
    """Take the annotations out that were asked for: they are not applied to a cluster."""
    origins: dict[int, str] = {}
    gone: set[int] = set()
    for document in source.documents:
        route = ("metadata", "annotations")
        annotations = dig(document.data, *route)
        origin = dig(annotations, ANNOTATION)
        if not isinstance(origin, str):
            continue
        origins[document.index] = origin
        first, last = document.extent((*route, ANNOTATION))
        if len(annotations) == 1:
            first = document.locate((*route, "")).span.line
        gone.update(range(first, last + 1))
    lines = source.text.split("\n")
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    return _Output(read(source.path, kept.encode(), Limits(max_bytes=program.MOST_OUTPUT)), origins)
