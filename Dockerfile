# syntax=docker/dockerfile:1
# One image for every service: `nexus run SERVICE`, `nexus migrate`, `nexus doctor`.

# --- the agenda, built from npm's lock -----------------------------------------------------------------------------
FROM node:22-bookworm-slim AS agenda
WORKDIR /build/frontend_react
COPY frontend_react/package.json frontend_react/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier
# It shares style sheets and scripts with the panel.
COPY platform_ui /build/platform_ui
COPY frontend_react ./
RUN node node_modules/vite/bin/vite.js build --logLevel error --outDir /build/dist --emptyOutDir

# --- Python's packages, each file held to its hash ------------------------------------------------------------------
FROM python:3.13-slim-bookworm AS packages
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/nexus/venv \
    && /opt/nexus/venv/bin/python -m pip install --no-cache-dir --require-hashes --no-deps --no-input -r requirements.lock

# --- what runs ------------------------------------------------------------------------------------------------------
FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 nexus \
    && useradd --uid 10001 --gid nexus --home-dir /var/lib/nexus --create-home --shell /usr/sbin/nologin nexus \
    && install -d -o nexus -g nexus -m 0750 /var/lib/nexus/media
COPY --from=packages /opt/nexus/venv /opt/nexus/venv
COPY src /opt/nexus/src
COPY platform_ui /opt/nexus/platform_ui
COPY --from=agenda /build/dist /opt/nexus/frontend_react/dist
COPY deploy/container/nexus deploy/container/answers /usr/local/bin/
# Compiled while the file system may still be written.
RUN /opt/nexus/venv/bin/python -m compileall -q /opt/nexus/src
ENV PYTHONPATH=/opt/nexus/src \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NEXUS_HOST=0.0.0.0 \
    NEXUS_DATA_DIR=/var/lib/nexus \
    PLATFORM_UI_PORT=8080
WORKDIR /var/lib/nexus
USER 10001:10001
VOLUME /var/lib/nexus/media
# No entry point: hosts that set a command differ in whether they keep one.
CMD ["nexus", "--help"]
