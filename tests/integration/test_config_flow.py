"""The config flow, with a real connection to the fake server."""

import ssl
from collections.abc import Generator
from ipaddress import ip_address
from typing import Any
from unittest.mock import AsyncMock, patch

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from homeassistant.config_entries import SOURCE_HASSIO, SOURCE_USER, SOURCE_ZEROCONF, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_SSL, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.api import client
from custom_components.ruview.api.errors import CannotConnectError
from custom_components.ruview.const import CONF_APP, DOMAIN

from .fake_server import FakeServer
from .golden import golden

CERTIFICATE_ERROR = aiohttp.ClientConnectorCertificateError(
    ConnectionKey("127.0.0.1", 3000, True, True, None, None, None),
    ssl.SSLCertVerificationError("self-signed"),
)


@pytest.fixture
def user_input(server: FakeServer) -> dict[str, Any]:
    """Return what a user enters for the fake server."""
    return {
        CONF_HOST: "127.0.0.1",
        CONF_PORT: server.port,
        CONF_TOKEN: server.token,
        CONF_SSL: False,
        CONF_VERIFY_SSL: True,
    }


@pytest.fixture(autouse=True)
def setup_entry() -> Generator[AsyncMock]:
    """Do not set up entries here."""
    with patch("custom_components.ruview.async_setup_entry", return_value=True) as setup_entry:
        yield setup_entry


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Start a flow as a user does."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "server"
    assert not result["errors"]
    return result


async def submit(hass: HomeAssistant, result: ConfigFlowResult, data: dict[str, Any]) -> ConfigFlowResult:
    """Submit a form."""
    result = await hass.config_entries.flow.async_configure(result["flow_id"], data)
    await hass.async_block_till_done()
    return result


async def test_user(
    hass: HomeAssistant,
    server: FakeServer,
    user_input: dict[str, Any],
    setup_entry: AsyncMock,
) -> None:
    # A pasted host or token often has a space at its end.
    pasted = user_input | {CONF_HOST: " 127.0.0.1 ", CONF_TOKEN: f"{server.token}\n"}
    result = await submit(hass, await start(hass), pasted)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "RuView"
    assert result["data"] == user_input
    assert result["result"].unique_id == server.info["server_id"]
    assert setup_entry.call_count == 1


async def test_defaults(hass: HomeAssistant, user_input: dict[str, Any], server: FakeServer) -> None:
    """TLS is not asked for by those who do not use it, and port 3000 is the server's own."""
    result = await start(hass)
    assert result["data_schema"] is not None
    with patch("custom_components.ruview.flow.async_create_connection") as create:
        create.return_value.connect = AsyncMock(side_effect=CannotConnectError)
        await submit(hass, result, {CONF_HOST: "127.0.0.1", CONF_TOKEN: server.token})
    assert create.call_args.args[1] == user_input | {CONF_PORT: 3000}


async def recovers(
    hass: HomeAssistant,
    user_input: dict[str, Any],
    errors: dict[str, str],
    wrong_input: dict[str, Any] | None = None,
) -> ConfigFlowResult:
    """Return the form with the errors, after checking that it kept what was entered."""
    entered = user_input | (wrong_input or {})
    result = await submit(hass, await start(hass), entered)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    assert result["data_schema"] is not None
    assert {str(key): key.description["suggested_value"] for key in result["data_schema"].schema} == entered
    return result


async def finish(hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]) -> None:
    """Check that the flow can still succeed."""
    result = await submit(hass, result, user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_cannot_connect(hass: HomeAssistant, server: FakeServer, user_input: dict[str, Any]) -> None:
    await server.stop()
    result = await recovers(hass, user_input, {"base": "cannot_connect"})
    await server.start()
    await finish(hass, result, user_input)


async def test_invalid_auth(hass: HomeAssistant, user_input: dict[str, Any]) -> None:
    result = await recovers(hass, user_input, {"base": "invalid_auth"}, {CONF_TOKEN: "wrong"})
    await finish(hass, result, user_input)


async def test_invalid_host(hass: HomeAssistant, user_input: dict[str, Any]) -> None:
    result = await recovers(hass, user_input, {CONF_HOST: "invalid_host"}, {CONF_HOST: "http://127.0.0.1"})
    await finish(hass, result, user_input)


@pytest.mark.parametrize(("status", "error"), [(429, "rate_limited"), (404, "not_ruview"), (200, "not_ruview")])
async def test_http_answers(
    hass: HomeAssistant,
    server: FakeServer,
    user_input: dict[str, Any],
    status: int,
    error: str,
) -> None:
    server.http_status = status
    result = await recovers(hass, user_input, {"base": error})
    server.http_status = 0
    await finish(hass, result, user_input)


async def test_timeout(hass: HomeAssistant, server: FakeServer, user_input: dict[str, Any]) -> None:
    server.greeting = None
    with patch.object(client, "TIMEOUT_S", 0.05):
        result = await recovers(hass, user_input, {"base": "timeout_connect"})
    server.greeting = golden("server_auth_required")
    await finish(hass, result, user_input)


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (golden("server_auth_required") | {"api": 2}, "unsupported_api"),
        ({"type": "hello"}, "not_ruview"),
    ],
)
async def test_other_servers(
    hass: HomeAssistant,
    server: FakeServer,
    user_input: dict[str, Any],
    greeting: dict[str, Any],
    error: str,
) -> None:
    server.greeting = greeting
    result = await recovers(hass, user_input, {"base": error})
    server.greeting = golden("server_auth_required")
    await finish(hass, result, user_input)


@pytest.mark.parametrize(
    ("exception", "error"),
    [(CERTIFICATE_ERROR, "invalid_certificate"), (RuntimeError("surprise"), "unknown")],
)
async def test_exceptions(
    hass: HomeAssistant,
    user_input: dict[str, Any],
    exception: Exception,
    error: str,
) -> None:
    with patch("aiohttp.ClientSession.ws_connect", side_effect=exception):
        result = await recovers(hass, user_input, {"base": error})
    await finish(hass, result, user_input)


async def test_already_configured(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    user_input: dict[str, Any],
) -> None:
    """A server that has moved gets its new address and token this way."""
    hass.config_entries.async_update_entry(
        config_entry, data=user_input | {CONF_HOST: "192.0.2.7", CONF_TOKEN: "before"}
    )
    result = await submit(hass, await start(hass), user_input)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert config_entry.data == user_input
    assert config_entry.unique_id == server.info["server_id"]


async def test_reauth(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.token = "new"
    result = await config_entry.start_reauth_flow(hass)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reauth_confirm"
    assert result["description_placeholders"] == {"name": "RuView", "server": "RuView", "host": "127.0.0.1"}

    result = await submit(hass, result, {CONF_TOKEN: "wrong"})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "invalid_auth"}

    before = dict(config_entry.data)
    result = await submit(hass, result, {CONF_TOKEN: "new"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert config_entry.data == before | {CONF_TOKEN: "new"}


async def test_reauth_with_another_server(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
) -> None:
    server.info = golden("server_auth_ok") | {"server_id": "another"}
    server.token = "new"
    result = await submit(hass, await config_entry.start_reauth_flow(hass), {CONF_TOKEN: "new"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_server"
    assert config_entry.data[CONF_TOKEN] == "an-example-token"


async def test_reconfigure(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    """An empty token keeps the one that is there."""
    right = dict(config_entry.data)
    hass.config_entries.async_update_entry(config_entry, data=right | {CONF_PORT: 1})
    result = await config_entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert result["data_schema"] is not None
    suggested = {str(key): (key.description or {}).get("suggested_value") for key in result["data_schema"].schema}
    assert suggested == {**config_entry.data, CONF_TOKEN: None}

    entered = {key: value for key, value in right.items() if key != CONF_TOKEN}
    result = await submit(hass, result, entered | {CONF_TOKEN: "wrong"})
    assert result["errors"] == {"base": "invalid_auth"}
    result = await submit(hass, result, entered)
    assert result["reason"] == "reconfigure_successful"
    assert config_entry.data == right

    server.info = golden("server_auth_ok") | {"server_id": "another"}
    result = await submit(hass, await config_entry.start_reconfigure_flow(hass), entered)
    assert result["reason"] == "wrong_server"
    assert config_entry.data == right


def announcement(server: FakeServer, **properties: str) -> ZeroconfServiceInfo:
    """Return what Home Assistant hears when the server announces itself."""
    return ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        port=server.port,
        hostname="ruview.local.",
        type="_ruview._tcp.local.",
        name="RuView 3f2a91c4._ruview._tcp.local.",
        properties=properties or {"id": server.info["server_id"], "api": "1"},
    )


async def find(hass: HomeAssistant, source: str, info: ZeroconfServiceInfo | HassioServiceInfo) -> ConfigFlowResult:
    """Let a server be found."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=info)
    await hass.async_block_till_done()
    return result


async def test_zeroconf(hass: HomeAssistant, server: FakeServer, user_input: dict[str, Any]) -> None:
    result = await find(hass, SOURCE_ZEROCONF, announcement(server))
    assert result["step_id"] == "zeroconf_confirm"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "RuView 3f2a91c4"}
    result = await submit(hass, result, {CONF_TOKEN: "wrong"})
    assert result["errors"] == {"base": "invalid_auth"}
    result = await submit(hass, result, {CONF_TOKEN: server.token})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == user_input
    assert result["result"].unique_id == server.info["server_id"]


async def test_zeroconf_that_names_nobody(hass: HomeAssistant, server: FakeServer) -> None:
    result = await find(hass, SOURCE_ZEROCONF, announcement(server, api="1"))
    assert result["reason"] == "invalid_discovery"


async def test_zeroconf_that_names_another(hass: HomeAssistant, server: FakeServer) -> None:
    result = await find(hass, SOURCE_ZEROCONF, announcement(server, id="another"))
    result = await submit(hass, result, {CONF_TOKEN: server.token})
    assert result["reason"] == "wrong_server"


@pytest.mark.parametrize(("server_id", "moved"), [(None, True), ("another", False)])
async def test_zeroconf_of_a_server_that_moved(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    server_id: str | None,
    moved: bool,
) -> None:
    """Its address is replaced when the same server answers there, whatever the announcement says."""
    right = dict(config_entry.data)
    old = right | {CONF_HOST: "192.0.2.7"}
    hass.config_entries.async_update_entry(config_entry, data=old)
    found = announcement(server)
    server.info = server.info | {"server_id": server_id or server.info["server_id"]}
    result = await find(hass, SOURCE_ZEROCONF, found)
    assert result["reason"] == "already_configured"
    assert config_entry.data == (right if moved else old)


async def test_zeroconf_leaves_an_entry_alone_that_works(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    setup_entry: AsyncMock,
) -> None:
    """Anybody can announce anything: whoever has a server keeps it."""
    setup_entry.side_effect = None
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    config_entry.runtime_data = AsyncMock()
    config_entry.runtime_data.coordinator.connected = True
    found = announcement(server)
    found.port = 1
    before = server.connects
    assert (await find(hass, SOURCE_ZEROCONF, found))["reason"] == "already_configured"
    assert config_entry.data[CONF_PORT] == server.port
    assert server.connects == before


async def test_zeroconf_at_the_known_address(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """A server that is announced where it was is not bothered."""
    assert (await find(hass, SOURCE_ZEROCONF, announcement(server)))["reason"] == "already_configured"
    assert config_entry.data[CONF_PORT] == server.port
    assert server.connects == 0


def message(server: FakeServer, **config: object) -> HassioServiceInfo:
    """Return what the Supervisor passes on when the app tells of its server."""
    told = {"host": "127.0.0.1", "port": server.port, "token": server.token, "server_id": server.info["server_id"]}
    return HassioServiceInfo(config=told | config, name="RuView", slug="local_ruview_capture", uuid="1234")


async def test_app(hass: HomeAssistant, server: FakeServer, user_input: dict[str, Any]) -> None:
    """One click."""
    result = await find(hass, SOURCE_HASSIO, message(server))
    assert result["step_id"] == "hassio_confirm"
    assert result["description_placeholders"] == {"app": "RuView"}
    await server.stop()
    result = await submit(hass, result, {})
    assert result["errors"] == {"base": "cannot_connect"}
    await server.start()
    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {**user_input, CONF_APP: "local_ruview_capture"}


async def test_app_with_another_server(hass: HomeAssistant, server: FakeServer) -> None:
    result = await submit(hass, await find(hass, SOURCE_HASSIO, message(server, server_id="another")), {})
    assert result["reason"] == "wrong_server"


async def test_app_that_says_too_little(hass: HomeAssistant, server: FakeServer) -> None:
    result = await find(hass, SOURCE_HASSIO, message(server, port="none"))
    assert result["reason"] == "invalid_discovery"


async def test_app_with_a_new_token(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    result = await find(hass, SOURCE_HASSIO, message(server, token="new"))
    assert result["reason"] == "already_configured"
    assert config_entry.data[CONF_TOKEN] == "new"
