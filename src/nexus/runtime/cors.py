"""CORS whose refusals look like every other error (contract.md 4, S-075)."""

import uuid

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from nexus.runtime.errors import error_response
from nexus.runtime.logs import bind_correlation_id, forget_context


class Cors(CORSMiddleware):
    """As Starlette's; it answers preflights before anything of ours runs, so their correlation id is made here."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """200, or 400 with the error envelope for an origin, method or header that is not allowed."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == 200:
            return answer
        forget_context()
        bind_correlation_id(str(uuid.uuid4()))
        refusal = error_response(400, "cors_refused", "Esta página no tiene permiso para usar la API.")
        kept = {name: value for name, value in answer.headers.items() if name not in ("content-length", "content-type")}
        refusal.headers.update(kept)
        return refusal
