"""`kguard new`: write the two files of a new policy, ready to be filled in."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from kguard.cli import OK, fail
from kguard.cli.common import registry_from_environment
from kguard.policy.registry import page_names

_PAGE = """---
id: {id}
title: Container {id_words}
severity: warning
each: container
sources:
  - https://kubernetes.io/docs/…
---

What is wrong, and what happens because of it, in two or three sentences.

## What to do

The change that cures it.

## Bad

```yaml
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - name: web # finding: {id}
      image: registry.example.com/web:1.4.2
```

## Good

```yaml
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - name: web
      image: registry.example.com/web:1.4.2
      workingDir: /srv
```
"""

_CHECK = '''"""See {stem}.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each container without a working directory (replace this)."""
    if container.get("workingDir") is None:
        yield container.fault(("workingDir",), f"{{container.called}} has no working directory")
'''


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "new", help="write the two files of a new policy", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("policy", metavar="FAMILY/ID", help="for example images/no-digest")
    parser.add_argument(
        "-d", "--dir", default="policies", metavar="DIR", help="policy folder (default: policies)"
    )


def run(args: argparse.Namespace) -> int:
    """Write page and check; exit 2 for a bad name, one that is taken, or a file in the way."""
    match = re.fullmatch(r"([a-z]+)/([a-z0-9]+(?:-[a-z0-9]+)*)", args.policy)
    if not match or len(match[2]) > 40:
        return fail(
            f"`{args.policy}` is no FAMILY/ID in kebab-case with an id of at most 40 letters"
        )
    family, policy = match.groups()
    stem = policy.replace("-", "_")
    folder = Path(args.dir) / family
    page, check = folder / f"{stem}.md", folder / f"{stem}.py"
    for path in (page, check):
        if path.exists():
            return fail(f"{path} exists already")
    if taken := _taken(policy, stem, args.dir):
        return fail(taken)
    text = _PAGE.format(id=policy, id_words=policy.replace("-", " "))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8", newline="\n")
        check.write_text(_CHECK.format(stem=stem), encoding="utf-8", newline="\n")
    except OSError as error:
        return fail(f"{error.filename or folder} cannot be written: {error.strerror}")
    print(f"wrote {page} and {check}\nrun their examples with: kguard test {args.dir}")
    return OK


def _taken(policy: str, stem: str, folder: str) -> str:
    """Why no other policy can have an id, empty where one can."""
    registry = registry_from_environment()
    if (found := registry.resolve(policy)) is not None:
        page = registry.policies[found].page
        if found != policy:
            return f"`{policy}` is another name of `{found}`, defined by {page}"
        return f"`{policy}` is already defined by {page}"
    for name in page_names(folder) if Path(folder).is_dir() else ():
        if name.rpartition("/")[2] == f"{stem}.md":
            return f"`{policy}` is already defined by {Path(folder, name)}"
    return ""
