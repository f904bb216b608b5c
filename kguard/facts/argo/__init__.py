"""Argo objects: the effective specification, templates, references, the controller."""
