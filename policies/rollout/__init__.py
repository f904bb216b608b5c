"""Deployments and StatefulSets that break or stall when a new version is rolled out."""
