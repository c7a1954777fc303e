"""compose.yaml's own steps, replayed as far as a machine without a Docker engine can.

Its services run as processes of this machine: the commands, health checks, secrets and configuration are
those of compose.yaml, the Dockerfile and docs/scaling.md, with this machine's paths and ports in place of the
containers'.
"""

import asyncio
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from newsbot.ports import ALL_ROLES
from newsbot.sandbox import Sandbox
from tests.acceptance.newsroom import CHAT, TOKEN, Newsroom, Site, Story
from tests.conftest import build_minimal_environment, create_temporary_database
from tests.forkserver import ForkedProcess
from tests.test_dockerfile import stages

ROOT = Path(__file__).parents[1]
BODY = "<p>The council approved the ferry line on Tuesday after a debate of four hours.</p>" * 2
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if name != "postgres"}


def roles(service: dict[str, Any]) -> frozenset[str]:
    command = service["command"]
    assert command[:2] == ["run", "--roles"]
    return frozenset(command[2].split(","))


def seconds(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([sm])", text).groups()  # type: ignore[union-attr]  # it is one of these
    return int(number) * (60 if unit == "m" else 1)


def count(service: dict[str, Any]) -> int:
    return int(service.get("deploy", {}).get("replicas", 1))


def documented_config() -> dict[str, Any]:
    """The config.yaml of docs/scaling.md."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "scaling.md").read_text(), re.DOTALL)
    [found] = [block for block in blocks if "engine: cluster" in block]
    config: dict[str, Any] = yaml.safe_load(found)
    return config


def test_two_workers_a_desk_and_a_web_server_do_all_roles_beside_postgresql() -> None:
    assert {name: count(service) for name, service in SERVICES.items()} == {
        "postgres": 1,
        "worker": 2,
        "desk": 1,
        "web": 1,
    }
    assert frozenset.union(*map(roles, OURS.values())) == ALL_ROLES
    assert [name for name, service in OURS.items() if "desk" in roles(service)] == ["desk"]
    assert [name for name, service in OURS.items() if "ports" in service] == ["web"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_waits_for_the_database_tells_its_health_and_ends_in_time(name: str) -> None:
    service = OURS[name]
    assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "web" in roles(service)  # or nobody would answer its health check
    assert service["healthcheck"]["test"][0] == "CMD"
    assert seconds(service["stop_grace_period"]) > 30
    assert service["build"] == "."
    assert service["volumes"] == [f"./newsroom:{stages()[1].only('VOLUME')}"]
    assert not {"command", "environment"} & service.keys() - {"command"}


def test_secrets_are_files_that_neither_git_nor_the_image_gets() -> None:
    declared = COMPOSE["secrets"]
    assert {name for service in SERVICES.values() for name in service["secrets"]} == declared.keys()
    for name, secret in declared.items():
        assert secret == {"file": f"secrets/{name}"}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"secrets", "newsroom"} <= {*ignored}
    variables = SERVICES["postgres"]["environment"]
    assert [name for name in variables if "PASSWORD" in name] == ["POSTGRES_PASSWORD_FILE"]
    assert variables["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    assert {*SERVICES["postgres"]["volumes"]} == {
        f"{name}:/var/lib/postgresql/data" for name in COMPOSE["volumes"]
    }


# ---------------------------------------------------------------- the replay


@dataclass
class Replay:
    """The services as processes: ``/data`` is ``newsroom``'s folder, and each has a port of its own."""

    newsroom: Newsroom
    secrets: Path

    def write_config(self) -> None:
        config = documented_config()
        assert config["web"]["listen"].endswith(":8080")
        text = (
            json.dumps(config)
            .replace("/run/secrets", str(self.secrets))
            .replace("0.0.0.0:8080", "127.0.0.1:${PORT}")
        )
        self.newsroom.config = json.loads(text) | {
            "sources": self.newsroom.config["sources"],
            "network": {"allow_private": True},
        }
        for part in (*self.newsroom.config["channels"].values(), self.newsroom.config["desk"]):
            part["api"] = self.newsroom.sandbox.telegram_url
        for channel in self.newsroom.config["channels"].values():
            channel |= {"chat": CHAT, "approval": "none"}

    async def start(self, name: str, port: int) -> ForkedProcess:
        entry, final = json.loads(stages()[1].only("ENTRYPOINT")), OURS[name]
        assert entry == ["newsbot"]
        self.newsroom.environ = {"PORT": str(port)}
        return await self.newsroom.start(*final["command"])

    async def check_health(self, name: str, port: int) -> bool:
        """The service's health check, by this machine's Python and the service's port."""
        _, python, *command = OURS[name]["healthcheck"]["test"]
        assert python == "python"
        command = [each.replace(":8080/", f":{port}/") for each in command]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=build_minimal_environment(), stderr=asyncio.subprocess.DEVNULL
        )
        return await process.wait() == 0


async def until(what: Any, within: float = 90) -> None:
    async with asyncio.timeout(within):
        while not await what():
            await asyncio.sleep(0.1)


def find_ports(count: int) -> list[int]:
    import socket

    with_ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in with_ports]
    for one in with_ports:
        one.close()
    return ports


@pytest.mark.slow
async def test_its_services_become_healthy_send_and_end_in_time(tmp_path: Path, postgres: str) -> None:
    site, secrets = Site(), tmp_path / "secrets"
    secrets.mkdir()
    await site.start()
    with create_temporary_database(postgres) as url:
        (secrets / "database_url").write_text(f"{url}\n")
        (secrets / "telegram_token").write_text(f"{TOKEN}\n")
        await check_postgres(url)
        async with Sandbox() as sandbox:
            newsroom = Newsroom(tmp_path, sandbox, site)
            try:
                await replay(Replay(newsroom, secrets))
            finally:
                await newsroom.close()
    await site.stop()


async def check_postgres(url: str) -> None:
    """The database's health check; the address and the names of its test are this server's."""
    mode, program, *options = SERVICES["postgres"]["healthcheck"]["test"]
    assert (mode, program) == ("CMD", "pg_isready")
    asked = psycopg.conninfo.conninfo_to_dict(url)
    own = {"--host": asked.get("host"), "--username": asked.get("user"), "--dbname": asked.get("dbname")}
    assert {option.partition("=")[0] for option in options} == own.keys()
    found = shutil.which(program) or next(
        map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), None
    )
    if found is None:
        return
    arguments = [f"{option}={value}" for option, value in own.items()] + [f"--port={asked.get('port', 5432)}"]
    process = await asyncio.create_subprocess_exec(found, *arguments, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


async def replay(here: Replay) -> None:
    newsroom = here.newsroom
    here.write_config()
    newsroom.site.stories = [Story("one", "A ferry", BODY)]
    names = [name for name, service in OURS.items() for _ in range(count(service))]
    ports = find_ports(len(names))
    running = [await here.start(name, port) for name, port in zip(names, ports, strict=True)]
    for name, port in zip(names, ports, strict=True):
        await until(lambda name=name, port=port: here.check_health(name, port))
    assert not await here.check_health("web", find_ports(1)[0])  # nobody listens there
    await until(lambda: seen(newsroom, 1))
    wanted = sorted(sorted(roles(OURS[name])) for name in names)
    await until(lambda: lists(newsroom, wanted))
    first = running.pop(names.index("worker"))
    first.kill()
    await first.communicate()
    newsroom.site.stories.append(Story("two", "Another ferry", BODY.replace("ferry", "tram")))
    await until(lambda: seen(newsroom, 2))
    for process in running:
        ran = await newsroom.stop(process)
        assert ran.status == 0, ran.err
        assert TOKEN not in ran.err
    assert len(newsroom.messages) == 2


async def seen(newsroom: Newsroom, number: int) -> bool:
    return len(newsroom.messages) >= number


async def lists(newsroom: Newsroom, wanted: list[list[str]]) -> bool:
    """Does `status` show services of these roles? On a busy machine its queries may take too long."""
    ran = await newsroom.run("status", "--json")
    return ran.status == 0 and sorted(each["roles"] for each in ran.json["services"]) == wanted
