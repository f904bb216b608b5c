"""Argo Workflows: the configuration of its controller."""
