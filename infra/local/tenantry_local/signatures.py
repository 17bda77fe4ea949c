"""Whether a request is signed, with which credentials, and rightly so.

Pages: https://docs.aws.amazon.com/IAM/latest/UserGuide/ (`reference_sigv-create-signed-request`,
`reference_sigv-troubleshooting`) and https://docs.aws.amazon.com/AmazonS3/latest/API/
(`sigv4-query-string-auth`, `sig-v4-header-based-auth`). The canonical forms are the emulator's
(`core.sigv4`), which itself only asks for them of others than the account; the tests sign with botocore.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, router, sigv4
from ministack.core.iam_evaluator import AuthError

from . import credentials

#: The longest life of a presigned URL, in seconds: seven days (`sigv4-query-string-auth`).
LONGEST = 604_800

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    method: str
    path: str
    raw_path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = field(default=b"", repr=False)


def failure(request: Request) -> AuthError | None:
    """Why the request is not signed as AWS asks for, or None."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("AWS4-HMAC-SHA256 "):
        return _by_header(request)
    if not authorization and _first(request, "X-Amz-Algorithm"):
        return _by_query(request)
    if authorization.startswith("AWS ") or (not authorization and _first(request, "AWSAccessKeyId")):
        return _by_version_2(request, authorization)
    if authorization.startswith("AWS4-") or _first(request, "X-Amz-Signature"):
        return AuthError("UnsupportedSignature", "The request signature does not conform to AWS standards.")
    return AuthError("MissingAuthenticationToken", "Request is missing Authentication Token")


def _by_header(request: Request) -> AuthError | None:
    signature = sigv4.parse_header_signature(request.headers)
    if isinstance(signature, tuple):
        return AuthError(*signature)
    if skewed := sigv4.request_time_failure(signature):
        return AuthError(*skewed)
    return _verify(request, signature, request.headers.get("x-amz-security-token", "")) or _body_failure(
        request, signature.service
    )


def _by_query(request: Request) -> AuthError | None:
    signature = sigv4.parse_query_signature(request.params)
    if isinstance(signature, tuple):
        return AuthError(*signature)
    if signature.service != "s3":
        skewed = sigv4.request_time_failure(signature)
        if skewed:
            return AuthError(*skewed)
    elif _is_over(signature.amz_date, _first(request, "X-Amz-Expires")):
        return AuthError("AccessDenied", "Request has expired")
    elif not _is_for_s3(request):
        return _other_service()
    return _verify(request, signature, _first(request, "X-Amz-Security-Token"), presigned=True)


def _verify(request: Request, signature: Any, token: str, *, presigned: bool = False) -> AuthError | None:
    credential = credentials.resolve(signature.access_key_id, token)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        return AuthError(credential.code, credential.message)
    found = sigv4.header_signature_failure(
        signature,
        credential.secret_access_key,
        request.method,
        request.raw_path,
        request.params,
        request.headers,
        request.body,
        presigned=presigned,
    )
    if found:
        return AuthError(*found)
    # AWS asks for it, and without it a signature would be good for another address.
    if "host" not in signature.signed_headers.split(";"):
        return AuthError("SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the Authorization header.")
    return None


def _body_failure(request: Request, service: str) -> AuthError | None:
    """Whether the body is the one whose hash was signed."""
    said = request.headers.get("x-amz-content-sha256")
    if said is None or said == hashlib.sha256(request.body).hexdigest():
        return None
    if service == "s3" and not _SHA256.fullmatch(said):
        # In chunks (each of them is checked with the signature), or unsigned, which S3 alone allows.
        return None
    if service == "s3":
        return AuthError(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    return AuthError("SignatureDoesNotMatch", sigv4.SIGNATURE_MISMATCH)


def _by_version_2(request: Request, authorization: str) -> AuthError | None:
    """Signature version 2, in which older SDKs presign; of S3 only, as on AWS."""
    key = authorization[4:].partition(":")[0] if authorization else _first(request, "AWSAccessKeyId")
    token = request.headers.get("x-amz-security-token", "") or _first(request, "x-amz-security-token")
    credential = credentials.resolve(key, token)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        return AuthError(credential.code, credential.message)
    if not _is_for_s3(request):
        return _other_service()
    signed = iam_evaluator.SignedRequest(
        key, request.method, request.raw_path, request.params, request.headers, sigv2=True, auth_path=request.raw_path
    )
    checked = iam_evaluator._sigv2_check(signed, credential.account_id)
    return checked if isinstance(checked, AuthError) else None


def _is_for_s3(request: Request) -> bool:
    """Whether the emulator takes it for S3's. Who has a presigned URL must not turn it into another service's call."""
    params = app._routing_params(request.method, request.path, request.headers, request.body, request.params)
    plain = not request.path.startswith("/_") and "x-amz-target" not in request.headers
    return plain and router.detect_service(request.method, request.path, request.headers, params) == "s3"


def _other_service() -> AuthError:
    return AuthError("SignatureDoesNotMatch", "Credential should be scoped to correct service.")


def _is_over(date: str, seconds: str) -> bool:
    if not seconds.isascii() or not seconds.isdigit() or int(seconds) > LONGEST:
        return True
    try:
        return sigv4.presigned_request_is_expired(date, seconds)
    except ValueError:
        return True


def _first(request: Request, name: str) -> str:
    return request.params.get(name, [""])[0]
