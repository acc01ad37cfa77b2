"""`liesym serve`."""

from __future__ import annotations

import socket

import typer
import uvicorn

from liesym.app.console import check_budget
from liesym.app.serve.desk import Desk
from liesym.app.serve.site import site
from liesym.base.memory import present
from liesym.errors import DataError, ParseError

HERE = "127.0.0.1"
"""The loopback address: no other machine reaches it."""


def serve(port: int, budget: float) -> None:
    """Answer questions from a browser on this machine until Ctrl-C."""
    check_budget(budget)
    with _door(port) as door:
        desk = Desk(budget, present().gigabytes)
        typer.echo(f"http://{HERE}:{door.getsockname()[1]}/   (Ctrl-C ends it)")
        uvicorn.Server(uvicorn.Config(site(desk), log_level="warning")).run(sockets=[door])


def _door(port: int) -> socket.socket:
    """A socket that is bound to a port, 0 for any free one.

    Raises:
        ParseError: it is no number of a port.
        DataError: another program has it.
    """
    if not 0 <= port <= 65535:
        raise ParseError(f"--port is a number from 0 to 65535, not {port}")
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HERE, port))
    except OSError as error:
        door.close()
        words = (
            f"port {port} of {HERE} cannot be had ({error.strerror or error}); give another one, or --port 0 for a free one"
        )
        raise DataError(words) from None
    return door
