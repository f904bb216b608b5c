"""Whether Kubernetes takes an object at all: fields, values and versions of its API."""
