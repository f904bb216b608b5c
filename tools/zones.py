"""Make kguard/quantity/zones.json: the names of time zones.

    pip install tzdata && python tools/zones.py > kguard/quantity/zones.json

The package tzdata carries the IANA database; its version is that of the database. `Factory` is left
out: it stands for a zone that nobody has set.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files


def main() -> None:
    """Write the names, one a line."""
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    json.dump(sorted({*names} - {"Factory"}), sys.stdout, indent=0)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
