"""What is chosen for an upload, check by check and file by file, and what comes of it in numbers.

Knows no widget. The form shows it and changes it; `options` is what the job gets of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ds3_browser.gui.job_options import Counted, UploadDefaults, UploadOptions
from ds3_browser.protocol.records import Versioning
from ds3_browser.transfer.checks import Check, Conflict, FileChoice, Found
from ds3_browser.transfer.inspection import AsSeen, Inspection
from ds3_browser.transfer.plan import WalkOptions

MUST_CHOOSE = (Check.TWICE, Check.UNLIKE)
LOOKS_AGAIN = (Check.NOT_ALLOWED, Check.SYSTEM, Check.LINK)  # another choice is another walk
_LEFT_OUT_ALONE = (Check.COMING, Check.UNLIKE, Check.LIKE, Check.RECENT)
_NOT_SENT = (Conflict.LEAVE_OUT, Conflict.KEEP_FIRST, Conflict.FAIL)
MOST_BY_NAME = 1000  # files that cannot be read and are left out one by one


class UploadChoices:
    """The choice for all of each check, None where somebody has yet to choose, and for files."""

    def __init__(self, usual: UploadDefaults) -> None:
        self._usual = usual
        self.versioning: Versioning | None = None
        self.looked_at_ns: int | None = None
        self.brought_by: tuple[str, ...] = ()
        self._by_hand: set[Check] = set()
        self._files: dict[tuple[str, Check], FileChoice] = {}
        self._differing: set[AsSeen] = set()
        self._same: set[AsSeen] = set()
        self._rules: dict[Check, Conflict | None] = {
            Check.UNREADABLE: Conflict.LEAVE_OUT,
            Check.NOT_ALLOWED: Conflict.LEAVE_OUT,
            Check.TWICE: usual.twice,
            Check.COMING: Conflict.LEAVE_OUT,
            Check.UNLIKE: usual.unlike_there,
            Check.LIKE: usual.like_there,
            Check.RECENT: usual.recent,
            Check.ALIKE: Conflict.SEND,
            Check.SYSTEM: Conflict.LEAVE_OUT if usual.skip_system_files else Conflict.SEND,
            Check.LINK: usual.links,
            Check.GOOD: Conflict.SEND,
        }

    def copy(self) -> UploadChoices:
        """What is chosen now, for another thread: it stays so."""
        kept = UploadChoices(self._usual)
        kept.versioning, kept.looked_at_ns = self.versioning, self.looked_at_ns
        kept._rules, kept._files = dict(self._rules), dict(self._files)
        kept._differing, kept._same = set(self._differing), set(self._same)
        return kept

    def take(self, counted: Counted) -> None:
        """Go by what a look has found. A preference that the data policy does not know is none."""
        self.looked_at_ns = counted.looked_at_ns
        self.versioning = counted.versioning
        self.brought_by = counted.brought_by
        if Check.UNLIKE not in self._by_hand:
            wanted = self._usual.unlike_there
            self._rules[Check.UNLIKE] = wanted if wanted in self.offers(Check.UNLIKE) else None
        if Check.LIKE not in self._by_hand:
            like = self._usual.like_there
            known = like in self.offers(Check.LIKE)
            self._rules[Check.LIKE] = like if known else Conflict.LEAVE_OUT

    # -- choosing -------------------------------------------------------------------------------

    def offers(self, check: Check, found: Found | None = None) -> tuple[Conflict, ...]:
        """What may be chosen for all of a check, or for one file of it."""
        match check:
            case Check.COMING:
                return Conflict.LEAVE_OUT, Conflict.NEW_NAME
            case Check.UNLIKE:
                return _for_present(self.versioning)
            case Check.LIKE:
                others = (c for c in _for_present(self.versioning) if c is not Conflict.LEAVE_OUT)
                return Conflict.LEAVE_OUT, *others
            case Check.NOT_ALLOWED if found is not None:
                return Conflict.RENAME, Conflict.LEAVE_OUT
            case Check.NOT_ALLOWED | Check.UNREADABLE:
                return (Conflict.LEAVE_OUT,)
            case Check.TWICE:
                return Conflict.KEEP_FIRST, Conflict.NUMBER, Conflict.LEAVE_OUT
            case Check.RECENT:
                return Conflict.SEND, Conflict.LEAVE_OUT
            case Check.SYSTEM:
                return Conflict.LEAVE_OUT, Conflict.SEND
            case Check.LINK if found is not None:
                return (Conflict.FOLLOW if found.is_link else Conflict.SEND), Conflict.LEAVE_OUT
            case Check.LINK:
                return Conflict.SEND, Conflict.FOLLOW, Conflict.LEAVE_OUT
            case _:
                return ()

    def rule(self, check: Check) -> Conflict | None:
        """What is chosen for all of a check; None where nothing is yet."""
        return self._rules[check]

    def choose_all(self, check: Check, choice: Conflict) -> None:
        """The same for all of a check, those that were chosen for one by one as well."""
        self._by_hand.add(check)
        self._rules[check] = choice
        self._files = {of: one for of, one in self._files.items() if one.check is not check}

    def choose(self, found: Iterable[Found], choice: Conflict, name: str | None = None) -> None:
        for one in found:
            self._files[one.path, one.check] = FileChoice(one.path, one.check, choice, name)

    def choice(self, found: Found) -> Conflict | None:
        """What becomes of one file; None where somebody has yet to choose."""
        chosen = self._files.get((found.path, found.check))
        if chosen is not None:
            return chosen.choice
        if found.check is Check.LINK:
            return self._of_link(found)
        return self._rules[found.check]

    def _of_link(self, found: Found) -> Conflict:
        if found.choice is not None:
            return found.choice
        return Conflict.SEND  # an empty folder that the walk gave

    def compared(self, same: Iterable[Found], differing: Iterable[Found]) -> None:
        """Keep which files were found to have the bytes of the objects of their size.

        It holds for a file as it was; of one that changes since nothing is known.
        """
        for one in same:
            self._same.add((one.path, one.mtime_ns))
        for one in differing:
            self._differing.add((one.path, one.mtime_ns))
            self._files.pop((one.path, Check.LIKE), None)

    def is_same(self, found: Found) -> bool:
        return found.check is Check.LIKE and (found.path, found.mtime_ns) in self._same

    # -- numbers --------------------------------------------------------------------------------

    def undecided(self, counted: Counted, check: Check) -> int:
        """How many files of a check wait for a choice."""
        if self._rules[check] is not None:
            return 0
        of = counted.of(check)
        return of.number - sum(self.choice(row) is not None for row in of.rows)

    def all_undecided(self, counted: Counted) -> int:
        return sum(self.undecided(counted, check) for check in MUST_CHOOSE)

    def number(self, counted: Counted, check: Check, *choices: Conflict | None) -> int:
        """How many files of a check have one of some choices."""
        of = counted.of(check)
        rest = of.number - len(of.rows) if self._rules[check] in choices else 0
        return rest + sum(self.choice(row) in choices for row in of.rows)

    def deleted(self, counted: Counted) -> int:
        """How many objects are deleted before their files are sent."""
        checks = (Check.LIKE, Check.UNLIKE)
        return sum(self.number(counted, check, Conflict.DELETE_FIRST) for check in checks)

    def to_send(self, counted: Counted) -> int:
        """How many objects will be sent, if nothing changes meanwhile."""
        out = sum(
            self.number(counted, check, *_NOT_SENT, None)
            for check in (Check.TWICE, *_LEFT_OUT_ALONE)
        )
        return counted.objects - out - self._firsts_left_out(counted)

    def _firsts_left_out(self, counted: Counted) -> int:
        """The first files of names that neither file is to have."""
        of = counted.of(Check.TWICE)
        out = {row.name: row.detail for row in of.rows if self.choice(row) is Conflict.LEAVE_OUT}
        beyond = 0
        if self._rules[Check.TWICE] is Conflict.LEAVE_OUT:
            beyond = of.names - len({row.name for row in of.rows})
        left_out_anyway = {
            row.path
            for check in _LEFT_OUT_ALONE
            for row in (counted.of(check).rows if out else ())
            if self.choice(row) in (*_NOT_SENT, None)
        }
        return beyond + sum(path not in left_out_anyway for path in out.values())

    # -- what goes on from here -----------------------------------------------------------------

    def walk_options(self) -> WalkOptions:
        links = self._rules[Check.LINK]
        return WalkOptions(
            follow_links=links is Conflict.FOLLOW,
            keep_empty_folders=links is not Conflict.LEAVE_OUT,
            skip_system_files=self._rules[Check.SYSTEM] is Conflict.LEAVE_OUT,
        )

    def inspection(self) -> Inspection:
        return Inspection(
            self.walk_options(), tuple(self._files.values()), frozenset(self._differing)
        )

    def options(self, counted: Counted, plain: UploadOptions) -> UploadOptions:
        """What the job is to do; `plain` has what is chosen besides.

        Where the bucket cannot be listed nothing is compared. Without a word nothing is sent over
        what is there: it is left out.
        """
        like = self._rules[Check.LIKE] or Conflict.LEAVE_OUT
        unlike = self._rules[Check.UNLIKE] or Conflict.LEAVE_OUT
        walk, unreadable = self.walk_options(), counted.of(Check.UNREADABLE)
        by_name = unreadable.number == len(unreadable.rows) <= MOST_BY_NAME
        return replace(
            plain,
            follow_links=walk.follow_links,
            keep_empty_folders=walk.keep_empty_folders,
            skip_system_files=walk.skip_system_files,
            like_there=like if counted.listable else Conflict.SEND,
            unlike_there=unlike if counted.listable else Conflict.SEND,
            coming_there=(self._rules[Check.COMING] or Conflict.LEAVE_OUT)
            if counted.listable
            else Conflict.SEND,
            # Those seen are left out; one that cannot be read by then has failed.
            unreadable=Conflict.FAIL if by_name else Conflict.LEAVE_OUT,
            not_allowed=Conflict.LEAVE_OUT,
            twice=self._rules[Check.TWICE] or Conflict.FAIL,
            recent=self._rules[Check.RECENT] or Conflict.SEND,
            looked_at_ns=counted.looked_at_ns,
            files=self._choices_of_files(unreadable.rows if by_name else (), unlike),
        )

    def _choices_of_files(
        self, unreadable: Iterable[Found], unlike: Conflict
    ) -> tuple[FileChoice, ...]:
        left = {
            (row.path, row.check): FileChoice(row.path, row.check, Conflict.LEAVE_OUT)
            for row in unreadable
        }
        differing = {
            (path, Check.UNLIKE): FileChoice(path, Check.UNLIKE, unlike)
            for path in sorted({path for path, _ in self._differing})
        }
        return tuple((left | differing | self._files).values())


def _for_present(versioning: Versioning | None) -> tuple[Conflict, ...]:
    match versioning:
        case Versioning.NONE:
            return Conflict.NEW_NAME, Conflict.LEAVE_OUT, Conflict.DELETE_FIRST
        case Versioning.KEEP_LATEST | Versioning.KEEP_MULTIPLE_VERSIONS:
            return Conflict.SEND, Conflict.NEW_NAME, Conflict.LEAVE_OUT
        case None:
            return Conflict.NEW_NAME, Conflict.LEAVE_OUT, Conflict.SEND
