"""Requests, limits and quotas of containers and pods."""
