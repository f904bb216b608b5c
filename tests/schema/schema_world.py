"""Valid objects for the tests of structure, and what kguard says of an object."""

from __future__ import annotations

from typing import Any

from kguard.facts import Assumptions, Facts
from kguard.facts.schema.structure import faults
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Route, Scope
from kguard.source.reader import read

# Of many fields and kinds, all of which a Kubernetes 1.36 API server takes (strict, dry run).
VALID = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {example.com/team: shop}}
spec:
  replicas: 3
  minReadySeconds: 5
  paused: false
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 600
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}
  selector:
    matchLabels: {app: web}
    matchExpressions: [{key: app, operator: In, values: [web]}]
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      terminationGracePeriodSeconds: 60
      restartPolicy: Always
      dnsPolicy: ClusterFirst
      hostNetwork: false
      priorityClassName: high
      nodeSelector: {kubernetes.io/os: linux}
      securityContext: {runAsNonRoot: true, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
      tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]
      imagePullSecrets: [{name: registry}]
      hostAliases: [{ip: 10.0.0.1, hostnames: [db]}]
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 50
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector: {matchLabels: {app: web}}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {matchLabels: {app: web}}
      initContainers:
        - {name: migrate, image: "registry.example.com/web:1.4.2", command: [migrate]}
      containers:
        - name: web
          image: registry.example.com/web:1.4.2
          imagePullPolicy: IfNotPresent
          workingDir: /srv
          tty: false
          args: [--port, "8080"]
          env:
            - {name: MODE, value: fast}
            - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: KEY, valueFrom: {secretKeyRef: {name: web, key: key, optional: true}}}
          envFrom: [{configMapRef: {name: web}}]
          ports: [{name: http, containerPort: 8080, protocol: TCP}]
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}
          readinessProbe: {httpGet: {path: /ready, port: http, scheme: HTTP}, periodSeconds: 5}
          livenessProbe: {tcpSocket: {port: 8080}, failureThreshold: 3}
          volumeMounts: [{name: config, mountPath: /etc/web, readOnly: true}]
      volumes:
        - {name: config, configMap: {name: web, defaultMode: 420, items: [{key: a, path: a}]}}
        - {name: cache, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: ClusterIP
  sessionAffinity: None
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: http, protocol: TCP}
    - {name: metrics, port: 9090, targetPort: 9090}
---
apiVersion: v1
kind: Secret
metadata: {name: web}
type: Opaque
immutable: false
data: {password: aHVudGVyMg==}
stringData: {user: web}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 2
  maxReplicas: 10
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
      selectPolicy: Max
      policies: [{type: Pods, value: 1, periodSeconds: 60}]
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  tls: [{hosts: [web.example.com], secretName: tls}]
  rules:
    - host: web.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 3 * * *"
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  suspend: false
  jobTemplate:
    spec:
      backoffLimit: 2
      completionMode: NonIndexed
      ttlSecondsAfterFinished: 3600
      template:
        spec:
          restartPolicy: Never
          containers: [{name: report, image: "registry.example.com/report:1.0.0"}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {app: web}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], volumeMode: Filesystem, resources: {requests: {storage: 1Gi}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
    - from: [{namespaceSelector: {matchLabels: {name: front}}}]
      ports: [{port: 8080, protocol: TCP}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, default: {memory: 64Mi}}]}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
globalDefault: false
preemptionPolicy: Never
"""


def valid() -> list[dict[str, Any]]:
    """The valid objects."""
    return [document.data for document in read("valid.yaml", VALID.encode()).documents]


def found(data: Any, kube: tuple[int, int] = (1, 36)) -> list[Scope]:
    """Everything that is wrong with the shape of an object."""
    (resource, *_) = resources(data, "a.yaml")
    return faults(Facts(Index([resource]), Assumptions(kube=kube)), resource)


def place(fault: Any) -> Route:
    """Where a fault is, from the root of the object."""
    keys: Route = fault.keys if hasattr(fault, "keys") else (fault.key,)
    return (*fault.route, *keys)


def sort(fault: Any) -> str:
    """What sort of fault it is: `UnknownField` and so on."""
    return type(fault).__name__
