"""Shell text → a command list, after the grammar of POSIX Shell Command Language 2.10.

A superset is accepted: what one shell rejects as a syntax error another one runs.
"""

from __future__ import annotations

from kguard.shell.syntax import (
    Case,
    Clause,
    Command,
    Function,
    Group,
    If,
    Item,
    List,
    Loop,
    Pipeline,
    Redirect,
    Simple,
    Test,
    Unparsable,
    Word,
)
from kguard.shell.tokens import MAX_DEPTH, MAX_LENGTH, Kind, Token, Tokens

_REDIRECTIONS = frozenset(("<", ">", ">>", "<<", "<<-", "<<<", "<&", ">&", "<>", ">|", "&>", "&>>"))
_CLOSERS = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}"))
_SEPARATORS = frozenset((";", "&"))
_CASE_ENDS = frozenset((";;", ";&", ";;&"))


def parse(text: str) -> List:
    """The command list of a shell text; raises Unparsable where it is none."""
    if len(text) > MAX_LENGTH:
        raise Unparsable(f"longer than {MAX_LENGTH} characters")
    if "\0" in text:
        raise Unparsable("contains a NUL character")
    parser = _Parser(Tokens(text, _substitution))
    program = parser.list_()
    if parser.token.kind is not Kind.END:
        raise Unparsable(f"unexpected `{parser.token.text}`")
    return program


def _substitution(tokens: Tokens, start: int) -> tuple[List, int]:
    """The command list from `start` to its closing parenthesis, and the offset behind that."""
    if tokens.depth >= MAX_DEPTH:
        raise Unparsable(f"nested deeper than {MAX_DEPTH} levels")
    inner = Tokens(tokens.text, _substitution, tokens.depth + 1)
    inner.position = start
    parser = _Parser(inner)
    program = parser.list_()
    if parser.token.text != ")" or parser.token.kind is not Kind.OPERATOR:
        raise Unparsable("no closing `)` of a command substitution")
    return program, parser.token.end


class _Parser:
    """Recursive descent with one token of look-ahead, `token`."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.last = 0
        self.token: Token = tokens.next()

    def advance(self) -> Token:
        """The current token, moving on to the next one; `last` is where it ended."""
        token = self.token
        self.last = token.end
        self.token = self.tokens.next()
        return token

    def operator(self, *texts: str) -> bool:
        """Whether the current token is one of these operators."""
        return self.token.kind is Kind.OPERATOR and self.token.text in texts

    def keyword(self, *texts: str) -> bool:
        """Whether the current token is one of these reserved words, unquoted."""
        return self.token.kind is Kind.WORD and self.token.text in texts

    def expect(self, text: str) -> None:
        """Consume the reserved word or operator `text`; raises Unparsable for anything else."""
        if self.token.text != text:
            raise Unparsable(f"`{text}` is missing before `{self.token.text or 'the end'}`")
        self.advance()

    def newlines(self) -> bool:
        """Skip line ends; whether there were any."""
        found = self.token.kind is Kind.NEWLINE
        while self.token.kind is Kind.NEWLINE:
            self.advance()
        return found

    def list_(self) -> List:
        """Items up to the end or to a word or operator that closes the surrounding construct."""
        items: list[Item] = []
        self.newlines()
        fresh, end = True, self.last
        while not self.closed():
            item = self.item()
            background = self.operator("&")
            items.append(Item(item.pipelines, item.operators, background, fresh))
            if self.operator(*_SEPARATORS):
                self.advance()
            elif self.token.kind is not Kind.NEWLINE and not self.closed():
                raise Unparsable(f"unexpected `{self.token.text}`")
            end = self.last
            fresh = self.newlines()
        return List(tuple(items), end)

    def body(self) -> List:
        """A list with at least one command."""
        body = self.list_()
        if not body.items:
            raise Unparsable(f"no command before `{self.token.text or 'the end'}`")
        return body

    def closed(self) -> bool:
        """Whether the current token ends a list."""
        return (
            self.token.kind is Kind.END
            or self.operator(")", *_CASE_ENDS)
            or self.keyword(*_CLOSERS)
        )

    def item(self) -> Item:
        """Pipelines joined by `&&` and `||`."""
        pipelines = [self.pipeline()]
        operators: list[str] = []
        while self.operator("&&", "||"):
            operators.append(self.advance().text)
            self.newlines()
            pipelines.append(self.pipeline())
        return Item(tuple(pipelines), tuple(operators))

    def pipeline(self) -> Pipeline:
        """`! time cmd | cmd`, with the prefixes in any order."""
        negated = timed = False
        while self.keyword("!", "time"):
            if self.advance().text == "!":
                negated = not negated
            else:
                timed = True
                while self.keyword("-p", "--"):
                    self.advance()
        commands = [self.command()]
        while self.operator("|", "|&"):
            self.advance()
            self.newlines()
            commands.append(self.command())
        return Pipeline(tuple(commands), negated, timed)

    def command(self) -> Command:
        """A simple or compound command, or a function definition."""
        self.tokens.depth += 1
        if self.tokens.depth > MAX_DEPTH:
            raise Unparsable(f"nested deeper than {MAX_DEPTH} levels")
        command = self.compound() or self.simple()
        self.tokens.depth -= 1
        return command

    def compound(self) -> Command | None:
        """A compound command or a definition with `function`; None where none begins here."""
        if self.operator("("):
            arithmetic = self.arithmetic()
            if arithmetic:
                return arithmetic
            self.advance()
            body = self.body()
            self.expect(")")
            return Group(body, True, self.redirects())
        if self.keyword("{"):
            self.advance()
            body = self.body()
            self.expect("}")
            return Group(body, False, self.redirects())
        if self.keyword("if"):
            return self.if_()
        if self.keyword("while", "until"):
            keyword = self.advance().text
            condition = self.body()
            return Loop(keyword, condition, self.do(), self.redirects())
        if self.keyword("for", "select"):
            return self.for_()
        if self.keyword("case"):
            return self.case()
        if self.keyword("[["):
            text = self.tokens.skip_test()
            self.advance()
            return Test(text, self.redirects())
        if self.keyword("function"):
            self.advance()
            name = self.advance().text
            if self.operator("("):
                self.advance()
                self.expect(")")
            self.newlines()
            return Function(name, self.command())
        if self.keyword("coproc"):
            raise Unparsable("`coproc` is not understood")
        return None

    def arithmetic(self) -> Test | None:
        """`((...))`; None, and nothing consumed, where it is a subshell in a subshell."""
        start = self.token.start
        if not self.tokens.text.startswith("((", start):
            return None
        if not self.tokens.skip_arithmetic(start):
            return None
        text = self.tokens.text[start + 2 : self.tokens.position - 2]
        self.advance()
        return Test(text, self.redirects(), arithmetic=True)

    def if_(self) -> If:
        """`if list; then list; [elif ...] [else list]; fi`."""
        branches: list[tuple[List, List]] = []
        otherwise = None
        while self.keyword("if", "elif"):
            self.advance()
            condition = self.body()
            self.expect("then")
            branches.append((condition, self.body()))
        if self.keyword("else"):
            self.advance()
            otherwise = self.body()
        self.expect("fi")
        return If(tuple(branches), otherwise, self.redirects())

    def for_(self) -> Loop:
        """`for name [in words]; do list; done`, and bash's `for ((...))`."""
        keyword = self.advance().text
        counting: Test | None = None
        if self.operator("("):
            counting = self.arithmetic()
            if not counting:
                raise Unparsable(f"no name after `{keyword}`")
        else:
            self.advance()
        self.newlines()
        if self.keyword("in"):
            while self.token.kind is Kind.WORD:
                self.advance()
        if self.operator(";"):
            self.advance()
        self.newlines()
        if counting and counting.text.split(";")[1:2] in ([""], [" "]):  # Nothing ends it.
            keyword = "while"
            always = Item((Pipeline((Test("1", arithmetic=True),)),))
            return Loop(keyword, List((always,)), self.do(), self.redirects())
        return Loop(keyword, None, self.do(), self.redirects())

    def do(self) -> List:
        """`do list; done`, or bash's `{ list; }` in its place."""
        opening, closing = ("{", "}") if self.keyword("{") else ("do", "done")
        self.expect(opening)
        body = self.body()
        self.expect(closing)
        return body

    def case(self) -> Case:
        """`case word in [(]pattern[|pattern]...) list;; ... esac`."""
        self.advance()
        subject = self.advance().word
        if subject is None:
            raise Unparsable("no word after `case`")
        self.newlines()
        self.expect("in")
        self.newlines()
        clauses: list[Clause] = []
        while not self.keyword("esac"):
            if self.operator("("):
                self.advance()
            patterns: list[Word] = []
            while self.token.kind is Kind.WORD or self.operator("|"):
                word = self.advance().word
                if word:
                    patterns.append(word)
            self.expect(")")
            body, end = self.list_(), ";;"
            if self.operator(*_CASE_ENDS):
                end = self.advance().text
                self.newlines()
            elif not self.keyword("esac"):
                raise Unparsable("no closing `esac`")
            clauses.append(Clause(tuple(patterns), body, end))
        self.advance()
        return Case(subject, tuple(clauses), self.redirects())

    def simple(self) -> Command:
        """Assignments, words and redirections; or `name() command`."""
        assignments: list[Word] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        start, end = self.token.start, self.token.start
        while True:
            token = self.token
            if token.kind is Kind.WORD and token.word:
                if self._descriptor(token):
                    self.advance()
                    continue
                self.advance()
                if not words and _is_assignment(token):
                    assignments.append(token.word)
                else:
                    words.append(token.word)
                    if len(words) == 1 and not assignments and self.operator("("):
                        self.advance()
                        self.expect(")")
                        self.newlines()
                        return Function(token.text, self.command())
                end = token.end
            elif self.operator(*_REDIRECTIONS):
                redirects.append(self.redirect())
                end = redirects[-1].target.end
            else:
                break
        if not (assignments or words or redirects):
            raise Unparsable(f"unexpected `{self.token.text.strip() or 'end'}`")
        return Simple(tuple(assignments), tuple(words), tuple(redirects), start, end)

    def redirects(self) -> tuple[Redirect, ...]:
        """Redirections behind a compound command."""
        found: list[Redirect] = []
        while self.operator(*_REDIRECTIONS) or self._descriptor(self.token):
            if self.token.kind is Kind.WORD:
                self.advance()
            found.append(self.redirect())
        return tuple(found)

    def redirect(self) -> Redirect:
        """One redirection, from its operator on."""
        operator = self.advance().text
        target = self.token.word
        if target is None:
            raise Unparsable(f"nothing after `{operator}`")
        if operator in ("<<", "<<-"):
            self.tokens.expect_heredoc(target.text, operator == "<<-")
        self.advance()
        return Redirect(operator, target)

    def _descriptor(self, token: Token) -> bool:
        """Whether the word is the number (or `{name}`) of the redirection behind it."""
        following = self.tokens.text[token.end : token.end + 1]
        return (
            token.kind is Kind.WORD
            and following in ("<", ">")
            and following != ""
            and (token.text.isdecimal() or (token.text[0] == "{" and token.text[-1] == "}"))
        )


def _is_assignment(token: Token) -> bool:
    name, equals, _ = token.text.partition("=")
    name = name.removesuffix("+").partition("[")[0]
    return bool(equals) and name.isidentifier() and name.isascii()
