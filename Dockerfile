# Build:  docker build -t newsbot .
# Run:    docker run --read-only --tmpfs /tmp -v newsroom:/data --env-file .env newsbot
# /data holds config.yaml, templates/ and the database.

FROM python:3.11-slim AS build
WORKDIR /build
# Two environments without pip of their own: what runs, and what makes the wheel, which is left behind.
RUN python -m venv --without-pip /opt/newsbot && python -m venv --without-pip /opt/tools
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements requirements
RUN python -m pip --python /opt/newsbot/bin/python install --require-hashes -r requirements/run.txt
RUN python -m pip --python /opt/tools/bin/python install --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE config.yaml ./
COPY templates templates
COPY src src
RUN python -m pip --python /opt/tools/bin/python wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && python -m pip --python /opt/newsbot/bin/python install --no-deps dist/*.whl

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
