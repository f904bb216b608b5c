"""Drone pipelines and the runner's defaults."""
