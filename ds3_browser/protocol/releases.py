"""What releases of the appliance's software know, by the number that they tell of themselves."""

from __future__ import annotations

import enum
import re

#: Major and minor number.
Release = tuple[int, int]

#: What an appliance is taken for that does not tell its release.
ASSUMED: Release = (3, 2)


class Feature(enum.Enum):
    """Something that older releases do not know. The value is its name and its first release."""

    TRUNCATE = ("truncate", (3, 2))
    VERIFY_AFTER_WRITE = ("verify after write", (3, 4))
    CLOUD_TARGETS = ("cloud targets", (3, 4))
    CLOSE_AGGREGATING_JOB = ("close aggregating job", (4, 0))
    VERSIONS = ("versions", (5, 0))
    UNDELETE = ("undelete", (5, 0))
    STAGE = ("stage", (5, 0))
    SEARCH_BY_DATE = ("search by date", (5, 0))
    PRE_ALLOCATION = ("pre-allocation", (5, 1))
    VERSION_OF_HEAD = ("version of HEAD", (5, 2))
    BUCKET_HISTORY = ("bucket history", (5, 2))
    CACHED_ONLY = ("cached only", (5, 3))
    PROTECTION = ("protection", (5, 5))
    CREATION_FAILURES = ("creation failures", (5, 6))

    @property
    def since(self) -> Release:
        return self.value[1]

    def known_to(self, release: Release) -> bool:
        return release >= self.since


def release_of(version: str | None) -> Release:
    """The release that a version such as `5.8.0` is of; one that tells nothing is assumed."""
    found = re.match(r"\s*(\d{1,4})\.(\d{1,4})", version or "", re.ASCII)
    return (int(found[1]), int(found[2])) if found else ASSUMED
