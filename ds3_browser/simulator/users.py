"""The two users an appliance has when its administrator has set it up."""

from __future__ import annotations

from dataclasses import dataclass

ADMINISTRATOR_ID = "QWRtaW5pc3RyYXRvcg=="


@dataclass(frozen=True, slots=True)
class User:
    """A user: its access id and secret key, and the id under which answers name it."""

    name: str
    id: str
    access_id: str
    secret_key: str


class Users:
    """`spectra`, whose keys are those given, and `Administrator`, whose secret nobody knows."""

    def __init__(self, access_id: str, secret_key: str, administrators_secret: str) -> None:
        self.every = (
            User(
                "Administrator",
                "1b2f6a0c-5c43-4d67-9a51-0a6d7c1d2e01",
                ADMINISTRATOR_ID if access_id != ADMINISTRATOR_ID else "YWRtaW4=",
                administrators_secret,
            ),
            User("spectra", "1b2f6a0c-5c43-4d67-9a51-0a6d7c1d2e02", access_id, secret_key),
        )
        self.secrets = {user.access_id: user.secret_key for user in self.every}
        self._names = {user.access_id: user.name for user in self.every}
        self._ids = {user.name: user.id for user in self.every}

    def name_of(self, access_id: str) -> str:
        return self._names[access_id]

    def id_of(self, name: str) -> str:
        return self._ids[name]
