"""The torch backend of liesym, and all that trains with it. Importing this package does not import torch; the first use of a
name in it does.
"""

from typing import TYPE_CHECKING, Any

from liesym.learn.toolkits import NAMES, lazily

if TYPE_CHECKING:
    from liesym_torch.lower import BACKEND as BACKEND
    from liesym_torch.toolkit import *  # noqa: F403

__all__ = ["BACKEND", *NAMES]


def __getattr__(name: str) -> Any:
    return lazily(__name__, name)


def __dir__() -> list[str]:
    return sorted(__all__)
