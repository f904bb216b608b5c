# syntax=docker/dockerfile:1
# The image of kguard: the command, and the admission webhook with all it needs.
#
#   docker build --tag registry.example.com/kguard:0.1.0 --build-arg REVISION=$(git rev-parse HEAD) .
#
# A tag can be moved. For a build that can be repeated, pin the digest it has today:
#   docker buildx imagetools inspect python:3.13.14-slim-trixie
#   docker build --build-arg PYTHON_IMAGE=python:3.13.14-slim-trixie@sha256:… .
ARG PYTHON_IMAGE=python:3.13.14-slim-trixie

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY . .
# Wheels first, so that an image is made of files that could be kept and compared. The environment
# has no pip of its own; the dist-info of each package stays, which is what SBOM scanners read.
RUN pip wheel --no-cache-dir --wheel-dir /wheels '.[webhook]' \
    && python -m venv --without-pip /opt/kguard \
    && pip --python /opt/kguard/bin/python install --no-cache-dir --no-index --find-links /wheels \
        'kguard-lint[webhook]'

FROM ${PYTHON_IMAGE}
# tini reaps the processes that probes and hooks leave behind, and passes signals on.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/kguard /opt/kguard
ENV PATH=/opt/kguard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
ARG REVISION=""
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="kguard" \
    org.opencontainers.image.description="Admission webhook for what makes Kubernetes workloads and workflow engines fail at scale" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.source="https://github.com/kguard/kguard" \
    org.opencontainers.image.url="https://github.com/kguard/kguard" \
    org.opencontainers.image.documentation="https://github.com/kguard/kguard/tree/main/charts/kguard" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
# A number, because runAsNonRoot cannot judge a name.
USER 65532:65532
WORKDIR /
# 10250: reviews, TLS; 8080: health and metrics.
EXPOSE 10250 8080
ENTRYPOINT ["/usr/bin/tini", "--", "kguard"]
CMD ["serve"]
