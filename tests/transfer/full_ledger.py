"""Run by a test: a ledger whose files may not grow for a while, as on a full disk."""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import closing
from pathlib import Path

from ds3_browser.transfer.ledger import Ledger, LedgerError, LedgerReader, NewObject

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails instead
path = Path(sys.argv[1])
ledger = Ledger(path)
ledger.flush()
size = max(os.path.getsize(f"{path}{ending}") for ending in ("", "-wal"))
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, resource.RLIM_INFINITY))
for n in range(3000):
    ledger.add_objects(1, [NewObject(str(n), "p" * 50, n)])
try:
    ledger.flush()
except LedgerError:
    print("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ledger.flush()
print("accepted")
ledger.close()
with closing(LedgerReader(path)) as reader:
    print(sum(reader.counts(1).values()))
