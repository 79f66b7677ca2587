"""Microsoft Graph's error answers. Pure."""

from __future__ import annotations

import uuid

from app.sandbox.wire import Refusal, Response, json_response


def error_response(status: int, code: str, message: str) -> Response:
    request_id = str(uuid.uuid4())
    inner = {"date": "", "request-id": request_id, "client-request-id": request_id}
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return json_response(body, status, {"request-id": request_id, "client-request-id": request_id})


def refuse(status: int, code: str, message: str) -> Refusal:
    return Refusal(error_response(status, code, message))


def not_found() -> Refusal:
    return refuse(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def bad_request(message: str) -> Refusal:
    return refuse(400, "ErrorInvalidRequest", message)


def too_large() -> Refusal:
    return refuse(
        413, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size."
    )


def unauthorized() -> Response:
    answer = error_response(
        401,
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired or revoked.",
    )
    answer.headers["WWW-Authenticate"] = 'Bearer realm="", error="invalid_token"'
    return answer


def insufficient_scope() -> Response:
    return error_response(
        403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
    )
