"""The programs of the tests: a control plane, kubectl, Helm 3 and Helm 4, Kustomize.

Each is looked for, else built once from its published Go module and kept outside the checkout, in
`kguard/e2e/<version>` of the user's cache (KGUARD_CACHE_DIR and XDG_CACHE_HOME are heeded). Run
as a program this file makes what its arguments name, or everything, and prints the paths.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MODULE = Path(__file__).resolve().parent / "controlplane"  # Pins Kubernetes and etcd.
HELM = {"helm3": "v3.22.0", "helm4": "v4.3.1"}
KUSTOMIZE = "v5.7.1"
KUBERNETES_OF_HELM3 = ("1", "37")  # Helm 3 is told at the link what it was built for, Helm 4 knows.
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
DOWNLOADS = 5  # Attempts: a module proxy can be slow or briefly away.


class Unavailable(Exception):
    """A program is neither there nor can it be built; says which and why in one line."""


class ControlPlane(NamedTuple):
    """Where the programs of a control plane are."""

    etcd: Path
    apiserver: Path
    controller_manager: Path
    kubectl: Path


def control_plane() -> ControlPlane:
    """The control plane: from KUBEBUILDER_ASSETS, etcd also from the PATH, else built.

    kubectl is never the machine's own: tests compare what it prints. Raises Unavailable.
    """
    folder = cache() / kubernetes_version()
    paths = {name: _present(name, folder) for name in PACKAGES}
    if missing := [name for name, path in paths.items() if path is None]:
        with _locked(folder):
            missing = [name for name in missing if not (folder / name).is_file()]
            if missing:
                _build_control_plane(missing, folder)
        paths |= {name: path or folder / name for name, path in paths.items()}
    return ControlPlane(*(path for path in paths.values() if path))


def helm3() -> Path:
    """Helm 3; raises Unavailable."""
    return _helm("helm3")


def helm4() -> Path:
    """Helm 4; raises Unavailable."""
    return _helm("helm4")


def kustomize() -> Path:
    """Kustomize; raises Unavailable."""
    folder = cache() / KUSTOMIZE
    path = folder / "kustomize"
    if not path.is_file():
        with _locked(folder), tempfile.TemporaryDirectory(dir=folder, prefix="building-") as made:
            _say(f"kustomize {KUSTOMIZE}: built once, about a CPU minute, and kept in {folder}")
            package = f"sigs.k8s.io/kustomize/kustomize/v5@{KUSTOMIZE}"
            doing = f"building kustomize {KUSTOMIZE}"
            _go(["install", package], Path(made), doing, attempts=DOWNLOADS, GOBIN=made)
            (Path(made) / "kustomize").replace(path)
    return path


def kubernetes_version() -> str:
    """The version that the wrapper module pins, as in `v1.36.2`."""
    found = re.search(r"\bk8s\.io/kubernetes (v[\d.]+)", _gomod())
    if not found:
        raise Unavailable(f"{MODULE / 'go.mod'} requires no k8s.io/kubernetes")
    return found[1]


def cache() -> Path:
    """The folder that keeps what was built; as in kguard/cache.py."""
    base = os.environ.get("KGUARD_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache").absolute() / "kguard" / "e2e"


def _gomod() -> str:
    return (MODULE / "go.mod").read_text("utf-8")


def _present(name: str, folder: Path) -> Path | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    candidates = [Path(assets) / name] if assets else []
    if name == "etcd" and (found := shutil.which("etcd", path=_path())):
        candidates.append(Path(found))
    return next((path for path in [*candidates, folder / name] if path.is_file()), None)


def _build_control_plane(names: Sequence[str], folder: Path) -> None:
    version = kubernetes_version()
    major, minor = version.removeprefix("v").split(".")[:2]
    package = "k8s.io/component-base/version"
    # Clients and match conditions look at the version, and a plain build says v0.0.0.
    flags = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    link = " ".join(["-s -w", *(f"-X {package}.{key}={value}" for key, value in flags.items())])
    packages = [PACKAGES[name] for name in names]
    _say(f"{', '.join(names)} {version}: built once, about 10 CPU minutes, and kept in {folder}")
    # Listing dependencies fetches what a build needs and compiles nothing: it may be repeated.
    _go(["list", "-deps", *packages], MODULE, "fetching modules", attempts=DOWNLOADS)
    with tempfile.TemporaryDirectory(dir=folder, prefix="building-") as temporary:
        for name, source in zip(names, packages, strict=True):
            built = Path(temporary) / name
            _go(["build", "-ldflags", link, "-o", str(built), source], MODULE, f"building {name}")
            built.replace(folder / name)  # Atomic: what has a name is whole.


def _helm(name: str) -> Path:
    version = HELM[name]
    folder = cache() / version
    path = folder / name
    if path.is_file():
        return path
    module = f"helm.sh/helm/{version.split('.')[0]}"
    flags = {"internal/version.version": version}
    if name == "helm3":
        for package in ("pkg/chartutil", "pkg/lint/rules"):
            flags[f"{package}.k8sVersionMajor"], flags[f"{package}.k8sVersionMinor"] = (
                KUBERNETES_OF_HELM3
            )
    link = " ".join(["-s -w", *(f"-X {module}/{key}={value}" for key, value in flags.items())])
    with _locked(folder):
        if path.is_file():
            return path
        _say(f"helm {version}: built once, about 2 CPU minutes, and kept in {folder}")
        with tempfile.TemporaryDirectory(dir=folder, prefix="building-") as temporary:
            _go(
                ["install", "-ldflags", link, f"{module}/cmd/helm@{version}"],
                Path(temporary),
                f"building helm {version}",
                attempts=DOWNLOADS,
                GOBIN=temporary,
            )
            (Path(temporary) / "helm").replace(path)
    return path


def _go(words: Sequence[str], folder: Path, doing: str, attempts: int = 1, **more: str) -> None:
    """Run go; raises Unavailable with the last line that it wrote."""
    go = shutil.which("go", path=_path())
    if not go:
        raise Unavailable("Go is not installed (https://go.dev/dl)")
    command = [go, *words]
    for attempt in range(1, attempts + 1):
        status, output = _watched(command, folder, doing, more)
        if status == 0:
            return
        if attempt < attempts:
            _say(f"{doing}: attempt {attempt} of {attempts} failed: {_last(output)}")
            time.sleep(3 * attempt)
    raise Unavailable(f"{doing} failed: {_last(output)}")


def _watched(
    command: Sequence[str], folder: Path, doing: str, more: Mapping[str, str]
) -> tuple[int, str]:
    """(exit code, standard error) of a command that says now and then that it is still running."""
    # The toolchain may fetch the version that go.mod asks for; flags of the user are not ours.
    settings = {"GOFLAGS": "-trimpath -buildvcs=false", "GOTOOLCHAIN": "auto", "GOWORK": "off"}
    environment = {**os.environ, "CGO_ENABLED": "0", **settings, **more}
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            while True:
                try:
                    status = process.wait(30)
                    break
                except subprocess.TimeoutExpired:
                    _say(f"{doing}: {(time.monotonic() - started) / 60:.1f} minutes so far")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        errors.seek(0)
        return status, errors.read()


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no output"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one run at a time builds in a folder; the others wait and find it done."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"another run is building in {folder}: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _path() -> str:
    """The PATH, and where Go and system packages put their programs whatever the PATH says."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/go/bin", "/usr/bin"])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tool(name: str) -> Path:
    return kustomize() if name == "kustomize" else _helm(name)


def main(names: Sequence[str]) -> int:
    """Make the named programs (`control-plane`, `helm3`, `helm4`, `kustomize`; all but the last by
    default), print paths.

    Gives 1 where one cannot be had: in CI (CI=true) that is a failure, elsewhere tests are skipped.
    """
    status = 0
    for name in names or ("control-plane", "helm3", "helm4"):
        try:
            paths = [*control_plane()] if name == "control-plane" else [_tool(name)]
        except Unavailable as error:
            _say(f"{name} is not available, so what needs it is not run: {error}")
            status = 1
        else:
            print(*paths, sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
