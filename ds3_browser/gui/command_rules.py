"""When a command cannot work, and its words where they depend on what it acts on.

A rule takes a `Situation` and gives the reason as the user reads it, or None where the command can
work. Pure: no widget, no action.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.appliance_jobs import Part, is_appliances_own, nothing_left
from ds3_browser.gui.situation import Situation, bucket_of
from ds3_browser.transfer.events import State

_tr = partial(QCoreApplication.translate, "command_rules")
_counted = partial(format.counted, "command_rules")


def no_session(now: Situation) -> str | None:
    return None if now.session is not None else _tr("No session is chosen.")


def no_saved_session(now: Situation) -> str | None:
    if now.session is not None and now.session.demo:
        return _tr("The demo is no saved session.")
    return no_session(now)


def not_connected(now: Situation) -> str | None:
    if now.session is None:
        return _tr("No session is chosen.")
    if not now.connected:
        return _tr("{session} is not connected.").format(session=now.session.name)
    return None


def nothing_listed(now: Situation) -> str | None:
    return not_connected(now) or (_tr("No list of objects is shown.") if now.page.apart else None)


def demo_runs(now: Situation) -> str | None:
    return _tr("The demo runs already.") if now.demo_running else None


def no_demo(now: Situation) -> str | None:
    return None if now.demo_running else _tr("The demo is not running.")


def nothing(now: Situation) -> str | None:
    return None if len(now.target) else _tr("Nothing is selected.")


def nothing_in_a_bucket(now: Situation) -> str | None:
    if not now.target.objects and not now.target.folders:
        return _tr("No object or folder is selected.")
    return several_buckets(now)


def several_buckets(now: Situation) -> str | None:
    """What a search found in several buckets has no one place."""
    if now.target.objects and now.target.place.bucket is None:
        return _tr("What is selected is in several buckets.")
    return None


def nothing_to_download(now: Situation) -> str | None:
    denied = not_connected(now)
    if denied is not None:
        return denied
    if len(now.target.buckets) > 1:
        return _tr("Choose one bucket.")
    return nothing(now) or several_buckets(now)


def nothing_to_stage(now: Situation) -> str | None:
    denied = nothing_to_download(now)
    if denied is None and now.stages is False:
        return _tr("The appliance brings nothing to its cache before release 5.0.")
    return denied


def nothing_to_download_again(now: Situation) -> str | None:
    if now.last_target is None:
        return _tr("Nothing was downloaded in this session yet.")
    return nothing_to_download(now)


def no_single_object(now: Situation) -> str | None:
    if len(now.target) != 1 or not now.target.objects:
        return _tr("Choose one object.")
    return not_connected(now)


def no_object_for_part(now: Situation) -> str | None:
    return no_single_object(now) or several_buckets(now)


def nothing_to_tell(now: Situation) -> str | None:
    if len(now.target.buckets) > 1:
        return _tr("Choose one bucket.")
    return nothing(now) or several_buckets(now) or not_connected(now)


def no_bucket_to_search(now: Situation) -> str | None:
    return not_connected(now) if bucket_of(now) or now.page.bucket else _tr("Choose a bucket.")


def no_bucket_page(now: Situation) -> str | None:
    return None if now.page.bucket else _tr("No bucket is open.")


def nothing_to_paste(now: Situation) -> str | None:
    if not now.files_in_clipboard:
        return _tr("There are no files in the clipboard.")
    return no_place(now)


def no_place(now: Situation) -> str | None:
    denied = not_connected(now)
    if denied is not None:
        return denied
    return None if now.into.takes_uploads else _tr("Choose a bucket.")


def no_bucket(now: Situation) -> str | None:
    return not_connected(now) if bucket_of(now) else _tr("Choose a bucket.")


def no_local_pane(now: Situation) -> str | None:
    return None if now.local_shown else _tr("The local files are not shown.")


def nothing_local(now: Situation) -> str | None:
    if not now.local_paths:
        return _tr("No local file is selected.")
    return no_place(now)


def nothing_to_upload_to(now: Situation) -> str | None:
    if not now.local_paths:
        return _tr("No local file is selected.")
    return None if now.some_connected else _tr("No session is connected.")


def not_one_local(now: Situation) -> str | None:
    return None if len(now.local_paths) == 1 else _tr("Choose one file or folder.")


def nothing_beside_local(now: Situation) -> str | None:
    return no_local_pane(now) or no_place(now)


def compare_words(now: Situation) -> str:
    one = len(now.target) == 1 and now.target.objects
    return _tr("&Compare with file…") if one else _tr("&Compare with folder…")


def upload_local_words(now: Situation) -> str:
    if not now.into.takes_uploads:
        return _tr("&Upload")
    return _tr("&Upload to {folder}").format(folder=now.into.name.replace("&", "&&"))


def not_to_open(now: Situation) -> str | None:
    if len(now.target) != 1 or now.target.objects:
        return _tr("Choose one folder or bucket.")
    return not_connected(now)


def not_listing(now: Situation) -> str | None:
    return None if now.listing else _tr("Nothing is being listed.")


def no_way_back(now: Situation) -> str | None:
    return None if now.back else _tr("There is no page before this one.")


def no_way_forward(now: Situation) -> str | None:
    return None if now.forward else _tr("There is no page after this one.")


def no_parent(now: Situation) -> str | None:
    return None if now.parent else _tr("This is the top.")


def no_job(now: Situation) -> str | None:
    return None if now.job is not None else _tr("No transfer is selected.")


def none_failed(now: Situation) -> str | None:
    if now.job is not None and not now.job.failed_objects:
        return _tr("No object of this transfer has failed.")
    return no_job(now)


def no_job_id(now: Situation) -> str | None:
    if now.job is not None and not now.job.appliance_jobs:
        return _tr("The appliance has not created the job.")
    return no_job(now)


def no_wait(now: Situation) -> str | None:
    if now.job is not None and not now.may_try_now:
        return _tr("This transfer does not wait for a next try.")
    return no_job(now)


def nothing_to_retry(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_retry:
        return _tr("Nothing of this transfer has failed.")
    return no_job(now)


def retry_words(now: Situation) -> str:
    failed = now.job.failed_objects if now.job is not None else 0
    if failed:
        return _counted("R&etry {n} failed objects", failed)
    return _tr("R&etry failed")


def not_to_close(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_close:
        return _tr("This transfer has no failed job that is open on the appliance.")
    return no_job(now)


def no_priority(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_change_priority:
        return _tr("This transfer has ended.")
    return no_job(now)


def not_queued(now: Situation) -> str | None:
    if now.job is not None and now.job.state is not State.QUEUED:
        return _tr("This transfer does not stand in line.")
    return no_job(now)


def not_to_pause(now: Situation) -> str | None:
    if now.job is not None and now.job.waits_for_key:
        return _tr("This transfer waits for other keys of its session.")
    if now.job is not None and not (now.job.may_pause or now.job.paused):
        return _tr("This transfer has ended.")
    return no_job(now)


def nothing_to_pause(now: Situation) -> str | None:
    if now.may_pause_all or now.may_resume_all:
        return None
    return _tr("No transfer is running.")


def not_to_cancel(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_cancel:
        return _tr("This transfer has ended, or is ending.")
    return no_job(now)


def not_to_remove(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_remove:
        return _tr("This transfer has not ended.")
    return no_job(now)


def nothing_done(now: Situation) -> str | None:
    return None if now.may_clear_done else _tr("No transfer is done and needs nobody any more.")


def no_board_job(now: Situation) -> str | None:
    return None if now.board_job is not None else _tr("No job of the appliance is chosen.")


def board_job_ended(now: Situation) -> str | None:
    if now.board_job is not None and now.board_job.part is not Part.ACTIVE:
        return _tr("This job has ended.")
    return no_board_job(now)


def not_to_take_over(now: Situation) -> str | None:
    row = now.board_job
    if row is not None and row.here:
        return _tr("This computer runs it already.")
    if row is not None and is_appliances_own(row.job):
        return _tr("The appliance alone runs this job.")
    if row is not None and row.part is Part.ACTIVE and nothing_left(row.job):
        return _tr("All of it is in cache: there is nothing left to send.")
    return board_job_ended(now)


def no_bucket_of_board(now: Situation) -> str | None:
    if now.board_job is not None and now.board_job.job.bucket is None:
        return _tr("The appliance does not tell the job's bucket.")
    return no_board_job(now)


def no_files_here(now: Situation) -> str | None:
    if now.job is not None and not now.job.uploads and not now.job.target:
        return _tr("The folder of this transfer is not known.")
    return no_job(now)


def not_on_board(now: Situation) -> str | None:
    if now.job is not None and not now.job.appliance_jobs:
        return _tr("The appliance has not created this job.")
    return no_job(now)


# -- words that change -----------------------------------------------------------------------------


def connect_words(now: Situation) -> str:
    return _tr("Dis&connect") if now.connected or now.connecting else _tr("&Connect")


def copy_words(now: Situation) -> str:
    target = now.target
    if target.buckets:
        return _tr("&Copy bucket name") if len(target) == 1 else _tr("&Copy bucket names")
    if len(target) != 1:
        return _tr("&Copy object names")
    return _tr("&Copy folder name") if target.folders else _tr("&Copy object name")


def copy_full_words(now: Situation) -> str:
    target = now.target
    if len(target) != 1 or target.buckets:
        return _tr("Copy &bucket and object names")
    if target.folders:
        return _tr("Copy &bucket and folder name")
    return _tr("Copy &bucket and object name")


def delete_words(now: Situation) -> str:
    folders, objects = len(now.target.folders), len(now.target.objects)
    match (folders, objects):
        case (0, 0):
            return _tr("D&elete…")
        case (0, 1):
            return _tr("D&elete object…")
        case (1, 0):
            return _tr("D&elete folder…")
        case (0, _):
            return _tr("D&elete {n} objects…").format(n=format.count(objects))
        case (_, 0):
            return _tr("D&elete {n} folders…").format(n=format.count(folders))
        case (1, 1):
            return _tr("D&elete 1 folder and 1 object…")
        case (1, _):
            return _tr("D&elete 1 folder and {n} objects…").format(n=format.count(objects))
        case (_, 1):
            return _tr("D&elete {n} folders and 1 object…").format(n=format.count(folders))
        case _:
            return _tr("D&elete {m} folders and {n} objects…").format(
                m=format.count(folders), n=format.count(objects)
            )


def pause_words(now: Situation) -> str:
    if now.job is not None and now.job.paused:
        return _tr("&Resume")
    return _tr("&Pause")


def pause_all_words(now: Situation) -> str:
    if not now.may_pause_all and now.may_resume_all:
        return _tr("Resume &all")
    return _tr("Pause &all")
