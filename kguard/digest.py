"""BLAKE2b without OpenSSL: names for findings, and keys of what is kept between runs.

hashlib takes the function from `_blake2` and loads OpenSSL for all the others, which takes 3 ms:
as long as judging a file. The module is private to CPython, so its absence changes nothing.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

__all__ = ["blake2b"]
