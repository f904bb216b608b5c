"""Put a decision into an AdmissionReview: what kubectl shows, and what the API server keeps.

The limits are those of the API server and of kubectl: a warning with a control character, or one
that was said already, is dropped without a word (apiserver pkg/endpoints/filters/warning.go), and
so is an audit annotation whose key is no qualified name. `details.causes` stays empty: kubectl
prints them in place of the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kguard.record import record
from kguard.render.links import REPOSITORY
from kguard.term import safe
from kguard.webhook.decision import Decision, Effect, Judged
from kguard.webhook.request import API_VERSION, KIND
from kguard.words import counted

SHOWN = 10
"""How many findings a refusal lists."""

MESSAGE = 1500
"""Characters in a refusal; a terminal shows it in one go."""

WARNING = 120
"""Characters in one warning, as the API asks (k8s.io/api admission/v1 types.go)."""

WARNINGS = 3500
"""Characters in all warnings; beyond 4,096 the API server cuts every one of them short."""

_MORE = 50
"""Characters kept free for the line or warning that counts the others."""

_EXCEPTIONS = (
    f"what cannot be changed needs an exception: {REPOSITORY}/blob/main/docs/webhook.md#exceptions"
)
_AGAIN = "try again; where it stays so, tell whoever runs kguard"
"""What to do next, the last line of a refusal."""

_LABEL, _LINE, _UNANSWERED = 200, 500, 200
"""Characters in a refusal for its first line, for one finding, for what was not evaluated."""

_ANNOTATION = 1024
"""Bytes in an audit annotation."""

_EFFECTS = tuple((effect, effect.word) for effect in reversed(Effect))

_TRIED = 200
"""Findings put into words for warnings: three times as many as fit, where some read the same. Each
looks through the secrets of the object, and an object can have tens of thousands of findings."""


@record(eq=False)
class Words:
    """What is said to the user: a refusal (empty where there is none) and warnings."""

    refusal: str
    warnings: tuple[str, ...]


def words(decision: Decision) -> Words:
    """The sentences of a decision, without control characters and without secrets."""
    denied = decision.having(Effect.DENIED)
    warned = decision.having(Effect.WARNED)
    refusal = "" if decision.allowed else _refusal(decision, denied)
    return Words(refusal, tuple(_warnings(decision, warned)))


def review_answer(decision: Decision, said: Words) -> dict[str, Any]:
    """The AdmissionReview that answers a request."""
    allowed = decision.allowed
    response: dict[str, Any] = {"uid": decision.request.uid, "allowed": allowed}
    if not allowed:
        response["status"] = {
            "status": "Failure",
            "code": 403,
            "reason": "Forbidden",
            "message": said.refusal,
        }
    if said.warnings:
        response["warnings"] = list(said.warnings)
    response["auditAnnotations"] = _annotations(decision)
    return {"apiVersion": API_VERSION, "kind": KIND, "response": response}


def _refusal(decision: Decision, denied: list[Judged]) -> str:
    request = decision.request
    parts = [request.kind, request.namespace or "", request.name]
    label = _cut(safe("/".join(part for part in parts if part)), _LABEL)
    lines = [f"{counted(len(denied), 'finding')} in {label}" if denied else label]
    closing = []
    if decision.refusing:
        text = f"- not evaluated, which denies here: {_listed(decision.refusing)}"
        closing.append(_cut(text, _UNANSWERED))
    if denied:
        closing.append(f"`kguard explain {denied[0].finding.policy}` tells more; {_EXCEPTIONS}")
    else:
        closing.append(_AGAIN)
    room = MESSAGE - sum(len(line) + 1 for line in (*lines, *closing)) - _MORE
    for each in denied[:SHOWN]:
        what = f"{decision.message(each.finding)}{_at(decision, each)}{_over(each)}"
        line = _cut(f"- {each.finding.policy}: {what}", _LINE)
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    left = len(denied) - (len(lines) - 1)
    if left > 0:
        lines.append(f"- and {left} more: `kguard check` shows them all")
    return "\n".join([*lines, *closing])


def _warnings(decision: Decision, warned: list[Judged]) -> Iterator[str]:
    """Different warnings up to the budget, the rest as a number."""
    # The budget may end before the last; the worst come first.
    unlike: dict[tuple[str, str, str], Judged] = {}
    for each in warned:
        unlike.setdefault((each.finding.policy, each.finding.message, each.ended), each)
    left = len(unlike) + bool(decision.unanswered)
    room = WARNINGS - _MORE
    said: set[str] = set()
    for text in _worded(decision, list(unlike.values())):
        if text not in said:
            room -= len(text)
            if room < 0:
                break
            said.add(text)
            yield text
        left -= 1
    if left:
        yield f"[kguard] and {left} more"


def _worded(decision: Decision, warned: list[Judged]) -> Iterator[str]:
    for each in warned[:_TRIED]:
        ended = _over(each)
        text = f"[{each.finding.policy}] {decision.message(each.finding)}"
        yield _cut(text, WARNING - len(ended)) + ended
    if decision.unanswered:
        yield _cut(f"[kguard] not evaluated: {_listed(decision.unanswered)}", WARNING)


def _at(decision: Decision, judged: Judged) -> str:
    return f" ({decision.place(judged)})" if judged.finding.route else ""


def _over(judged: Judged) -> str:
    """What to say of an exception that lets nothing through."""
    return f" ({judged.ended})" if judged.ended else ""


def _cut(text: str, most: int) -> str:
    """The text, or its beginning up to a whole word and an ellipsis."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head[: head.rfind(" ")] if " " in head[most // 2 :] else head).rstrip(" ,:;") + "…"


def _annotations(decision: Decision) -> dict[str, str]:
    """Audit annotations; their keys stand behind the webhook's name in the audit log."""
    found = {"decision": decision.word, "revision": decision.revision}
    if decision.skipped:
        return found
    policies: dict[str, None] = {}
    for effect, word in _EFFECTS:
        if judged := decision.having(effect):
            having = dict.fromkeys([each.finding.policy for each in judged])
            found[word] = _listed(having, ",")
            policies |= having
    if policies:
        found["policies"] = _listed(policies, ",")
    if decision.unanswered:
        found["unevaluated"] = _listed(decision.unanswered, ",")
    if policies:
        found["mode"] = ",".join(sorted({each.mode.word for each in decision.judged}))
    excepted = (each.exemption for each in decision.having(Effect.EXCEPTED))
    owners = dict.fromkeys(safe(each.effective) for each in excepted if each)
    if owners:
        found["exceptions"] = _listed(owners, "; ")
    return found


def _listed(names: Iterable[str], separator: str = ", ") -> str:
    """Names in a row, as many as fit an annotation."""
    names = list(names)
    if len(whole := separator.join(names)) <= _ANNOTATION // 4:  # Four bytes are the most of one.
        return whole
    kept: list[str] = []
    room = _ANNOTATION
    for name in names:
        room -= len(name.encode("utf-8", "replace")) + len(separator)
        if room < len(separator) + 3:
            return separator.join([*kept, "…"])
        kept.append(name)
    return separator.join(kept)
