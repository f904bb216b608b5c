"""The verdict on one argument list for one candidate shell: wrapper by wrapper, text by text."""

from __future__ import annotations

from kguard.record import record, replace
from kguard.shell.arguments import behind_options
from kguard.shell.choose import alternatives, detail_of
from kguard.shell.cure import cure
from kguard.shell.lasting import is_endless
from kguard.shell.optimise import becomes
from kguard.shell.programs import Handling, Role, base_name, handling, program_name, role
from kguard.shell.shelltext import ShellText, Texts
from kguard.shell.steps import Frame, Step
from kguard.shell.syntax import Unparsable, Word
from kguard.shell.traps import ever_trapped, holder_of, trapped, traps_at
from kguard.shell.verdict import Cause, Init, Mode, Outcome, Shell, Verdict
from kguard.shell.wording import explain
from kguard.shell.wrappers import MAX_LAYERS, Layer, Passing, bare, package_runner, peel

MAX_NESTED = 8
MAX_PLACED = 100
"""Programs of shell texts that are judged on the way to one verdict: each of several branches may
run the same text again."""

_NAMED = {
    "dash": Shell.DASH,
    "bash": Shell.BASH,
    "rbash": Shell.BASH,
    "ash": Shell.BUSYBOX,
    "mksh": Shell.MKSH,
    "zsh": Shell.ZSH,
    "ksh": Shell.KSH,
    "ksh93": Shell.KSH,
}


# What a script is told to do, and no program that it is given.
_ACTIONS = frozenset(("start", "stop", "restart", "reload", "run", "console"))


def argument(text: str, index: int) -> Word:
    """A word of the argument list; `start` is its index there, and `end` the same."""
    return Word(text, index, index, literal="{{" not in text)


def _is_idle(step: Step) -> bool:
    """Whether it is nothing that would have to be told of SIGTERM."""
    return role(bare(step.words)) in (Role.KEEPALIVE, Role.UTILITY)


def _is_sourced(step: Step) -> bool:
    """Whether it is a file whose text is not known, which may set a trap."""
    return step.name in (".", "source")


def _index(word: Word) -> int | None:
    """The place of a word in the argument list; None for one of a shell text."""
    return word.start if word.start == word.end >= 0 else None


@record
class Start:
    """How a process is started: `leader` of its session, `group` signalled as a whole.

    `file` is the script file that was read on the way to it, and `index` the word of the argument
    list that led there.
    """

    pid1: bool
    group: bool = False
    leader: bool = True
    init: Init | None = None
    kill_after: int | None = None
    depth: int = 0
    index: int | None = None
    file: str = ""

    def reading(self, word: Word) -> Start:
        """The start of what a script file starts that a word names."""
        index = _index(word)
        return replace(self, file=word.text, index=self.index if index is None else index)


class Judge:
    """Judges one argument list for one candidate shell."""

    def __init__(self, sh: Shell, has_shell: bool, texts: Texts) -> None:
        self.sh = sh
        self.has_shell = has_shell
        self.texts = texts
        self.asked = False
        self._placed_so_far = 0

    def process(self, words: tuple[Word, ...], start: Start) -> Outcome:
        """The outcome for a process with these words."""
        if start.depth > MAX_NESTED:
            return self._unknown(words, start, Cause.UNPARSABLE)
        layers = 0
        while layer := peel(words):
            layers += 1
            if layers > MAX_LAYERS:
                return self._unknown(words, start, Cause.UNPARSABLE)
            words = layer.words
            if layer.passing is Passing.INIT:
                init = layer.init or Init(layer.name, Mode.UNKNOWN)
                start = replace(
                    start,
                    pid1=False,
                    init=init,
                    group=init.mode is Mode.GROUP,
                    leader=init.name != "dumb-init" or init.mode is Mode.GROUP,
                )
                if layer.rewrites in ("0", "9"):
                    verdict = Verdict.CUT if layer.rewrites == "9" else Verdict.SWALLOWED
                    return self._said(verdict, Cause.INIT_DROPS_SIGNAL, words, start)
                if init.mode is Mode.UNKNOWN:
                    return self._unknown(words, start, Cause.SUPERVISOR)
            elif layer.passing is not Passing.SAME_PROCESS and not self._becomes(layer):
                outcome = self._held(layer, start)
                if outcome:
                    return outcome
                forwards = layer.passing is Passing.FORWARDS
                seconds = 2 if layer.passing is Passing.FORWARDS_THEN_KILLS else start.kill_after
                start = replace(start, pid1=False, group=forwards, leader=False, kill_after=seconds)
            if layer.shell_text:
                shell = _NAMED.get(base_name(layer.shell)) or self._sh()
                # What a wrapper gives its shell beside the text is not known.
                text = replace(words[0], certain=False)
                return self._text(text, shell, base_name(layer.shell) or "sh", (), start)
        if not words or not words[0].text:
            return self._unknown((), start, Cause.NO_PROGRAM)
        if "{{" in words[0].text:
            return self._unknown(words, start, Cause.TEMPLATE)
        return self._program(words, start)

    def _becomes(self, layer: Layer) -> bool:
        """Whether a wrapper replaces itself in this image: BusyBox' `su` does, and has no other."""
        return layer.name == "su" and self._sh() is Shell.BUSYBOX

    def _held(self, layer: Layer, start: Start) -> Outcome | None:
        """The outcome where a wrapper decides it; None where the program behind it does."""
        words = layer.words
        if layer.name == "setsid" and not start.leader:
            return None
        if layer.passing is Passing.UNKNOWN:
            return self._unknown(words, start, Cause.SUPERVISOR)
        if layer.passing is Passing.KEEPS:
            verdict = Verdict.SWALLOWED if start.pid1 else Verdict.CUT
            return self._said(verdict, Cause.NOT_FORWARDED, words, start, by=layer.name)
        if layer.passing is Passing.DETACHES:
            return self._said(Verdict.CUT, Cause.DETACHED, words, start, by=layer.name)
        return None

    def _program(self, words: tuple[Word, ...], start: Start) -> Outcome:
        name = base_name(words[0].text)
        if name == "busybox" and len(words) > 1:
            if words[1].text in ("sh", "ash"):
                return self._shell(words[1:], Shell.BUSYBOX, start)
            return self.process(words[1:], replace(start, depth=start.depth + 1))
        if name in _NAMED:
            return self._shell(words, _NAMED[name], start)
        if name == "sh":
            return self._shell(words, self._sh(), start)
        runner = package_runner(words)
        if runner:
            return self._package(runner, words, start)
        text = self.texts.script(words[0].text)
        if text is not None:
            return self._script(text, words, start)
        if name.endswith((".sh", ".bash", "entrypoint")):
            # By convention an entrypoint runs what it is given; only a guess at the program.
            taken = len(words) > 1 and not words[1].text.startswith("-")
            given = words[1:] if taken and words[1].text not in _ACTIONS else words
            return self._said(Verdict.UNKNOWN, Cause.SCRIPT_FILE, given, start, by=name)
        texts = tuple(word.text for word in words)
        known = handling(texts)
        if start.pid1 and known is Handling.IGNORES:
            return self._said(Verdict.SWALLOWED, Cause.NO_DEFAULT_HANDLER, words, start)
        cause = Cause.NONE
        if start.kill_after is not None:
            cause = Cause.KILLED_AFTER
        elif start.pid1 and known is Handling.SCRIPT:
            cause = Cause.INTERPRETER_SCRIPT
        return self._said(Verdict.DELIVERED, cause, words, start)

    def _package(self, runner: str, words: tuple[Word, ...], start: Start) -> Outcome:
        """npm 11 and yarn 1 signal the shell they start a script with, and end with it: with one
        that execs its last command the program is reached; pnpm 9 never waits. bunx is unknown."""
        if runner == "bunx":
            return self._unknown(words, start, Cause.SUPERVISOR)
        texts = [word.text for word in words]
        named = next((t.partition("=")[2] for t in texts if t.startswith("--script-shell=")), "")
        shell = _NAMED.get(base_name(named)) or self._sh()
        bad = runner.startswith("pnp") or shell is Shell.DASH
        verdict = Verdict.CUT if bad else Verdict.DELIVERED
        cause = Cause.PACKAGE_RUNNER if bad else Cause.NONE
        return self._said(verdict, cause, words, start, by=runner)

    def _script(self, text: str, words: tuple[Word, ...], start: Start) -> Outcome:
        name = base_name(words[0].text)
        first, _, _ = text.partition("\n")
        if not first.startswith("#!"):
            return self._said(Verdict.UNKNOWN, Cause.SCRIPT_FILE, words, start, by=name)
        interpreter = first[2:].split()
        if not interpreter:
            return self._said(Verdict.UNKNOWN, Cause.SCRIPT_FILE, words, start, by=name)
        line = tuple(argument(word, -1) for word in interpreter)
        start = replace(start.reading(words[0]), depth=start.depth + 1)
        return self.process((*line, *words), start)

    def _shell(self, words: tuple[Word, ...], shell: Shell, start: Start) -> Outcome:
        """A shell and its arguments: `-c text`, a script file, or commands from stdin."""
        if not self.has_shell:
            return self._unknown(words, start, Cause.NO_SHELL)
        name = base_name(words[0].text)
        rest, command = behind_options(words)
        if not rest:
            return self._unknown(words, start, Cause.NO_PROGRAM)
        if command:
            return self._text(rest[0], shell, name, rest[1:], start)
        text = None
        if "/" not in rest[0].text and start.file != rest[0].text:
            # A file it is given a shell looks for here first, in the PATH only then (POSIX, sh);
            # where the file itself was started, the kernel names it with its folder.
            text = self.texts.script(f"./{rest[0].text}")
        if text is None:
            text = self.texts.script(rest[0].text)
        if text is not None:
            script = replace(rest[0], text=text)
            return self._text(script, shell, name, rest, start.reading(rest[0]), file=True)
        return self._said(
            Verdict.UNKNOWN, Cause.SCRIPT_FILE, rest, start, by=base_name(rest[0].text)
        )

    def _text(
        self,
        script: Word,
        shell: Shell,
        name: str,
        arguments: tuple[Word, ...],
        start: Start,
        *,
        file: bool = False,
    ) -> Outcome:
        """A shell text, with `$0`, `$1`... in `arguments`."""
        nothing: tuple[Word, ...] = ()
        if not self.has_shell:
            return self._unknown(nothing, start, Cause.NO_SHELL)
        try:
            walk, end = self.texts.walked(script, arguments, shell)
        except Unparsable as problem:
            outcome = self._unknown(nothing, start, Cause.UNPARSABLE)
            return replace(outcome, explanation=f"the shell text cannot be read: {problem}")
        steps = walk.steps
        choice = self.texts.choice(walk)
        chosen = choice.program
        if chosen is None or (walk.opaque and _is_idle(steps[chosen])):
            cause = Cause.TEMPLATE if walk.opaque else Cause.NO_PROGRAM
            return self._unknown(nothing, start, cause)
        index = None if file else _index(script)
        if index is not None:
            start = replace(start, index=index, file="")
        before = max(len(script.source) - len(script.text), 0) if index is not None else 0
        kept = choice.keepers
        text = ShellText(script.text, end, name, shell, steps, walk, kept, file, index, before)
        outcome = self._placed(text, chosen, start)
        for other in alternatives(steps, chosen):
            if self._placed(text, other, start).verdict is not outcome.verdict:
                return self._unknown(steps[chosen].words, start, Cause.MIXED)
        return outcome

    def _placed(self, text: ShellText, chosen: int, start: Start) -> Outcome:
        """The outcome for the program at step `chosen` of a shell text."""
        step = text.steps[chosen]
        self._placed_so_far += 1
        if self._placed_so_far > MAX_PLACED:
            return self._unknown(step.words, start, Cause.UNPARSABLE)
        if any("{{" in word.text for word in step.words[:1]):
            return self._unknown(step.words, start, Cause.TEMPLATE)
        background = bool(step.frames & Frame.BACKGROUND)
        holder = holder_of(text.steps, chosen, text.shell) if background else None
        end = chosen + 1 if not background else len(text.steps) if holder is None else holder
        traps = traps_at(text.steps, end, text.shell)
        idle = chosen in text.keepers
        active = any(trap.action is not None for trap in traps.values())
        if text.shell is Shell.BUSYBOX:
            active = ever_trapped(text.steps, end)
        if (
            step.replaces
            and step.frames & Frame.TIMED
            and text.shell in (Shell.DASH, Shell.BUSYBOX)
        ):
            return self._stays(text, step, start, Verdict.CUT, Cause.TIMED)
        if becomes(step, text.shell, text.text, text.end, trapped=active, file=text.file):
            return self.process(step.words, replace(start, depth=start.depth + 1))
        found = trapped(
            text.steps,
            text.walk,
            chosen,
            holder,
            traps,
            text.shell,
            pid1=start.pid1,
            group=start.group,
            stays=idle and not is_endless(step),
        )
        if found:
            return self._stays(text, step, start, *found, idle=idle)
        verdict, cause = Verdict.SWALLOWED if start.pid1 else Verdict.CUT, detail_of(step, active)
        if background and holder is None:
            verdict, cause = Verdict.CUT, Cause.ENDS_AT_ONCE
        elif background and text.shell is Shell.MKSH and text.steps[holder or 0].name == "wait":
            # mksh ends when SIGTERM interrupts its `wait`, even as PID 1.
            verdict = Verdict.CUT
        if idle and step.place.rounds:
            cause = Cause.LOOP
        return self._stays(text, step, start, verdict, cause, idle=idle)

    def _stays(
        self,
        text: ShellText,
        step: Step,
        start: Start,
        verdict: Verdict,
        detail: Cause,
        *,
        idle: bool = False,
    ) -> Outcome:
        """The outcome where the shell stays in front of the program."""
        cause, runner = detail, package_runner(step.words)
        quiet = detail in (Cause.ENDS_AT_ONCE, Cause.TRAP_ONE_WAIT)
        if start.init and verdict in (Verdict.SWALLOWED, Verdict.CUT) and not quiet:
            cause = Cause.INIT_WRAPS_SHELL
        elif runner and verdict in (Verdict.SWALLOWED, Verdict.CUT):
            cause = Cause.PACKAGE_RUNNER
        inner = self._innermost(step.words, start)
        outcome = Outcome(
            verdict=verdict,
            cause=cause,
            detail=detail,
            pid1=start.init.name if start.init else text.name,
            program=inner,
            init=start.init,
            kill_after=start.kill_after,
            shell_stays=True,
            idle=idle and not (start.init or any(map(_is_sourced, text.steps))),
            offset=text.offset(step, detail),
            script_index=start.index if start.file or text.index is not None else None,
            script_file=start.file,
        )
        return replace(
            outcome,
            explanation=explain(outcome, text.name, step.place.follows),
            cure=cure(outcome, text.command(step), runner=runner or "", wrapper=""),
        )

    def _innermost(self, words: tuple[Word, ...], start: Start) -> tuple[str, ...]:
        """The program behind wrappers and further shells."""
        return self.process(words, Start(pid1=False, depth=start.depth + 1)).program or bare(words)

    def _sh(self) -> Shell:
        self.asked = True
        return self.sh

    def _unknown(self, words: tuple[Word, ...], start: Start, cause: Cause) -> Outcome:
        return self._said(Verdict.UNKNOWN, cause, words, start)

    def _said(
        self,
        verdict: Verdict,
        cause: Cause,
        words: tuple[Word, ...],
        start: Start,
        *,
        by: str = "",
    ) -> Outcome:
        """An outcome without a shell in front; `by` is the wrapper that is the reason."""
        program = bare(words)
        outcome = Outcome(
            verdict=verdict,
            cause=cause,
            pid1=start.init.name if start.init else by or (program_name(program) or ""),
            program=program,
            init=start.init,
            kill_after=start.kill_after,
            script_index=start.index if start.file else None,
            script_file=start.file,
        )
        return replace(
            outcome,
            explanation=explain(outcome, by, ""),
            cure=cure(outcome, " ".join(program), runner="", wrapper=by),
        )
