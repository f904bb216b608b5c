"""`kguard completion`: the script that teaches a shell kguard's words.

Written out of the argument parsers when asked for, so it cannot lag behind them, and complete in
itself, so a press of TAB starts no Python.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from kguard.cli import COMMANDS, OK, build_parser
from kguard.cli.common import registry_of
from kguard.cli.options import FORMAT
from kguard.record import record
from kguard.render import FORMATS


@record
class Argument:
    """An option (with flags) or a positional (without) of a command.

    `value` is what its value is called, empty for a switch; `words` are the values offered, and
    where there are none for a value that is a path, `paths` says so.
    """

    flags: tuple[str, ...]
    help: str
    value: str
    words: tuple[str, ...] = ()
    paths: bool = False
    many: bool = False


@record
class Command:
    """A command with its arguments; the name is empty for kguard itself."""

    name: str
    help: str
    arguments: tuple[Argument, ...]

    @property
    def flags(self) -> list[str]:
        """The flags of all its options."""
        return [flag for argument in self.arguments for flag in argument.flags]

    @property
    def positionals(self) -> list[Argument]:
        """Its arguments without flags, in order."""
        return [argument for argument in self.arguments if not argument.flags]


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "completion",
        help="print the completion script for a shell",
        description='Use: eval "$(kguard completion bash)" in ~/.bashrc, the same with zsh in '
        "~/.zshrc after compinit; kguard completion fish > ~/.config/fish/completions/kguard.fish",
        allow_abbrev=False,
    )
    parser.add_argument("shell", choices=tuple(_SHELLS), help="the shell to write for")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    registry = registry_of(argparse.Namespace(policies=[]))
    names = (*registry.policies, *registry.families())
    print("\n".join(_SHELLS[args.shell](commands(build_parser(tuple(COMMANDS)), names))))
    return OK


def commands(parser: argparse.ArgumentParser, policies: Sequence[str] = ()) -> list[Command]:
    """kguard itself and its commands; `policies` are offered where a policy is asked for."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, sub in action.choices.items():
                found.append(Command(name, helps.get(name, ""), tuple(_arguments(sub, policies))))
    own = tuple(_arguments(parser, policies, nested=False))
    return [Command("", parser.description or "", own), *found]


def _arguments(
    parser: argparse.ArgumentParser, policies: Sequence[str], *, nested: bool = True
) -> Iterator[Argument]:
    """The arguments of a parser; those of commands below it, too, each once."""
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
        if isinstance(action, argparse._SubParsersAction):
            if nested:
                yield Argument((), action.help or "", "COMMAND", tuple(action.choices))
                known = {"-h"}
                for sub in action.choices.values():
                    for argument in _arguments(sub, policies):
                        names = argument.flags or (argument.value,)
                        if not known.intersection(names):
                            yield argument
                        known.update(names)
            continue
        words = tuple(map(str, action.choices or ()))
        if not words and ("POLICY" in value or "|FAMILY" in value.upper()):
            words = (*policies, "ALL") if "ALL" in value else tuple(policies)
        if value == FORMAT:
            words = tuple(FORMATS)
        many = action.nargs in ("*", "+") or isinstance(action, argparse._AppendAction)
        yield Argument(
            flags=tuple(action.option_strings),
            help=(action.help or "").replace("%%", "%"),
            value="" if action.nargs == 0 else value,
            words=words,
            paths=not words and any(word in value for word in ("PATH", "FILE", "DIR")),
            many=many,
        )


def bash(found: Sequence[Command]) -> Iterator[str]:
    """The script for bash 3.2 and later; where nothing is offered, bash offers files."""
    names = [command.name for command in found if command.name]
    yield "_kguard() {"
    yield "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= word"
    yield "    # Bash makes three words of `--option=value`."
    yield '    if [ "$cur" = = ]; then cur=; fi'
    yield '    if [ "$prev" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi'
    yield '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
    yield f"        case $word in {'|'.join(names)}) cmd=$word; break ;; esac"
    yield "    done"
    yield "    COMPREPLY=()"
    yield "    case $cmd,$prev in"
    for command in found:
        for argument in command.arguments:
            if argument.flags and argument.value:
                pattern = "|".join(f"{command.name},{flag}" for flag in argument.flags)
                yield f"        {pattern}) {_compgen(argument.words)} return ;;"
    yield "    esac"
    yield "    case $cmd,$cur in"
    for command in found:
        yield f"        {command.name},-*) {_compgen(command.flags)} ;;"
        words = [word for argument in command.positionals for word in argument.words]
        yield f"        {command.name},*) {_compgen(words if command.name else names)} ;;"
    yield "    esac"
    yield "}"
    yield "complete -o default -F _kguard kguard"


def _compgen(words: Sequence[str]) -> str:
    return f'COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$cur"));' if words else ""


def zsh(found: Sequence[Command]) -> Iterator[str]:
    """The script for zsh, with descriptions."""
    yield "#compdef kguard"
    yield "_kguard() {"
    yield "    local curcontext=$curcontext state line"
    yield "    local -a commands=("
    for command in found[1:]:
        yield f"        {_quoted(_zsh(command.name) + ':' + command.help)}"
    yield "    )"
    yield "    _arguments -C \\"
    for spec in _specs(found[0]):
        yield f"        {spec} \\"
    yield "        '1:command:->command' '*::argument:->argument'"
    yield "    case $state in"
    yield "        command) _describe command commands ;;"
    yield "        argument)"
    yield "            case $words[1] in"
    for command in found[1:]:
        yield f"                {command.name}) _arguments \\"
        yield from (f"                    {spec} \\" for spec in _specs(command))
        yield "                    ;;"
    yield "            esac ;;"
    yield "    esac"
    yield "}"
    yield 'if [ "$funcstack[1]" = _kguard ]; then _kguard "$@"; else compdef _kguard kguard; fi'


def _specs(command: Command) -> Iterator[str]:
    """The specifications that zsh's `_arguments` takes."""
    for argument in command.arguments:
        action = f"({' '.join(argument.words)})" if argument.words else "_files"
        value = f":{_zsh(argument.value)}:{action if argument.words or argument.paths else ' '}"
        for flag in argument.flags:
            before = "*" if argument.many else f"({' '.join(argument.flags)})"
            equals = "=" if argument.value and flag.startswith("--") else ""
            text = f"{before}{flag}{equals}[{_zsh(argument.help)}]"
            yield _quoted(text + (value if argument.value else ""))
        if not argument.flags:
            yield _quoted(("*" if argument.many else "") + value)


def _zsh(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\[]:" else letter for letter in text)


def fish(found: Sequence[Command]) -> Iterator[str]:
    """The script for fish, with descriptions."""
    yield "function __kguard_command"
    yield "    set -l words (commandline -opc)"
    yield "    for word in $words[2..-1]"
    yield "        string match -q -- '-*' $word; and continue"
    yield '        test "$word" = "$argv[1]"; return'
    yield "    end"
    yield '    test -z "$argv[1]"'
    yield "end"
    yield "complete -c kguard -f"
    for command in found:
        name = command.name or '""'
        start = f"complete -c kguard -n '__kguard_command {name}'"
        if command.name:
            top = "complete -c kguard -n '__kguard_command \"\"'"
            yield f"{top} -a {command.name} -d {_quoted(command.help)}"
        for argument in command.arguments:
            words = f" -a {_quoted(' '.join(argument.words))}" if argument.words else ""
            flags = "".join(
                f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}"
                for flag in argument.flags
            )
            # -x: a value is needed and is no file; -r: one is needed; -F: files are welcome.
            needs = (
                (" -r" if argument.paths else " -x") if argument.flags and argument.value else ""
            )
            files = " -F" if argument.paths else ""
            text = f" -d {_quoted(argument.help)}" if argument.flags else ""
            if flags or words or files:
                yield f"{start}{flags}{needs}{files}{words}{text}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
