"""Puts this folder on the path, for what several test folders share."""
