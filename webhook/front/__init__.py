"""The HTTP/1.1 server in front of the application: TLS, deadlines, limits, draining.

`kguard.webhook.front.server.Front` is the server, `limits.Limits` what it allows and
`tls.server_context` makes the TLS context of a certificate.
"""
