"""Files and documents that kguard does not change, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kguard.source import SourceFile

# What code generators write: https://pkg.go.dev/cmd/go#hdr-Generate_Go_files_by_processing_source,
# Phabricator's `@generated`, and prose to the same effect; `helm template` names its source.
_GENERATED = (
    r"(?i)\bdo not (?:edit|modify|change)\b|\bauto-?generated\b|\bcode generated\b|@generated\b"
    r"|\bgenerated (?:by|from|with|using)\b|^source: \S*/templates/"
)
_GENERATED_WORDS = ("generated", "do not ", "source: ")
"""One of these is in every such text: comments are looked for, which takes longer, where one is."""
# Actions of Go templates and Jinja. Argo's `{{inputs.parameters.x}}` is none of them.
_TEMPLATE = (
    r"\{\{-|-\}\}|\{\{\s*(?:[.$]|/\*)|\{%"
    r"|\{\{\s*(?:if|range|with|end|else|include|template|define|block|toYaml)\b"
)
# ytt's code and annotations, which are about the line below: https://carvel.dev/ytt/docs/latest/
_YTT = "#@"

SHARED = "it is written in one place and used in several, by anchor and alias"


class RefusedError(Exception):
    """A change that is not made; the text says why."""


def file_refusal(source: SourceFile) -> str:
    """Why nothing in a file may be changed, empty where it may."""
    if source.errors:
        return "the file could not be read in full"
    text = source.text.lower()
    braces = "{{" in text or "{%" in text or "-}}" in text
    for comment in source.comments if braces else ():
        if re.search(_TEMPLATE, comment.text):
            return "the file is a template"
    for comment in source.comments if _YTT in text else ():
        if source.line(comment.line).startswith(_YTT, comment.column - 1):
            return "the file is a template"
    if any(word in text for word in _GENERATED_WORDS) and _is_generated(source):
        return "the file is generated: change what it is made from"
    for document in source.documents:
        if isinstance(document.data, Mapping):
            reason = _sealed(document.data)
            if reason:
                return reason
    return ""


def document_refusal(text: str) -> str:
    """Why nothing in the text of a document may be changed, empty where it may."""
    return "the document is a template" if "{" in text and re.search(_TEMPLATE, text) else ""


def merged(key: str) -> str:
    """Why a key that stands in another mapping cannot be changed in this one."""
    return f"`{key}` comes from a merge key"


def _is_generated(source: SourceFile) -> bool:
    """Whether a comment above the first text of a document says that a program wrote it."""
    starts = {document.line for document in source.documents}
    for start in starts:
        header = (comment for comment in source.comments if comment.line >= start)
        expected = start
        for comment in header:
            between = range(expected, comment.line)
            if not comment.own_line or any(source.line(number).strip() for number in between):
                break
            if re.search(_GENERATED, comment.text):
                return True
            expected = comment.line + 1
    return False


def _sealed(data: Mapping[str, Any]) -> str:
    """Why a document must stay as it is to the byte: something else vouches for its content."""
    # drone-go drone/yaml.go: the HMAC in `kind: signature` is taken over the other documents.
    if data.get("kind") == "signature" and "apiVersion" not in data:
        return "the file is signed: change it and run `drone sign`"
    # SOPS keeps a MAC over all values of a file, encrypted or not.
    sops = data.get("sops")
    if isinstance(sops, Mapping) and "mac" in sops:
        return "the file is encrypted by SOPS, whose MAC covers every value"
    return ""
