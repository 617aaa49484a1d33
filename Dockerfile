# The service on a CPU, without torch:  docker build -t id-document-extractor .
# Run it read-only, as compose.yaml does.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN python -m pip install --no-cache-dir "build>=1.2,<2" && python -m build --wheel --outdir /wheels
# The environment is made here and copied whole, so that the wheel and pip's leavings are no part of the image.
# SHELL of the image is sh, whose glob finds the one wheel.
# hadolint ignore=DL3013
RUN python -m venv --without-pip /opt/extract \
    && for wheel in /wheels/*.whl; do \
         python -m pip --python /opt/extract/bin/python install --no-cache-dir "${wheel}[server]"; \
       done

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="id-document-extractor" \
      org.opencontainers.image.licenses="MIT AND Apache-2.0"
COPY --from=build /opt/extract /opt/extract
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin extract \
    && install -d -o 10001 -g 10001 -m 0700 /data
USER 10001
ENV PATH=/opt/extract/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["extract-server", "--host", "0.0.0.0", "--data", "/data"]
