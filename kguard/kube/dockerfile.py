"""Dockerfiles: instructions, stages, and the process the last stage starts.

    image = parse(text).image()
    image.argv(command=[], args=["--port", "80"])

Sources: the Dockerfile reference (docs.docker.com/reference/dockerfile), BuildKit's
frontend/dockerfile, and "Define a Command and Arguments for a Container" of the Kubernetes
documentation for what `command` and `args` do to ENTRYPOINT and CMD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kguard.kube.dockercopy import Context
from kguard.kube.dockerimage import Image, Stage, form_of, image_of, substitute, unquote
from kguard.kube.dockerlines import KEYWORDS, Comment, Instruction, Problem, read_lines
from kguard.model import Origin, Place, Resource, Route, Span
from kguard.record import field, record, replace

KIND = "Dockerfile"
MAX_LENGTH = 1_000_000

_WITH_FORM = frozenset(("CMD", "ENTRYPOINT", "SHELL", "RUN"))


@record(frozen=False, eq=False)
class Dockerfile:
    """A Dockerfile that was read. It answers what a source file answers: text, lines, places.

    `head` holds the instructions before the first FROM; `errors` what could not be read.
    `scripts` is the build context, where one is known.
    """

    text: str
    stages: tuple[Stage, ...]
    head: tuple[Instruction, ...]
    comments: list[Comment]
    errors: list[Problem]
    line_count: int = 0
    crlf: bool = False
    bom: bool = False
    index: int = 0
    scripts: Context | None = None
    _lines: list[str] = field(default_factory=list, repr=False)
    _data: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def documents(self) -> tuple[Dockerfile, ...]:
        """A Dockerfile is one document: itself."""
        return (self,)

    @property
    def data(self) -> Mapping[str, Any]:
        """What policies see; see `as_data`."""
        if self._data is None:
            self._data = as_data(self)
        return self._data

    def line(self, number: int) -> str:
        """The text of a line, from 1; empty where there is none."""
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def stage(self, target: str | None = None) -> Stage | None:
        """The stage that is built: the last one, or the one `target` names or numbers."""
        if target is None:
            return self.stages[-1] if self.stages else None
        for stage in reversed(self.stages):
            if stage.name and stage.name == target.lower():
                return stage
        if target.isascii() and target.isdecimal() and int(target) < len(self.stages):
            return self.stages[int(target)]
        return None

    def image(self, target: str | None = None) -> Image | None:
        """The configuration of the built image; None where there is no such stage."""
        stage = self.stage(target)
        return image_of(self.stages, stage, self.scripts) if stage else None

    def locate(self, route: Route, *, at_key: bool = False, line: int = 0) -> Place:
        """Where a route into `data` stands: a value on the line where it begins.

        There are no keys to mark.
        """
        instruction = self._instruction(route)
        stage = self._stage(route)
        if instruction is None and stage:
            return Place(stage.start.keyword_span, tuple(route[3:]))
        if instruction is None:
            known = 1 if route[:1] == ("stages",) and self.stages else 0
            return Place(Span(1, 1, 1, len(self.line(1)) + 1), tuple(route[known:]))
        stage_route = route[0] == "stages" and len(route) > 2 and route[2] != "instructions"
        key = route[2] if stage_route else route[-1]
        if key == "instruction" or route[-1] == "instructions" or len(route) == 2:
            return Place(instruction.keyword_span)
        if key in ("image", "name") and stage_route:
            return Place(_image_span(instruction, str(key), self.line(instruction.line)))
        if isinstance(key, int) or key in ("value", "form", "words"):
            return Place(instruction.span)
        return Place(instruction.keyword_span, (key,))

    def extent(self, route: Route) -> tuple[int, int]:
        """First and last line of what is at a route: a stage, an instruction, or the file."""
        stage = self._stage(route)
        if stage and len(route) == 2:
            last = stage.instructions[-1] if stage.instructions else stage.start
            return stage.start.line, last.end_line
        instruction = self._instruction(route)
        if instruction is None:
            return 1, max(self.line_count, 1)
        return instruction.line, instruction.end_line

    def following(self, line: int) -> tuple[int, int] | None:
        """First and last line of the next instruction that begins on or after `line`."""
        for instruction in self._all():
            if instruction.line >= line:
                return instruction.line, instruction.end_line
        return None

    def _all(self) -> list[Instruction]:
        every = list(self.head)
        for stage in self.stages:
            every += (stage.start, *stage.instructions)
        return every

    def _stage(self, route: Route) -> Stage | None:
        if len(route) > 1 and route[0] == "stages" and isinstance(route[1], int):
            return self.stages[route[1]] if 0 <= route[1] < len(self.stages) else None
        return None

    def _instruction(self, route: Route) -> Instruction | None:
        stage = self._stage(route)
        rest = route[2:] if stage else route
        among = stage.instructions if stage else self.head
        if len(rest) > 1 and rest[0] == "instructions" and isinstance(rest[1], int):
            return among[rest[1]] if 0 <= rest[1] < len(among) else None
        return stage.start if stage else None


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile. Never raises: what cannot be read is in `errors`."""
    bom, crlf = text.startswith("\ufeff"), "\r\n" in text
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > MAX_LENGTH:
        problem = Problem(1, 1, f"longer than {MAX_LENGTH} characters")
        return Dockerfile("", (), (), [], [problem], bom=bom, crlf=crlf)
    lines = text.split("\n")
    found = read_lines(lines)
    head: list[Instruction] = []
    bodies: list[list[Instruction]] = []
    stages: list[Stage] = []
    defaults: dict[str, str | None] = {}
    problems = found.problems
    slipped = False  # The first FROM may be an instruction that is not known.
    for instruction in found.instructions:
        if instruction.keyword == "FROM":
            base, name = _from(instruction.value, defaults)
            stages.append(Stage(len(stages), base, name, instruction, ()))
            bodies.append([])
        elif bodies:
            bodies[-1].append(instruction)
        else:
            head.append(instruction)
            if instruction.keyword == "ARG":
                _argument(instruction.value, defaults)
            elif instruction.keyword not in KEYWORDS:
                slipped = True
            elif not slipped:
                message = f"`{instruction.keyword}` before the first `FROM`"
                problems.append(Problem(instruction.line, 1, message))
    stages = [
        replace(stage, instructions=tuple(body)) for stage, body in zip(stages, bodies, strict=True)
    ]
    if not stages and not slipped:
        problems.append(Problem(1, 1, "no `FROM`"))
    problems.sort(key=lambda problem: (problem.line, problem.column))
    count = len(lines) - (not lines[-1])
    return Dockerfile(
        text,
        tuple(stages),
        tuple(head),
        found.comments,
        problems,
        line_count=count,
        crlf=crlf,
        bom=bom,
        _lines=lines,
    )


def as_data(dockerfile: Dockerfile) -> dict[str, Any]:
    """The Dockerfile as data for policies: stages with their instructions, in order."""
    return {
        "instructions": [_instruction_data(each) for each in dockerfile.head],
        "stages": [
            {
                "image": stage.base,
                "name": stage.name,
                "instructions": [_instruction_data(each) for each in stage.instructions],
            }
            for stage in dockerfile.stages
        ],
        # Not part of the text: what the facts need of the last stage, worked out here because
        # only here the instructions still have their places.
        "image": dockerfile.image(),
    }


def as_resource(
    dockerfile: Dockerfile, path: str, *, unit: str = "", context: bool = False
) -> Resource:
    """The Dockerfile as something to be judged; `path` is where it was read."""
    return Resource(
        data=dockerfile.data,
        origin=Origin(path),
        kind=KIND,
        name=path.rpartition("/")[2],
        unit=unit,
        context=context,
    )


def effective_argv(
    dockerfile: Dockerfile,
    command: Sequence[str] = (),
    args: Sequence[str] = (),
    *,
    target: str | None = None,
) -> tuple[str, ...] | None:
    """What a container with this `command` and these `args` starts; None where unknown."""
    image = dockerfile.image(target)
    if image is None:
        return (*command, *args) if command else None
    return image.argv(command, args)


def _instruction_data(instruction: Instruction) -> dict[str, Any]:
    data: dict[str, Any] = {"instruction": instruction.keyword, "value": instruction.value}
    if instruction.keyword in _WITH_FORM:
        form = form_of(instruction.value)
        data["form"] = form.name
        if form.name == "exec":
            data["words"] = list(form.words)
    if instruction.flags:
        data["flags"] = list(instruction.flags)
    if instruction.heredocs:
        data["heredocs"] = [heredoc.text for heredoc in instruction.heredocs]
    return data


def _from(value: str, defaults: Mapping[str, str | None]) -> tuple[str | None, str]:
    """The base with ARG defaults put in, and the stage's name in lower case."""
    words = value.split()
    name = words[2].lower() if len(words) > 2 and words[1].upper() == "AS" else ""
    return (substitute(words[0], defaults) or None) if words else None, name


def _argument(value: str, defaults: dict[str, str | None]) -> None:
    for word in value.split():
        name, equals, default = word.partition("=")
        known = substitute(unquote(default), defaults) if equals else None
        defaults[name] = known


def _image_span(instruction: Instruction, key: str, line: str) -> Span:
    """The base or the name in a FROM instruction, on its first line."""
    words = instruction.value.split()
    wanted = words[0] if key == "image" else words[2] if len(words) > 2 else ""
    span = instruction.span
    if span.line != instruction.line or not wanted:
        return span
    at = line.find(wanted, span.column - 1)
    if at < 0:
        return span
    return Span(span.line, at + 1, span.line, at + 1 + len(wanted))
