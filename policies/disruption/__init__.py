"""Budgets and spreading that turn a node drain into an outage, or forbid it."""
