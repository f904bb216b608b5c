"""Drone's pipelines and runner, and Woodpecker's workflows."""
