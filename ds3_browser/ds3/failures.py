"""What scripts are told when a call was no success."""

from __future__ import annotations

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from ds3_browser.protocol import errors

P = ParamSpec("P")
T = TypeVar("T")


class Ds3Error(Exception):
    """Whatever was not success. `reason` says what.

    `statusCode`, `statusMessage` and `message` are the appliance's, None where it did not answer.
    """

    def __init__(
        self,
        reason: str,
        statusCode: int | None = None,
        statusMessage: str | None = None,
        message: str | None = None,
    ) -> None:
        super().__init__(reason, statusCode, statusMessage, message)
        self.reason = reason
        self.statusCode = statusCode
        self.statusMessage = statusMessage
        self.message = message

    def __str__(self) -> str:
        return self.reason


def told(call: Callable[P, T]) -> Callable[P, T]:
    """A call whose failures are a Ds3Error of this module."""

    @functools.wraps(call)
    def telling(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except errors.RequestRefused as error:
            raise _answered(error) from error
        except errors.Ds3Error as error:
            raise Ds3Error(str(error)) from error
        except ValueError as error:
            # What cannot be sent, as a name with a control character: refused before it is.
            raise not_success(400, str(error), None) from error

    return telling


def _answered(error: errors.RequestRefused) -> Ds3Error:
    refusal = error.refusal
    return not_success(refusal.status, str(error), refusal.message or refusal.body or None)


def not_success(status: int, reason: str, message: str | None) -> Ds3Error:
    """What an answer of this HTTP status would be, also where none was asked for."""
    known = status in {each.value for each in HTTPStatus}
    return Ds3Error(reason, status, HTTPStatus(status).phrase if known else None, message)
