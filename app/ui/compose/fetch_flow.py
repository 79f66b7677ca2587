"""Fetches the files of the forwarded message: the draft says which, this follows it.

What the draft awaits is fetched, what it no longer awaits is given up. A draft that is opened again
goes on by itself, since it is saved with what it still awaits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.texts import error_sentence
from app.runtime.cancel import CancelToken
from app.ui import tasks
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from app.domain.attachment import Attachment
    from app.domain.draft import ComingFile, Draft
    from app.domain.errors import AppError
    from app.ui.compose.attachment_tray import AttachmentTray
    from app.ui.compose.controller import ComposeController

# Exchange answers four requests at a time per mailbox; one is left for everything else.
_AT_ONCE = 3
_SHOWN_NAMES = 2
_NOTICE = "fetch"


class FetchFlow(QObject):
    """The files on their way into one draft."""

    frozen = Signal(bool)

    def __init__(self, controller: ComposeController, *, tray: AttachmentTray) -> None:
        super().__init__(controller)
        self._controller = controller
        self._tray = tray
        self._shown: dict[str, ComingFile] = {}
        self._places: dict[str, int] = {}
        self._tokens: dict[str, CancelToken] = {}
        self._errors: dict[str, str] = {}
        self._then: Callable[[], None] | None = None
        self._tell = tasks.from_worker(self, self._on_progress)
        tray.cancel_requested.connect(self._on_cancel)
        tray.retry_requested.connect(lambda uid: self._retry([uid]))

    # --- following the draft -------------------------------------------------------------------

    def follow(self, draft: Draft) -> None:
        """Fetch what the draft awaits, give up what it awaits no more."""
        wanted = {one.uid: one for one in draft.coming}
        for uid in [uid for uid in self._shown if uid not in wanted]:
            self._forget(uid)
        for uid, one in wanted.items():
            if uid not in self._shown:
                self._shown[uid] = one
                self._places.setdefault(uid, len(self._places))
                self._tray.show_coming(uid, one.file.filename, one.file.size_bytes)
        self._start_next()
        self._settle()

    def cancel_all(self) -> None:
        """Stop fetching; the draft still says what it awaits."""
        for token in self._tokens.values():
            token.cancel()
        self._tokens.clear()
        self._then = None

    def _forget(self, uid: str) -> None:
        token = self._tokens.pop(uid, None)
        if token is not None:
            token.cancel()
        self._errors.pop(uid, None)
        del self._shown[uid]
        self._tray.drop_coming(uid)
        if not self._errors:
            self._controller.notice_dropped.emit(_NOTICE)

    def _start_next(self) -> None:
        for uid, one in self._shown.items():
            if len(self._tokens) >= _AT_ONCE:
                return
            if uid not in self._tokens and uid not in self._errors:
                self._start(uid, one)

    def _start(self, uid: str, one: ComingFile) -> None:
        token = self._tokens[uid] = CancelToken()
        tasks.run(
            self,
            self._controller.host.fetch_original(
                one, cancel=token, progress=_by_percent(uid, self._tell)
            ),
            done=lambda attachment: self._on_kept(token, attachment),
            failed=lambda error: self._on_failed(token, uid, error),
        )

    def _on_progress(self, told: tuple[str, int]) -> None:
        uid, percent = told
        if uid in self._tokens:
            self._tray.show_progress(uid, percent)

    def _on_kept(self, token: CancelToken, attachment: Attachment) -> None:
        if self._tokens.get(attachment.uid) is not token:
            return  # taken out after its last byte
        del self._tokens[attachment.uid]
        self._controller.session.take_fetched(attachment, self._place_of(attachment.uid))

    def _place_of(self, uid: str) -> int:
        """Keep the order of the original, whichever file is there first."""
        kept, number = self._controller.draft.attachments, self._places[uid]
        at = len(kept)
        while at and self._places.get(kept[at - 1].uid, -1) > number:
            at -= 1
        return at

    # --- what went wrong -----------------------------------------------------------------------

    def _on_failed(self, token: CancelToken, uid: str, error: AppError) -> None:
        if self._tokens.get(uid) is not token:
            return
        del self._tokens[uid]
        self._errors[uid] = error_sentence(error)
        self._tray.show_failed(uid, self._errors[uid])
        self._stop_waiting()
        self._tell_of_errors()
        self._start_next()

    def _tell_of_errors(self) -> None:
        failed = [self._shown[uid] for uid in self._errors]
        why = " ".join(dict.fromkeys(self._errors.values()))
        names = _names(failed)
        self._controller.noticed.emit(
            Notice(
                key=_NOTICE,
                tone="danger",
                text=f"{names} could not be fetched from the original. {why}",
                strong=(names,),
                actions=(
                    ("Try again", lambda: self._retry(list(self._errors))),
                    (_without(failed), lambda: self._leave_out(list(self._errors))),
                ),
            )
        )

    def _retry(self, uids: Collection[str]) -> None:
        self._controller.notice_dropped.emit(_NOTICE)
        for uid in uids:
            if self._errors.pop(uid, None) is not None:
                self._tray.show_progress(uid, 0)
        if self._errors:
            self._tell_of_errors()
        self._start_next()

    def _on_cancel(self, uid: str) -> None:
        if uid in self._shown:
            self._leave_out([uid])

    def _leave_out(self, uids: Collection[str]) -> None:
        session = self._controller.session
        before = session.draft.coming
        out = [one for one in before if one.uid in uids]
        session.set_coming([one for one in before if one.uid not in uids])

        def undo() -> None:
            there = {one.uid for one in session.draft.coming}
            session.set_coming([*session.draft.coming, *(o for o in out if o.uid not in there)])

        if out:
            text = f"{_names(out)} {'is' if len(out) == 1 else 'are'} not sent along."
            self._controller.noticed.emit(
                Notice(
                    key="fetch-out", tone="ok", text=text, actions=(("Undo", undo), _dismissal())
                )
            )

    # --- sending -------------------------------------------------------------------------------

    def may_send(self, send: Callable[[], None]) -> bool:
        """Say whether everything is here; if not, ask what is to be done and `send` then."""
        waiting = _awaited(self._controller.draft)
        if not waiting:
            return True
        failed = [one for one in waiting if one.uid in self._errors]
        if failed:
            self._ask_about_failed(failed, send)
        else:
            self._ask_to_wait(waiting, send)
        return False

    def _ask_about_failed(self, failed: Sequence[ComingFile], send: Callable[[], None]) -> None:
        uids = [one.uid for one in failed]
        self._ask(
            f"Not sent yet: {_names(failed)} could not be fetched from the original.",
            ("Try again", lambda: self._retry(uids)),
            ("Send without " + _it(failed), lambda: self._send_without(uids, send)),
        )

    def _ask_to_wait(self, waiting: Sequence[ComingFile], send: Callable[[], None]) -> None:
        one = len(waiting) == 1
        self._ask(
            f"Not sent yet: {_names(waiting)} of the original {'is' if one else 'are'} still being"
            " fetched.",
            (f"Send when {'it is' if one else 'they are'} here", lambda: self._wait(send)),
            (
                "Send without " + _it(waiting),
                lambda: self._send_without([w.uid for w in waiting], send),
            ),
        )

    def _ask(self, text: str, *actions: tuple[str, Callable[[], object]]) -> None:
        self._controller.noticed.emit(Notice(key="send", text=text, actions=actions))

    def _send_without(self, uids: Collection[str], send: Callable[[], None]) -> None:
        coming = self._controller.draft.coming
        self._controller.session.set_coming([one for one in coming if one.uid not in uids])
        send()

    def _wait(self, send: Callable[[], None]) -> None:
        self._then = send
        self._controller.save()
        self.frozen.emit(True)
        self.keep_window()
        self._settle()

    def keep_window(self) -> bool:
        """Say whether the mail waits for its files to go out, and tell so."""
        if self._then is None:
            return False
        names = _names(_awaited(self._controller.draft))
        self._controller.noticed.emit(
            Notice(
                key="send",
                tone="ok",
                text=f"The message goes out as soon as {names} can be added."
                " Keep this window open until then.",
                actions=(("Do not send yet", self._stop_waiting),),
                is_dismissable=False,
            )
        )
        return True

    def _stop_waiting(self) -> None:
        if self._then is not None:
            self._then = None
            self._controller.notice_dropped.emit("send")
            self.frozen.emit(False)

    def _settle(self) -> None:
        then = self._then
        if then is not None and not _awaited(self._controller.draft):
            self._stop_waiting()
            then()


def _awaited(draft: Draft) -> tuple[ComingFile, ...]:
    if not draft.coming:
        return ()
    # What finishes a mail is not loaded before there is one to finish.
    from app.mime.finalize import awaited_files

    return awaited_files(draft)


def _by_percent(uid: str, tell: Callable[[tuple[str, int]], None]) -> Callable[[int, int], None]:
    """Tell each percent once. Runs on a worker and holds nothing of a window."""
    told = [-1]

    def progress(done: int, total: int) -> None:
        percent = min(100, 100 * done // max(1, total))
        if percent > told[0]:
            told[0] = percent
            tell((uid, percent))

    return progress


def _names(files: Sequence[ComingFile]) -> str:
    names = [one.file.filename for one in files[:_SHOWN_NAMES]]
    more = len(files) - len(names)
    if more > 0:
        return f"{', '.join(names)} and {more} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _it(files: Sequence[ComingFile]) -> str:
    return "it" if len(files) == 1 else "them"


def _without(files: Sequence[ComingFile]) -> str:
    return f"Leave {_it(files)} out"


def _dismissal() -> tuple[str, Callable[[], object]]:
    return "Dismiss", lambda: None
