"""What Helm runs at a moment of a release, by the annotation that says when."""

from __future__ import annotations

from kguard.model import Resource, dig

_TESTS = frozenset({"test", "test-success", "test-failure"})
"""Helm 2 told tests that succeed from tests that fail (https://helm.sh/docs/topics/chart_tests/)."""


def is_helm_test(resource: Resource) -> bool:
    """Whether it runs only when somebody asks for the tests of a release (`helm test`)."""
    moments = dig(resource.data, "metadata", "annotations", "helm.sh/hook")
    if not isinstance(moments, str):
        return False
    return {moment.strip() for moment in moments.split(",")} <= _TESTS
