"""What the command line is given to work with; `app.wiring` fills it. No adapters are named here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from app.paths import Paths
    from app.ports import Repaired
    from app.services import Services


class RunningGateway(Protocol):
    """The local API while it answers."""

    url: str

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrances:
    """Doors that open heavier parts, each on demand."""

    open_services: Callable[[Paths, Mapping[str, object]], Services]
    run_sandbox: Callable[[argparse.Namespace], int]
    run_window: Callable[[argparse.Namespace], int]
    run_demo: Callable[[argparse.Namespace], int]
    check_vault: Callable[[Services], str]
    open_gateway: Callable[[Services, int], RunningGateway]
    repair: Callable[[Paths], Repaired]
