"""A credential and the account it opens. These objects go to a broker and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr, SerializationInfo

Role = Literal["source", "target", "none"]
NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"


def _serialise_secret(secret: SecretStr, info: SerializationInfo) -> str:
    revealed = isinstance(info.context, dict) and info.context.get("reveal") is True
    return secret.get_secret_value() if revealed else str(secret)


Secret = Annotated[SecretStr, PlainSerializer(_serialise_secret, return_type=str)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TokenStore(_Part):
    """Where a rotated refresh token is put before the new access token is used: an entry of the system keyring."""

    kind: Literal["keyring"] = "keyring"
    service: str
    username: str


class BearerToken(_Part):
    """A token that does not expire by itself (HubSpot service key or private-app token, an API key)."""

    kind: Literal["bearer"] = "bearer"
    token: Secret


class ClientCredentials(_Part):
    """OAuth client-credentials grant (Salesforce External Client App with a "run as" user)."""

    kind: Literal["client_credentials"] = "client_credentials"
    client_id: str
    client_secret: Secret


class RefreshToken(_Part):
    """OAuth refresh grant. `access_token` may be given when one is still good; `instance_url` is Salesforce's."""

    kind: Literal["refresh_token"] = "refresh_token"
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    access_token: Secret | None = None
    instance_url: str | None = None
    store: TokenStore | None = None


Credential = Annotated[BearerToken | ClientCredentials | RefreshToken, Field(discriminator="kind")]


class ConnectionSpec(_Part):
    """One account. `origin` is scheme, host and port of what is spoken to: `https://api.hubapi.com`, a Salesforce login URL, a lab's loopback URL."""

    name: str = Field(pattern=NAME)
    crm: str = Field(pattern=r"^[a-z0-9_]+$")
    role: Role = "none"
    origin: str
    credential: Credential


@dataclass(frozen=True)
class ConnectionSource:
    """A connection that was found. `where` says in words where its credential lies; `plain`: whoever has a shell here can read it.

    The credential itself is only opened by `spec`; a sealed one asks for its passphrase then, and raises what its vault raises.
    """

    name: str
    crm: str
    origin: str
    where: str
    plain: bool
    open: Callable[[], Credential] = field(repr=False)

    def spec(self, role: Role = "none") -> ConnectionSpec:
        """What a broker needs to know."""
        return ConnectionSpec(name=self.name, crm=self.crm, role=role, origin=self.origin, credential=self.open())
