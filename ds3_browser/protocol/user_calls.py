"""Users and groups, what they may do, and where the appliance sends its notifications."""

from __future__ import annotations

from collections.abc import Iterator

from . import system_xml
from .calling import Calls, checked_kind, given, needed, one_of, rest_path
from .system_records import (
    BucketAcl,
    Group,
    GroupMember,
    NotificationKind,
    Registration,
    User,
)


class UserCalls(Calls):
    """Calls about who uses the appliance. Most need an administrator's rights: AccessDenied."""

    # --- users

    def users(self, *, name: str | None = None, auth_id: str | None = None) -> Iterator[User]:
        """Users by name; `auth_id` is an access id, by which one finds oneself."""
        return self._all(User, "user", given(name=name, auth_id=auth_id))

    def user(self, id_or_name: str) -> User:
        """One user. Raises NotFound."""
        return self._one(User, "user", id_or_name)

    def create_user(
        self,
        name: str,
        *,
        default_data_policy_id: str | None = None,
        max_buckets: int | None = None,
        secret_key: str | None = None,
    ) -> User:
        """Create a user; the appliance thinks of a secret key where none is given."""
        settings = given(
            default_data_policy_id=default_data_policy_id,
            max_buckets=max_buckets,
            secret_key=secret_key,
        )
        query = [*needed(name=name), *settings]
        return self._made(User, "user", query)

    def modify_user(
        self,
        id_or_name: str,
        *,
        name: str | None = None,
        default_data_policy_id: str | None = None,
        max_buckets: int | None = None,
        secret_key: str | None = None,
    ) -> User:
        """Change settings of a user: those that are given."""
        query = given(
            name=name,
            default_data_policy_id=default_data_policy_id,
            max_buckets=max_buckets,
            secret_key=secret_key,
        )
        return self._changed(User, "user", id_or_name, query)

    def regenerate_secret_key(self, id_or_name: str) -> User:
        """Give a user a new secret key; the old one is void at once. One try."""
        query = [("operation", "regenerate_secret_key")]
        reply = self._call_once("PUT", rest_path("user", id_or_name), query)
        return system_xml.read_one(User, reply)

    def delete_user(self, id_or_name: str, *, missing_ok: bool = True) -> None:
        """Delete a user."""
        self._delete(rest_path("user", id_or_name), (), missing_ok)

    # --- groups

    def groups(self, *, name: str | None = None) -> Iterator[Group]:
        """The groups of users, by name."""
        return self._all(Group, "group", given(name=name))

    def group(self, id_or_name: str) -> Group:
        """One group of users. Raises NotFound."""
        return self._one(Group, "group", id_or_name)

    def create_group(self, name: str) -> Group:
        """Create a group of users. One try."""
        return self._made(Group, "group", needed(name=name))

    def modify_group(self, id_or_name: str, *, name: str) -> Group:
        """Give a group another name."""
        return self._changed(Group, "group", id_or_name, needed(name=name))

    def delete_group(self, id_or_name: str, *, missing_ok: bool = True) -> None:
        """Delete a group; its members stay."""
        self._delete(rest_path("group", id_or_name), (), missing_ok)

    def is_member(self, group: str, *, user_id: str | None = None) -> bool:
        """Whether a user, or oneself, belongs to a group, also by way of another group."""
        query = [("operation", "verify"), *given(user_id=user_id)]
        return bool(self._call("PUT", rest_path("group", group), query))

    def group_members(
        self,
        *,
        group_id: str | None = None,
        member_user_id: str | None = None,
        member_group_id: str | None = None,
    ) -> Iterator[GroupMember]:
        """Who belongs to which group."""
        query = given(
            group_id=group_id, member_user_id=member_user_id, member_group_id=member_group_id
        )
        return self._all(GroupMember, "group_member", query)

    def group_member(self, member_id: str) -> GroupMember:
        """One membership. Raises NotFound."""
        return self._one(GroupMember, "group_member", member_id)

    def create_group_member(
        self,
        group_id: str,
        *,
        member_user_id: str | None = None,
        member_group_id: str | None = None,
    ) -> GroupMember:
        """Take a user, or a whole group, into a group."""
        who = one_of(member_user_id=member_user_id, member_group_id=member_group_id)
        return self._made(GroupMember, "group_member", [*needed(group_id=group_id), *who])

    def delete_group_member(self, member_id: str, *, missing_ok: bool = True) -> None:
        """Take a member out of its group, by the id of the membership."""
        self._delete(rest_path("group_member", member_id), (), missing_ok)

    # --- permissions

    def bucket_acls(
        self,
        *,
        bucket: str | None = None,
        user_id: str | None = None,
        group_id: str | None = None,
        permission: str | None = None,
    ) -> Iterator[BucketAcl]:
        """Who may do what with buckets."""
        query = given(bucket_id=bucket, user_id=user_id, group_id=group_id, permission=permission)
        return self._all(BucketAcl, "bucket_acl", query)

    def bucket_acl(self, acl_id: str) -> BucketAcl:
        """One right in buckets. Raises NotFound."""
        return self._one(BucketAcl, "bucket_acl", acl_id)

    def create_bucket_acl(
        self,
        permission: str,
        *,
        bucket: str | None = None,
        user_id: str | None = None,
        group_id: str | None = None,
    ) -> BucketAcl:
        """Permit a user or a group something: LIST READ WRITE DELETE JOB OWNER.

        For one bucket, or for all where it is None; an empty name is a ValueError.
        """
        if bucket == "":
            raise ValueError("A bucket name cannot be empty.")
        who = one_of(user_id=user_id, group_id=group_id)
        query = [*given(bucket_id=bucket), *needed(permission=permission), *who]
        return self._made(BucketAcl, "bucket_acl", query)

    def delete_bucket_acl(self, acl_id: str, *, missing_ok: bool = True) -> None:
        """Take a right in buckets back."""
        self._delete(rest_path("bucket_acl", acl_id), (), missing_ok)

    # --- notifications

    def registrations(
        self, kind: NotificationKind, *, user_id: str | None = None
    ) -> Iterator[Registration]:
        """Where notifications of a kind are sent, oldest first."""
        return self._all(Registration, _resource(kind), given(user_id=user_id))

    def registration(self, kind: NotificationKind, registration_id: str) -> Registration:
        """One place where notifications are sent. Raises NotFound."""
        return self._one(Registration, _resource(kind), registration_id)

    def create_registration(
        self,
        kind: NotificationKind,
        end_point: str,
        *,
        job_id: str | None = None,
        bucket: str | None = None,
        http_method: str | None = None,
        format: str | None = None,
        naming_convention: str | None = None,
    ) -> Registration:
        """Have notifications of a kind sent to a URL.

        Some kinds may be bound to one job, BUCKET_CHANGES to one bucket.
        """
        settings = given(
            job_id=job_id,
            bucket_id=bucket,
            notification_http_method=http_method,
            format=format,
            naming_convention=naming_convention,
        )
        query = [*needed(notification_end_point=end_point), *settings]
        return self._made(Registration, _resource(kind), query)

    def delete_registration(
        self, kind: NotificationKind, registration_id: str, *, missing_ok: bool = True
    ) -> None:
        """Have no more notifications sent to a place."""
        self._delete(rest_path(_resource(kind), registration_id), (), missing_ok)


def _resource(kind: NotificationKind) -> str:
    return checked_kind(kind, NotificationKind).resource
