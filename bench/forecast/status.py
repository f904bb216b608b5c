"""The status that the Argo controller writes for a run, node by node.

Fields, their order and when they are set: argo-workflows pkg/apis/workflow/v1alpha1
(NodeStatus), workflow/controller/operator.go (initializeNode, initializeExecutableNode,
getOutboundNodes, addChildNode, processNodeRetries), steps.go, dag.go, container_set_template.go,
workflow/packer/packer.go (gzip, then base64). It is made from a specification as YAML gives it and
shares nothing with kguard.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Mapping
from typing import Any

HOST = "ip-10-{}-{}-{}.eu-central-1.compute.internal"
KEY = "logs/2026/11/22/{}/{}/main.log"
FAILED = "Error (exit code 1)"


def node_id(workflow: str, name: str) -> str:
    """The id of a node (Workflow.NodeID): the root has the workflow's name, others a hash."""
    if name == workflow:
        return name
    value = 0x811C9DC5  # FNV-1a, 32 bits
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{workflow}-{value}"


class Run:
    """One run of a workflow: `nodes` is status.nodes, `attempts` how many pods were made.

    `items` is the length of loops over parameters, `worst` has every attempt but the last fail.
    """

    def __init__(
        self, spec: Mapping[str, Any], name: str, *, items: int = 100, worst: bool = False
    ) -> None:
        self.spec, self.name, self.items, self.worst = spec, name, items, worst
        self.templates = {each["name"]: each for each in spec["templates"]}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.random = random.Random(7)
        self.clock = 0.0
        self.attempts = 0
        arguments = spec.get("arguments", {}).get("parameters", [])
        self.arguments = tags("workflow", arguments)
        self._call(spec["entrypoint"], name, "", arguments, {})
        if handler := spec.get("onExit"):
            self._call(handler, f"{name}.onExit", "", [], {}, hooked=True)

    @property
    def raw(self) -> bytes:
        """status.nodes as Go writes it: keys of a map are sorted."""
        return json.dumps(self.nodes, sort_keys=False, separators=(",", ":")).encode()

    @property
    def packed(self) -> bytes:
        """status.compressedNodes."""
        ordered = dict(sorted(self.nodes.items()))
        text = json.dumps(ordered, separators=(",", ":")).encode()
        return base64.b64encode(gzip.compress(text, 6))

    @property
    def completion(self) -> bytes:
        """status.taskResultsCompletionStatus: one entry per pod."""
        pods = [each["id"] for each in self.nodes.values() if each["type"] == "Pod"]
        return json.dumps(dict.fromkeys(pods, True), separators=(",", ":")).encode()

    def _node(self, kind: str, name: str, boundary: str, template: str, **more: Any) -> str:
        """Write a node; returns its id."""
        identity = node_id(self.name, name)
        above = self.nodes[boundary]["name"] if boundary else ""
        display = name.removeprefix(above) if above else name
        if kind != "StepGroup":
            display = display.partition("].")[2] if display.startswith("[") else display
            display = display.removeprefix(".")
        self.clock += self.random.random() * 0.4
        start, last = int(self.clock), self.random.randint(20, 3600)
        node: dict[str, Any] = {"id": identity, "name": name, "displayName": display, "type": kind}
        if template:
            node["templateName"] = template
        node |= {"templateScope": f"local/{self.name}", "phase": more.pop("phase", "Succeeded")}
        if boundary:
            node["boundaryID"] = boundary
        if message := more.pop("message", ""):
            node["message"] = message
        node |= {"startedAt": stamp(start), "finishedAt": stamp(start + last)}
        if kind not in ("Container", "Skipped", "Suspend"):
            node["estimatedDuration"] = last + self.random.randint(-9, 9)
            node["progress"] = "1/1"
            cpu, memory = self.random.randint(1, 4) * last, self.random.randint(1, 40) * last
            node["resourcesDuration"] = {"cpu": cpu, "memory": memory}
        node |= {key: value for key, value in more.items() if value}
        self.nodes[identity] = node
        return identity

    def _call(
        self,
        template_name: str,
        name: str,
        boundary: str,
        arguments: list[dict[str, Any]],
        scope: Mapping[str, str],
        *,
        hooked: bool = False,
    ) -> str:
        """Run a template under a name; returns the id of its outermost node."""
        template = self.templates[template_name]
        inputs = self._inputs(template, arguments, scope)
        retry = template.get("retryStrategy", self.spec.get("retryStrategy"))
        flag = {"hooked": True} if hooked else None
        if retry is None:
            return self._body(template, name, boundary, inputs, flag)
        outer = self._node("Retry", name, boundary, template_name, nodeFlag=flag, inputs=inputs)
        count = int(retry.get("limit", 0)) + 1 if self.worst else 1
        children = []
        for number in range(count):
            failed = number < count - 1
            children.append(
                self._body(
                    template, f"{name}({number})", boundary, inputs, {"retried": True}, failed
                )
            )
        last = self.nodes[children[-1]]
        if "outputs" in last:
            self.nodes[outer]["outputs"] = last["outputs"]
        self.nodes[outer]["children"] = children
        return outer

    def _body(
        self,
        template: Mapping[str, Any],
        name: str,
        boundary: str,
        inputs: Any,
        flag: Any,
        failed: bool = False,
    ) -> str:
        more = {"nodeFlag": flag, "inputs": inputs}
        if failed:
            more |= {"phase": "Failed", "message": FAILED}
        if "steps" in template:
            return self._steps(template, name, boundary, more)
        if "dag" in template:
            return self._dag(template, name, boundary, more)
        if "suspend" in template:
            return self._node("Suspend", name, boundary, template["name"], **more)
        identity = self._pod(template, name, boundary, more, failed)
        if members := template.get("containerSet", {}).get("containers"):
            ids = [
                self._node("Container", f"{name}.{each['name']}", identity, template["name"])
                for each in members
            ]
            self.nodes[identity]["children"] = ids
        return identity

    def _pod(
        self, template: Mapping[str, Any], name: str, boundary: str, more: Any, failed: bool
    ) -> str:
        self.attempts += 1
        hashed = node_id(self.name, name).rpartition("-")[2]
        pod = f"{self.name}-{template['name']}-{hashed}"
        outputs: dict[str, Any] = {}
        written = template.get("outputs", {}).get("parameters", [])
        if written:
            outputs["parameters"] = [
                {**each, "value": f"value-{self.random.randint(0, 999)}"} for each in written
            ]
        logs = {"name": "main-logs", "s3": {"key": KEY.format(self.name, pod)}}
        outputs["artifacts"] = [logs]
        outputs["exitCode"] = "1" if failed else "0"
        host = HOST.format(*(self.random.randint(0, 255) for _ in range(3)))
        more = {**more, "outputs": outputs, "hostNodeName": host, "taskResultSynced": True}
        return self._node("Pod", name, boundary, template["name"], **more)

    def _steps(self, template: Mapping[str, Any], name: str, boundary: str, more: Any) -> str:
        outer = self._node("Steps", name, boundary, template["name"], **more)
        held = tags("inputs", (more["inputs"] or {}).get("parameters", []))
        before: list[str] = []
        for number, group in enumerate(template["steps"]):
            flag = f"{name}[{number}]"
            identity = self._node("StepGroup", flag, outer, "")
            for each in before or [outer]:
                self._child(each, identity)
            calls = [call for step in group for call in self._expanded(step)]
            before = []
            for step, called, item in calls:
                child = self._step(step, f"{flag}.{called}", outer, item | held)
                self._child(identity, child)
                before += self._outbound(child)
        self.nodes[outer]["outboundNodes"] = before
        return outer

    def _dag(self, template: Mapping[str, Any], name: str, boundary: str, more: Any) -> str:
        outer = self._node("DAG", name, boundary, template["name"], **more)
        held = tags("inputs", (more["inputs"] or {}).get("parameters", []))
        tasks = template["dag"]["tasks"]
        made: dict[str, str] = {}
        awaited = {each for task in tasks for each in waits(task)}
        for task in tasks:
            parents = [n for each in waits(task) for n in self._outbound(made[each])] or [outer]
            if loops(task):
                group = self._node(
                    "TaskGroup", f"{name}.{task['name']}", outer, task.get("template", "")
                )
                for each in parents:
                    self._child(each, group)
                for step, called, item in self._expanded(task):
                    self._child(group, self._step(step, f"{name}.{called}", outer, item | held))
                made[task["name"]] = group
            else:
                child = self._step(task, f"{name}.{task['name']}", outer, held)
                for each in parents:
                    self._child(each, child)
                made[task["name"]] = child
        leaves = sorted(each["name"] for each in tasks if each["name"] not in awaited)
        self.nodes[outer]["outboundNodes"] = [n for e in leaves for n in self._outbound(made[e])]
        return outer

    def _step(
        self, call: Mapping[str, Any], name: str, boundary: str, scope: Mapping[str, str]
    ) -> str:
        if call.get("when") == "false":
            message = f"when '{call['when']}' evaluated false"
            return self._node(
                "Skipped", name, boundary, call["template"], phase="Skipped", message=message
            )
        arguments = call.get("arguments", {}).get("parameters", [])
        child = self._call(call["template"], name, boundary, arguments, scope)
        hooks = call.get("hooks", {})
        if "exit" in hooks or "onExit" in call:
            handler = hooks.get("exit", {}).get("template") or call["onExit"]
            ended = self._call(handler, f"{name}.onExit", boundary, [], {}, hooked=True)
            self._child(child, ended)
        for key, hook in hooks.items():
            if key != "exit":
                started = self._call(
                    hook["template"], f"{name}.hooks.{key}", boundary, [], {}, hooked=True
                )
                self._child(child, started)
        return child

    def _expanded(
        self, call: Mapping[str, Any]
    ) -> list[tuple[Mapping[str, Any], str, dict[str, str]]]:
        if not loops(call):
            return [(call, call["name"], {})]
        if "withItems" in call:
            items = call["withItems"]
        elif "withSequence" in call:
            items = [str(n) for n in range(int(call["withSequence"]["count"]))]
        elif call["withParam"] in self.arguments:
            items = json.loads(self.arguments[call["withParam"]])
        else:
            items = [str(n) for n in range(self.items)]
        expanded = []
        for number, item in enumerate(items):
            text = item if isinstance(item, str) else json.dumps(item, separators=(",", ":"))
            shown, scope = text, {"{{item}}": text}
            if isinstance(item, dict):
                shown = ",".join(f"{key}:{value}" for key, value in sorted(item.items()))
                scope |= {f"{{{{item.{key}}}}}": str(value) for key, value in item.items()}
            shown = shown.replace("(", "").replace(")", "")
            expanded.append((call, f"{call['name']}({number}:{shown})", scope))
        return expanded

    def _inputs(
        self, template: Mapping[str, Any], arguments: Any, scope: Mapping[str, str]
    ) -> dict[str, Any] | None:
        given = {each["name"]: each.get("value") for each in arguments}
        parameters = []
        for each in template.get("inputs", {}).get("parameters", []):
            value = given.get(each["name"], each.get("value", each.get("default", "")))
            parameters.append({**each, "value": self._put_in(str(value), scope)})
        return {"parameters": parameters} if parameters else None

    def _put_in(self, value: str, scope: Mapping[str, str]) -> str:
        """A value with texts for its tags."""
        for tag, text in {**self.arguments, **scope}.items() if "{{" in value else ():
            value = value.replace(tag, text)
        return value

    def _child(self, above: str, identity: str) -> None:
        children = self.nodes[above].setdefault("children", [])
        if identity not in children[-1:]:
            children.append(identity)

    def _outbound(self, identity: str) -> list[str]:
        node = self.nodes[identity]
        if node["type"] == "TaskGroup":
            below = node.get("children", [])
            return [n for each in below for n in self._outbound(each)] or [identity]
        if node["type"] == "Retry":
            return [node["children"][-1]]
        if node["type"] in ("Steps", "DAG"):
            return [n for each in node.get("outboundNodes", []) for n in self._outbound(each)]
        if node["type"] == "Pod" and "containerSet" in self.templates[node["templateName"]]:
            return list(node["children"])
        return [identity]


def stamp(seconds: int) -> str:
    """Seconds into a day as metav1.Time is written."""
    hours, rest = divmod(seconds, 3600)
    return f"2026-11-{1 + hours // 24:02}T{hours % 24:02}:{rest // 60:02}:{rest % 60:02}Z"


def tags(of: str, parameters: list[dict[str, Any]]) -> dict[str, str]:
    """The tags and expressions that read parameters, and what they hold."""
    held = {f"{of}.parameters.{each['name']}": str(each.get("value", "")) for each in parameters}
    simple = {f"{{{{{name}}}}}": value for name, value in held.items()}
    return simple | {f"{{{{={name}}}}}": value for name, value in held.items()}


def loops(call: Mapping[str, Any]) -> bool:
    """Whether a step or task is expanded."""
    return any(key in call for key in ("withItems", "withParam", "withSequence"))


def waits(task: Mapping[str, Any]) -> list[str]:
    """The tasks another one waits for."""
    if "depends" in task:
        words = task["depends"].replace("&&", " ").replace("||", " ").split()
        return [word.partition(".")[0] for word in words]
    return list(task.get("dependencies", []))
