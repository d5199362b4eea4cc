"""The data nodes that answers name: where a chunk's cache is. All of them are this one server."""

from __future__ import annotations

from .answers import Field, tag
from .faults import Faults

_IDS = ("782b0f31-8ee1-4c52-b1a4-2a51c2f0a001", "782b0f31-8ee1-4c52-b1a4-2a51c2f0a002")
_ODD_ADDRESSES = ("FAILED_TO_DETERMINE_DATAPATH_IP_ADDRESS", "NOT_INITIALIZED_YET")


class Nodes:
    """`address` and `port` are where the server is reached."""

    def __init__(self, faults: Faults, address: str, port: int) -> None:
        self._faults = faults
        self._address = address
        self._port = port

    def _count(self) -> int:
        return 2 if self._faults.get("shuffle") else int(self._faults.get("nodes"))

    def _address_of(self, number: int) -> str:
        return _ODD_ADDRESSES[number] if self._faults.get("shuffle") else self._address

    def of_chunk(self, chunk_number: int) -> str:
        return _IDS[chunk_number % self._count()]

    def listed(self) -> str:
        """The element that every answer about a job holds."""
        secure = bool(self._faults.get("tls"))
        nodes = [
            tag(
                "Node",
                {
                    "EndPoint": self._address_of(number),
                    "HttpPort": None if secure else self._port,
                    "HttpsPort": self._port if secure else None,
                    "Id": _IDS[number],
                },
            )
            for number in range(self._count())
        ]
        return tag("Nodes", {}, nodes)

    def described(self) -> list[tuple[str, str, dict[str, Field]]]:
        """Id, name and fields of each, without its heartbeat."""
        secure = bool(self._faults.get("tls"))
        return [
            (
                _IDS[number],
                f"simulator-{number + 1}",
                {
                    "DataPathHttpPort": None if secure else self._port,
                    "DataPathHttpsPort": self._port if secure else None,
                    "DataPathIpAddress": self._address_of(number),
                    "DnsName": None,
                    "Id": _IDS[number],
                    "Name": f"simulator-{number + 1}",
                    "SerialNumber": f"SIMULATOR-{number + 1}",
                },
            )
            for number in range(self._count())
        ]
