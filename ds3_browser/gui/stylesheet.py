"""The application's style sheet: rounded buttons, fields and menus, which no palette can say.

It names no font and no text colour that the palette has, so that both stay in one place. A widget
asks for a look by a dynamic property: `look` is `primary`, `danger`, `quiet`, `link`, `card` ...
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ds3_browser.gui.theme import Tokens

_SHEET = Template("""
QToolTip {
    background: $tip; color: $tip_text; border: 1px solid $tip; padding: 4px 6px;
    qproperty-textFormat: PlainText;  /* names may have what Qt takes for HTML */
}

QMenuBar { background: $window; border: none; padding: 0 5px; }
QMenuBar::item { background: transparent; padding: 7px 9px 6px 9px; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $track; color: $text; }

QMenu { background: $base; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; margin: 0; border-radius: 4px; min-width: 120px; }
QMenu::item:selected { background: $selection; color: $selection_text; }
QMenu::item:disabled { color: $faint; background: transparent; }
QMenu::icon { padding-left: 10px; }
QMenu::separator { height: 1px; background: $row_line; margin: 5px 8px; }
QMenu::indicator { width: 16px; height: 16px; padding-left: 4px; }
QMenu::indicator:checked { image: url($drawings/check-plain.svg); }
QMenu::right-arrow { image: url($drawings/right.svg); width: 14px; height: 14px; right: 6px; }

QDialog { background: $base; }

QPushButton {
    background: $base; border: 1px solid $border; border-radius: 5px;
    padding: 5px 14px; min-height: ${button}px; color: $text; font-weight: 500;
}
QPushButton:hover { background: $alt; }
QPushButton:pressed { background: $track; }
QPushButton:disabled { background: $window; color: $faint; }
QPushButton::menu-indicator {
    image: url($drawings/down.svg); width: 14px; height: 14px; right: 8px;
    subcontrol-origin: padding; subcontrol-position: right center;
}
QPushButton:focus { border: 2px solid $accent; padding: 4px 13px; }
QPushButton:default:enabled, QPushButton[look="primary"]:enabled {
    background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600;
}
QPushButton:default:enabled:hover, QPushButton[look="primary"]:enabled:hover {
    background: $accent_over; border-color: $accent_over;
}
QPushButton:default:enabled:focus, QPushButton[look="primary"]:enabled:focus {
    border: 2px solid $accent_edge; padding: 4px 13px;
}
QPushButton[look="danger"]:enabled {
    background: $error; color: $on_error; border: 1px solid $error; font-weight: 600;
}
QPushButton[look="danger"]:enabled:focus { border: 2px solid $text; padding: 4px 13px; }
QPushButton[look="problem"] {
    background: transparent; border: 1px solid transparent; padding: 0 4px; min-height: ${line}px;
    color: $error;
}
QPushButton[look="problem"]:focus { border: 1px solid $accent; }
QPushButton[look="footer"] { padding: 1px 10px; min-height: ${line}px; }
QPushButton[look="footer"]:focus { padding: 0 9px; }
QPushButton[look="small"] { padding: 2px 11px; }
QPushButton[look="small"]:focus { padding: 1px 10px; }
QPushButton[look="link"] {
    background: transparent; border: 1px solid transparent; color: $accent; font-weight: 600;
    padding: 5px 8px;
}
QPushButton[look="link"]:hover { background: $selection; }
QPushButton[look="link"]:focus { border: 2px solid $accent; padding: 4px 7px; }
QPushButton[look="link"]:disabled { color: $faint; }

QLineEdit {
    background: $base; border: 1px solid $border; border-radius: 5px; padding: 5px 10px;
    min-height: ${line}px; selection-background-color: $selection; selection-color: $selection_text;
}
QLineEdit:focus { border: 2px solid $accent; padding: 4px 9px; }
QLineEdit:disabled { background: $window; }
QLineEdit[look="wrong"] { border-color: $error; }

QAbstractSpinBox {
    background: $base; border: 1px solid $border; border-radius: 5px;
    padding: 4px 4px 4px 0; min-height: ${line}px;
    selection-background-color: $selection; selection-color: $selection_text;
}
QAbstractSpinBox:focus { border: 2px solid $accent; padding: 3px 3px 3px 0; }
QAbstractSpinBox:disabled { background: $window; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 20px; }
QAbstractSpinBox::up-arrow { image: url($drawings/up.svg); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url($drawings/down.svg); width: 12px; height: 12px; }

QDateEdit { padding-left: 8px; }
QDateEdit:focus { padding-left: 7px; }
QDateEdit::drop-down { border: none; width: 24px; }
QDateEdit::down-arrow { image: url($drawings/down.svg); width: 14px; height: 14px; }

/* No padding above that changes with the focus: the room of the opened list is measured with the
   one and laid out with the other, and its last row was cut. */
QComboBox {
    background: $base; border: 1px solid $border; border-radius: 5px; padding: 0 10px;
    min-height: ${box}px;
}
QComboBox:focus { border: 2px solid $accent; padding: 0 9px; min-height: ${box_in_focus}px; }
QComboBox:disabled { background: $window; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url($drawings/down.svg); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
    background: $base; border: 1px solid $border; selection-background-color: $selection;
    selection-color: $selection_text; outline: none; padding: 2px;
}

QCheckBox { spacing: 8px; }
QCheckBox::indicator, QListWidget::indicator, QTableWidget::indicator {
    width: 15px; height: 15px; border: 1px solid $faint; border-radius: 4px; background: $base;
}
QCheckBox::indicator:checked, QListWidget::indicator:checked, QTableWidget::indicator:checked {
    background: $accent; border-color: $accent; image: url($drawings/check.svg);
}
QCheckBox::indicator:disabled { border-color: $border; background: $window; }
QCheckBox::indicator:checked:disabled { border-color: $faint; background: $faint; }
QRadioButton::indicator {
    width: 15px; height: 15px; border: 1px solid $faint; border-radius: 8px; background: $base;
}
QRadioButton::indicator:checked {
    width: 7px; height: 7px; border: 5px solid $accent; background: $on_accent;
}
QRadioButton::indicator:disabled { border-color: $border; background: $window; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }

QRadioButton { spacing: 8px; background: transparent; }
QRadioButton::indicator {
    width: 13px; height: 13px; border: 1px solid $faint; border-radius: 7px; background: $base;
}
QRadioButton::indicator:checked {
    width: 5px; height: 5px; border: 5px solid $accent; background: $on_accent;
}
QRadioButton:focus { color: $accent; }

QToolButton {
    background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px;
}
QToolButton:hover:enabled { background: $track; }
QToolButton:pressed:enabled { background: $border; }
QToolButton:checked { background: $accent_box; color: $accent; }
QToolButton:focus { border: 2px solid $accent; padding: 3px; }
QToolButton:disabled { color: $faint; }
QToolButton::menu-indicator { image: none; width: 0; }

QToolButton[look="crumb"] { color: $secondary; padding: 3px 2px; }
QToolButton[look="here"] { padding: 3px 2px; }
QToolButton[look="crumb"]:focus, QToolButton[look="here"]:focus { padding: 2px 1px; }

QToolBar { background: $window; border: none; border-bottom: 1px solid $border; padding: 0;
    spacing: 1px; }
QToolBar::separator { background: $border; width: 1px; margin: 12px 6px; }
QToolBar QToolButton { padding: 0 8px; min-height: ${tool}px; margin: 0 1px; }
QToolBar QToolButton:focus { padding: 0 7px; }
QToolBar QToolButton[look="icon"] { padding: 0 5px; }
QToolBar QLineEdit QToolButton { padding: 0; min-height: 0; margin: 0; }
QToolBar QToolButton[look="icon"]:focus { padding: 0 4px; }

QStatusBar { background: $window; border: none; border-top: 1px solid $border; }
QStatusBar::item { border: none; }

QSplitter { background: $window; }
QSplitter::handle { background: $border; }
QSplitter::handle:hover { background: $accent; }

QTreeView { background: transparent; border: none; show-decoration-selected: 0; }
QTreeView::item, QTreeView::item:selected, QTreeView::branch, QTreeView::branch:selected {
    background: transparent; border: none;
}

QPlainTextEdit { background: $base; border: 1px solid $border; border-radius: 5px; padding: 4px; }
QPlainTextEdit:focus { border: 2px solid $accent; padding: 3px; }

QTreeView[look="boxed"] {
    background: $base; border: 1px solid $border; border-radius: 6px; padding: 1px; outline: none;
}
QTreeView[look="boxed"]:focus { border: 2px solid $accent; padding: 0; }
QTreeView[look="boxed"]::item { padding: 0 9px; }
QTreeView[look="boxed"]::item:selected { background: $selection; color: $selection_text; }

QHeaderView { background: $base; border: none; }
QHeaderView::section {
    background: $base; color: $secondary; border: none; border-bottom: 1px solid $border;
    padding: 0 8px 0 0; font-weight: 500;
}

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; border: none; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; border: none; }
QScrollBar::handle { background: $border; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 28px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 28px; margin: 2px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }

QProgressBar { background: $track; border: none; border-radius: 3px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QTableView[look="boxed"], QListWidget[look="boxed"] {
    border: 1px solid $border; padding: 1px; border-radius: 6px; background: $base;
}
QListWidget[look="boxed"] { outline: none; }
QTableView[look="boxed"]:focus, QListWidget[look="boxed"]:focus {
    border: 2px solid $accent; padding: 0;
}
QListWidget[look="boxed"]::item { padding: 5px 8px; }
QListWidget[look="boxed"]::item:selected { background: $selection; color: $selection_text; }
QTableWidget[look="boxed"]::item { border-bottom: 1px solid $row_line; padding: 0 10px; }

QTableWidget[look="rows"] { border: none; background: $base; }
QTableWidget[look="rows"]::item { border-bottom: 1px solid $row_line; padding: 0 10px; }

QWidget[look="page"] { background: $base; }
QFrame[look="card"] { background: $base; border: 1px solid $border; border-radius: 8px; }
QFrame[look="side"] { background: $alt; border: none; border-right: 1px solid $border; }
QFrame[look="side"] QListWidget { background: $alt; border: none; }
QFrame[look="panel"] { background: $alt; border: 1px solid $row_line; border-radius: 6px; }
QFrame[look="accent-box"] { background: $accent_box; border: none; border-radius: 5px; }
QFrame[look="hints"] { background: $alt; border: none; border-bottom: 1px solid $row_line; }
QFrame[look="badge"] { background: $accent_box; border: none; border-bottom: 1px solid $border; }
QFrame[look="warning-box"] {
    background: $warning_box; border: 1px solid $warning_line; border-radius: 5px;
}
QFrame[look="success-box"] { background: $success_box; border: none; border-radius: 5px; }
QFrame[look="error-box"] {
    background: $error_box; border: 1px solid $error_line; border-radius: 5px;
}
QFrame[look="foot"] { background: $window; border: none; border-top: 1px solid $border; }
QFrame[look="detail"] { background: $alt; border: none; border-top: 1px solid $border; }
QLabel[look="key"] {
    background: $window; border: 1px solid $border; border-radius: 4px; padding: 1px 8px;
    color: $secondary;
}
""")


def sheet(tokens: Tokens, drawings: str, grown: float = 1.0) -> str:
    """Return the sheet in a theme's colours; `drawings` is the folder of its tinted drawings.

    `grown` is how much larger the user's letters are than the design's.
    """
    colours = {
        name: getattr(tokens, name).name()
        for name in (
            *("text", "secondary", "faint", "base", "window", "alt", "border", "row_line"),
            *("accent", "on_accent", "accent_box", "selection", "selection_text", "error"),
            *("success_box", "warning_box", "warning_line", "error_box", "error_line", "track"),
        )
    }
    return _SHEET.substitute(
        colours,
        drawings=drawings.rstrip("/"),
        line=round(18 * grown),
        box=round(18 * grown) + 10,
        box_in_focus=round(18 * grown) + 8,
        button=round(19 * grown),
        tool=round(28 * grown),
        accent_over=(tokens.accent.lighter(112)).name(),
        accent_edge=(tokens.text if not tokens.dark else tokens.selection_text).name(),
        on_error=tokens.base.name(),
        tip=(tokens.border if tokens.dark else tokens.text).name(),
        tip_text=(tokens.text if tokens.dark else tokens.base).name(),
    )
