"""What the YAML parser complains about, said in one line to the person who wrote the file."""

from __future__ import annotations

from collections.abc import Callable

from yaml import MarkedYAMLError, YAMLError

_CONSTRUCTS = {
    "while parsing a block mapping": "the mapping",
    "while parsing a block collection": "the list",
    "while parsing a flow mapping": "the `{`",
    "while parsing a flow sequence": "the `[`",
    "while scanning a quoted scalar": "the quoted text",
    "while parsing a quoted scalar": "the quoted text",
    "while scanning a block scalar": "the block of text",
    "while scanning a simple key": "the key",
    "while scanning a plain scalar": "the text",
}
# As libyaml says it, and as PyYAML does without it.
_KEY_IN_VALUE = (
    "mapping values are not allowed in this context",
    "mapping values are not allowed here",
)
_PROBLEMS = {
    "did not find expected key": "expected a key here: check the indentation",
    "did not find expected '-' indicator": "expected `- ` here: check the indentation",
    "did not find expected ',' or ']'": "expected `,` or `]` here",
    "did not find expected ',' or '}'": "expected `,` or `}` here",
    "could not find expected ':'": "expected `:` after a key",
    "did not find expected <document start>": "expected a document here",
    "did not find expected node content": "expected a value here",
    "found unexpected end of stream": "the file ends inside a quoted text",
    "found unexpected document indicator": "a document separator inside a quoted text",
}
_TAB = "tab used for indentation"


def explain(error: YAMLError, text: str, line_of: Callable[[int], int]) -> tuple[int, str]:
    """The offset in `text` and the message for a parser's error.

    `line_of` gives the line in the file for an offset; the message names where the construct that
    went wrong begins if that is another line.
    """
    if not isinstance(error, MarkedYAMLError) or error.problem is None:
        return 0, " ".join(str(error).split())
    mark = error.problem_mark or error.context_mark
    offset = min(mark.index, len(text)) if mark is not None else 0
    problem = error.problem
    if problem.startswith("found undefined alias"):
        name = text[offset:].split(None, 1)[0].rstrip(",]}").lstrip("*")
        return offset, f"unknown anchor `{name}`"
    message = _PROBLEMS.get(problem, problem)
    if problem in _KEY_IN_VALUE:
        message = _key_in_value(text[text.rfind("\n", 0, offset) + 1 : offset])
    character = text[offset : offset + 1]
    if "cannot start any token" in problem:
        message = _TAB if character == "\t" else f"`{character}` cannot begin a value: quote it"
    elif "tab character" in problem:
        message = _TAB
    return offset, message + _context(error, offset, line_of)


def _key_in_value(before: str) -> str:
    """What to say of a colon, by what stands before it in its line."""
    if ": " in before:
        return "a second key in one line: quote the value if the colon is part of it"
    return "a key below something that has a value already: check the indentation"


def _context(error: MarkedYAMLError, offset: int, line_of: Callable[[int], int]) -> str:
    construct = _CONSTRUCTS.get(error.context or "")
    if construct is None or error.context_mark is None:
        return ""
    begun = line_of(error.context_mark.index)
    return f" ({construct} begins on line {begun})" if begun != line_of(offset) else ""
