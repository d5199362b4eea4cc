"""What the user reads when something went wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ds3_browser import log
from ds3_browser.gui import messages
from ds3_browser.gui.messages import Doing, Message, Remedy, sentence
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    BadReply,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    Gone,
    ManagementPort,
    NotFound,
    Refusal,
    RequestRefused,
    ServerFault,
    TlsFailed,
    TlsFault,
    Unreachable,
)
from ds3_browser.protocol.records import DeleteError
from ds3_browser.transfer.events import Failure, FailureCode, HeldFor

WHERE = "bp-south:443"


def refusal(status: int, **given) -> Refusal:
    return Refusal("GET", "/masters", status, **given)


@pytest.mark.ui("11.1", "each cause has its sentence and its button")
@pytest.mark.parametrize(
    ("error", "context", "told", "remedy"),
    [
        (
            ConnectionFailed(WHERE, Unreachable.NAME),
            {},
            "No appliance answers at bp-south:443. Check the name, the port and your network.",
            Remedy.TRY_NOW,
        ),
        (
            ConnectionFailed("proxy:3128", Unreachable.PROXY),
            {},
            "The proxy proxy:3128 lets nothing through. Check the session's proxy.",
            Remedy.TRY_NOW,
        ),
        (
            ConnectionLost(WHERE, Unreachable.RESET),
            {},
            "The connection to bp-south was lost before the appliance had answered. Try again.",
            Remedy.TRY_NOW,
        ),
        (
            TlsFailed(WHERE, TlsFault.EXPIRED),
            {},
            "No secure connection to bp-south: its certificate has expired.",
            Remedy.LOOK_AT_CERTIFICATE,
        ),
        (
            TlsFailed(WHERE, TlsFault.WRONG_HOST),
            {},
            "No secure connection to bp-south: its certificate is made out to another name.",
            Remedy.LOOK_AT_CERTIFICATE,
        ),
        (
            TlsFailed(WHERE, TlsFault.UNTRUSTED),
            {},
            "No secure connection to bp-south: its certificate is signed by nobody this computer"
            " trusts.",
            Remedy.LOOK_AT_CERTIFICATE,
        ),
        (
            TlsFailed(WHERE, TlsFault.CHANGED),
            {},
            "No secure connection to bp-south: its certificate is not the one you trusted.",
            Remedy.LOOK_AT_CERTIFICATE,
        ),
        (
            TlsFailed(WHERE, TlsFault.NOT_TLS),
            {},
            "No secure connection to bp-south. This port does not speak TLS.",
            Remedy.LOOK_AT_CERTIFICATE,
        ),
        (
            ManagementPort(refusal(301)),
            {},
            "This is the management port. Use the data path address.",
            Remedy.EDIT_SESSION,
        ),
        (
            BadCredentials(refusal(403)),
            {},
            "The appliance does not know this access ID or the secret key is wrong.",
            Remedy.EDIT_SESSION,
        ),
        (
            ClockSkewed(refusal(403), -22 * 60),
            {},
            "This computer's clock differs by 22 min from the appliance's. Set it, then try again.",
            Remedy.RETRY,
        ),
        (
            ClockSkewed(refusal(403), None),
            {},
            "This computer's clock differs from the appliance's. Set it, then try again.",
            Remedy.RETRY,
        ),
        (
            AccessDenied(refusal(403)),
            {"doing": Doing.LIST, "what": "masters", "owner": "spectra"},
            "You have no right to list masters. Ask its owner, spectra, for LIST.",
            None,
        ),
        (
            AccessDenied(refusal(403)),
            {"doing": Doing.LIST, "what": "masters"},
            "You have no right to list masters. Ask its owner for LIST.",
            None,
        ),
        (
            NotFound(refusal(404)),
            {"what": "masters"},
            "masters is no longer there.",
            Remedy.REFRESH,
        ),
        (
            Conflict(refusal(409)),
            {"doing": Doing.UPLOAD},
            "Already in the bucket, and its data policy keeps no versions.",
            None,
        ),
        (
            Conflict(refusal(409)),
            {"doing": Doing.CREATE_BUCKET, "what": "masters"},
            "A bucket named masters is there already, perhaps of another owner.",
            None,
        ),
        (
            ServerFault(refusal(500)),
            {},
            "The appliance reported an error of its own, three times. Try again, or tell its"
            " administrator.",
            Remedy.RETRY,
        ),
        (
            Busy(refusal(503, retry_after_s=30.0)),
            {},
            "The appliance is busy. Next try in 00:30.",
            Remedy.TRY_NOW,
        ),
        (Busy(refusal(503)), {}, "The appliance is busy. Try again in a while.", Remedy.TRY_NOW),
        (
            BadReply("half an answer"),
            {"host": "bp-south"},
            "bp-south did not answer like a BlackPearl. Is a proxy or another server in between?",
            Remedy.RETRY,
        ),
        (
            RequestRefused(refusal(302)),
            {"host": "bp-south"},
            "bp-south did not answer like a BlackPearl. Is a proxy or another server in between?",
            Remedy.RETRY,
        ),
        (Gone(refusal(410)), {}, "The appliance no longer knows this job.", Remedy.REFRESH),
    ],
)
def test_each_cause_has_its_sentence_and_its_button(qapp, error, context, told, remedy):
    message = sentence(error, **context)
    assert (message.text, message.remedy) == (told, remedy)


@pytest.mark.ui("11.1", "each cause has its sentence and its button")
@pytest.mark.parametrize("doing", list(Doing))
def test_a_missing_right_is_told_whatever_was_asked(qapp, doing):
    for what in (None, "masters"):
        text = sentence(AccessDenied(refusal(403)), doing=doing, what=what).text
        assert text.startswith(("You have no right", "You may not"))
        assert text.endswith(".")


@pytest.mark.ui("11.2", "every failure of an object is a whole sentence")
@pytest.mark.parametrize("code", list(FailureCode))
def test_every_failure_of_an_object_has_a_whole_sentence(qapp, code):
    bare = sentence(Failure(code)).text
    full = sentence(
        Failure(
            code,
            name="a/b.mxf",
            path="/tmp/b.mxf",
            detail="Permission denied",
            difference=26_000,
            tries=5,
            at=datetime.now(UTC),
        )
    ).text
    for text in (bare, full):
        assert text[0].isupper() or text.startswith("a/b")
        assert "None" not in text
        assert "{" not in text
        assert "!" not in text


@pytest.mark.ui("11.2", "every failure of an object is a whole sentence")
@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            Failure(FailureCode.CHANGED, difference=26_000),
            "File changed since the job began: 26.0 kB larger.",
        ),
        (
            Failure(FailureCode.CHANGED, difference=-5),
            "File changed since the job began: 5 B smaller.",
        ),
        (
            Failure(FailureCode.HELD, detail=HeldFor.OTHERS.value),
            "File changed, and its name is taken by the job of before, which still has parts of"
            " other failed objects. It can be sent once those are through.",
        ),
        (
            Failure(FailureCode.IN_THE_WAY, detail="day-016"),
            "A file named day-016 is in the way.",
        ),
        (Failure(FailureCode.LEFT_OUT, detail="A1, A2"), "Only on A1, A2, left out"),
        (Failure(FailureCode.IN_THE_WAY), "A folder of this name is in the way."),
        (
            Failure(FailureCode.OUTSIDE, "clip", difference=2_500),
            "The object has 2,500 bytes now, so it has no such part."
            " Look it up again and choose another.",
        ),
        (
            Failure(FailureCode.CERTIFICATE, detail=TlsFault.EXPIRED.value),
            "No secure connection: the appliance's certificate has expired.",
        ),
    ],
)
def test_a_failure_tells_its_facts(qapp, failure, told):
    assert sentence(failure).text == told


@pytest.mark.ui("11.2", "every failure of an object is a whole sentence")
def test_the_last_try_is_told_with_its_second(qapp):
    at = datetime(2026, 11, 22, 12, 41, 39).astimezone()
    failure = Failure(FailureCode.CHECKSUM, at=at)
    assert sentence(failure).text == "Damaged on the way: checksum differs. Last try 12:41:39"


@pytest.mark.ui("11.14", "a blob that is moved once more says why, and for which of its tries")
@pytest.mark.parametrize(
    ("failure", "uploads", "told"),
    [
        (
            Failure(FailureCode.CONNECTION, tries=1, at=datetime(2026, 11, 22, tzinfo=UTC)),
            True,
            "Connection reset by the appliance. Sent again automatically, 2 of 5.",
        ),
        (
            Failure(FailureCode.CHECKSUM, tries=4),
            False,
            "Damaged on the way: checksum differs. Fetched again automatically, 5 of 5.",
        ),
        (
            Failure(FailureCode.APPLIANCE, tries=2),
            True,
            "The appliance reported an error of its own. Sent again automatically, 3 of 5.",
        ),
    ],
)
def test_a_blob_that_is_moved_once_more_says_why(qapp, failure, uploads, told):
    assert messages.trying_again(failure, uploads=uploads) == told


@pytest.mark.ui("11.3", "details hold codes and no secret, and can be copied")
def test_details_hold_codes_and_no_secret(qapp):
    log.hide("my-own-s3cret")
    error = RequestRefused(
        refusal(
            403,
            code="SignatureDoesNotMatch",
            message="AWS bob:c2lnbmF0dXJl= is not what my-own-s3cret gives",
            request_id="17",
        )
    )
    at = datetime(2026, 11, 22, 22, 41, tzinfo=UTC)
    message = sentence(error, at=at)
    assert dict(message.details) == {
        "Status": "403",
        "Code": "SignatureDoesNotMatch",
        "The appliance's words": "AWS bob:*** is not what *** gives",
        "Request": "GET /masters",
        "Request id": "17",
        "Time": "2026-11-22T22:41:00Z",
    }
    assert "403" not in message.text
    assert "Signature" not in message.text
    assert messages.details_text(message).startswith(message.text)


def test_a_fault_of_ours_is_told_as_such(qapp):
    assert "mistake of its own" in sentence(RuntimeError("boom")).text
    assert sentence(PermissionError(13, "Permission denied")).text == (
        "This computer says: Permission denied."
    )
    assert sentence(LookupError("x")).text == "The session is not connected."


def test_every_button_has_words(qapp):
    words = [messages.remedy_text(remedy) for remedy in Remedy]
    assert len(set(words)) == len(words)
    assert isinstance(Message("x"), Message)


@pytest.mark.parametrize("code", ["AccessDenied", "ACCESS_DENIED", "NoSuchKey", "Whatever", None])
def test_a_name_that_was_not_deleted_has_a_reason(qapp, code):
    assert messages.not_deleted(DeleteError("a", None, code, "words")).endswith(".")
