"""The program `kguard` as in a pod, with the files of its service account in another folder.

The kubelet's folder cannot be written to here. Everything else is what a pod finds: the address of
the API server in the environment, a token and a CA in files.
"""

from __future__ import annotations

import os
import sys
from unittest.mock import patch

from kubernetes.config import incluster_config

from kguard.__main__ import main


def run() -> int:
    """The exit code of kguard with the words of the command line."""
    folder = os.environ["E2E_SERVICE_ACCOUNT"]
    with (
        patch.object(incluster_config, "SERVICE_TOKEN_FILENAME", os.path.join(folder, "token")),
        patch.object(incluster_config, "SERVICE_CERT_FILENAME", os.path.join(folder, "ca.crt")),
    ):
        return main()


if __name__ == "__main__":
    sys.exit(run())
