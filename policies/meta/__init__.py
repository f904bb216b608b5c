"""What kguard says about its own suppressions."""
