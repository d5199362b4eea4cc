"""The throughput of the last minutes: from events alone, waits told apart from slowness."""

from __future__ import annotations

import pytest

from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.views.throughput import ThroughputGraph, caption
from ds3_browser.transfer.events import Outcome, State, WaitReason
from tests.gui.job_stories import GB, Clock, ended, progress, state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throughput(clock) -> Throughput:
    throughput = Throughput(clock=clock)
    throughput.apply(state(State.TRANSFERRING))
    return throughput


def send(throughput: Throughput, clock: Clock, seconds: int, rate: float) -> None:
    for _ in range(0, seconds, 2):
        throughput.apply(progress(1, rate=rate))
        clock.forward(2)


def test_a_job_that_moved_nothing_has_no_history():
    assert Throughput().history(1) is None


def test_the_average_leaves_out_the_waits(throughput, clock):
    send(throughput, clock, 60, 1.0 * GB)
    throughput.apply(state(State.WAITING, WaitReason.CACHE))
    clock.forward(600)
    history = throughput.history(1)
    assert history.average == pytest.approx(1.0 * GB)
    assert history.now == 0
    assert history.samples[-1].waiting


def test_five_reports_a_second_become_one_sample(throughput, clock):
    for _ in range(50):
        throughput.apply(progress(1, rate=1.0 * GB))
        clock.forward(0.2)
    assert len(throughput.history(1).samples) == 10


def test_a_young_jobs_graph_begins_with_its_first_byte(throughput, clock):
    send(throughput, clock, 240, 1.0 * GB)
    history = throughput.history(1)
    assert (history.end - history.start).total_seconds() == 240


def test_the_graph_forgets_what_is_older_than_fifteen_minutes(throughput, clock):
    send(throughput, clock, 1200, 1.0 * GB)
    history = throughput.history(1)
    assert (history.end - history.start).total_seconds() == 900
    assert len(history.samples) <= 451


def test_the_graph_of_an_ended_job_stands_still(throughput, clock):
    send(throughput, clock, 120, 1.0 * GB)
    throughput.apply(ended(Outcome.DONE, done=1))
    before = throughput.history(1)
    clock.forward(3600)
    assert throughput.history(1) == before


def test_the_caption_tells_now_average_and_span(throughput, clock):
    send(throughput, clock, 240, 1.0 * GB)
    assert caption(throughput.history(1)) == "1.00 GB/s now, 1.00 GB/s average, last 4 min"


@pytest.mark.ui("5.9", "throughput has its waits shaded")
def test_the_graph_shades_waits_and_paints_lines(throughput, clock, qtbot):
    graph = ThroughputGraph()
    qtbot.addWidget(graph)
    graph.resize(300, 36)
    send(throughput, clock, 60, 1.0 * GB)
    flat = graph.grab().toImage()
    graph.show_history(throughput.history(1))
    assert graph.grab().toImage() != flat
    assert graph.accessibleDescription() == caption(throughput.history(1))


def test_the_first_minute_is_told_in_seconds(throughput, clock):
    send(throughput, clock, 20, 1.0 * GB)
    assert caption(throughput.history(1)).endswith("last 20 s")
