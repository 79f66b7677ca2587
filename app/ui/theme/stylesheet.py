"""The one style sheet of the application, built from tokens. No other module writes QSS colours.

Widgets ask for a look by dynamic properties (set them with `app.ui.widgets.look`):

    role     QPushButton/QToolButton: primary · quiet · link · danger · segment
    surface  QFrame/QWidget: background · surface · raised · card · bar · notice-warn · notice-danger
    tone     QLabel: muted · accent · warn · ok · danger · faint
    size     QLabel: small · title
    weight   QLabel: strong
    plain    QLineEdit/QTextEdit/QListView: "true" for no frame
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.theme.tokens import Tokens

_SHEET = Template("""
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 8px; }

QMainWindow, QDialog { background: $background; }
QFrame[surface="background"], QWidget[surface="background"] { background: $background; }
QFrame[surface="surface"], QWidget[surface="surface"] { background: $surface; }
QFrame[surface="raised"], QWidget[surface="raised"] { background: $raised; }
QFrame[surface="card"] { background: $surface; border: 1px solid $line; border-radius: 10px; }
QFrame[surface="bar"] { background: $background; border-top: 1px solid $line; }
QFrame[surface="notice-warn"] { background: $warn_soft; }
QFrame[surface="notice-danger"] { background: $danger_soft; }
QFrame[surface="notice-ok"] { background: $ok_soft; }
QFrame[surface="code"] { background: $raised; border: 1px dashed $line; border-radius: 8px; }
QFrame[line="h"] { background: $line; max-height: 1px; min-height: 1px; border: none; }
QFrame[line="h-faint"] { background: $line_faint; max-height: 1px; min-height: 1px; border: none; }
QFrame[line="v"] { background: $line; max-width: 1px; min-width: 1px; border: none; }

QRadioButton { spacing: 8px; padding: 2px 0; }
QRadioButton::indicator {
    width: 14px; height: 14px; border-radius: 8px; border: 1px solid $muted; background: $surface;
}
QRadioButton::indicator:focus, QRadioButton::indicator:hover { border-color: $accent; }
QRadioButton::indicator:checked {
    width: 6px; height: 6px; border: 5px solid $accent; background: $on_accent;
}

QLabel { background: transparent; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="faint"] { color: $faint; }
QLabel[tone="accent"] { color: $accent; }
QLabel[tone="warn"] { color: $warn; }
QLabel[tone="ok"] { color: $ok; }
QLabel[tone="danger"] { color: $danger; }
QLabel[textSize="small"] { font-size: 12px; }
QLabel[textSize="title"] { font-size: 18px; font-weight: 600; }
QLabel[textSize="code"] { font-size: 30px; }
QLabel[weight="strong"] { font-weight: 600; }

QPushButton {
    background: $raised; color: $text; border: 1px solid $line; border-radius: 6px;
    min-height: 26px; padding: 0 11px;
}
QPushButton:hover { background: $background; border-color: $faint; }
QPushButton:pressed { background: $line_faint; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $faint; border-color: $line_faint; }
QPushButton::menu-indicator { width: 0; }
QPushButton[role="primary"], QPushButton[role="default"]:default {
    background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600;
    min-height: 30px; padding: 0 18px;
}
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border: 1px solid $text; }
QPushButton[role="primary"]:disabled { background: $line; color: $muted; border-color: $line; }
QPushButton[align="left"] { text-align: left; }
QPushButton[role="danger"] { color: $danger; }
QPushButton[role="danger"]:hover { background: $danger_soft; border-color: $danger; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; color: $muted; }
QPushButton[role="quiet"]:hover { background: $line_faint; color: $text; }
QPushButton[role="quiet"]:focus { border-color: $accent; }
QPushButton[role="link"] {
    background: transparent; border: none; border-radius: 3px; color: $accent; padding: 0 2px;
    min-height: 20px; text-align: left;
}
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border: 1px solid $accent; padding: 0 1px; }
QPushButton[role="link"]:disabled { color: $faint; }

QToolButton {
    background: transparent; color: $muted; border: 1px solid transparent; border-radius: 6px;
    min-height: 24px; min-width: 24px; padding: 1px;
}
QToolButton:hover { background: $line_faint; color: $text; }
QToolButton:checked, QToolButton:pressed { background: $accent_soft; color: $accent; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $faint; }
QToolButton[popupMode="1"] { padding-right: 14px; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton[role="segment"] {
    background: $surface; color: $text; border: 1px solid $line; border-radius: 0;
    padding: 0 10px; min-height: 24px;
}
QToolButton[role="segment"]:hover { background: $raised; }
QToolButton[role="segment"]:checked { background: $accent_soft; color: $accent; }
QToolButton[role="segment"]:focus { border-color: $accent; }
QToolButton[role="segment"][edge="first"] {
    border-top-left-radius: 6px; border-bottom-left-radius: 6px; border-right: none;
}
QToolButton[role="segment"][edge="middle"] { border-right: none; }
QToolButton[role="segment"][edge="last"] {
    border-top-right-radius: 6px; border-bottom-right-radius: 6px;
}

QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateTimeEdit {
    background: $surface; color: $text; border: 1px solid $line; border-radius: 6px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QComboBox, QSpinBox, QDateTimeEdit { min-height: 26px; padding: 0 8px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus,
QDateTimeEdit:focus { border-color: $accent; }
QAbstractSpinBox QLineEdit {
    border: none; border-radius: 0; background: transparent; min-height: 0; padding: 0;
}
QSpinBox:disabled { color: $muted; background: $background; }
QLineEdit[text="fixed"], QPlainTextEdit[text="fixed"] { font-size: 12px; }
QPlainTextEdit[text="fixed"] { background: $raised; padding: 6px; }
QLineEdit[plain="true"], QTextEdit[plain="true"], QPlainTextEdit[plain="true"] {
    border: none; border-radius: 0; background: transparent; padding: 0;
}
QLineEdit[weight="strong"] { font-weight: 600; }
QLineEdit:disabled { color: $muted; background: $background; }
QComboBox::drop-down, QDateTimeEdit::drop-down { border: none; width: 20px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line; outline: none; }

QListView, QTreeView, QTableView {
    background: $surface; color: $text; border: none; outline: none;
    selection-background-color: $accent_soft; selection-color: $text;
}
QListView[plain="true"] { background: transparent; }
QListView[role="nav"]::item {
    border: 1px solid transparent; border-radius: 6px; padding-left: 6px; color: $text;
}
QListView[role="nav"]::item:hover { background: $line_faint; }
QListView[role="nav"]::item:selected { background: $accent_soft; color: $text; }
QListView[role="nav"]:focus::item:selected { border-color: $accent; }
QTableView[surface="background"] { background: $background; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section {
    background: $surface; color: $muted; border: none; border-bottom: 1px solid $line;
    padding: 8px 16px 8px 16px; font-size: 12px; font-weight: 400;
}

QMenu { background: $surface; color: $text; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenuBar { background: $background; color: $text; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $accent_soft; }

QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

QProgressBar { background: $line_faint; border: none; border-radius: 2px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QTabBar { background: transparent; }
QTabBar::tab {
    color: $muted; background: transparent; border: none; border-bottom: 2px solid transparent;
    padding: 14px 2px 12px 2px; margin-right: 22px;
}
QTabBar::tab:selected { color: $text; font-weight: 600; border-bottom-color: $accent; }
QTabBar::tab:hover:!selected { color: $text; }
QTabBar:focus { outline: none; }
QTabBar::tab:selected:focus { color: $accent; }

""")


def build_stylesheet(tokens: Tokens) -> str:
    """Give the whole sheet for these tokens."""
    names = {name: getattr(tokens, name) for name in tokens.__dataclass_fields__}
    return _SHEET.substitute(names)
