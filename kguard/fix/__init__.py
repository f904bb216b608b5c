"""Fixes put into files: edits by position, every one tried by reading the result."""
