"""kguard: a linter and admission webhook for what makes Kubernetes workloads fail at scale."""

# A constant, because importlib.metadata costs more start-up than all of `kguard --version`.
__version__ = "0.1.0"
