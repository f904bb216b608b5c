"""The argument parser: errors in one line, with the word that was likely meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from kguard.term import safe


class Parser(argparse.ArgumentParser):
    """argparse's parser with other words for errors.

    argparse prints every option it has above an error: a screen of them hides what matters.
    """

    def error(self, message: str) -> NoReturn:
        """Say on standard error what is wrong and leave with exit code 2."""
        text = message.removeprefix("argument ")
        self.exit(2, f"kguard: {safe(text)}\n  see `{self.prog} --help`\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse, and words after an option belong to those before: `check a -q b`.

        argparse ends a list of words at the first option. What is left beside an option nobody
        knows may be its value, and stays unknown.
        """
        namespace, left = super().parse_known_args(args, namespace)
        words = [word for word in left if word != "--"]
        many = next((it for it in self._actions if it.nargs == "*" and not it.option_strings), None)
        if many is not None and words and not any(it != "-" and it[:1] == "-" for it in words):
            setattr(namespace, many.dest, [*(getattr(namespace, many.dest) or ()), *words])
            left = []
        return namespace, left

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is none of an option's choices, naming the nearest and all."""
        if action.choices is not None and value not in action.choices:
            from kguard.words import nearest

            known = [str(choice) for choice in action.choices]
            hint = f"{nearest(value, known)} (one of {', '.join(known)})"
            raise argparse.ArgumentError(action, f"cannot be `{value}`{hint}")


def unknown_words(parser: argparse.ArgumentParser, words: Iterable[str]) -> str:
    """The sentence for words on the command line that a parser and those below it do not know."""
    from kguard.words import nearest

    options = list(dict.fromkeys(_options(parser)))
    sentences = []
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("-"):
            sentences.append(f"no option is called `{name}`{nearest(name, options)}")
        elif not sentences:  # Else it is the value of an option that does not exist.
            sentences.append(f"one word too many: `{word}`")
    return "\n".join(dict.fromkeys(sentences))


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _options(below)
