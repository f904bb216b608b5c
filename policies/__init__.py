"""The built-in policies, one folder per family: imported as `kguard.policies`."""
