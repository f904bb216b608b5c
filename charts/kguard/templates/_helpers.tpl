{{- define "kguard.fullname" -}}
{{- .Values.fullnameOverride | default "kguard" -}}
{{- end }}

{{- define "kguard.selectorLabels" -}}
app.kubernetes.io/name: kguard
app.kubernetes.io/instance: {{ toYaml .Release.Name }}
app.kubernetes.io/component: webhook
{{- end }}

{{- /* Labels of every object, whatever part it plays for the webhook. */ -}}
{{- define "kguard.labels" -}}
{{- include "kguard.labelsWith" (dict "root" . "more" dict) -}}
{{- end }}

{{- /* The same with `more`. Merged, because a key that is written twice is an error to some. */ -}}
{{- define "kguard.labelsWith" -}}
{{- toYaml (merge (include "kguard.standardLabels" .root | fromYaml) .more (.root.Values.commonLabels | default dict)) -}}
{{- end }}

{{- define "kguard.standardLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "kguard.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- /* Labels of pods that run for a moment: none that the Service or the budget select. */ -}}
{{- define "kguard.hookLabels" -}}
{{- $own := dict "app.kubernetes.io/component" .component -}}
{{- toYaml (merge $own (include "kguard.standardLabels" .root | fromYaml) (.root.Values.commonLabels | default dict)) -}}
{{- end }}

{{- define "kguard.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "kguard.fullname" .) -}}
{{- end }}

{{- define "kguard.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* The Secret that the certificate is mounted from; self mode keeps it in memory. */ -}}
{{- define "kguard.certificateSecret" -}}
{{- if eq .Values.tls.mode "files" -}}
{{- .Values.tls.files.secretName -}}
{{- else if eq .Values.tls.mode "cert-manager" -}}
{{- include "kguard.fullname" . }}-cert
{{- end -}}
{{- end }}

{{- /* "true" where the webhook talks to the API server at all. */ -}}
{{- define "kguard.callsApi" -}}
{{- if or .Values.context.enabled (eq .Values.tls.mode "self") -}}true{{- end -}}
{{- end }}

{{- /* The namespaces that are not reviewed, as JSON. */ -}}
{{- define "kguard.unreviewed" -}}
{{- concat (list "kube-system" "kube-public" "kube-node-lease" .Release.Namespace) (.Values.webhook.exceptNamespaces | default list) | uniq | toJson -}}
{{- end }}

{{- /* The fewest pods there are. */ -}}
{{- define "kguard.replicas" -}}
{{- if .Values.autoscaling.enabled -}}
{{- .Values.autoscaling.minReplicas | int -}}
{{- else -}}
{{- .Values.replicas | int -}}
{{- end -}}
{{- end }}

{{- /* "true" where uninstalling needs the disarming Job. */ -}}
{{- define "kguard.disarms" -}}
{{- $helm3 := semverCompare "<4.0.0-0" .Capabilities.HelmVersion.Version -}}
{{- if and .Values.disarm.enabled $helm3 (eq .Values.webhook.failurePolicy "Fail") -}}true{{- end -}}
{{- end }}

{{- /* The pod of a hook: kguard with the words in `args`, and `secrets` by the folder they are in. */ -}}
{{- define "kguard.hookPod" -}}
restartPolicy: Never
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .component }}
    image: {{ include "kguard.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    {{- with .root.Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    resources:
      requests:
        cpu: 50m
        memory: 128Mi
        ephemeral-storage: 16Mi
      limits:
        cpu: "1"
        memory: 256Mi
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      {{- range $name, $secret := .secrets }}
      - name: {{ $name }}
        mountPath: /{{ $name }}
        readOnly: true
      {{- end }}
volumes:
  - name: tmp
    emptyDir:
      medium: Memory
      sizeLimit: 4Mi
  {{- range $name, $secret := .secrets }}
  - name: {{ $name }}
    secret:
      secretName: {{ toYaml $secret }}
  {{- end }}
{{- end }}

{{- /* "true" where `helm test` can show who it is, as far as that is asked for. */ -}}
{{- define "kguard.tests" -}}
{{- if or (not .Values.clientAuth.caConfigMap) .Values.clientAuth.testSecret -}}true{{- end -}}
{{- end }}

{{- define "kguard.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "kguard.serviceAccountName" . | toYaml }}
    namespace: {{ toYaml .Release.Namespace }}
{{- end }}

{{- /* Name, labels and annotations of the objects of a hook. */ -}}
{{- define "kguard.hookMetadata" -}}
name: {{ include "kguard.fullname" .root }}-{{ .component }}
labels:
  {{- include "kguard.hookLabels" . | nindent 2 }}
annotations:
  helm.sh/hook: {{ .hook }}
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- /* More annotations, for hooks that run a pod. */ -}}
{{- define "kguard.hookIgnores" -}}
{{- if not .Values.image.digest -}}
ignore.kguard.dev/image-digest: an image has its digest once it is pushed, after the chart is made
{{ end -}}
ignore.kguard.dev/priorityclass-unset: nothing waits for it but helm
{{- end }}
