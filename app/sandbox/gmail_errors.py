"""Gmail's error answers, word for word where the words are known (handle-errors guide). Pure."""

from __future__ import annotations

from app.sandbox.wire import Refusal, Response, json_response


def error_response(
    code: int, message: str, reason: str, status: str, domain: str = "global"
) -> Response:
    detail = {"message": message, "domain": domain, "reason": reason}
    return json_response(
        {"error": {"code": code, "message": message, "errors": [detail], "status": status}}, code
    )


def refuse(code: int, message: str, reason: str, status: str) -> Refusal:
    return Refusal(error_response(code, message, reason, status))


def invalid(message: str) -> Refusal:
    return refuse(400, message, "invalidArgument", "INVALID_ARGUMENT")


def not_found() -> Refusal:
    return refuse(404, "Requested entity was not found.", "notFound", "NOT_FOUND")


def too_large() -> Refusal:
    return refuse(413, "Request Entity Too Large", "uploadTooLarge", "INVALID_ARGUMENT")


def unauthorized() -> Response:
    detail = {
        "message": "Invalid Credentials",
        "domain": "global",
        "reason": "authError",
        "location": "Authorization",
        "locationType": "header",
    }
    message = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential."
    )
    body = {"code": 401, "message": message, "errors": [detail], "status": "UNAUTHENTICATED"}
    challenge = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return json_response({"error": body}, 401, {"WWW-Authenticate": challenge})


def insufficient_scope() -> Response:
    message = "Request had insufficient authentication scopes."
    body = {
        "code": 403,
        "message": message,
        "errors": [
            {
                "message": "Insufficient Permission",
                "domain": "global",
                "reason": "insufficientPermissions",
            }
        ],
        "status": "PERMISSION_DENIED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"service": "gmail.googleapis.com"},
            }
        ],
    }
    challenge = 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'
    return json_response({"error": body}, 403, {"WWW-Authenticate": challenge})


def rate_limited(until: str, *, text: bool) -> Response:
    """Return the 429; with `text` the moment stands only in the sentence, as Gmail does it."""
    message = "User-rate limit exceeded."
    if text:
        message += f"  Retry after {until}"
    return error_response(429, message, "rateLimitExceeded", "RESOURCE_EXHAUSTED", "usageLimits")
