<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>Format</name>
    <message numerus="yes">
        <source>%Ln entries behind</source>
        <extracomment>%L1 is a number of log entries that a secondary still lacks</extracomment>
        <translation>
            <numerusform>%Ln entry behind</numerusform>
            <numerusform>%Ln entries behind</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>widgets::Drawer</name>
    <message numerus="yes">
        <source>Problems (%n)</source>
        <translation>
            <numerusform>Problems (%n)</numerusform>
            <numerusform>Problems (%n)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>widgets::EnableModel</name>
    <message numerus="yes">
        <source>%n secondaries known</source>
        <translation>
            <numerusform>%n secondary known</numerusform>
            <numerusform>%n secondaries known</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln secrets</source>
        <translation>
            <numerusform>%Ln secret</numerusform>
            <numerusform>%Ln secrets</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln keys</source>
        <translation>
            <numerusform>%Ln key</numerusform>
            <numerusform>%Ln keys</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln versions</source>
        <translation>
            <numerusform>%Ln version</numerusform>
            <numerusform>%Ln versions</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>widgets::PromoteWizard</name>
    <message numerus="yes">
        <source>%n entries that have not arrived are lost, and all writes to the old primary after that.</source>
        <translation>
            <numerusform>%n entry that has not arrived is lost, and all writes to the old primary after that.</numerusform>
            <numerusform>%n entries that have not arrived are lost, and all writes to the old primary after that.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>widgets::StatusLine</name>
    <message numerus="yes">
        <source>%n clusters</source>
        <translation>
            <numerusform>%n cluster</numerusform>
            <numerusform>%n clusters</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n links</source>
        <translation>
            <numerusform>%n link</numerusform>
            <numerusform>%n links</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n problems</source>
        <translation>
            <numerusform>%n problem</numerusform>
            <numerusform>%n problems</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>widgets::TopBar</name>
    <message numerus="yes">
        <source>%n problems</source>
        <translation>
            <numerusform>%n problem</numerusform>
            <numerusform>%n problems</numerusform>
        </translation>
    </message>
</context>
</TS>
