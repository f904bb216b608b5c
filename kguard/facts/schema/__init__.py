"""Whether an object has the fields, values and version that Kubernetes takes."""
