"""The names of the original Python SDK, version 1, as a thin face of the client.

Scripts written for that SDK run after their `import` and the spelling of Python 3 are changed:

    from ds3_browser import ds3
    client = ds3.createClientFromEnv()

Each call blocks. Argument types are checked before anything is sent. Everything else about the
wire is in `protocol`, whose own client is the one for new programs.
"""

from .client import Ds3Client, createClientFromEnv
from .failures import Ds3Error
from .records import (
    Credentials,
    Ds3AllocatedChunk,
    Ds3AvailableChunks,
    Ds3Bucket,
    Ds3BucketDetails,
    Ds3BuildInformation,
    Ds3BulkObject,
    Ds3BulkPlan,
    Ds3Chunk,
    Ds3Object,
    Ds3Owner,
    Ds3SearchObject,
    Ds3SystemHealth,
    Ds3SystemInformation,
)

__all__ = [
    "Credentials",
    "Ds3AllocatedChunk",
    "Ds3AvailableChunks",
    "Ds3Bucket",
    "Ds3BucketDetails",
    "Ds3BuildInformation",
    "Ds3BulkObject",
    "Ds3BulkPlan",
    "Ds3Chunk",
    "Ds3Client",
    "Ds3Error",
    "Ds3Object",
    "Ds3Owner",
    "Ds3SearchObject",
    "Ds3SystemHealth",
    "Ds3SystemInformation",
    "createClientFromEnv",
]
