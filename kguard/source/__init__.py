"""Bytes to documents: data as Kubernetes reads it, and where every part of it stands."""

from __future__ import annotations

from kguard.source.limits import Limits
from kguard.source.parser import HAVE_LIBYAML
from kguard.source.reader import Document, DuplicateKey, SourceFile, read
from kguard.source.text import Comment, ReadError

__all__ = [
    "HAVE_LIBYAML",
    "Comment",
    "Document",
    "DuplicateKey",
    "Limits",
    "ReadError",
    "SourceFile",
    "read",
]
