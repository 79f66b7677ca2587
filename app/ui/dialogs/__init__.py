"""The one door for questions to the person. Never blocks: every dialog opens and calls back.

tell(parent, title=…, text=…)                          something to know
ask(parent, title=…, text=…, yes="Remove", answered=…)  yes or no
choose(parent, title=…, text=…, choices=…, chosen=…)    one of several
ask_save_path / ask_open_paths                          files
"""

from __future__ import annotations

from app.ui.dialogs.files import ask_open_paths, ask_save_path
from app.ui.dialogs.message import Choice, ask, choose, tell

__all__ = ["Choice", "ask", "ask_open_paths", "ask_save_path", "choose", "tell"]
