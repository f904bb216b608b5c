"""The admission webhook: imported as `kguard.webhook`."""
