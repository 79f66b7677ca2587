"""The door to the windows: hands over to a running Postrider, or becomes it. No Qt until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.launch import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.runtime.single_instance import SingleInstance
    from app.services import Services
    from app.ui.application import GuiProgram
    from app.ui.launch import LaunchRequest

DONE = 0
NOT_ANSWERING = 75  # EX_TEMPFAIL (sysexits.h)


def start_window(
    *,
    instance: SingleInstance,
    launch: LaunchRequest,
    open_services: Callable[[], Services],
    start_trial: Callable[[], None] | None = None,
    opener: Callable[[str], bool] | None = None,
    on_ready: Callable[[GuiProgram], None] | None = None,
) -> int:
    """Show what `launch` asks for; give the exit code (75: the running Postrider does not answer)."""
    inbox = Inbox()
    if not instance.acquire(inbox.put):
        return DONE if instance.hand_over(launch.to_message()) else NOT_ANSWERING
    try:
        from app.ui.application import run_gui  # Qt is loaded here and not before

        return run_gui(
            open_services=open_services,
            launch=launch,
            inbox=inbox,
            start_trial=start_trial,
            opener=opener,
            on_ready=on_ready,
        )
    finally:
        instance.release()
