"""A download asks what becomes of each file that it meets, and does as it is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.transfer.events import JobEnded, JobState, Outcome, Question, State, WaitReason
from ds3_browser.transfer.get import Existing, GetJob, GetSpec
from tests.transfer.conftest import Engine
from tests.transfer.scenes import wait_until

NAMES = ("d/a", "d/b", "d/c", "d/new")


@pytest.fixture
def target(client, bucket, tmp_path: Path) -> Path:
    """Three of the four objects are at the target already, as other files."""
    target = tmp_path / "t"
    (target / "d").mkdir(parents=True)
    for name in NAMES:
        client.put_object(bucket, name, f"from {name}".encode())
        if name != "d/new":
            (target / name).write_bytes(b"before")
    return target


@pytest.fixture
def asking(engine: Engine, bucket, target) -> GetJob:
    return engine.get(bucket, target, prefixes=("d/",), existing=Existing.ASK)


def questions(events: list) -> list[Question]:
    told = [event.facts.question for event in events if isinstance(event, JobState)]
    return [question for question in told if question is not None]


def answer(job: GetJob, events: list, name: str, existing: Existing, **options) -> None:
    wait_until(lambda: any(question.name == name for question in questions(events)))
    asked = next(question for question in questions(events) if question.name == name)
    job.answer(asked, existing, **{"for_all": False} | options)


def files(target: Path) -> dict[str, str]:
    return {str(p.relative_to(target)): p.read_text() for p in target.rglob("*") if p.is_file()}


def test_each_file_that_is_there_is_asked_about(engine: Engine, asking, target) -> None:
    thread, events = engine.start(asking)
    answer(asking, events, "d/a", Existing.SKIP)
    answer(asking, events, "d/b", Existing.REPLACE)
    answer(asking, events, "d/c", Existing.KEEP_BOTH)
    thread.join(20)
    assert isinstance(events[-1], JobEnded)
    assert (events[-1].outcome, events[-1].counts.skipped) == (Outcome.DONE, 1)
    assert [question.name for question in questions(events)] == ["d/a", "d/b", "d/c"]
    assert files(target) == {
        "d/a": "before",
        "d/b": "from d/b",
        "d/c": "before",
        "d/c (2)": "from d/c",
        "d/new": "from d/new",
    }


def test_a_question_tells_both_sizes_and_what_the_job_waits_for(
    engine: Engine, asking, target
) -> None:
    thread, events = engine.start(asking)
    wait_until(lambda: bool(questions(events)))
    (asked,) = questions(events)
    path = target / "d" / "a"
    assert asked == Question("d/a", str(path), 8, 6, path.stat().st_mtime)
    state = next(event for event in reversed(events) if isinstance(event, JobState))
    assert (state.state, state.reason) == (State.WAITING, WaitReason.ANSWER)
    asking.interrupt()
    thread.join(20)
    assert events[-1].outcome is Outcome.INTERRUPTED


def test_an_answer_for_all_that_follow_ends_the_questions(engine, asking, target) -> None:
    thread, events = engine.start(asking)
    answer(asking, events, "d/a", Existing.SKIP)
    answer(asking, events, "d/b", Existing.REPLACE, for_all=True)
    thread.join(20)
    assert [question.name for question in questions(events)] == ["d/a", "d/b"]
    assert files(target) == {
        "d/a": "before",
        **{name: f"from {name}" for name in ("d/b", "d/c", "d/new")},
    }


def test_an_answer_to_another_question_is_none(engine: Engine, asking, target) -> None:
    thread, events = engine.start(asking)
    answer(asking, events, "d/a", Existing.SKIP)
    wait_until(lambda: len(questions(events)) == 2)
    asking.answer(questions(events)[0], Existing.REPLACE, for_all=True)  # pressed twice
    answer(asking, events, "d/b", Existing.SKIP, for_all=True)
    thread.join(20)
    assert files(target)["d/c"] == "before"


def test_a_paused_job_asks_again_once_it_goes_on(engine: Engine, asking) -> None:
    thread, events = engine.start(asking)
    wait_until(lambda: bool(questions(events)))
    asking.pause()
    wait_until(lambda: _reason(events) is WaitReason.USER)
    asking.resume()
    wait_until(lambda: _reason(events) is WaitReason.ANSWER)
    answer(asking, events, "d/a", Existing.SKIP, for_all=True)
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE


def _reason(events: list) -> WaitReason | None:
    return next(event.reason for event in reversed(events) if isinstance(event, JobState))


def test_what_was_answered_is_known_after_a_restart(
    engine: Engine, client, asking, target: Path, bucket
) -> None:
    thread, events = engine.start(asking)
    answer(asking, events, "d/a", Existing.SKIP)
    answer(asking, events, "d/b", Existing.REPLACE)
    wait_until(lambda: len(questions(events)) == 3)
    asking.interrupt()
    thread.join(20)
    again = _continued(engine, client, asking)
    thread, events = engine.start(again)
    answer(again, events, "d/c", Existing.SKIP)
    thread.join(20)
    assert [question.name for question in questions(events)] == ["d/c"]
    assert files(target) == {
        "d/a": "before",
        "d/b": "from d/b",
        "d/c": "before",
        "d/new": "from d/new",
    }


def _continued(engine: Engine, client, job: GetJob) -> GetJob:
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
    assert record is not None
    spec = GetSpec.of(record)
    return GetJob(spec, client, engine.ledger, engine.pool, engine.turns, continued=True)


def test_a_job_that_is_asked_nothing_of_does_not_wait(
    engine: Engine, client, bucket, tmp_path: Path
) -> None:
    client.put_object(bucket, "d/a", b"1")
    job = engine.get(bucket, tmp_path / "t", prefixes=("d/",), existing=Existing.ASK)
    events = engine.run(job)
    assert questions(events) == []
    assert events[-1].outcome is Outcome.DONE


def test_a_file_that_came_after_the_plan_is_never_overwritten_unasked(
    engine: Engine, client, bucket, tmp_path: Path, monkeypatch
) -> None:
    """It is too late to ask: both are kept."""
    client.put_object(bucket, "d/a", b"new")
    target = tmp_path / "t"
    job = engine.get(bucket, target, prefixes=("d/",), existing=Existing.ASK)
    start: Callable = client.start_get_job

    def started(*args, **options):
        (target / "d").mkdir()
        (target / "d" / "a").write_bytes(b"mine")
        return start(*args, **options)

    monkeypatch.setattr(client, "start_get_job", started)
    engine.run(job)
    assert files(target) == {"d/a": "mine", "d/a (2)": "new"}
