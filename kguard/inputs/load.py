"""From files to resources: every file is read once, and everything that is not judged is named."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kguard.inputs.builds import declared_builds
from kguard.inputs.charts import UNRENDERED, Charts, breaks_as_template
from kguard.inputs.files import Discovery
from kguard.inputs.kustomize import Kustomizations
from kguard.inputs.loaded import Loaded, folder_of
from kguard.inputs.names import is_dockerfile, is_kustomization, is_own
from kguard.inputs.patches import UNNAMED_PATCH, holds_directive, is_operations
from kguard.inputs.sources import Source
from kguard.kube import drone
from kguard.kube.recognise import (
    foreign,
    is_kubernetes,
    is_list,
    lacks,
    resources,
    strange_items,
)
from kguard.model import Duplicate, Route, dig
from kguard.record import field, record, replace
from kguard.report import Skipped, Unchecked
from kguard.source import Document as YamlDocument
from kguard.source import Limits, read
from kguard.words import counted

if TYPE_CHECKING:
    from kguard.inputs.rendered import Rendered, RenderOptions

__all__ = ["WORLD", "Loaded", "folder_of", "load", "read_source"]

WORLD = "."
"""The name of the one unit of a run whose context was given, or is complete."""
_KUSTOMIZE = "kustomize.config.k8s.io"


def load(
    found: Discovery,
    *,
    complete: bool = False,
    limits: Limits | None = None,
    stdin: Callable[[int], bytes] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    contents: Mapping[str, bytes] | None = None,
    woodpecker: bool = False,
    render: RenderOptions | None = None,
) -> Loaded:
    """Read what was discovered.

    `complete` says that the files are all there is: one unit, in which what is absent does not
    exist. Else each folder is a unit, or everything together where the context was given.
    `stdin(n)` gives at most n bytes of standard input (default: that of this process);
    `progress(done, total, path)` is told before each file. `contents` are files by their shown
    paths that are to be taken as read, whatever is on the disk.
    `woodpecker` says that Woodpecker's workflows are to be judged. `render` says what to render; no
    other program is started without it.
    """
    loader = _Loader(
        found, complete, limits or Limits(), stdin or _read_stdin, contents or {}, woodpecker
    )
    loader.read_kustomizations(building=render is not None and render.kustomize)
    if render is not None:
        loader.render(render)
    for number, path in enumerate(found.files):
        if progress is not None:
            progress(number, len(found.files), path)
        loader.add(path)
    for path in sorted(loader.dockerfiles.difference(found.files)):
        if not is_dockerfile(path) and found.covers(path) and os.path.isfile(found.real_path(path)):
            loader.add(path)
    for path in found.context:
        loader.add(path, context=True)
    return loader.finish()


def read_source(path: str, data: bytes) -> Source:
    """A file by its name: a Dockerfile, else YAML or JSON."""
    if is_dockerfile(path):
        from kguard.inputs.dockerfiles import read_dockerfile

        return read_dockerfile(path, data, Limits().max_bytes)
    return read(path, data)


@record(frozen=False, eq=False, repr=False)
class _Loader:
    """One run of `load`."""

    found: Discovery
    is_complete: bool
    limits: Limits
    stdin: Callable[[int], bytes]
    contents: Mapping[str, bytes] = field(default_factory=dict)
    woodpecker: bool = False
    loaded: Loaded = field(default_factory=Loaded)
    charts: Charts = field(init=False)
    kustomizations: Kustomizations = field(init=False)
    patches: set[str] = field(default_factory=set)
    templates: Counter[str] = field(default_factory=Counter)
    templated: set[str] = field(default_factory=set)
    """The charts, without those that are part of another, that hold such templates."""
    covered: set[str] = field(default_factory=set)
    dockerfiles: set[str] = field(default_factory=set)
    building: bool = False
    """Whether kustomizations are built."""
    rendering: bool = False
    """Whether charts are rendered."""

    def __post_init__(self) -> None:
        self.charts = Charts(self.found.base)
        self.kustomizations = Kustomizations(self.found.base)

    def read_kustomizations(self, *, building: bool) -> None:
        """Learn which files are patches and which folders are patched.

        A named file may stand for what is built of it, so those above it are asked for it.
        """
        found, known = self.found, self.kustomizations
        self.building = building
        for path in (*found.files, *found.context):
            if is_kustomization(path):
                known.of(folder_of(path))
        bases = {known.nearest(folder) for folder in {folder_of(path) for path in found.files}}
        bases.discard(None)
        if not found.whole:
            known.look_around(base for base in bases if base is not None)
            if building:
                known.look_above(path for path in found.files if path in found.given)
        self.patches = known.patch_files()
        self.loaded.patched_units = known.patched()
        folders = {folder_of(path) for path in found.files}
        self.loaded.builds = declared_builds(found.base, folders)
        self.loaded.retagged = self._retagged()
        # What a build calls its Dockerfile is one, whatever its name.
        self.dockerfiles = {build.dockerfile for build in self.loaded.builds}

    def render(self, options: RenderOptions) -> None:
        """Add what tools render, once for all readings of these files."""
        self.rendering = bool(options.helm)
        self.loaded.charts = any(
            self.charts.chart_of(path) is not None for path in self.found.files
        )
        if self.found.rendered is None:
            self.found.rendered = []
            if options.helm:
                from kguard.inputs.helm import render_charts

                self.found.rendered.append(render_charts(self.found, self.charts, options))
            if options.kustomize:
                from kguard.inputs.kustomizebuild import render_kustomizations

                self.found.rendered.append(render_kustomizations(self.found, self.kustomizations))
        for rendered in self.found.rendered:
            self._add_rendered(rendered)
        self.loaded.retagged = self._retagged()

    def _retagged(self) -> set[str]:
        """The images whose tags will come from elsewhere."""
        built = {build.image for build in self.loaded.builds if build.tags}
        return self.kustomizations.images(self.covered) | built

    def _add_rendered(self, rendered: Rendered) -> None:
        loaded = self.loaded
        shared = len(loaded.rendered)
        # Several tools number their documents alike, and may do so for one path.
        for (path, number), document in rendered.documents.items():
            loaded.rendered[(path, number + shared)] = document
        for resource in rendered.resources:
            at = replace(resource.origin, document=resource.origin.document + shared)
            loaded.resources.append(replace(resource, origin=at))
        loaded.sources.update(rendered.sources)
        loaded.unchecked += rendered.unchecked
        loaded.skipped += rendered.skipped
        loaded.notes += rendered.notes
        loaded.complete |= rendered.complete
        loaded.inputs.update(rendered.inputs)
        loaded.unrendered |= rendered.failed
        self.covered |= rendered.covered
        judged = [resource.origin for resource in rendered.resources if not resource.context]
        parts = rendered.parts.intersection(self.found.files)
        loaded.files += len(parts.union(origin.path for origin in judged))
        loaded.documents += len({(origin.path, origin.document) for origin in judged})

    def finish(self) -> Loaded:
        """What was loaded, once every file was added."""
        loaded = self.loaded
        loaded.skipped += self.found.skipped
        loaded.skipped += [Skipped(chart or ".", UNRENDERED) for chart in self.templates]
        if not self.rendering:
            loaded.unrendered_charts = self.charts.unjudged(self.found.files, self.templated)
        if not self.building:
            folders = {folder_of(path) for path in self.found.files if is_kustomization(path)}
            known = self.kustomizations
            loaded.unbuilt_kustomizations = sorted(f for f in folders if not known.is_component(f))
        self._require_stdin()
        loaded.skipped.sort(key=lambda item: item.path)
        if self.is_complete:
            loaded.complete.add(WORLD)
        else:
            loaded.partial |= loaded.complete
        return loaded

    def _require_stdin(self) -> None:
        """Report standard input that held nothing: the command before the pipe may have failed."""
        stdin, loaded = self.found.stdin, self.loaded
        if stdin is None or any(each.origin.path == stdin for each in loaded.resources):
            return
        for skipped in [item for item in loaded.skipped if item.path == stdin]:
            loaded.skipped.remove(skipped)
            loaded.unchecked.append(Unchecked(stdin, 0, 0, f"nothing to check: {skipped.reason}"))

    def add(self, path: str, *, context: bool = False) -> None:
        """Read one file; whatever does not become a resource is reported, unless it is context."""
        if is_own(path) or path in self.covered:
            return
        if path in self.patches:
            self._skip(path, "Kustomize patch", context)
            return
        if reason := self.charts.foreign(path):
            self._skip(path, reason, context)
            return
        try:
            data = self._bytes(path)
        except OSError as error:
            self._fail(path, 0, 0, _reason(error), context)
            return
        chart = self.charts.is_template(path, data)
        if chart is not None:
            if not context:
                self.templates[chart] += 1
                self.templated.add(self.charts.root_of(path) or "")
                self.loaded.unrendered.add(path)
            return
        if is_dockerfile(path) or path in self.dockerfiles:
            self._add_dockerfile(path, data, context)
        else:
            self._add_yaml(path, data, context)

    def _add_dockerfile(self, path: str, data: bytes, context: bool) -> None:
        from kguard.inputs.dockerfiles import read_dockerfile

        source = read_dockerfile(path, data, self.limits.max_bytes, self._contexts(path))
        if not data.strip():
            self._skip(path, "no instruction in it", context)
            return
        if source.errors:
            lines = source.text.split("\n")
            if source.is_foreign:
                self._skip(path, "Dockerfile of another syntax", context)
                return
            if any(breaks_as_template(lines, error.line) for error in source.errors):
                self._skip(path, "template that is not a Dockerfile", context)
                return
            if source.is_empty and source.text:
                self._skip(path, "no instruction in it", context)
                return
        self._report_errors(path, source, context)
        for _ in source.documents:
            self.loaded.resources.append(source.resource(unit=self._unit(path), context=context))
            self._count(path, source, context)

    def _contexts(self, path: str) -> list[str]:
        """The folders a Dockerfile may be built from: its own, and those above it."""
        folder = folder_of(path)
        if path == self.found.stdin or folder.startswith("..") or os.path.isabs(folder):
            return []
        parts = folder.split("/") if folder else []
        return [
            os.path.join(self.found.base, *parts[:depth]) for depth in range(len(parts), -1, -1)
        ]

    def _add_yaml(self, path: str, data: bytes, context: bool) -> None:
        source = read(path, data, self.limits)
        if source.errors:
            if self.charts.is_values(path):
                self._skip(path, "Helm values", context)
                return
            lines = source.text.split("\n") if "{" in source.text else []
            if any(breaks_as_template(lines, error.line) for error in source.errors):
                self._skip(path, "template that is not YAML", context)
                return
            self._report_errors(path, source, context)
        before = len(self.loaded.resources)
        strangers: Counter[str] = Counter()
        may_patch = "$patch" in source.text
        strange = 0
        cut = drone.lost(source)
        for document in source.documents:
            if (may_patch and holds_directive(document.data)) or is_operations(document.data):
                strangers[UNNAMED_PATCH if self.building else "Kustomize patch"] += 1
                continue
            taken = self._take(path, document, cut.get(document.index, 0), context)
            if not taken and self._lacks(source, document, (), context):
                continue
            if not taken and not is_kubernetes(document.data):
                strangers[foreign(document.data, path)] += 1
            elif not taken and document.data.get("apiVersion", "").startswith(_KUSTOMIZE):
                strangers["kustomization"] += 1
            elif is_list(document.data):
                items = strange_items(document.data)
                strange += sum(not self._lacks(source, document, at, context) for at in items)
        if len(self.loaded.resources) > before:
            self._count(path, source, context)
        for reason, count in strangers.items():
            total = len(source.documents)
            part = f" ({count} of {total} documents)" if count < total else ""
            self._skip(path, reason + part, context)
        if strange:
            self._skip(path, f"{counted(strange, 'item')} of a List without a kind", context)
        if not source.documents and not source.errors:
            self._skip(path, "no document in it", context)

    def _lacks(self, source: Source, document: YamlDocument, route: Route, context: bool) -> bool:
        """Whether the object there lacks its kind or apiVersion, which is told then."""
        key = lacks(dig(document.data, *route))
        if key:
            at = document.locate((*route, key)).span
            reason = f"no `{key}`, without which kubectl refuses the object"
            self._fail(source.path, at.line, at.column, reason, context)
            self.loaded.sources[source.path] = source
        return bool(key)

    def _take(self, path: str, document: YamlDocument, cut: int, context: bool) -> bool:
        """Add the objects of a document; whether there was one."""
        duplicates = tuple(Duplicate(key.route, key.first.line) for key in document.duplicates)
        before = len(self.loaded.resources)
        found = resources(
            document.data,
            path,
            document.index,
            unit=self._unit(path),
            context=context,
            duplicates=duplicates,
            cut=cut,
            woodpecker=self.woodpecker,
        )
        self.loaded.resources += [each for each in found if each.group != _KUSTOMIZE]
        return len(self.loaded.resources) > before

    def _count(self, path: str, source: Source, context: bool) -> None:
        """Keep a source with resources in it."""
        self.loaded.sources[path] = source
        if not context:
            self.loaded.files += 1
            self.loaded.documents += len(source.documents)

    def _report_errors(self, path: str, source: Source, context: bool) -> None:
        for error in source.errors:
            self._fail(path, error.line, error.column, error.message, context)
        if source.errors and not context:
            self.loaded.sources[path] = source  # Errors are shown with their line.

    def _unit(self, path: str) -> str:
        return WORLD if self.is_complete or self.found.widened else folder_of(path)

    def _bytes(self, path: str) -> bytes:
        """The bytes of a file, at most one more than is allowed; raises OSError."""
        most = self.limits.max_bytes + 1
        if path in self.contents:
            return self.contents[path][:most]
        if path == self.found.stdin:
            return self.stdin(most)
        with open(self.found.real_path(path), "rb") as file:
            return file.read(most)

    def _skip(self, path: str, reason: str, context: bool) -> None:
        if not context:
            self.loaded.skipped.append(Skipped(path, reason))

    def _fail(self, path: str, line: int, column: int, reason: str, context: bool) -> None:
        if context:
            place = f"{path}:{line}:{column}" if line else path
            self.loaded.notes.append(f"`{place}` is no help as context: {reason}")
        else:
            self.loaded.unchecked.append(Unchecked(path, line, column, reason))


def _read_stdin(most: int) -> bytes:
    import sys

    if sys.stdin is None:
        raise OSError("standard input is closed")
    return sys.stdin.buffer.read(most)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "vanished before it was read"
    return (error.strerror or str(error)).lower()
