"""TLS towards the API server, which takes the certificates that client-go takes.

From 3.13 on Python, and urllib3 after it, ask of a CA what X509_V_FLAG_X509_STRICT of OpenSSL does.
The CA of many a cluster, of EKS among others, is older than that and has no key identifiers: Go,
kubectl and every kubelet trust it (kubernetes-client/python issue 2394). Chain, dates, usages and
name are verified here as ever.
"""

from __future__ import annotations

import ssl

from urllib3 import HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs


def accept_older_authorities(pools: PoolManager) -> None:
    """Have the connections that are made from now on verified as client-go does."""
    pools.pool_classes_by_scheme = {**pools.pool_classes_by_scheme, "https": _Pool}


class _Connection(HTTPSConnection):
    def connect(self) -> None:
        """Connect with a context of its own, so that a CA that was replaced counts no more."""
        context = create_urllib3_context(cert_reqs=resolve_cert_reqs(self.cert_reqs))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not (self.ca_certs or self.ca_cert_dir or self.ca_cert_data):
            context.load_default_certs()  # urllib3 does so for its own contexts alone.
        self.ssl_context = context
        super().connect()


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection
