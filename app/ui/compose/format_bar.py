"""The row of formatting above the text. Reads and changes the editor; knows no draft."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPixmap
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QToolButton

from app.ui.compose import formats, formatting, nesting
from app.ui.compose.formats import Kind
from app.ui.widgets import icon_button, line, look

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

    from app.ui.compose.body_editor import BodyEditor
    from app.ui.theme import Theme

_STYLES = (
    ("Paragraph", Kind.TEXT, 0),
    ("Title", Kind.TEXT, 1),
    ("Heading", Kind.TEXT, 2),
    ("Subheading", Kind.TEXT, 3),
    ("Code", Kind.CODE, 0),
)
_LETTERS = (
    ("bold", "Bold (Ctrl+B)", formatting.set_bold),
    ("italic", "Italic (Ctrl+I)", formatting.set_italic),
    ("underline", "Underline (Ctrl+U)", formatting.set_underline),
    ("strike", "Strike through (Ctrl+Shift+X)", formatting.set_strike),
)
_ALIGNMENTS = (
    ("Align left", Qt.AlignmentFlag.AlignLeft),
    ("Centre", Qt.AlignmentFlag.AlignHCenter),
    ("Align right", Qt.AlignmentFlag.AlignRight),
)
_NARROW = 735
_LEFT_OUT = frozenset({"format.strike", "format.outdent", "format.indent"})


class FormatBar(QFrame):
    """Buttons that show and set the format at the cursor."""

    link_requested = Signal()
    picture_requested = Signal()
    plain_requested = Signal(bool)
    monospace_requested = Signal(bool)

    def __init__(self, *, theme: Theme, editor: BodyEditor) -> None:
        super().__init__()
        self._theme = theme
        self._editor = editor
        self._rich_only: list[QWidget] = []
        self._is_plain = False
        self.setObjectName("composer.format_bar")
        look(self, surface="surface")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 5, 18, 5)
        self._row.setSpacing(3)
        self._add_style_menu()
        self._separate()
        self._add_letters()
        self._separate()
        self._add_blocks()
        self._separate()
        self._add_objects()
        self._row.addStretch(1)
        self._add_modes()
        editor.currentCharFormatChanged.connect(lambda _form: self.refresh())
        editor.cursorPositionChanged.connect(self.refresh)
        self.refresh()

    # --- building ------------------------------------------------------------------------------

    def _separate(self) -> None:
        hairline = line("v")
        hairline.setFixedHeight(16)
        self._rich_only.append(hairline)
        self._row.addSpacing(4)
        self._row.addWidget(hairline)
        self._row.addSpacing(4)

    def _button(
        self, icon: str, name: str, tip: str, do: Callable[[], object], *, checkable: bool = False
    ) -> QToolButton:
        made = icon_button(self._theme, icon, name=f"format.{name}", tip=tip)
        made.setCheckable(checkable)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.clicked.connect(lambda _on=False: self._act(do))
        self._row.addWidget(made)
        self._rich_only.append(made)
        return made

    def _menu_button(self, made: QToolButton, name: str) -> QMenu:
        menu = QMenu(made)
        menu.setObjectName(f"format.{name}.menu")
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return menu

    def _act(self, do: Callable[[], object]) -> None:
        do()
        self._editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self.refresh()

    def _entry(self, menu: QMenu, text: str, name: str, do: Callable[[], object]) -> None:
        action = menu.addAction(text)
        action.setObjectName(f"format.{name}")
        action.triggered.connect(lambda _on=False: self._act(do))

    def _add_style_menu(self) -> None:
        self.style_button = QToolButton()
        self.style_button.setObjectName("format.style")
        self.style_button.setAccessibleName("Paragraph style")
        self.style_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.style_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.style_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.style_button.setFixedWidth(104)
        self.style_button.setIconSize(QSize(12, 12))
        self._paint_style_button()
        self._theme.changed.connect(self._paint_style_button)
        menu = self._menu_button(self.style_button, "style")
        menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        for text, kind, heading in _STYLES:
            do = partial(formatting.set_style, self._editor, kind=kind, heading=heading)
            self._entry(menu, text, f"style.{text.lower()}", do)
        menu.addSeparator()
        for text, size in formats.SIZES_PX.items():
            do = partial(formatting.set_size, self._editor, size)
            self._entry(menu, f"{text} size", f"size.{text.lower()}", do)
        menu.addSeparator()
        for text, flag in _ALIGNMENTS:
            do = partial(formatting.set_alignment, self._editor, flag)
            self._entry(menu, text, f"align.{text.split()[-1].lower()}", do)
        self._row.addWidget(self.style_button)
        self._rich_only.append(self.style_button)

    def _paint_style_button(self) -> None:
        self.style_button.setIcon(self._theme.icon("chevron-down"))

    def _add_letters(self) -> None:
        self._toggles: dict[str, QToolButton] = {}
        for name, tip, function in _LETTERS:
            made = self._button(name, name, tip, lambda: None, checkable=True)
            self._connect_toggle(made, function)
            self._toggles[name] = made
        colours = self._button("colour", "colour", "Text colour", lambda: None)
        menu = self._menu_button(colours, "colour")
        self._entry(menu, "Reader's own", "colour.none", partial(self._colour, ""))
        for text, colour in formatting.COLOURS.items():
            self._entry(menu, text, f"colour.{text.lower()}", partial(self._colour, colour))
            menu.actions()[-1].setIcon(_swatch(colour))

    def toggle(self, name: str) -> None:
        """Switch one of bold, italic, underline and strike, as its button does."""
        self._toggles[name].click()

    def _connect_toggle(
        self, made: QToolButton, function: Callable[[BodyEditor, bool], None]
    ) -> None:
        made.clicked.connect(lambda on: function(self._editor, on))

    def _colour(self, colour: str) -> None:
        formatting.set_colour(self._editor, colour)

    def _add_blocks(self) -> None:
        edit = self._editor
        self._bullets = self._button(
            "bullets", "bullets", "Bulleted list (Ctrl+Shift+8)",
            partial(nesting.toggle_list, edit, ordered=False), checkable=True,
        )  # fmt: skip
        self._numbers = self._button(
            "numbers", "numbers", "Numbered list (Ctrl+Shift+7)",
            partial(nesting.toggle_list, edit, ordered=True), checkable=True,
        )  # fmt: skip
        self._button(
            "outdent", "outdent", "Less indent (Ctrl+[)", partial(nesting.indent, edit, -1)
        )
        self._button("indent", "indent", "More indent (Ctrl+])", partial(nesting.indent, edit, 1))
        self._quote = self._button(
            "quote", "quote", "Quote (Ctrl+Shift+9)",
            partial(nesting.toggle_quote, edit), checkable=True,
        )  # fmt: skip

    def _add_objects(self) -> None:
        self._link = self._button("link", "link", "Link (Ctrl+K)", self.link_requested.emit)
        self._button("image", "image", "Picture in the text", self.picture_requested.emit)
        table = self._button("table", "table", "Table", lambda: None)
        self._table_menu = self._menu_button(table, "table")
        self._table_menu.aboutToShow.connect(self._fill_table_menu)
        self._fill_table_menu()
        clear = partial(formatting.clear, self._editor)
        self._button("clear-format", "clear", "Clear formatting (Ctrl+\\)", clear)

    def _fill_table_menu(self) -> None:
        menu, cursor = self._table_menu, self._editor.textCursor()
        menu.clear()
        table = formats.table_at(cursor)
        if table is None:
            for rows, columns in ((2, 2), (3, 3), (5, 3), (5, 5)):
                do = partial(formatting.insert_table, self._editor, rows, columns)
                self._entry(menu, f"{rows} × {columns}", f"table.{rows}x{columns}", do)
            return
        cell = table.cellAt(cursor)
        row, column = cell.row(), cell.column()
        self._entry(menu, "Add row below", "table.add_row", partial(table.insertRows, row + 1, 1))
        self._entry(
            menu,
            "Add column right",
            "table.add_column",
            partial(table.insertColumns, column + 1, 1),
        )
        self._entry(menu, "Delete row", "table.drop_row", partial(table.removeRows, row, 1))
        self._entry(
            menu, "Delete column", "table.drop_column", partial(table.removeColumns, column, 1)
        )

    def _add_modes(self) -> None:
        self.monospace = icon_button(
            self._theme, "code", name="format.monospace", tip="Letters of one width"
        )
        self.monospace.setCheckable(True)
        self.monospace.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.monospace.toggled.connect(self.monospace_requested)
        self.monospace.hide()
        self._row.addWidget(self.monospace)
        self._modes = QButtonGroup(self)
        group = QHBoxLayout()
        group.setSpacing(0)
        self.mode_buttons: dict[str, QToolButton] = {}
        for text, edge in (("HTML", "first"), ("Plain", "last")):
            made = QToolButton()
            made.setText(text)
            made.setObjectName(f"format.mode.{text.lower()}")
            made.setToolTip("Formatted text" if text == "HTML" else "Text without formatting")
            made.setCheckable(True)
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            look(made, role="segment", edge=edge)
            self._modes.addButton(made)
            group.addWidget(made)
            self.mode_buttons[text.lower()] = made
        self._row.addLayout(group)
        self.mode_buttons["html"].setChecked(True)
        self.mode_buttons["html"].clicked.connect(lambda _on: self.plain_requested.emit(False))
        self.mode_buttons["plain"].clicked.connect(lambda _on: self.plain_requested.emit(True))

    # --- showing -------------------------------------------------------------------------------

    def show_mode(self, *, plain: bool) -> None:
        """Show which editor is in use; plain text has nothing to format."""
        self.mode_buttons["plain" if plain else "html"].setChecked(True)
        self._is_plain = plain
        self._show_buttons()

    def _show_buttons(self) -> None:
        narrow = self.width() < _NARROW
        for widget in self._rich_only:
            left_out = narrow and widget.objectName() in _LEFT_OUT
            widget.setVisible(not self._is_plain and not left_out)
        self.monospace.setVisible(self._is_plain)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out in a narrow window what has keys, rather than cut words off."""
        super().resizeEvent(event)
        if (event.oldSize().width() < _NARROW) != (self.width() < _NARROW):
            self._show_buttons()

    def refresh(self) -> None:
        """Show the format at the cursor."""
        if self._editor.is_plain:
            return
        form = self._editor.currentCharFormat()
        cursor = self._editor.textCursor()
        block = cursor.blockFormat()
        heading = block.headingLevel()
        self._toggles["bold"].setChecked(form.fontWeight() > QFont.Weight.Medium and not heading)
        self._toggles["italic"].setChecked(form.fontItalic())
        self._toggles["underline"].setChecked(form.fontUnderline())
        self._toggles["strike"].setChecked(form.fontStrikeOut())
        items = formats.list_of(cursor.block())
        ordered = items is not None and formats.is_ordered(items.format())
        self._bullets.setChecked(items is not None and not ordered)
        self._numbers.setChecked(ordered)
        self._quote.setChecked(formats.quote_level(block) > 0)
        kind = formats.kind_of(block)
        shown = next((t for t, k, h in _STYLES if h == min(heading, 3) and k is kind), "Paragraph")
        self.style_button.setText(shown)


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(16, 16)
    pixmap.fill(QColor(colour))
    return QIcon(pixmap)
