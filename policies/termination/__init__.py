"""Processes that never see SIGTERM, or get no time to act on it."""
