"""The form for a new bucket: its name, and the data policy where the user may see those."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QWidget

from ds3_browser.gui.dialogs.naming import NameDialog
from ds3_browser.gui.dialogs.parts import ask, while_open
from ds3_browser.gui.messages import Message
from ds3_browser.protocol.records import DataPolicy

_tr = partial(QCoreApplication.translate, "new_bucket")

# (name, data policy's id or None for the user's default, on_done, on_error)
CreateBucket = Callable[[str, str | None, Callable[[], None], Callable[[Message], None]], None]
# (on_result): asks for the data policies; an empty answer where they may not be seen
AskPolicies = Callable[[Callable[[Sequence[DataPolicy]], None]], None]


class NewBucketDialog(NameDialog):
    """Accepted when the bucket is there; `name()` is what it is called."""

    def __init__(
        self, create: CreateBucket, policies: AskPolicies, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            _tr("New bucket"),
            _tr("Name"),
            _tr("Letters, digits, dots, hyphens and underscores, at most 63 characters."),
            _tr("Create bucket"),
            complaint,
            self._create_with_policy,
            parent,
        )
        self.setObjectName("new_bucket_dialog")
        self._create_bucket = create
        self._policy = QComboBox(self)
        self._policy.setObjectName("data_policy")
        self._policy.setAccessibleName(_tr("Data policy"))
        self._policy.addItem(_tr("Your default policy, as the appliance knows it"), None)
        self.add_row(_tr("Data policy"), self._policy)
        policies(while_open(self, self._show_policies))

    @classmethod
    def ask(
        cls,
        create: CreateBucket,
        policies: AskPolicies,
        on_created: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        """Ask for a new bucket and create it; `on_created` is told its name once it is there."""
        dialog = cls(create, policies, parent)
        dialog.accepted.connect(lambda: on_created(dialog.name()))
        ask(dialog)

    def _show_policies(self, policies: Sequence[DataPolicy]) -> None:
        for policy in policies:
            self._policy.addItem(policy.name, policy.id)

    def _create_with_policy(
        self, name: str, on_done: Callable[[], None], on_error: Callable[[Message], None]
    ) -> None:
        self._create_bucket(name, self._policy.currentData(), on_done, on_error)


def complaint(name: str) -> str | None:
    """Return the rule for bucket names that this one breaks, None if it is good."""
    if len(name) > 63:
        return _tr("A bucket's name has at most 63 characters; this one has {n}.").format(
            n=len(name)
        )
    if " " in name:
        return _tr("A bucket's name has no spaces; hyphens may stand for them.")
    if wrong := re.search(r"[^A-Za-z0-9._-]", name):
        return _tr(
            "A bucket's name has letters, digits, dots, hyphens and underscores alone, no “{sign}”."
        ).format(sign=wrong.group())
    if name.lower() == "_rest_":
        return _tr("The appliance keeps this name for itself.")
    return None
