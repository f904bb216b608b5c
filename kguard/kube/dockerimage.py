"""What the image of a Dockerfile's stage starts: ENTRYPOINT, CMD and what bears on them.

Follows BuildKit's frontend/dockerfile/dockerfile2llb and, for `command` and `args`, "Define a
Command and Arguments for a Container" of the Kubernetes documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kguard.kube.dockercopy import Context, Files, Step, joined, paths_of
from kguard.kube.dockerlines import Heredoc, Instruction
from kguard.model import Route
from kguard.record import field, record, replace

DEFAULT_SHELL = ("/bin/sh", "-c")

_VARIABLE = re.compile(
    r"\\(.)|\$(?:\{([A-Za-z_]\w*)(?::([-+])((?:[^{}\\]|\\.)*))?\}|([A-Za-z_]\w*))"
)
# Quoted words without commas between them: as a test it would be one of words only.
_UNPARTED = re.compile(r"""\[(\s+"[^"$]*")+\s*\]\s*""")
_LONGEST = 65_536  # Characters of a value.
_PAIR = re.compile(r"([A-Za-z_][\w.-]*)=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:[^\s\\]|\\.)*)")


@record
class Form:
    """How a command is written: `exec` with its words, `shell`, or `broken`: an array that is none.

    A broken one runs like shell form.
    """

    name: str
    words: tuple[str, ...] = ()


@record
class Stage:
    """A build stage: its base as written with known ARGs put in, its name, its instructions.

    `base` is None where an ARG without a default is part of it.
    """

    index: int
    base: str | None
    name: str
    start: Instruction
    instructions: tuple[Instruction, ...]


@record
class Image:
    """What a stage's image is configured to do.

    `base` is the image outside this file on which it rests (`scratch` too), None where unknown.
    `entrypoint` and `cmd` are None where nothing in this file sets them; the instruction that
    does is beside them, with its route. `files` are those that COPY and ADD bring along.
    """

    base: str | None
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    entrypoint_form: str = ""
    cmd_form: str = ""
    entrypoint_route: Route = ()
    cmd_route: Route = ()
    shell: tuple[str, ...] = DEFAULT_SHELL
    stop_signal: str = ""
    stop_signal_route: Route = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    working_directory: str = ""
    user: str = ""
    files: Files = field(default_factory=Files)

    def argv(self, command: Sequence[str] = (), args: Sequence[str] = ()) -> tuple[str, ...] | None:
        """The words the container's main process is started with; None where they are unknown.

        A `command` drops ENTRYPOINT and CMD, `args` drop CMD. An ENTRYPOINT that only a base image
        may have is taken for one that runs what it is given, as the official images' do; `args`
        alone then say nothing of the program.
        """
        if command:
            return (*command, *args)
        if self.entrypoint is None:
            if args:
                return tuple(args) if self.base == "scratch" else None
            return self.cmd or None
        return (*self.entrypoint, *(args or self.cmd or ())) or None

    def script(self, name: str) -> str | None:
        """The text of a script that the image brings along, by what it is started with."""
        texts = (self.files.get(path) for path in paths_of(name, self.working_directory))
        return next((text for text in texts if text is not None), None)


def form_of(value: str) -> Form:
    """The form of a CMD, ENTRYPOINT, SHELL or RUN value."""
    if not value.startswith("["):
        return Form("shell")
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return Form("shell" if _is_test(value) else "broken")
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return Form("exec", tuple(words))
    return Form("broken")


def _is_test(value: str) -> bool:
    """Whether the text is the shell's `[ ... ]` command, not an array gone wrong."""
    if not value.startswith(("[ ", "[[ ")) or _UNPARTED.fullmatch(value):
        return False
    from kguard.shell.parse import parse  # Late: few commands begin like that.
    from kguard.shell.syntax import Simple, Unparsable

    try:
        program = parse(value)
    except Unparsable:
        return False
    first = program.items[0].pipelines[0].commands[0]
    if not isinstance(first, Simple):
        return True
    words = [word.text for word in first.words]
    return len(words) > 1 and words[-1] == "]" and not any(w.endswith(",") for w in words)


def unquote(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def substitute(text: str, values: Mapping[str, str | None]) -> str | None:
    """`text` with `$NAME`, `${NAME}`, `${NAME:-x}` and `${NAME:+x}` put in; None where unknown.

    What would become longer than any real value counts as unknown: a few lines can double it often.
    """
    unknown, room = False, _LONGEST

    def put(match: re.Match[str]) -> str:
        nonlocal unknown, room
        room -= len(values.get(match.group(2) or match.group(5)) or "")
        unknown = unknown or room < 0
        if unknown:
            return ""
        if match.group(1):
            return match.group(1)
        value = values.get(match.group(2) or match.group(5))
        if match.group(3) == "-":
            return value or match.group(4)
        if match.group(3) == "+":
            return match.group(4) if value else ""
        unknown = unknown or value is None
        return value or ""

    replaced = _VARIABLE.sub(put, text)
    return None if unknown else replaced


def image_of(stages: Sequence[Stage], stage: Stage, context: Context | None = None) -> Image:
    """Follow `FROM stage` to an image outside the file, then apply what each stage sets.

    `context` is the build context, where it is known; nothing is read from it before it is asked
    for a file.
    """
    named: dict[str, Stage] = {}
    parents: dict[int, Stage | None] = {}
    for each in stages[: stage.index + 1]:
        parents[each.index] = named.get((each.base or "").lower())
        if each.name:
            named[each.name] = each
    chain = [stage]
    while parent := parents[chain[-1].index]:
        chain.append(parent)
    image = _Build(base=chain[-1].base, context=context)
    for each in reversed(chain):
        image.apply(each)
    return image.done()


@record(frozen=False)
class _Build:
    """An image in the making: what the instructions so far have set."""

    base: str | None
    context: Context | None
    values: dict[str, Any] = field(default_factory=dict)
    shell: tuple[str, ...] = DEFAULT_SHELL
    environment: dict[str, str] = field(default_factory=dict)
    directory: str = ""
    steps: list[Step] = field(default_factory=list)

    def apply(self, stage: Stage) -> None:
        """Apply a stage's instructions in order."""
        cmd_set = False
        for number, instruction in enumerate(stage.instructions):
            route = ("stages", stage.index, "instructions", number, "value")
            keyword, value = instruction.keyword, instruction.value
            if keyword in ("CMD", "ENTRYPOINT"):
                field_name = keyword.lower()
                form = form_of(value)
                words = form.words if form.name == "exec" else (*self.shell, value)
                self.values[field_name] = words
                self.values[f"{field_name}_form"] = form.name
                self.values[f"{field_name}_route"] = route
                cmd_set = cmd_set or keyword == "CMD"
                if keyword == "ENTRYPOINT" and not cmd_set:
                    # An inherited CMD is meant for the inherited ENTRYPOINT: BuildKit drops it.
                    for name in ("cmd", "cmd_form", "cmd_route"):
                        self.values.pop(name, None)
            elif keyword == "SHELL":
                form = form_of(value)
                self.shell = form.words if form.name == "exec" else self.shell
            elif keyword == "STOPSIGNAL":
                self.values["stop_signal"] = substitute(value, self.environment) or value
                self.values["stop_signal_route"] = route
            elif keyword == "USER":
                self.values["user"] = value
            elif keyword == "ENV":
                self.environment.update(_environment(value, self.environment))
            elif keyword == "WORKDIR":
                path = unquote(value)
                self.directory = joined(self.directory, substitute(path, self.environment) or path)
            elif keyword == "RUN":
                self.steps.append(Step(instruction, self.directory))
            elif keyword in ("COPY", "ADD"):
                known = substitute(value, self.environment) if "$" in value else None
                if known is not None:
                    instruction = replace(instruction, value=known)
                texts = tuple(_filled(each, self.environment) for each in instruction.heredocs)
                self.steps.append(Step(instruction, self.directory, texts))

    def done(self) -> Image:
        """The finished image."""
        entrypoint, cmd = self.values.pop("entrypoint", None), self.values.pop("cmd", None)
        return Image(
            base=self.base,
            entrypoint=entrypoint,
            cmd=cmd,
            shell=self.shell,
            environment=self.environment,
            working_directory=self.directory,
            files=Files(tuple(self.steps), self.context),
            **self.values,
        )


def _filled(heredoc: Heredoc, known: Mapping[str, str]) -> str | None:
    """The text that COPY writes of a here-document: an unquoted one has variables put in.

    None where one is not known, or behind a backslash. Source: the Dockerfile reference,
    "Here-documents".
    """
    if heredoc.quoted or "$" not in heredoc.text:
        return heredoc.text
    found = None if "\\" in heredoc.text else substitute(heredoc.text, known)
    return None if found is None or "$" in found else found


def _environment(value: str, known: Mapping[str, str]) -> dict[str, str]:
    """`ENV a=b c="d e"`, or the old `ENV a b c`.

    Variables in them have the values from before the instruction (Dockerfile reference,
    "Environment replacement"); what has one that is not known stays as it is written.
    """
    first = value.split(None, 1)
    if not first:
        return {}
    if "=" not in first[0]:
        return {first[0]: _put_in(first[1] if len(first) > 1 else "", known)}
    return {
        name: unquote(text) if text.startswith("'") else _put_in(unquote(text), known)
        for name, text in _PAIR.findall(value)
    }


def _put_in(text: str, known: Mapping[str, str]) -> str:
    found = substitute(text, known) if "$" in text else None
    return text if found is None else found
