"""The engine: bulk jobs as blocking calls in plain threads, and the ledger that survives a crash.

Knows nothing of Qt, and of the wire only what `ds3_browser.protocol` offers.
"""
