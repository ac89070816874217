"""What a request is refused with: one sentence, without repeating what was sent."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel

from plumbing.plain_text import HALF_CHARACTER
from wording import mark, say
from wording.locale_formats import in_english


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str
    """One sentence for whoever asked."""
    confirm: bool = False
    """Whether it is done all the same if it is sent once more, confirmed."""


_REFUSALS = {
    400: "the body cannot be read",
    401: "no valid login or link",
    403: "not from a page of this login, or not for this role",
    404: "there is no such negotiation",
    409: "not as things stand",
    413: "too long",
    414: "the address is too long",
    422: "something is missing or cannot be",
    429: "too many requests",
    431: "the headers are too long",
}
CANNOT_BE = mark("this cannot be done with what was sent")
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": why} for status, why in _REFUSALS.items()
}
"""The refusals of every route, for its OpenAPI document."""


def _storable(text: str) -> str:
    """Text that every database takes.

    Raises:
        ValueError: a NUL, which PostgreSQL refuses, or half a surrogate pair, which no encoding has.
    """
    if "\x00" in text or HALF_CHARACTER.search(text):
        raise ValueError("a NUL character, or half a character, cannot be stored; leave it out")
    return text


Text = Annotated[str, AfterValidator(_storable)]
"""Text from outside that is to be stored or looked up."""


def explain_invalid(app: FastAPI) -> None:
    """Answer what does not fit a route's types in one sentence.

    FastAPI's own answer repeats the input, which may be a password, or text that cannot be encoded again.
    """

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": _sentence(error.errors()[0])}, 422)


def _sentence(fault: Any) -> str:
    if not in_english():  # what pydantic says is English
        return say(CANNOT_BE)
    message = str(fault["msg"]).removeprefix("Value error, ")
    where = ".".join(str(part) for part in fault["loc"][1:])
    sentence = "the body is no JSON" if fault["type"] == "json_invalid" else f"{where}: {message}" if where else message
    return sentence.encode("utf-8", "replace").decode()
