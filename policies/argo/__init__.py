"""Argo Workflows: the objects a user submits."""
