<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE">
<context>
    <name>Canvas</name>
    <message>
        <source>performance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>disaster recovery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ClusterItem</name>
    <message>
        <source>sealed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unsealed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Commands</name>
    <message>
        <source>Add secondary…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Promote…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Demote…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Update primary…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Disable replication…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Revoke…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Snapshots…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit connection…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget connection…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConnectionListModel</name>
    <message>
        <source>Clusters</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConnectionRail</name>
    <message>
        <source>No cluster is connected yet. Add one by its address, its certificate and a token.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a connection</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Drawer</name>
    <message>
        <source>Actions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Problems</source>
        <extracomment>tab of the drawer; %n is how many problems there are</extracomment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as script…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing done yet. Every step you take here is listed with the command line that does the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the actions as a script</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Problems (%n)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Format</name>
    <message>
        <source>0 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 d</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1k/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%Ln entries behind</source>
        <extracomment>%L1 is a number of log entries that a secondary still lacks</extracomment>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in sync</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lagging</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>catching up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stalled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>broken</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>diverged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sealed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PRIMARY</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PERFORMANCE</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>DR SECONDARY</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>STANDALONE</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>UNKNOWN</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>primary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>performance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>DR</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>standalone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>disaster recovery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>equal @ %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 behind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stalled · %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>detached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>roots differ</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waiting for an answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>last seen %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>never answered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not initialized</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 key shares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 writes · index %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no replication</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>its primary is not connected here</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>All status fields</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Behind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remote index</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Follows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Index</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heartbeat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 ago · skew %2 ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Performance</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n secondaries</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Disaster recovery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Root</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 at %2 ✓ equal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Secondary id</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sealed, %1 of %2 key shares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cluster id</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writes, last hour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lag, last hour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>DR</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PERFORMANCE</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sync</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Roots</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 ✓ equal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 / %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seen by primary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last heartbeat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cluster port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No cluster yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The fleet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clusters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Links</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a cluster or a link to see how it fares and what can be done.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a connection: File, Add connection.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>&amp;File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Add connection…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cluster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Find…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Refresh</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Show everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Moving dots</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme of the &amp;desktop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Light theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dar&amp;k theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Connections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Inspector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Actions and problems</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens are kept in the keychain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No keychain: tokens last for this session only</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>Unreachable from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the address, the network and the certificate. What is shown is the last known state.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not initialized</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server runs, but holds no keys yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Initialize it: holdfast operator init</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sealed: it answers nothing until it is unsealed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 key shares are in.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unseal it: holdfast operator unseal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Idle: it follows no primary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its data is kept as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Point it at its primary, or promote it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lagging: it applies slower than writes come</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1. Entries arrive at %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check its disk and the network to %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stalled: nothing arrives any more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at its log; restart it if it stays so. It goes on where it stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Diverged: its contents differ from %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Both are at the same index, but their roots are not equal.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run a check of the index: holdfast write -f sys/replication/merkle-check</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Detached: it follows no primary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It keeps its data and serves it as it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Point it at %1 with a new activation token, or promote it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Broken: it has lost its link to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connection %1. It keeps what it has; writes on %2 go on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check that %1 runs and that its cluster port can be reached. If it is gone for good, promote.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message numerus="yes">
        <source>%n clusters</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n links</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n problems</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>%1 (%2 UTC)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Search clusters and commands   Ctrl+K</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n problems</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>console</name>
    <message>
        <source>The console of Holdfast: sees and drives clusters that replicate.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect to the cluster at this address. May be given several times.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trust only the certificates in this PEM file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Read the token from this file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>light or dark; otherwise the desktop&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language of the texts, such as de; otherwise the desktop&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save a picture of the window when all clusters have answered, and end.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose this cluster first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is not an address such as https://host:8200</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the theme is light or dark</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
