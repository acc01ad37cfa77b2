"""The addresses of the app. It answers to its own machine alone, and to no page of another site.

/                       the form                    POST /ask                  a question
/asked/KEY              the work, then its report    POST /asked/KEY/stop       end it
/asked/KEY/state        how far it is, in JSON       /asked/KEY/report.html     the page
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from liesym.app.serve.desk import LONGEST, Answer, Desk, Question
from liesym.app.serve.pages import SCRIPT, answered, form, missing, waiting
from liesym.errors import DataError, ParseError

HOSTS = ["127.0.0.1", "localhost"]
"""Names under which the app is asked; another one is a foreign site that led its own name here."""
LONGEST_BODY = 20 * LONGEST
RULES = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; "
    "img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none, a browser hides the origin of our own forms too
    "Cache-Control": "no-store",
}
"""What a browser may do with a page: nothing from elsewhere, no script but our own."""


def site(desk: Desk) -> Starlette:
    """The app over a desk, whose processes end with it."""

    async def start(request: Request) -> Response:
        return _html(form(most=desk.most))

    async def ask(request: Request) -> Response:
        question = Question("", seconds=desk.most)
        try:
            question = await _question(request)
            answer = desk.ask(question)
        except ParseError as error:
            return _html(form(question, str(error), desk.most), 400)
        except DataError as error:
            return _html(form(question, str(error), desk.most), 503)
        return RedirectResponse(f"/asked/{answer.key}", status_code=303)

    async def show(request: Request) -> Response:
        answer = _answer(desk, request)
        if answer.running:
            return _html(waiting(answer))
        if answer.page is None:
            return _html(form(answer.question, answer.error, desk.most))
        return _html(answered(answer))

    async def state(request: Request) -> Response:
        answer = _answer(desk, request)
        told = {"running": answer.running, "stage": answer.stage, "seconds": round(answer.seconds)}
        return JSONResponse(told, headers=RULES)

    async def stop(request: Request) -> Response:
        answer = _answer(desk, request)
        _own(request)
        answer.stop("it was stopped")
        return RedirectResponse(f"/asked/{answer.key}", status_code=303)

    async def report(request: Request) -> Response:
        answer = _answer(desk, request)
        if answer.page is None:
            raise HTTPException(404)
        kept = {"Content-Disposition": 'attachment; filename="report.html"'} if "download" in request.query_params else {}
        return Response(answer.page.read_bytes(), media_type="text/html; charset=utf-8", headers=RULES | kept)

    async def script(request: Request) -> Response:
        return Response(SCRIPT, media_type="text/javascript; charset=utf-8", headers=RULES)

    async def nowhere(request: Request, error: Exception) -> Response:
        return _html(missing(), 404)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        yield
        desk.close()

    routes = [
        Route("/", start),
        Route("/ask", ask, methods=["POST"]),
        Route("/progress.js", script),
        Route("/asked/{key}", show),
        Route("/asked/{key}/state", state),
        Route("/asked/{key}/stop", stop, methods=["POST"]),
        Route("/asked/{key}/report.html", report),
    ]
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
    return Starlette(routes=routes, middleware=[guard], exception_handlers={404: nowhere}, lifespan=life)


def _html(text: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(text, status_code=status, headers=RULES)


def _answer(desk: Desk, request: Request) -> Answer:
    found = desk.answers.get(request.path_params["key"])
    if found is None:
        raise HTTPException(404)
    return found


def _own(request: Request) -> None:
    """Refuse what a page of another site sends."""
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{request.headers.get('host')}":
        raise HTTPException(403)


async def _question(request: Request) -> Question:
    """The fields of the form, of bounded length.

    Raises:
        ParseError: the body is too long or no text, or the time no number.
    """
    _own(request)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise ParseError(f"the question has more than {LONGEST_BODY} bytes")
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10, errors="strict")
        given = {name: values[-1] for name, values in fields.items()}
        seconds = float(given.get("seconds") or 20.0)
    except ValueError as error:
        raise ParseError(f"the question cannot be read: {error}") from None
    equations = given.get("equations", "").replace("\r\n", "\n")
    return Question(equations, given.get("independent", "").strip(), seconds)
