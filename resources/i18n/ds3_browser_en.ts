<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
  <context>
    <name>cancel_job</name>
    <message numerus="yes">
      <source>{n} objects are there completely. They stay and get persisted, the rest is dropped.</source>
      <translation>
        <numerusform>{n} object is there completely. It stays and gets persisted, the rest is dropped.</numerusform>
        <numerusform>{n} objects are there completely. They stay and get persisted, the rest is dropped.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>chunk_map</name>
    <message numerus="yes">
      <source>{n} objects</source>
      <translation>
        <numerusform>{n} object</numerusform>
        <numerusform>{n} objects</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>command_rules</name>
    <message numerus="yes">
      <source>R&amp;etry {n} failed objects</source>
      <translation>
        <numerusform>R&amp;etry {n} failed object</numerusform>
        <numerusform>R&amp;etry {n} failed objects</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>comparison</name>
    <message numerus="yes">
      <source>Comparing names, sizes and times: {n} so far</source>
      <translation>
        <numerusform>Comparing names, sizes and times: {n} so far</numerusform>
        <numerusform>Comparing names, sizes and times: {n} so far</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>The appliance has no checksum of {n} objects.</source>
      <translation>
        <numerusform>The appliance has no checksum of {n} object.</numerusform>
        <numerusform>The appliance has no checksum of {n} objects.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>The checksums of {n} files were compared as well.</source>
      <translation>
        <numerusform>The checksum of {n} file was compared as well.</numerusform>
        <numerusform>The checksums of {n} files were compared as well.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>continue_bar</name>
    <message numerus="yes">
      <source>Continue {n} jobs?</source>
      <translation>
        <numerusform>Continue {n} job?</numerusform>
        <numerusform>Continue {n} jobs?</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>delete</name>
    <message numerus="yes">
      <source>Delete the bucket and its {n} objects</source>
      <translation>
        <numerusform>Delete the bucket and its {n} object</numerusform>
        <numerusform>Delete the bucket and its {n} objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Delete {n} objects</source>
      <translation>
        <numerusform>Delete {n} object</numerusform>
        <numerusform>Delete {n} objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Delete {n} objects, {size}, from {bucket}?</source>
      <translation>
        <numerusform>Delete {n} object, {size}, from {bucket}?</numerusform>
        <numerusform>Delete {n} objects, {size}, from {bucket}?</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects</source>
      <translation>
        <numerusform>{n} object</numerusform>
        <numerusform>{n} objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} of these objects have no other copy: they are in cache and not yet persisted.</source>
      <translation>
        <numerusform>{n} of these objects has no other copy: it is in cache and not yet persisted.</numerusform>
        <numerusform>{n} of these objects have no other copy: they are in cache and not yet persisted.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} of these objects have no other copy: they are not yet persisted.</source>
      <translation>
        <numerusform>{n} of these objects has no other copy: it is not yet persisted.</numerusform>
        <numerusform>{n} of these objects have no other copy: they are not yet persisted.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} of {total} objects were not deleted</source>
      <translation>
        <numerusform>{n} of {total} objects was not deleted</numerusform>
        <numerusform>{n} of {total} objects were not deleted</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>download</name>
    <message numerus="yes">
      <source>Download {n} objects</source>
      <translation>
        <numerusform>Download {n} object</numerusform>
        <numerusform>Download {n} objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>objects</source>
      <translation>
        <numerusform>object</numerusform>
        <numerusform>objects</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>format</name>
    <message numerus="yes">
      <source>{n} bytes</source>
      <translation>
        <numerusform>{n} byte</numerusform>
        <numerusform>{n} bytes</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>import_sessions</name>
    <message numerus="yes">
      <source>Import {n} sessions</source>
      <translation>
        <numerusform>Import {n} session</numerusform>
        <numerusform>Import {n} sessions</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>job_page</name>
    <message numerus="yes">
      <source>{n} chunks.</source>
      <translation>
        <numerusform>{n} chunk.</numerusform>
        <numerusform>{n} chunks.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>job_words</name>
    <message numerus="yes">
      <source>By you, {n} objects kept</source>
      <translation>
        <numerusform>By you, {n} object kept</numerusform>
        <numerusform>By you, {n} objects kept</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>By you, {n} objects received</source>
      <translation>
        <numerusform>By you, {n} object received</numerusform>
        <numerusform>By you, {n} objects received</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Looked at {n} files so far</source>
      <translation>
        <numerusform>Looked at {n} file so far</numerusform>
        <numerusform>Looked at {n} files so far</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Looked at {n} objects so far</source>
      <translation>
        <numerusform>Looked at {n} object so far</numerusform>
        <numerusform>Looked at {n} objects so far</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>On the appliance. {n} objects were kept</source>
      <translation>
        <numerusform>On the appliance. {n} object was kept</numerusform>
        <numerusform>On the appliance. {n} objects were kept</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Start a new job for {n} objects</source>
      <translation>
        <numerusform>Start a new job for {n} object</numerusform>
        <numerusform>Start a new job for {n} objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Writing {n} files to the disk</source>
      <translation>
        <numerusform>Writing {n} file to the disk</numerusform>
        <numerusform>Writing {n} files to the disk</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} chunks in flight</source>
      <translation>
        <numerusform>{n} chunk in flight</numerusform>
        <numerusform>{n} chunks in flight</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} copies, {time}</source>
      <translation>
        <numerusform>{n} copy, {time}</numerusform>
        <numerusform>{n} copies, {time}</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects checked</source>
      <translation>
        <numerusform>{n} object checked</numerusform>
        <numerusform>{n} objects checked</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects in cache</source>
      <translation>
        <numerusform>{n} object in cache</numerusform>
        <numerusform>{n} objects in cache</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects read; what was found is for administrators</source>
      <translation>
        <numerusform>{n} object read; what was found is for administrators</numerusform>
        <numerusform>{n} objects read; what was found is for administrators</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects received without a checksum</source>
      <translation>
        <numerusform>{n} object received without a checksum</numerusform>
        <numerusform>{n} objects received without a checksum</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects verified</source>
      <translation>
        <numerusform>{n} object verified</numerusform>
        <numerusform>{n} objects verified</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>list_footer</name>
    <message numerus="yes">
      <source>{n} buckets</source>
      <translation>
        <numerusform>{n} bucket</numerusform>
        <numerusform>{n} buckets</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} folders</source>
      <translation>
        <numerusform>{n} folder</numerusform>
        <numerusform>{n} folders</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects</source>
      <translation>
        <numerusform>{n} object</numerusform>
        <numerusform>{n} objects</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>local_pane</name>
    <message numerus="yes">
      <source>{n} items</source>
      <translation>
        <numerusform>{n} item</numerusform>
        <numerusform>{n} items</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>messages</name>
    <message numerus="yes">
      <source>{session} has {n} open jobs of yours that this list had lost. They wait for you.</source>
      <translation>
        <numerusform>{session} has {n} open job of yours that this list had lost. It waits for you.</numerusform>
        <numerusform>{session} has {n} open jobs of yours that this list had lost. They wait for you.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>notices</name>
    <message numerus="yes">
      <source>DS3 Browser: {n} transfers</source>
      <translation>
        <numerusform>DS3 Browser: {n} transfer</numerusform>
        <numerusform>DS3 Browser: {n} transfers</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{job}: {n} objects failed</source>
      <translation>
        <numerusform>{job}: {n} object failed</numerusform>
        <numerusform>{job}: {n} objects failed</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{job}: {n} tapes have to be put back</source>
      <translation>
        <numerusform>{job}: {n} tape has to be put back</numerusform>
        <numerusform>{job}: {n} tapes have to be put back</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>object_page</name>
    <message numerus="yes">
      <source>{n} names are hidden by the filter.</source>
      <translation>
        <numerusform>{n} name is hidden by the filter.</numerusform>
        <numerusform>{n} names are hidden by the filter.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>placement</name>
    <message numerus="yes">
      <source>{n} cloud targets</source>
      <translation>
        <numerusform>{n} cloud target</numerusform>
        <numerusform>{n} cloud targets</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} disk pools</source>
      <translation>
        <numerusform>{n} disk pool</numerusform>
        <numerusform>{n} disk pools</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} tapes</source>
      <translation>
        <numerusform>{n} tape</numerusform>
        <numerusform>{n} tapes</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>plan_words</name>
    <message numerus="yes">
      <source>They cannot be read until {n} tapes are back in the library.</source>
      <translation>
        <numerusform>They cannot be read until the tape is back in the library.</numerusform>
        <numerusform>They cannot be read until {n} tapes are back in the library.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects</source>
      <translation>
        <numerusform>{n} object</numerusform>
        <numerusform>{n} objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects are left out</source>
      <translation>
        <numerusform>{n} object is left out</numerusform>
        <numerusform>{n} objects are left out</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects are only on ejected tapes</source>
      <translation>
        <numerusform>{n} object is only on ejected tapes</numerusform>
        <numerusform>{n} objects are only on ejected tapes</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} objects, can start at once</source>
      <translation>
        <numerusform>{n} object, can start at once</numerusform>
        <numerusform>{n} objects, can start at once</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} tapes</source>
      <translation>
        <numerusform>{n} tape</numerusform>
        <numerusform>{n} tapes</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>preferences</name>
    <message numerus="yes">
      <source>Every {n} minutes</source>
      <translation>
        <numerusform>Every {n} minute</numerusform>
        <numerusform>Every {n} minutes</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Every {n} seconds</source>
      <translation>
        <numerusform>Every {n} second</numerusform>
        <numerusform>Every {n} seconds</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>quit</name>
    <message numerus="yes">
      <source>Cancel {n} transfers and quit?</source>
      <translation>
        <numerusform>Cancel {n} transfer and quit?</numerusform>
        <numerusform>Cancel {n} transfers and quit?</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} transfers are not finished</source>
      <translation>
        <numerusform>{n} transfer is not finished</numerusform>
        <numerusform>{n} transfers are not finished</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>session_commands</name>
    <message numerus="yes">
      <source>{n} transfers are not finished. To resume one, add the session again.</source>
      <translation>
        <numerusform>{n} transfer is not finished. To resume it, add the session again.</numerusform>
        <numerusform>{n} transfers are not finished. To resume one, add the session again.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>stage_cards</name>
    <message numerus="yes">
      <source>{done} of {n} chunks</source>
      <translation>
        <numerusform>{done} of {n} chunk</numerusform>
        <numerusform>{done} of {n} chunks</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} chunks</source>
      <translation>
        <numerusform>{n} chunk</numerusform>
        <numerusform>{n} chunks</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>status_bar</name>
    <message numerus="yes">
      <source>{n} jobs failed</source>
      <translation>
        <numerusform>{n} job failed</numerusform>
        <numerusform>{n} jobs failed</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} problems</source>
      <translation>
        <numerusform>{n} problem</numerusform>
        <numerusform>{n} problems</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>unattended</name>
    <message numerus="yes">
      <source>On tapes {barcodes}.</source>
      <translation>
        <numerusform>On tape {barcodes}.</numerusform>
        <numerusform>On tapes {barcodes}.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>On {n} tapes.</source>
      <translation>
        <numerusform>On {n} tape.</numerusform>
        <numerusform>On {n} tapes.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>objects</source>
      <translation>
        <numerusform>object</numerusform>
        <numerusform>objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>tapes</source>
      <translation>
        <numerusform>tape</numerusform>
        <numerusform>tapes</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} of them are ejected: the job waits for them.</source>
      <translation>
        <numerusform>{n} of them is ejected: the job waits for it.</numerusform>
        <numerusform>{n} of them are ejected: the job waits for them.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>upload</name>
    <message numerus="yes">
      <source>Delete {n} objects, and upload their files then?</source>
      <translation>
        <numerusform>Delete {n} object, and upload its file then?</numerusform>
        <numerusform>Delete {n} objects, and upload their files then?</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Upload {n} objects</source>
      <translation>
        <numerusform>Upload {n} object</numerusform>
        <numerusform>Upload {n} objects</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>empty folders</source>
      <translation>
        <numerusform>empty folder</numerusform>
        <numerusform>empty folders</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>files</source>
      <translation>
        <numerusform>file</numerusform>
        <numerusform>files</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} jobs</source>
      <translation>
        <numerusform>{n} job</numerusform>
        <numerusform>{n} jobs</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>≈ {n} tapes</source>
      <translation>
        <numerusform>≈ {n} tape</numerusform>
        <numerusform>≈ {n} tapes</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>upload_words</name>
    <message numerus="yes">
      <source>Nobody can read these {n} objects until they are in cache again.</source>
      <translation>
        <numerusform>Nobody can read this object until it is in cache again.</numerusform>
        <numerusform>Nobody can read these {n} objects until they are in cache again.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>wait_words</name>
    <message numerus="yes">
      <source>Ending {n} blobs</source>
      <translation>
        <numerusform>Ending {n} blob</numerusform>
        <numerusform>Ending {n} blobs</numerusform>
      </translation>
    </message>
  </context>
</TS>
