"""What is wrong with a configuration: every fault, its place, its words."""

from __future__ import annotations

import pytest
from config_project import Project

from kguard.config import ConfigError

YAML = [
    pytest.param("- a", [":1:1: not a mapping of settings"], id="list"),
    pytest.param("text", [":1:1: not a mapping of settings"], id="scalar"),
    pytest.param(
        "profile: all\n---\nprofile: strict\n",
        [":3:1: 2 documents in one configuration; one is read"],
        id="two documents",
    ),
    pytest.param(
        "profile: all\nargo:\n  version: '3.6'\n  version: '3.7'\n",
        [":4:3: `version` is already set in line 3"],
        id="duplicate key",
    ),
    pytest.param(
        "fail_on: error\nprofle: all\n",
        [
            ":1:1: unknown key `fail_on`; did you mean `fail-on`?",
            ":2:1: unknown key `profle`; did you mean `profile`?",
        ],
        id="unknown keys",
    ),
    pytest.param(
        "argo: {versoin: '3.6'}",
        [
            ":1:8: unknown key `versoin` in `argo`; did you mean `version`?"
            " (one of version, assume, controller-config)"
        ],
        id="unknown inner key",
    ),
    pytest.param(
        "profile: strcit",
        [
            ":1:10: `profile` cannot be `strcit`; did you mean `strict`?"
            " (one of default, strict, scale, all)"
        ],
        id="unknown word",
    ),
    pytest.param(
        "profile:\nselect: x\ncomplete: 1\nargo: []\nexclude: [1]\n",
        [
            ":1:1: `profile` is empty",
            ":2:9: `select` takes a list; text was given",
            ":3:11: `complete` takes true or false; a number was given",
            ":4:1: `argo` takes a mapping; a list was given",
            ":5:11: `exclude[0]` takes text; a number was given",
        ],
        id="wrong types",
    ),
    pytest.param(
        "helm: true\nkustomize: false\nargo: true\ncomplete: {a: 1}\n",
        [
            ":1:7: `helm` takes a mapping; `true` was given",
            ":2:12: `kustomize` takes a mapping; `false` was given",
            ":3:7: `argo` takes a mapping; `true` was given",
            ":4:1: `complete` takes true or false; a mapping was given",
        ],
        id="words where keys belong, and the reverse",
    ),
    pytest.param(
        "kube-version: 1.30\nargo: {version: 3.10}\n",
        [
            ":1:15: `kube-version` takes text; a number was given",
            ":2:17: `argo.version` takes text; a number was given",
        ],
        id="versions without quotes",
    ),
    pytest.param(
        "kube-version: '30'\nargo: {version: latest}\n",
        [
            ":1:15: `kube-version`: `30` is no Kubernetes version; write it as `1.34`",
            ":2:17: `argo.version`: `latest` is no Argo Workflows version; write it as `3.6`",
        ],
        id="no versions",
    ),
    pytest.param(
        "baseline: ''\nexclude: []\nimage-map: {x: {}}\n",
        [
            ":1:11: `baseline` is empty",
            ":2:1: `exclude` is empty",
            ":3:13: `image-map.x` is empty",
        ],
        id="empty",
    ),
    pytest.param(
        "select: [missing-gpu, resource, ALL, argo-image-latest]",
        [
            ":1:10: no policy or family is called `missing-gpu`; did you mean `missing-cpu`?",
            ":1:23: no policy or family is called `resource`; did you mean `resources`?",
        ],
        id="selectors",
    ),
    pytest.param(
        "policies:\n  image-lates: {}\n  images: {}\n  image-latest: {}\n  argo-image-latest: {}\n",
        [
            ":2:3: no policy is called `image-lates`; did you mean `image-latest`"
            " or `argo-image-latest`?",
            ":3:3: `images` is no policy; settings are made for one policy at a time",
            ":5:3: `argo-image-latest` is the same policy as `image-latest`, which is set too",
        ],
        id="policies",
    ),
    pytest.param(
        "policies:\n  limit-ratio:\n    params: {factor: 0, unti: cpu}\n    severity: info\n"
        "  missing-cpu: {params: {x: 1}, enable: true}\n",
        [
            ":3:22: `policies.limit-ratio.params.factor`: 0 is less than the minimum of 1",
            ":3:25: unknown parameter `unti` of `limit-ratio`; did you mean `unit`?"
            " (one of factor, unit)",
            ":4:15: `policies.limit-ratio.severity` cannot be `info` (one of error, warning, note)",
            ":5:26: unknown parameter `x` of `missing-cpu`, which has none",
            ":5:33: unknown key `enable` in `policies.missing-cpu`; did you mean `enabled`?"
            " (one of enabled, severity, params)",
        ],
        id="settings of policies",
    ),
    pytest.param(
        "overrides:\n  - deselect: [x]\n  - paths: ['!a', '../b']\n    kinds: [deployment, Foo]\n"
        "    policies: {limit-ratio: {params: {unit: disk}}}\n  - 7\n",
        [
            ":2:5: `overrides[0]` has no condition: one of `paths`, `kinds`, `namespaces`",
            ":2:16: no policy or family is called `x`",
            ":3:13: `!a`: a pattern cannot be negated here",
            ":3:19: `../b`: a pattern cannot leave the folder of its configuration with `..`",
            ":4:13: no kind is called `deployment`; did you mean `Deployment`?",
            ":5:45: `overrides[1].policies.limit-ratio.params.unit` cannot be `disk`"
            " (one of cpu, memory)",
            ":6:5: `overrides[2]` takes a mapping; a number was given",
        ],
        id="overrides",
    ),
    pytest.param(
        "ignore:\n  - reason: x\n  - {policies: [], until: 2027-3-1}\n"
        "  - {policies: [ALL], until: 2027-02-29}\n",
        [
            ":2:5: `ignore[0]` lacks `policies`",
            ":3:6: `ignore[1].policies` is empty",
            ":3:27: `ignore[1].until`: `2027-3-1` is no date such as `2027-03-01`",
            ":4:30: `2027-02-29` is a day that does not exist",
        ],
        id="ignores",
    ),
    pytest.param(
        "image-map:\n  a: {dockerfile: x, cmd: [run]}\n  b: {shell: fish, x: y}\n",
        [
            ":2:3: `image-map.a` names a `dockerfile`, which says everything else",
            ":3:14: `image-map.b.shell` cannot be `fish`"
            " (one of bash, busybox, dash, ksh, mksh, zsh, none)",
            ":3:20: unknown key `x` in `image-map.b` (one of dockerfile, shell, entrypoint, cmd)",
        ],
        id="images",
    ),
    pytest.param(
        "\ufeffprofile: x\r\n",
        [":1:10: `profile` cannot be `x` (one of default, strict, scale, all)"],
        id="byte order mark and CRLF",
    ),
]


@pytest.mark.parametrize(("text", "expected"), YAML)
def test_every_fault_is_named_with_its_place(
    project: Project, text: str, expected: list[str]
) -> None:
    assert project.faults(text) == [f".kguard.yaml{fault}" for fault in expected]


TOML = [
    pytest.param("[tool.kguard\n", [":1:13: expected ']' at the end of a table declaration"]),
    pytest.param("[tool.kguard]\nx = ", [":2:5: invalid value"]),
    pytest.param("[tool]\nkguard = 1\n", [":0:0: no table `[tool.kguard]`"]),
    pytest.param(
        "[project]\nname = 'x'\n\n[tool.kguard]\n\"fail-on\" = 'x'\nprofle = 'all'\n",
        [
            ":5:1: `fail-on` cannot be `x` (one of error, warning, note, never)",
            ":6:1: unknown key `profle`; did you mean `profile`?",
        ],
    ),
    pytest.param(
        "[tool.kguard.policies.limit-ratio]\nseverity = 'x'\nparams.factor = 0\n",
        [
            ":2:1: `policies.limit-ratio.severity` cannot be `x` (one of error, warning, note)",
            ":3:1: `policies.limit-ratio.params.factor`: 0 is less than the minimum of 1",
        ],
    ),
    pytest.param(
        "[[tool.kguard.ignore]]\npolicies = ['ALL']\n[[tool.kguard.ignore]]\n"
        "policies = [\n  'ALL',\n  'x',\n]\nuntil = 2027-03-01T00:00:00\n",
        [
            ":4:1: no policy or family is called `x`",
            ":8:1: `ignore[1].until`: `2027-03-01T00:00:00` is no date such as `2027-03-01`",
        ],
    ),
    pytest.param(
        "[[tool.kguard.overrides]]\nkinds = ['Job']\n[tool.kguard.overrides.policies.missing-cpu]\n"
        "severity = 1\n",
        [
            ":4:1: `overrides[0].policies.missing-cpu.severity` cannot be `1`"
            " (one of error, warning, note)"
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), TOML)
def test_a_pyproject_names_its_lines(project: Project, text: str, expected: list[str]) -> None:
    found = project.faults(text, file="pyproject.toml")
    assert found == [f"pyproject.toml{fault}" for fault in expected]


HOSTILE = [
    pytest.param(b"profile: \xff\n", id="no UTF-8"),
    pytest.param(b"profile: '\x00'\n", id="NUL"),
    pytest.param(b"a: " + b"[" * 100_000, id="deep"),
    pytest.param(b"a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: &d " + b"[*c,*c]" * 1, id="alias"),
    pytest.param(b"x" * (1024 * 1024 + 1), id="large"),
    pytest.param(b"a:\tb\n\t- c", id="tab"),
    pytest.param(b"a: *a\n", id="undefined alias"),
    pytest.param(b"? [a, b]\n: c\n", id="odd key"),
]


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("file", [".kguard.yaml", "pyproject.toml"])
def test_hostile_files_are_a_fault_like_any_other(
    project: Project, content: bytes, file: str
) -> None:
    table = b"[tool.kguard]\n" if file.endswith("toml") else b""
    project.write(file, table + content)
    with pytest.raises(ConfigError) as caught:
        project.load()
    assert all(p.where.path == file and p.message for p in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("kube-version: 1.30 # new\n", 'write it in quotes: "1.30"'),
        ("image-map: {web: {cmd: [y]}}", 'write it in quotes: "y"'),
        ("select: missing-cpu", "write it as a list: [missing-cpu]"),
    ],
)
def test_a_way_out_is_shown(project: Project, text: str, help: str) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load(text)
    assert [p.help for p in caught.value.problems] == [help]


@pytest.mark.parametrize(
    "text", ["policies-dir: x", "policies_dir: x", "plugins: [x]", "policies: ./x", "rules-path: x"]
)
def test_code_cannot_be_named(project: Project, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load(text)
    assert [p.help.partition(":")[0] for p in caught.value.problems] == [
        "a configuration never names code"
    ]


@pytest.mark.parametrize("key", ["baseline: {}", "context: [{}]", "image-map: {}"])
@pytest.mark.parametrize("path", ["../out.json", "/etc/passwd", "link/x"])
def test_a_file_in_the_repository_names_no_path_outside(
    project: Project, key: str, path: str
) -> None:
    (project.root / "link").symlink_to(project.root.parent)
    (fault,) = project.faults(key.format(path))
    assert fault.endswith(f"`{path}` is outside of the repository")


def test_a_file_that_cannot_be_read_is_named(project: Project) -> None:
    assert project.faults(config=["nope.yaml"]) == ["nope.yaml:0:0: no such file"]
    project.write("nope.yaml", "profile: x")
    (project.root / ".kguard.yaml").symlink_to(project.root)
    assert project.faults() == [".kguard.yaml:0:0: not a regular file"]


def test_an_image_map_of_its_own_names_its_own_lines(project: Project) -> None:
    project.write("images.yaml", "web:\n  shell: fish\n")
    assert project.faults("image-map: images.yaml") == [
        "images.yaml:2:10: `image-map.web.shell` cannot be `fish`"
        " (one of bash, busybox, dash, ksh, mksh, zsh, none)"
    ]
    assert project.faults("image-map: gone.yaml") == [
        ".kguard.yaml:1:12: `gone.yaml` cannot be read: No such file or directory"
    ]


def test_a_file_that_is_not_there_is_named_where_it_is_asked_for(project: Project) -> None:
    project.write("images.yaml", "web: {shell: dash}\nold: {dockerfile: old/Dockerfile}\n")
    assert project.faults("image-map: images.yaml") == [
        "images.yaml:2:19: `old/Dockerfile`: no such file"
    ]
    text = "image-map:\n  web: {dockerfile: web}\nargo:\n  controller-config: argo.yaml\n"
    (project.root / "web").mkdir()
    assert project.faults(text) == [
        ".kguard.yaml:2:21: `web`: a folder, and no file",
        ".kguard.yaml:4:22: `argo.yaml`: no such file",
    ]
    options = {"argo-controller-config": "argo.yaml"}
    project.write("web/Dockerfile", "FROM scratch\n")
    assert project.faults("", options=options) == [
        "--argo-controller-config:0:0: `argo.yaml`: no such file"
    ]
