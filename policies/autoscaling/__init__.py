"""Autoscalers that cannot act, or fight what is written elsewhere."""
