"""Charts rendered by `helm template`: no cluster, no network, nothing of the user's set-up.

Each document of its output names the template it is made of. Chart tests (`helm.sh/hook: test`)
are left out: they run on request only, and are no part of what is installed.

Source: helm.sh/docs/helm/helm_template; pkg/action (renderResources) for the order and the
`# Source:` lines of its output.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kguard.inputs import program
from kguard.inputs.chartfiles import (
    SOURCE,
    bounds,
    files_of,
    metadata,
    source_of,
    template_file,
)
from kguard.inputs.charts import Charts
from kguard.inputs.files import Discovery
from kguard.inputs.program import ToolError
from kguard.inputs.rendered import HelmRun, Rendered, RenderedDocument, RenderOptions, below, shown
from kguard.inputs.templates import TemplateOrigin, TemplateSource
from kguard.kube.recognise import is_kubernetes, resources
from kguard.model import Duplicate, Place, Resource
from kguard.record import field, record, replace
from kguard.report import Skipped, Unchecked
from kguard.source import Document, Limits, SourceFile, read

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    _Run = tuple[HelmRun, tuple[str, ...], Future[program.Answer]]

VARIABLE = "KGUARD_HELM"
"""The environment variable that names the program, where it is not `helm` on the PATH."""
DEFAULT_NAMESPACE = "default"
AT_ONCE = 4
"""How many charts are rendered at a time; most of it is waiting for a program to start."""
_RELEASE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,51}[a-z0-9])?")
# Helm 3 says where in brackets, Helm 4 in a line of its own.
_AT = re.compile(
    r"(?P<path>[^\s():\"'`]+/templates/[^\s():\"'`]+):(?P<line>\d+)(?::(?P<column>\d+))?"
)
_ON = re.compile(r"parse error on (?P<path>[^\s():\"'`]+/templates/[^\s():\"'`]+):")
_MISSING = re.compile(r"missing in charts/ directory")
_REQUIRED = re.compile(r"execution error at \([^)]*\): |error calling (?:required|fail):\s*")
_NEEDS = ("nil pointer evaluating", "values don't meet the specifications of the schema")


def render_charts(found: Discovery, charts: Charts, options: RenderOptions) -> Rendered:
    """Every chart among the files of a run, rendered once for each set of values."""
    rendered = Rendered()
    roots = sorted({root for path in found.files if (root := charts.root_of(path)) is not None})
    if not roots:
        rendered.notes.append("no chart to render is among the files")
        return rendered
    try:
        helm = program.find(VARIABLE, "helm")
        if helm is None:
            raise ToolError(f"helm is not installed, nor does {VARIABLE} name it")
    except ToolError as error:
        rendered.unchecked += (Unchecked(root or ".", 0, 0, str(error)) for root in roots)
        rendered.failed.update(path for root in roots for path in below(found.files, root))
        return rendered
    from concurrent.futures import ThreadPoolExecutor

    given = frozenset(found.files)
    each = [_Chart(found, charts, options, root, helm, rendered, given) for root in roots]
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for chart in each:
            chart.start(pool)
        for chart in each:
            chart.finish()
    finally:
        pool.shutdown(cancel_futures=True)
    return rendered


@record(frozen=False, eq=False, repr=False)
class _Chart:
    """One chart of a run."""

    found: Discovery
    charts: Charts
    options: RenderOptions
    folder: str
    helm: str
    rendered: Rendered
    given: frozenset[str]
    """The files of the run that are reported on."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    runs: list[_Run] = field(default_factory=list)
    strangers: dict[str, int] = field(default_factory=dict)

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Begin to render; a library chart renders to nothing."""
        self.metadata = metadata(os.path.join(self._real(), "Chart.yaml"))
        if self.metadata.get("type") == "library":
            reason = "library chart: it renders to nothing by itself"
            self.rendered.skipped.append(Skipped(self.folder or ".", reason))
            self._cover()
            return
        setting = self._setting()
        for values in _expanded(setting.values):
            words = list(self._words(setting, values))
            self.runs.append((setting, values, pool.submit(self._answer, words, values)))

    def finish(self) -> None:
        """Add what the chart renders to."""
        done = [self._result(*run) for run in self.runs]
        if any(done):
            self.rendered.parts.update(self._cover())
            self._name_the_empty()
        if not all(done):
            self.rendered.failed.update(below(self.found.files, self.folder))
        for where, count in sorted(self.strangers.items()):
            objects = "1 object" if count == 1 else f"{count} objects"
            reason = f"{objects} of a subchart that is not among the files given: only looked at"
            self.rendered.skipped.append(Skipped(where, reason))

    def _setting(self) -> HelmRun:
        for setting in self.options.helm:
            if not setting.paths or any(
                self._real() == path or fnmatchcase(self._real(), path) for path in setting.paths
            ):
                return setting
        return HelmRun()

    def _real(self) -> str:
        return os.path.normpath(os.path.join(self.found.base, self.folder))

    def _cover(self) -> set[str]:
        """The templates among the files, which are judged in no other form."""
        files = below((*self.found.files, *self.found.context), self.folder)
        templates = {path for path in files if "templates/" in path[len(self.folder) :]}
        self.rendered.covered |= templates
        return templates

    def _name_the_empty(self) -> None:
        """Say of which templates nothing was judged, as a condition in them may not have held."""
        made = {resource.origin.path for resource in self.rendered.resources}
        for path in below(self.found.files, self.folder):
            if path in self.rendered.covered and path not in made:
                self.rendered.notes.append(f"`{path}` renders to nothing here")

    def _answer(self, words: list[str], values: tuple[str, ...]) -> program.Answer:
        """What helm answers; in a thread of its own. Raises ToolError."""
        for file in values:
            if not os.path.isfile(file):
                raise ToolError(f"no values file {shown(self.found, file)}")
        try:
            with tempfile.TemporaryDirectory(prefix="kguard-") as scratch:
                return program.run(self.helm, words, scratch, _environment(scratch))
        except OSError as error:
            raise ToolError(f"no room for helm to work in: {error.strerror}") from None

    def _result(
        self, setting: HelmRun, values: tuple[str, ...], run: Future[program.Answer]
    ) -> bool:
        """Add what came of a rendering with these values; whether it went well."""
        command = f"helm template {self.folder or '.'}"
        command += "".join(f" -f {shown(self.found, file)}" for file in values)
        command += "".join(f" --set {text}" for text in setting.sets)
        try:
            answer = run.result()
        except ToolError as error:
            self._fail(str(error), command)
            return False
        if answer.code:
            self._explain(program.said(answer), command)
            return False
        output = read(self.folder or ".", answer.stdout, Limits(max_bytes=program.MOST_OUTPUT))
        self._take(output, command, setting, values)
        return True

    def _words(self, setting: HelmRun, values: Iterable[str]) -> Iterator[str]:
        major, minor = self.options.kube
        yield "template"
        yield setting.release or self._release()
        yield self._real()
        yield f"--namespace={setting.namespace or DEFAULT_NAMESPACE}"
        yield f"--kube-version={major}.{minor}.0"
        yield "--skip-tests"
        for file in values:
            # The option takes a line of CSV.
            quoted = file.replace('"', '""')
            yield f'--values="{quoted}"'
        yield from (f"--set={text}" for text in setting.sets)
        yield from (f"--api-versions={version}" for version in setting.api_versions)

    def _release(self) -> str:
        """A release named like the chart, as `helm install` is mostly used."""
        name = self.metadata.get("name")
        return name if isinstance(name, str) and _RELEASE.fullmatch(name) else "release"

    # What went wrong

    def _fail(self, reason: str, command: str, path: str = "", line: int = 0, at: int = 0) -> None:
        where = path or self.folder or "."
        self.rendered.unchecked.append(Unchecked(where, line, at, f"{reason} (`{command}`)"))

    def _explain(self, message: str, command: str) -> None:
        """Report what helm said, at the template's line if it names one, and the way out."""
        where = _AT.search(message) or _ON.search(message)
        path, line, column = "", 0, 0
        if where is not None and (file := self._file(where["path"])) is not None:
            path = file
            if where.re is _AT:
                # Columns are bytes from 0, and near to the action only.
                line, column = int(where["line"]), int(where["column"] or 0) + 1
                self._keep(path)
        if _MISSING.search(message):
            fetch = f"`helm dependency build {self.folder or '.'}` has to fetch dependencies first"
            self._fail(f"{fetch}; helm: {message}", command)
        elif (required := _REQUIRED.search(message)) or any(word in message for word in _NEEDS):
            text = message[required.end() :] if required else message
            hint = "give them with `--helm-values FILE` or `--helm-set K=V`"
            self._fail(f"helm: {text}; if it needs values, {hint}", command, path, line, column)
        elif "incompatible with Kubernetes" in message:
            self._fail(f"helm: {message}; `--kube-version 1.N` says what it is for", command)
        else:
            self._fail(f"helm: {message}", command, path, line, column)

    # What was rendered

    def _take(
        self, output: SourceFile, command: str, setting: HelmRun, values: tuple[str, ...]
    ) -> None:
        unit = f"helm:{self.folder}\n{command}"
        starts = [0]
        for line in output.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        for error in output.errors:
            file = self._source_before(output, error.line)
            reason = f"what it renders to cannot be read: line {error.line}: {error.message}"
            self._fail(reason, command, file or "")
        for document in output.documents:
            name, first = source_of(output, document.line)
            if not is_kubernetes(document.data):
                continue
            path = self._file(name) if name else None
            source = self._keep(path) if path is not None else None
            context = path is None or not self._is_given(path)
            if path is None or source is None:
                inside = name.rpartition("/templates/")[0].partition("/")[2]
                path = f"{self.folder}/{inside}".strip("/") or "."
                self.strangers[path] = self.strangers.get(path, 0) + 1
                source = TemplateSource(path, b"")
                self.rendered.sources.setdefault(path, source)
            start, end = bounds(output.text, starts[first - 1])
            number = self.rendered.number()
            origin = TemplateOrigin(source, output.text, start, end, starts)
            self.rendered.documents[(path, number)] = RenderedDocument(
                command, document, output, origin, number
            )
            self.rendered.resources += (
                _settled(resource, setting.namespace)
                for resource in resources(
                    document.data,
                    path,
                    number,
                    unit=unit,
                    context=context,
                    duplicates=_duplicates(document, origin),
                )
            )
        self.rendered.complete.add(unit)
        files = (*files_of(self._real()), *values)
        self.rendered.inputs[unit] = frozenset(shown(self.found, path) for path in files)

    def _source_before(self, output: SourceFile, line: int) -> str | None:
        for number in range(line, 0, -1):
            text = output.line(number)
            if text.startswith(SOURCE):
                return self._file(text.removeprefix(SOURCE).strip())
        return None

    def _keep(self, path: str) -> TemplateSource | None:
        """The template at a path, read once; None where it cannot be read."""
        source = self.rendered.sources.get(path)
        if source is None:
            try:
                with open(self.found.real_path(path), "rb") as file:
                    source = TemplateSource(path, file.read(Limits().max_bytes))
            except OSError:
                return None
            self.rendered.sources[path] = source
        return source if isinstance(source, TemplateSource) else None

    def _file(self, name: str) -> str | None:
        """The shown path of a template by helm's name for it, which has charts where folders are.

        None where it is no file: the template of a packed subchart.
        """
        path = template_file(self._real(), name)
        return shown(self.found, path) if path is not None else None

    def _is_given(self, path: str) -> bool:
        """Whether findings in a template are wanted: it was given, or a file it depends on was."""
        if path in self.given:
            return True
        named = (given for given in self.found.given if not given.endswith("/") and given)
        return any("templates/" not in given for given in below(named, self.folder))


def _environment(scratch: str) -> dict[str, str]:
    """Folders without plugins, repositories and registries."""
    names = ("CACHE", "CONFIG", "DATA")
    folders = {f"HELM_{name}_HOME": os.path.join(scratch, name.lower()) for name in names}
    return folders | {"HELM_PLUGINS": os.path.join(scratch, "plugins"), "NO_COLOR": "1"}


def _expanded(values: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The runs: a run of one glob is one for each file that matches; without values one run."""
    runs: list[tuple[str, ...]] = []
    for files in values:
        if len(files) == 1 and set(files[0]) & set("*?[") and not os.path.exists(files[0]):
            from glob import glob

            runs += ((file,) for file in sorted(glob(files[0]))) if glob(files[0]) else (files,)
        else:
            runs.append(files)
    return runs or [()]


def _settled(resource: Resource, namespace: str) -> Resource:
    """An object in the release's namespace, as it is compared with others that name none.

    Without a configured one that namespace is nobody's choice, and so not part of any name.
    """
    if not namespace and resource.namespace == DEFAULT_NAMESPACE:
        return replace(resource, namespace=None)
    if namespace and resource.namespace == namespace:
        return replace(resource, namespace=None)
    return resource


def _duplicates(document: Document, origin: TemplateOrigin) -> tuple[Duplicate, ...]:
    """Keys written twice, with the line of the template that is lost, else the rendered one."""
    found = []
    for key in document.duplicates:
        first = origin.find(document, key.route, Place(key.first)) or Place(key.first)
        found.append(Duplicate(key.route, first.span.line))
    return tuple(found)
