"""Image references."""
