<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
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
      <source>{n} objects are hidden by the filter.</source>
      <translation>
        <numerusform>{n} object is hidden by the filter.</numerusform>
        <numerusform>{n} objects are hidden by the filter.</numerusform>
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
    <name>stage_cards</name>
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
</TS>
