"""Zoho's own Python SDK `zcrmsdk` (2021, API v2) on the broker's socket, for people who know it. The adapter does not use it.

It is never let near a credential: the broker adds that. What it lacks is mended from outside, without touching its files:
- it imports a MySQL driver that it does not declare, for a token store that is not used here;
- it sends by the functions of `requests`, without time-outs and with a new connection each: a session on the broker's socket takes their place;
- it writes tokens, field lists and a log to disk: tokens stay nowhere, field lists in a folder that goes with the process, the log is off.
The SDK's state belongs to the process, so a process has one such connection.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from importlib import import_module
from types import ModuleType
from typing import Any

import requests

from sdrbot_skills.crm.failures import from_broker
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.transport.connection import Connection
from sdrbot_skills.transport.sockets import requests_session

DRIVER = "mysql.connector"
API = "zcrmsdk.src.com.zoho.crm.api"
AUTHENTICATOR = "zcrmsdk.src.com.zoho.api.authenticator"

_opened: list[Connection] = []
"""The connection that this process's SDK speaks to."""


def open_sdk(connection: Connection) -> Any:
    """The SDK's `RecordOperations`, with the SDK initialised for this connection. Raises `ConfigurationError` where it is not installed, or
    where this process has opened it for another connection."""
    if _opened and _opened[0] != connection:
        raise ConfigurationError(
            f"zcrmsdk can speak to one connection in a process, and this one speaks to {_opened[0].name!r}. Use another process for {connection.name!r}."
        )
    if not _opened:
        _provide_driver()
        _import("initializer")
        _import("util.api_http_connector").requests = _session(connection)
        folder = tempfile.mkdtemp(prefix="zcrmsdk-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _initialise(connection, folder)
        _opened.append(connection)
    return _import("record").RecordOperations()


def _session(connection: Connection) -> requests.Session:
    """What stands in for the module `requests`: the SDK names no content type, and could not read the broker's own refusals."""
    session = requests_session(connection, {"Content-Type": "application/json"})
    session.hooks["response"].append(_raise_refusal)
    return session


def _raise_refusal(answer: requests.Response, **_: Any) -> None:
    if ours := from_broker(answer.status_code, answer.headers, answer.content):
        raise ours


def _provide_driver() -> None:
    """Stand-ins for the MySQL driver, unless it is there."""
    try:
        import_module(DRIVER)
    except ModuleNotFoundError:
        package, driver = ModuleType("mysql"), ModuleType(DRIVER)
        package.connector, driver.Error = driver, Exception  # type: ignore[attr-defined]
        sys.modules |= {"mysql": package, DRIVER: driver}


def _import(name: str) -> Any:
    try:
        return import_module(f"{API}.{name}")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "zcrmsdk is not installed: `pip install 'sdrbot-skills[zcrmsdk]'`. `auth.zohocrm.get_zoho_client()` needs nothing more."
        ) from error


def _initialise(connection: Connection, folder: str) -> None:
    address = connection.base_url
    logger = import_module("zcrmsdk.src.com.zoho.api.logger").Logger
    _import("initializer").Initializer.initialize(
        _import("user_signature").UserSignature("broker@localhost.example"),
        _import("dc.data_center").DataCenter.Environment(address, address, address),
        _without_credential(),
        _without_store(),
        _import("sdk_config").SDKConfig(auto_refresh_fields=False, pick_list_validation=False),
        folder,
        logger.get_instance(logger.Levels.CRITICAL, os.devnull),
    )


def _without_credential() -> Any:
    """The SDK's token, which adds nothing to a request."""
    token = import_module(f"{AUTHENTICATOR}.token").Token
    return type("BrokerToken", (token,), {"authenticate": lambda self, request: None, "remove": lambda self: True})()


def _without_store() -> Any:
    """The SDK's token store, which holds nothing."""
    store = import_module(f"{AUTHENTICATOR}.store.token_store").TokenStore
    nothing = dict.fromkeys(
        ("get_token", "save_token", "delete_token", "get_tokens", "delete_tokens"), lambda self, *_: None
    )
    return type("NoStore", (store,), nothing)()
