"""Rules about what an administrator sets up, and the tests that guard them."""

from __future__ import annotations

from .mutations import Mutation

ACCESS = "simulator/test_access.py"
SETUP = "simulator/test_setup.py"
TAPES = "simulator/test_tapes.py"

MUTATIONS = [
    Mutation(
        "an isolated copy made later is on a tape of its bucket",
        "simulator/writing.py",
        'bucket = share["id"] if isolated and share is not None else None',
        "bucket = None",
        "simulator/test_tapes.py::test_isolated_copies_that_lack_are_made_on_tapes_of_their_own",
    ),
    Mutation(
        "a bucket's share alone is mended",
        "simulator/writing.py",
        '" AND object IN (SELECT o.key FROM object o WHERE o.bucket = ?)",',
        '" AND ? NOTNULL",',
        "simulator/test_tapes.py::test_isolated_copies_that_lack_are_made_on_tapes_of_their_own",
    ),
    Mutation(
        "a permission is of one bucket",
        "simulator/access.py",
        'given = rights.permissions.get(bucket["id"], frozenset())',
        "given = frozenset().union(*rights.permissions.values())",
        f"{ACCESS}::test_the_service_lists_what_the_user_may_list",
    ),
    Mutation(
        "only the permission asked for opens a call",
        "simulator/access.py",
        'bool(given & {permission, "OWNER"})',
        "bool(given)",
        f"{ACCESS}::test_a_permission_opens_what_was_closed",
    ),
    Mutation(
        "OWNER holds all other permissions",
        "simulator/access.py",
        'bool(given & {permission, "OWNER"})',
        "bool(given & {permission})",
        f"{ACCESS}::test_an_owner_s_permission_holds_all_others",
    ),
    Mutation(
        "the service lists only what may be listed",
        "simulator/bucket_calls.py",
        'return [row for row in rows if self._access.may(user, row, "LIST")]',
        "return rows",
        f"{ACCESS}::test_the_service_lists_what_the_user_may_list",
    ),
    Mutation(
        "membership counts through groups",
        "simulator/users.py",
        "            found |= more\n        return frozenset(found)",
        "            break\n        return frozenset(found)",
        f"{SETUP}::test_membership_counts_through_groups",
    ),
    Mutation(
        "a job of somebody else needs JOB",
        "simulator/guard.py",
        'if job is not None and job["user"] != call.user:',
        "if job is None:",
        f"{ACCESS}::test_a_permission_opens_what_was_closed",
    ),
    Mutation(
        "an old secret is no longer good",
        "simulator/group_calls.py",
        "SecretKey=new_secret()",
        'SecretKey=user["SecretKey"]',
        f"{SETUP}::test_a_new_user_can_sign_at_once_and_no_more_with_an_old_secret",
    ),
    Mutation(
        "what others need is not deleted",
        "simulator/references.py",
        "            raise Refused(409",
        "            continue\n            raise Refused(409",
        f"{SETUP}::test_what_is_in_use_cannot_be_deleted",
    ),
    Mutation(
        "what hangs on something goes with it",
        "simulator/references.py",
        'if "cascade" in marks:\n            remove(records, record)',
        'if "cascade" in marks:\n            continue',
        f"{SETUP}::test_what_hangs_on_something_goes_with_it",
    ),
    Mutation(
        "a name is taken once in its kind",
        "simulator/operator_calls.py",
        "if any(record is None or other.id != record.id for other in others):",
        "if len(others) > 1:",
        f"{SETUP}::test_the_same_name_for_two_is_a_conflict",
    ),
    Mutation(
        "words of an enumeration sort as they are declared",
        "simulator/operator_calls.py",
        "value = column.words.index(value)",
        "value = str(value)",
        f"{SETUP}::test_words_of_an_enumeration_sort_as_they_are_declared",
    ),
    Mutation(
        "a group is no member of itself, by no way around",
        "simulator/operator_rules.py",
        "group in {member, *self._members_of(member)}",
        "group == member",
        f"{SETUP}::test_a_group_is_no_member_of_itself",
    ),
    Mutation(
        "a bucket has its owner's default policy",
        "simulator/policies.py",
        "return None if own is None else _policy(own)",
        "return self.default()",
        f"{SETUP}::test_a_bucket_without_a_policy_has_its_owner_s_default",
    ),
    Mutation(
        "two copies lie in different partitions",
        "simulator/writing.py",
        "turn = before % len(members) if members else 0",
        "turn = before * 0",
        f"{TAPES}::test_two_copies_are_on_tapes_of_two_partitions",
    ),
    Mutation(
        "two copies are never on one tape",
        "simulator/writing.py",
        "and medium.id not in others",
        "and medium.id not in ()",
        f"{TAPES}::test_a_copy_that_had_no_tape_is_told_as_lacking",
    ),
    Mutation(
        "a full tape takes nothing more",
        "simulator/writing.py",
        "and _capacity(medium) - _bytes(uses, medium) >= length",
        "and _capacity(medium) >= length",
        f"{TAPES}::test_a_tape_is_filled_before_another_is_begun",
    ),
    Mutation(
        "isolated buckets share no tape",
        "simulator/writing.py",
        'isolated = bucket["id"] if rule["IsolationLevel"] == ISOLATED else None',
        'isolated = bucket["id"] if rule["IsolationLevel"] == "" else None',
        f"{TAPES}::test_isolated_buckets_have_tapes_of_their_own",
    ),
    Mutation(
        "persistence waits for a tape",
        "simulator/media.py",
        "        if not possible:\n            return",
        "        if not possible:\n            copies = None",
        f"{TAPES}::test_with_every_tape_out_of_reach_persistence_waits",
    ),
    Mutation(
        "what is on ejected tapes alone cannot be read",
        "simulator/media.py",
        'if not all(self._copies.is_reachable(blob["copies"]) for blob in lacking):',
        "if not all(self._copies.is_reachable(None) for blob in lacking):",
        f"{TAPES}::test_what_is_only_on_ejected_tapes_waits_until_one_is_back",
    ),
    Mutation(
        "deleted blobs give their room back",
        "simulator/copies.py",
        "UPDATE copies SET used = used - OLD.length WHERE key = OLD.copies;",
        "UPDATE copies SET used = used WHERE key = OLD.copies;",
        f"{TAPES}::test_what_is_deleted_gives_its_room_back",
    ),
    Mutation(
        "what is taken back is forgotten",
        "simulator/records.py",
        "store.forgetters.append(self._forget)",
        "store.forgetters.append(lambda: None)",
        "simulator/test_operator_sequences.py::test_what_a_refused_call_began_is_taken_back",
    ),
]
