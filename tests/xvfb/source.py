"""Another program that offers files for dragging: a window of its own, in a process of its own.

Prints `READY x y` with the middle of the window, and `ENDED action` when its drag has ended.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class Source(QLabel):
    def __init__(self, paths: list[str]) -> None:
        super().__init__("drag me")
        self._paths = paths

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path) for path in self._paths])
        drag = QDrag(self)
        drag.setMimeData(data)
        action = drag.exec(Qt.DropAction.CopyAction)
        print(f"ENDED {action.name}", flush=True)


def main() -> None:
    app = QApplication(["source"])
    source = Source(sys.argv[1:])
    source.setWindowFlags(Qt.WindowType.FramelessWindowHint)
    source.setGeometry(1150, 100, 200, 100)
    source.show()
    middle = source.mapToGlobal(QPoint(100, 50))
    source.windowHandle().requestActivate()
    print(f"READY {middle.x()} {middle.y()}", flush=True)
    app.exec()


if __name__ == "__main__":
    main()
