"""The table of kinds, and the tool that makes it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from kguard.kube import schema
from kguard.kube.schema import Span

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_struct_can_be_read_and_leads_somewhere() -> None:
    for name in schema._table()["structs"]:
        for key, field in schema.struct(name).items():
            known = {*schema.SCALARS, schema.INT_OR_STRING, schema.ANYTHING}
            assert field.inner in known or schema.is_struct(field.inner), (name, key)


def test_every_kind_has_a_struct_with_metadata_or_is_a_review() -> None:
    for name in schema._table()["kinds"]:
        kind = schema.kind(name)
        assert kind is not None
        assert schema.is_struct(kind.struct)


# Of the changelogs of Kubernetes and of its API reference.
SINCE = {
    ("Container", "restartPolicy"): 28,
    ("Container", "resizePolicy"): 27,
    ("Lifecycle", "stopSignal"): 33,
    ("PodSpec", "resources"): 32,
    ("PodSpec", "schedulingGates"): 26,
    ("PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy"): 26,
    ("ServiceSpec", "trafficDistribution"): 30,
    ("JobSpec", "podReplacementPolicy"): 28,
}


@pytest.mark.parametrize(("field", "minor"), SINCE.items(), ids=[".".join(each) for each in SINCE])
def test_since_when_a_field_is_there(field: tuple[str, str], minor: int) -> None:
    assert schema.struct(field[0])[field[1]].span == Span(minor, 999)


def _tool() -> Any:
    path = ROOT / "tools" / "kube_schema.py"
    spec = importlib.util.spec_from_file_location("kube_schema", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _definitions(**spec: Any) -> dict[str, Any]:
    ref = "#/definitions/io.k8s.api.core.v1.ThingSpec"
    versioned = {"group": "", "version": "v1", "kind": "Thing"}
    return {
        "io.k8s.api.core.v1.Thing": {
            "type": "object",
            "properties": {"kind": {"type": "string"}, "spec": {"$ref": ref}, "status": {}},
            "x-kubernetes-group-version-kind": [versioned],
        },
        "io.k8s.api.core.v1.ThingSpec": {
            "type": "object",
            "properties": spec,
            "required": ["count"],
        },
    }


GENERATED = """
func schema_k8sio_api_core_v1_ThingSpec(ref common.ReferenceCallback) common.OpenAPIDefinition {
				Properties: map[string]spec.Schema{
					"mode": {
						SchemaProps: spec.SchemaProps{
							Enum:        []interface{}{%s},
"""
LIFECYCLE = """
func (in *Thing) APILifecycleIntroduced() (major, minor int) {
	return 1, 5
}
func (in *Thing) APILifecycleDeprecated() (major, minor int) {
	return 1, 8
}
func (in *Thing) APILifecycleReplacement() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "", Version: "v1", Kind: "Thing"}
}
func (in *Thing) APILifecycleRemoved() (major, minor int) {
	return 1, 9
}
"""


def test_the_tool_joins_releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = _tool()
    monkeypatch.setattr(module, "RELEASES", range(25, 27))
    count, text = {"type": "integer", "format": "int32"}, {"type": "string"}
    names = {"type": "array", "items": text}
    many = {"type": "object", "additionalProperties": {"type": "array", "items": text}}
    for minor, spec, modes in (
        (25, {"count": count, "mode": text, "old": text}, '"A"'),
        (26, {"count": count, "mode": text, "names": names, "many": many}, '"A", "B"'),
    ):
        folder = tmp_path / f"1.{minor}"
        folder.mkdir()
        swagger = json.dumps({"definitions": _definitions(**spec)})
        (folder / "swagger.json").write_text(swagger, encoding="utf-8")
        generated = folder / "zz_generated.openapi.go"
        generated.write_text(GENERATED % modes, encoding="utf-8")
    beta = tmp_path / "lifecycle" / "api" / "core" / "v1beta1"
    beta.mkdir(parents=True)
    (beta / "zz_generated.prerelease-lifecycle.go").write_text(LIFECYCLE, encoding="utf-8")
    made = module.table(str(tmp_path))
    assert made["kinds"] == {"v1 Thing": "Thing"}
    assert made["apis"]["v1beta1 Thing"] == [5, 8, 9, "v1 Thing"]
    assert made["structs"] == {
        "Thing": {"kind": "s", "spec": "ThingSpec", "status": "*"},
        "ThingSpec": {
            "count": "!i",
            "many": "{}[]s@26",
            "mode": "s<A|B@26>",
            "names": "[]s@26",
            "old": "s@-25",
        },
    }
    assert json.loads(module.text(made)) == made


def test_the_table_is_written_as_the_tool_writes_it() -> None:
    path = ROOT / "kguard" / "kube" / "kube_schema.json"
    committed = path.read_text(encoding="utf-8")
    assert committed == _tool().text(json.loads(committed)) + "\n"
