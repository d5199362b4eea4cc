"""What can go wrong on the wire, as facts; the sentences are the window's business.

    Ds3Error
      ConnectionFailed      no answer: never reached, or lost on the way
        ConnectionLost      it was there and went away inside a request or an answer
        TlsFailed           no secure connection; nothing signed was sent
      RequestRefused        the appliance answered, and not with success
        BadCredentials      403, access id unknown or signature wrong
        ClockSkewed         403, this computer's clock is off
        AccessDenied        401, 403: no right
        NotFound            404
        Gone                410
        Conflict            409
        Busy                307, 429, 503: come back later
        ServerFault         500, 502, 504
        ManagementPort      301, or 404 with the management path's header
      BadReply              an answer that makes no sense, or one beyond the reader's limits

No error carries a secret key, an Authorization header or a proxy's login. Their texts are for logs
and scripts: what happened, to which object, what helps. All of them can be pickled.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from urllib.parse import unquote


class Ds3Error(Exception):
    """Anything the appliance, or the way to it, did that was not success."""


class Unreachable(enum.Enum):
    """Why there was no answer."""

    NAME = "name"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NETWORK = "network"
    PROXY = "proxy"
    RESET = "reset"
    TLS = "tls"


class TlsFault(enum.Enum):
    EXPIRED = "expired"
    WRONG_HOST = "wrong host"
    UNTRUSTED = "untrusted"
    CHANGED = "changed"
    NOT_TLS = "not tls"
    OTHER = "other"


_WHY_NOT = {
    Unreachable.NAME: "no host has this name",
    Unreachable.REFUSED: "nothing takes connections at this port",
    Unreachable.TIMEOUT: "it took too long",
    Unreachable.NETWORK: "the network does not lead there",
    Unreachable.PROXY: "this proxy lets nothing through",
    Unreachable.RESET: "the connection was ended",
    Unreachable.TLS: "TLS failed",
}
_TLS_WHY_NOT = {
    TlsFault.EXPIRED: "its certificate has expired",
    TlsFault.WRONG_HOST: "its certificate is another host's",
    TlsFault.UNTRUSTED: "nobody who is trusted signed its certificate: an Endpoint's ca_file or pin"
    " says that it is to be trusted",
    TlsFault.CHANGED: "its certificate is not the pinned one",
    TlsFault.NOT_TLS: "no TLS is spoken there: its URL may begin with http",
    TlsFault.OTHER: "TLS failed",
}


class ConnectionFailed(Ds3Error):
    """The appliance was never reached; trying again later may help. `where` is host:port.

    `path` is what was asked for, percent-encoded, and empty where nothing was.
    """

    def __init__(self, where: str, why: Unreachable, detail: str = "") -> None:
        super().__init__(where, why, detail)
        self.where = where
        self.why = why
        self.detail = detail
        self.path = ""

    def __str__(self) -> str:
        wanted = f" for {_legible(self.path)}" if self.path else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self._beginning()} {self.where}{wanted}: {self._reason()}{detail}"

    def _beginning(self) -> str:
        return "no connection to"

    def _reason(self) -> str:
        return _WHY_NOT[self.why]


class ConnectionLost(ConnectionFailed):
    """The appliance was reached and the connection ended inside the request or its answer.

    `received` is the number of body bytes that had reached the sink.
    """

    def __init__(self, where: str, why: Unreachable, detail: str = "", received: int = 0) -> None:
        super().__init__(where, why, detail)
        self.args = (where, why, detail, received)
        self.received = received

    def _beginning(self) -> str:
        return "lost the connection to"

    def _reason(self) -> str:
        after = f" after {self.received:,} bytes" if self.received else ""
        return f"{super()._reason()}{after}"


class TlsFailed(ConnectionFailed):
    def __init__(self, where: str, fault: TlsFault, detail: str = "") -> None:
        super().__init__(where, Unreachable.TLS, detail)
        self.args = (where, fault, detail)
        self.fault = fault

    def _beginning(self) -> str:
        return "no secure connection to"

    def _reason(self) -> str:
        return _TLS_WHY_NOT[self.fault]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The facts of an answer that was not success.

    `body` is at most the first 2 KiB, and in no repr: it may give back the request with its keys.
    """

    method: str
    path: str
    status: int
    code: str | None = None
    message: str | None = None
    resource: str | None = None
    resource_id: str | None = None
    request_id: str | None = None
    retry_after_s: float | None = None
    server_date: str | None = None
    body: str = field(default="", repr=False)


class RequestRefused(Ds3Error):
    """The appliance answered, and not with success."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal

    def __str__(self) -> str:
        told = self.refusal
        code = f" {_one_line(told.code)}" if told.code else ""
        request = f", request {told.request_id}" if told.request_id else ""
        message = f": {_one_line(told.message)}" if told.message else ""
        advice = f" ({self._advice()})" if self._advice() else ""
        answer = f"{told.status}{code}{request}{message}{advice}"
        return f"{told.method} {_legible(told.path)} was answered {answer}"

    def _advice(self) -> str:
        """What may help, where the kind of the error tells."""
        return ""

    @property
    def status(self) -> int:
        return self.refusal.status

    @property
    def code(self) -> str | None:
        return self.refusal.code

    def has_code(self, *codes: str) -> bool:
        """Compare the appliance's code with others, without regard to case and underscores."""
        return _plain(self.code or "") in {_plain(code) for code in codes}


def _plain(code: str) -> str:
    return code.replace("_", "").lower()


def _legible(path: str) -> str:
    """A path with its names as they are; as it was sent where they have no legible form.

    What is too long for a line loses its middle.
    """
    plain = unquote(path)
    return _shortened(plain if plain.isprintable() and "\ufffd" not in plain else path)


def _one_line(words: str) -> str:
    """The appliance's words, which must not look like another line of a log."""
    plain = "".join(each if each.isprintable() else " " for each in words)
    return _shortened(" ".join(plain.split()))


def _shortened(text: str) -> str:
    return text if len(text) <= LEGIBLE else f"{text[: LEGIBLE // 2]}...{text[-LEGIBLE // 2 :]}"


LEGIBLE = 400


class BadCredentials(RequestRefused):
    def _advice(self) -> str:
        return "the access id or the secret key is wrong"


class ClockSkewed(RequestRefused):
    """`difference_s` is this computer's clock minus the appliance's, None where it sent no Date."""

    def __init__(self, refusal: Refusal, difference_s: float | None) -> None:
        super().__init__(refusal)
        self.args = (refusal, difference_s)
        self.difference_s = difference_s

    def _advice(self) -> str:
        if self.difference_s is None:
            return "this computer's clock is wrong"
        side = "behind" if self.difference_s < 0 else "ahead of"
        return f"this computer's clock is {abs(self.difference_s):,.0f} s {side} the appliance's"


class AccessDenied(RequestRefused):
    pass


class NotFound(RequestRefused):
    pass


class Gone(RequestRefused):
    pass


class Conflict(RequestRefused):
    pass


class Busy(RequestRefused):
    """Come back later. `retry_after_s` is between 1 and 600, or None where nothing was said."""

    @property
    def retry_after_s(self) -> float | None:
        return self.refusal.retry_after_s

    def _advice(self) -> str:
        wait_s = self.retry_after_s
        return "try again later" if wait_s is None else f"try again in {wait_s:.0f} s"


class ServerFault(RequestRefused):
    pass


class ManagementPort(RequestRefused):
    def _advice(self) -> str:
        return "this is the management address: take that of the data path"


class BadReply(Ds3Error):
    """An answer we could not read: broken XML, a body beyond the limits, a length that lies."""


CLOCK_TOLERANCE_S = 900


def refused(
    facts: Refusal, *, clock_difference_s: float | None = None, management: bool = False
) -> RequestRefused:
    """The error that an answer means. The status decides, and the code where there is one.

    `clock_difference_s` is this computer's clock minus the appliance's, `management` whether the
    answer said that it came from the management path.
    """
    match facts.status:
        case 301:
            return ManagementPort(facts)
        case 404 if management:
            return ManagementPort(facts)
        case 401 | 403:
            return _denied(facts, clock_difference_s)
        case 404:
            return NotFound(facts)
        case 409:
            return Conflict(facts)
        case 410:
            return Gone(facts)
        case 307 | 429 | 503:
            return Busy(facts)
        case 500 | 502 | 504:
            return ServerFault(facts)
        case _:
            return RequestRefused(facts)


def _denied(facts: Refusal, clock_difference_s: float | None) -> RequestRefused:
    denied = AccessDenied(facts)
    if denied.has_code("RequestTimeTooSkewed") or "Client clock" in (facts.message or ""):
        return ClockSkewed(facts, clock_difference_s)
    if denied.has_code("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return BadCredentials(facts)
    if facts.code is None and abs(clock_difference_s or 0) > CLOCK_TOLERANCE_S:
        # An answer without a body, as to HEAD, says no more than 403; its date tells the rest.
        return ClockSkewed(facts, clock_difference_s)
    return denied
