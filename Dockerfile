# Build:  docker build -t newsbot .
# Run:    docker run --read-only --tmpfs /tmp -v newsroom:/data --env-file .env newsbot
# /data holds config.yaml, templates/ and the database.

FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/newsbot
COPY requirements requirements
RUN /opt/newsbot/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt
# The build's own tools (hatchling) come from the developers' lock, into an environment that is left behind.
RUN python -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/dev.txt
COPY pyproject.toml README.md LICENSE config.yaml ./
COPY templates templates
COPY src src
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/newsbot/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data newsbot
COPY --from=build /opt/newsbot /opt/newsbot
ENV PATH=/opt/newsbot/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER newsbot
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=20s --start-period=1m CMD ["newsbot", "db", "check"]
ENTRYPOINT ["newsbot"]
CMD ["run"]
