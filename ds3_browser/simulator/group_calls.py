"""The calls of users and groups that are no plain records' calls: new secrets, membership."""

from __future__ import annotations

from .access import Access
from .answers import element
from .calls import Answer, Call, Route, Routes
from .kinds import KINDS
from .records import Records, written
from .store import Store
from .users import Users, new_secret


class GroupCalls:
    def __init__(self, store: Store, records: Records, users: Users, access: Access) -> None:
        self._store = store
        self._records = records
        self._users = users
        self._access = access

    def routes(self) -> Routes:
        return {
            "PUT user/ regenerate_secret_key": Route(self._regenerate_secret_key),
            "PUT group/ verify": Route(self._verify, "user_id"),
        }

    def _regenerate_secret_key(self, call: Call) -> Answer:
        """Give a user another secret key; anybody may have one for himself."""
        with self._store.transaction():
            user = self._records.find("user", call.name)
            if user is None or user.name != call.user:
                self._access.require_administrator(call.user)
            user = user or self._records.get("user", call.name, "User")
            user = self._records.update(user, SecretKey=new_secret())
        return Answer(body=element("Data", written(KINDS["user"], user)))

    def _verify(self, call: Call) -> Answer:
        """Whether a user, or the caller, is in a group: the group itself, or 204 if not."""
        group = self._records.get("group", call.name, "Group")
        asked = call.text("user_id")
        user = self._records.get("user", asked or call.user, "User")
        if user.name != call.user:
            self._access.require_administrator(call.user)
        if group.id not in self._users.groups_of(user.id):
            return Answer(204)
        return Answer(body=element("Data", written(KINDS["group"], group)))
