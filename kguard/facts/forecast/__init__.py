"""What a run of a workflow comes to: nodes, pods, bytes, and the limit it meets first."""
