"""The users of the appliance and the groups they are in.

At the start there are `spectra`, whose keys are those given, and `Administrator`. Whoever is in the
group of administrators may do everything.
"""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from .records import Record, Records

ADMINISTRATORS = "Administrators"
EVERYONE = "Everyone"
SECRET_LENGTH = 8
_SECRET_CHARACTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class User:
    """A user: its access id and secret key, and the id under which answers name it."""

    name: str
    id: str
    access_id: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What follows from the records, until one of them changes."""

    generation: int
    every: tuple[User, ...]
    secrets: Mapping[str, str]
    names: Mapping[str, str]
    ids: Mapping[str, str]


class Users:
    def __init__(self, records: Records) -> None:
        self._records = records
        self._known = _Known(-1, (), {}, {}, {})

    def _now(self) -> _Known:
        known, generation = self._known, self._records.generation
        if known.generation != generation:
            users = tuple(_user(record) for record in self._records.every("user"))
            known = self._known = _Known(
                generation,
                users,
                {user.access_id: user.secret_key for user in users},
                {user.access_id: user.name for user in users},
                {user.name: user.id for user in users},
            )
        return known

    @property
    def every(self) -> tuple[User, ...]:
        return self._now().every

    @property
    def secrets(self) -> Mapping[str, str]:
        """Secret keys by access ids."""
        return self._now().secrets

    def secrets_and_names(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Secret keys and names, by access ids, of one moment."""
        now = self._now()
        return now.secrets, now.names

    def id_of(self, name: str) -> str:
        """A user's id. Of one that is no longer there, as jobs name them, the same each time."""
        return self._now().ids.get(name) or str(uuid.uuid5(uuid.NAMESPACE_OID, name))

    def find(self, name_or_id: str) -> User | None:
        record = self._records.find("user", name_or_id)
        return None if record is None else _user(record)

    def groups_of(self, user_id: str) -> frozenset[str]:
        """Ids of the groups that a user is in, also by way of other groups."""
        members = self._records.every("group_member")
        found = {group.id for group in self._records.every("group") if group.name == EVERYONE}
        found |= {member["GroupId"] for member in members if member["MemberUserId"] == user_id}
        while (
            more := {member["GroupId"] for member in members if member["MemberGroupId"] in found}
            - found
        ):
            found |= more
        return frozenset(found)


def new_access_id(name: str, taken: Mapping[str, str]) -> str:
    """An access id like those of the appliance: the name in base64, if nobody has it."""
    wanted = base64.b64encode(name.encode()).decode()
    return wanted if wanted not in taken else base64.b64encode(secrets.token_bytes(9)).decode()


def new_secret() -> str:
    return "".join(secrets.choice(_SECRET_CHARACTERS) for _ in range(SECRET_LENGTH))


def _user(record: Record) -> User:
    return User(record["Name"], record.id, record["AuthId"], record["SecretKey"])
