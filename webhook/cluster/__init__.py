"""What the webhook knows of the cluster around a reviewed object."""
