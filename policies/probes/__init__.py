"""Probes that fail for ever, are refused, or restart what only needs time."""
