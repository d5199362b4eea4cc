#!/usr/bin/env python3
"""A tour of the program by itself: the real window, the demo appliance, real files.

Connects, browses, drops a folder on the object list, follows the job until it is persisted, makes
a job wait for cache and ends the wait, restores by the context menu, and compares every byte. A
picture of each step goes to DIR, a line of each to the output; the exit code is 1 if anything
differs or does not come to pass.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import driving
from PySide6.QtWidgets import QApplication, QDialog, QMenu

from ds3_browser import app as program
from ds3_browser.app import Options, Program
from ds3_browser.demo import Demo
from ds3_browser.gui import format, job_words, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.places import Place
from ds3_browser.gui.theme import Theme
from ds3_browser.transfer.events import State, WaitReason

MIB = 1 << 20
BUCKET, FOLDER = "rushes-2026", "day-016/"


class Differs(Exception):
    """What came back is not what was sent."""


class Tour:
    def __init__(self, app: QApplication, work: Path, out: Path, chosen: Theme) -> None:
        self._out = out
        self._work = work
        self._number = 0
        options = Options(data_dir=work / "data", demo=True)
        self._program = Program(app, program.data_folder(options), options)
        theme.apply(app, chosen)
        self.window = self._program.window

    # --- steps

    def run(self, width: int, height: int) -> None:
        window = self.window
        with self._step("connect") as told:
            self._program.show()
            window.resize(width, height)
            browsing = window.context.browsing
            sessions = window.context.sessions
            driving.wait_for(
                lambda: any(browsing.connection(s.id).buckets for s in sessions.all()),
                "the demo's buckets",
            )
            self._session = sessions.all()[0].id
            told(f"{len(browsing.connection(self._session).buckets)} buckets")
        with self._step("browse") as told:
            self._go(Place(self._session, BUCKET))
            self._go(Place(self._session, BUCKET, FOLDER))
            totals = window.page.model.totals()
            told(f"{totals.folders} folders, {totals.objects} objects in {BUCKET}/{FOLDER}")
        self._upload()
        self._wait_for_cache()
        self._restore()

    def _upload(self) -> None:
        source = self._work / "to archive"
        size = driving.write_tree(source, 240, seed=16, largest=400_000)
        (source / "A017C001.mxf").write_bytes(bytes(range(256)) * (24 * MIB // 256))
        size += 24 * MIB
        self._source = source
        view = self.window.page.list
        with self._step("drag") as told:
            data = driving.drag_over(view, driving.empty_spot(view), [str(source)])
            driving.let_pass(0.1)
            self._picture()
            told(view.overlay.text)
            del data
        with self._step("drop") as told:
            job = self._drop(source)
            told(f"job {job}")
        with self._step("follow") as told:
            began = time.monotonic()
            self._until(job, lambda row: row.state is State.TRANSFERRING or row.ended)
            self._picture()
            row = self._until(job, lambda row: row.ended and row.counts is not None)
            self._must(row, State.DONE)
            counts = row.counts
            assert counts is not None
            seconds = time.monotonic() - began
            rate = format.rate(size / max(seconds, 0.001))
            told(f"{counts.done} objects, {format.size(size)}, {seconds:.1f} s, {rate}")
        with self._step("persisted") as told:
            row = self._until(job, lambda row: row.persisted is not None, 90)
            told(self._words(row))

    def _wait_for_cache(self) -> None:
        demo = self.window.context.demo
        assert isinstance(demo, Demo)
        source = self._work / "too much"
        source.mkdir()
        for number in range(8):
            (source / f"reel-{number}.mov").write_bytes(bytes(8 * MIB))
        with self._step("wait for cache") as told:
            demo.set_switches(
                {"cache_bytes": 24 * MIB, "retry_after": 60, "hold_persistence": True}
            )
            job = self._drop(source)
            row = self._until(job, lambda row: row.state is State.WAITING)
            assert row.reason is WaitReason.CACHE, row.reason
            driving.let_pass(1.2)
            told(self._words(self._row(job)))
        with self._step("try now") as told:
            demo.set_switches({"cache_bytes": 384 * MIB, "hold_persistence": False})
            began = time.monotonic()
            self.window.actions_table["try_now"].trigger()
            self._until(job, lambda row: row.state is not State.WAITING, 5)
            ended = time.monotonic() - began
            self._must(self._until(job, lambda row: row.ended), State.DONE)
            told(f"the wait ended after {ended:.2f} s")
            demo.set_switches({"retry_after": 3})

    def _restore(self) -> None:
        """Download the dropped folder by the context menu's own action, and compare."""
        target = self._work / "restored"
        target.mkdir()
        window = self.window
        self._go(Place(self._session, BUCKET, FOLDER))
        model, view = window.page.model, window.page.list
        name = f"{FOLDER}{self._source.name}/"
        row = next(r for r in range(model.rowCount()) if model.name(r) == name)
        with self._step("context menu") as told:
            before = {row.job_id for row in window.jobs.rows()}
            view.scrollTo(model.index(row, 0))

            def answer(asked: QDialog) -> None:
                driving.type_into(asked, "target_folder", str(target))
                driving.let_pass(0.5)
                self._picture()
                driving.press_default(asked)

            def choose(menu: QMenu) -> None:
                driving.let_pass(0.2)
                self._picture()
                driving.choose(menu, "Download…")

            answered = driving.answer_dialog("download_dialog", answer)
            driving.open_context_menu(view, view.visualRect(model.index(row, 0)).center(), choose)
            driving.wait_for(
                lambda: {r.job_id for r in window.jobs.rows()} - before, "the download's row"
            )
            answered.check()
            (job,) = {r.job_id for r in window.jobs.rows()} - before
            told(f"job {job}")
        with self._step("slow tape") as told:
            waiting = self._until(job, lambda row: row.state is State.WAITING or row.ended)
            told(self._words(waiting))
        with self._step("restore") as told:
            began = time.monotonic()
            ended = self._until(job, lambda row: row.ended and row.counts is not None, 60)
            self._must(ended, State.DONE)
            counts = ended.counts
            assert counts is not None
            told(f"{counts.done} objects in {time.monotonic() - began:.1f} s")
        with self._step("compare") as told:
            found = driving.differences(self._source, target / self._source.name)
            if found:
                raise Differs("; ".join(found[:10]))
            told("every byte is the same")

    # --- how

    def _go(self, place: Place) -> None:
        self.window.go(place)
        page = self.window.page
        driving.wait_for(lambda: page.place == place and not page.listing, f"{place.location}")

    def _drop(self, source: Path) -> int:
        """Drop a folder on the list, which nothing is doubtful about; the new job's id."""
        window = self.window
        view = window.page.list
        before = {row.job_id for row in window.jobs.rows()}
        driving.drop(view, driving.empty_spot(view), [str(source)])
        driving.wait_for(
            lambda: {row.job_id for row in window.jobs.rows()} - before, "the job's row"
        )
        (job,) = {row.job_id for row in window.jobs.rows()} - before
        return job

    def _row(self, job: int) -> JobRow:
        row = self.window.jobs.row(job)
        assert row is not None
        return row

    def _until(self, job: int, true: Callable[[JobRow], bool], seconds: float = 40) -> JobRow:
        try:
            driving.wait_for(lambda: true(self._row(job)), "the job", seconds)
        except driving.Late as late:
            raise driving.Late(f"{late}; it says {self._words(self._row(job))}") from None
        return self._row(job)

    def _must(self, row: JobRow, state: State) -> None:
        if row.state is not state:
            raise Differs(f"the job ended {self._words(row)}")

    def _words(self, row: JobRow) -> str:
        words = job_words.job_words(row, self.window.jobs.now())
        return f"{words.text}: {words.second}" if words.second else words.text

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[Callable[[str], None]]:
        """One step: its line with its figures, its picture at the end."""
        began = time.monotonic()
        said: list[str] = []
        self._name = name
        try:
            yield said.append
        except Exception as error:
            print(f"{name:<15} FAILED  {error}", flush=True)
            self._picture()
            raise
        driving.let_pass(0.2)
        self._picture()
        print(f"{name:<15} {time.monotonic() - began:5.1f} s  {'; '.join(said)}", flush=True)

    def _picture(self) -> None:
        self._number += 1
        name = f"{self._number:02}-{self._name.replace(' ', '-')}.png"
        driving.picture(self.window).save(str(self._out / name))

    def close(self) -> None:
        self.window.hide()
        self._program.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, metavar="DIR")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--size", default="1440x900")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    options.out.mkdir(parents=True, exist_ok=True)
    app = program.make_application(sys.argv[:1])
    with tempfile.TemporaryDirectory(prefix="ds3-tour-") as work:
        tour = Tour(app, Path(work), options.out, Theme(options.theme))
        try:
            tour.run(width, height)
        except (Differs, driving.Late, AssertionError) as error:
            print(f"The tour did not come to its end: {error}", file=sys.stderr)
            return 1
        finally:
            tour.close()
    print(f"The tour is over; its pictures are in {options.out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
