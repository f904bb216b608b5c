"""What looks like a secret: the shapes of tokens, and names of passwords and keys."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(?i)(?:^|[_.-])(?:password|passwd|passphrase|secret|token|credentials?"
    r"|(?:api|access|secret|private|signing|encryption)[_-]?key)$"
)
_TOKEN = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|github_pat_[A-Za-z0-9_]{40,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{20,}|npm_[A-Za-z0-9]{36}"
    r"|sk_live_[A-Za-z0-9]{20,}|AIza[\w-]{35})\b|hooks\.slack\.com/services/T\w+/B\w+/\w{20,}"
)
# What documentation has in the place of a token: one character over and over.
_FILLER = re.compile(r"(\w)\1{7}")
# What is filled in later, is no secret, or is none that anybody would keep.
_NO_SECRET = re.compile(
    r"(?i)\$|\{\{|<.*>|^(?:\.{0,2}/|https?:)|\s|example|dummy|test|fake|sample|change|placeholder"
    r"|password|secret|admin|local|default|your|xxx|123456|0000"
)


def looks_secret(name: str, value: str) -> bool:
    """Whether a value is a secret by its shape, or by its name and a shape that is not plain."""
    token = _TOKEN.search(value)
    if token and "EXAMPLE" not in value and not _FILLER.search(token[0]):
        return True
    if not _NAME.search(name) or len(value) < 8 or _NO_SECRET.search(value):
        return False
    return bool(re.search("[0-9]", value) and re.search("[A-Za-z]", value))
