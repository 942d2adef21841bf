<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE">
<context>
    <name>Commands</name>
    <message>
        <source>Add secondary…</source>
        <translation>Sekundärcluster hinzufügen…</translation>
    </message>
    <message>
        <source>Promote…</source>
        <translation>Befördern…</translation>
    </message>
    <message>
        <source>Demote…</source>
        <translation>Zurückstufen…</translation>
    </message>
    <message>
        <source>Update primary…</source>
        <translation>Primärcluster wechseln…</translation>
    </message>
    <message>
        <source>Disable replication…</source>
        <translation>Replikation abschalten…</translation>
    </message>
    <message>
        <source>Revoke…</source>
        <translation>Ausschließen…</translation>
    </message>
    <message>
        <source>Snapshots…</source>
        <translation>Snapshots…</translation>
    </message>
    <message>
        <source>Edit connection…</source>
        <translation>Verbindung bearbeiten…</translation>
    </message>
    <message>
        <source>Forget connection…</source>
        <translation>Verbindung vergessen…</translation>
    </message>
</context>
<context>
    <name>ErrorText</name>
    <message>
        <source>%1 was not trusted: its certificate does not fit. Nothing was sent. Choose the right certificate in the connection.</source>
        <translation>%1 wurde nicht vertraut: Das Zertifikat passt nicht. Nichts wurde gesendet. Wählen Sie in der Verbindung das richtige Zertifikat.</translation>
    </message>
    <message>
        <source>%1 refused: the token does not allow this. Nothing was changed. Use a token with the right policy.</source>
        <translation>%1 lehnt ab: Das Token erlaubt dies nicht. Nichts wurde geändert. Nehmen Sie ein Token mit der richtigen Richtlinie.</translation>
    </message>
    <message>
        <source>%1 is sealed. Nothing was changed. Unseal it and try again.</source>
        <translation>%1 ist versiegelt. Nichts wurde geändert. Entsiegeln Sie ihn und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>%1 does not answer now. Try again when it does.</source>
        <translation>%1 antwortet gerade nicht. Versuchen Sie es noch einmal, wenn er antwortet.</translation>
    </message>
    <message>
        <source>%1 took too long to answer. Whether it did what was asked is not known: look at its state before trying again.</source>
        <translation>%1 brauchte zu lange für eine Antwort. Ob er getan hat, was verlangt war, ist nicht bekannt: Sehen Sie nach, bevor Sie es noch einmal versuchen.</translation>
    </message>
    <message>
        <source>%1 does not know this. Nothing was changed.</source>
        <translation>%1 kennt dies nicht. Nichts wurde geändert.</translation>
    </message>
    <message>
        <source>%1 refused: too large. Nothing was changed.</source>
        <translation>%1 lehnt ab: zu groß. Nichts wurde geändert.</translation>
    </message>
    <message>
        <source>The file could not be read or written.</source>
        <translation>Die Datei war nicht zu lesen oder zu schreiben.</translation>
    </message>
    <message>
        <source>%1 refused. Nothing was changed.</source>
        <translation>%1 lehnt ab. Nichts wurde geändert.</translation>
    </message>
    <message>
        <source>%1 failed to do this.</source>
        <translation>%1 konnte dies nicht ausführen.</translation>
    </message>
</context>
<context>
    <name>Format</name>
    <message>
        <source>0 s</source>
        <translation>0 s</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 min %2 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
    <message>
        <source>%1 d</source>
        <translation>%1 T</translation>
    </message>
    <message>
        <source>%1k/s</source>
        <translation>%1k/s</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message numerus="yes">
        <source>%Ln entries behind</source>
        <extracomment>%L1 is a number of log entries that a secondary still lacks</extracomment>
        <translation>
            <numerusform>%Ln Eintrag zurück</numerusform>
            <numerusform>%Ln Einträge zurück</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>in sync</source>
        <translation>gleich</translation>
    </message>
    <message>
        <source>lagging</source>
        <translation>zurück</translation>
    </message>
    <message>
        <source>catching up</source>
        <translation>holt auf</translation>
    </message>
    <message>
        <source>stalled</source>
        <translation>steht</translation>
    </message>
    <message>
        <source>broken</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>diverged</source>
        <translation>abgewichen</translation>
    </message>
    <message>
        <source>sealed</source>
        <translation>versiegelt</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>PRIMARY</source>
        <translation>PRIMÄR</translation>
    </message>
    <message>
        <source>PERFORMANCE</source>
        <translation>LEISTUNG</translation>
    </message>
    <message>
        <source>DR SECONDARY</source>
        <translation>DR-SEKUNDÄR</translation>
    </message>
    <message>
        <source>STANDALONE</source>
        <translation>ALLEIN</translation>
    </message>
    <message>
        <source>UNKNOWN</source>
        <translation>UNBEKANNT</translation>
    </message>
    <message>
        <source>primary</source>
        <translation>primär</translation>
    </message>
    <message>
        <source>performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>DR</source>
        <translation>DR</translation>
    </message>
    <message>
        <source>standalone</source>
        <translation>allein</translation>
    </message>
    <message>
        <source>disaster recovery</source>
        <translation>Notfallvorsorge</translation>
    </message>
    <message>
        <source>equal @ %1</source>
        <translation>gleich @ %1</translation>
    </message>
    <message>
        <source>%1 behind</source>
        <translation>%1 zurück</translation>
    </message>
    <message>
        <source>connecting</source>
        <extracomment>words for the state of a cluster, a link or a connection. Those with a dash or an underline are the API&apos;s and stay as they are in English</extracomment>
        <translation>verbindet</translation>
    </message>
    <message>
        <source>stalled · %1</source>
        <translation>steht · %1</translation>
    </message>
    <message>
        <source>detached</source>
        <translation>gelöst</translation>
    </message>
    <message>
        <source>roots differ</source>
        <translation>Wurzeln verschieden</translation>
    </message>
    <message>
        <source>waiting for an answer</source>
        <translation>wartet auf Antwort</translation>
    </message>
    <message>
        <source>last seen %1</source>
        <translation>zuletzt gesehen %1</translation>
    </message>
    <message>
        <source>never answered</source>
        <translation>hat nie geantwortet</translation>
    </message>
    <message>
        <source>not initialized</source>
        <translation>nicht initialisiert</translation>
    </message>
    <message>
        <source>%1 of %2 key shares</source>
        <translation>%1 von %2 Schlüsselanteilen</translation>
    </message>
    <message>
        <source>%1 writes · index %2</source>
        <translation>%1 · Index %2</translation>
    </message>
    <message>
        <source>no replication</source>
        <translation>keine Replikation</translation>
    </message>
    <message>
        <source>its primary is not connected here</source>
        <translation>sein Primärcluster ist hier nicht verbunden</translation>
    </message>
    <message>
        <source>syncing %1 %</source>
        <extracomment>how much of a first sync is through</extracomment>
        <translation>Abgleich %1 %</translation>
    </message>
    <message>
        <source>fenced</source>
        <translation>ausgesperrt</translation>
    </message>
    <message>
        <source>revoked</source>
        <translation>widerrufen</translation>
    </message>
    <message>
        <source>keeps the data it has</source>
        <translation>behält seine Daten</translation>
    </message>
    <message>
        <source>answers, but is no Vault (%1)</source>
        <translation>antwortet, ist aber kein Vault (%1)</translation>
    </message>
    <message>
        <source>unreachable</source>
        <translation>nicht erreichbar</translation>
    </message>
    <message>
        <source>not a Vault</source>
        <translation>kein Vault</translation>
    </message>
    <message>
        <source>uninitialized</source>
        <translation>nicht initialisiert</translation>
    </message>
    <message>
        <source>blocked</source>
        <translation>blockiert</translation>
    </message>
    <message>
        <source>bootstrapping</source>
        <translation>wird eingerichtet</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>two primaries</source>
        <translation>zwei Primärcluster</translation>
    </message>
    <message>
        <source>mount conflict</source>
        <translation>Mount-Konflikt</translation>
    </message>
    <message>
        <source>stream-wals</source>
        <translation>überträgt</translation>
    </message>
    <message>
        <source>merkle-diff</source>
        <translation>vergleicht</translation>
    </message>
    <message>
        <source>merkle-sync</source>
        <translation>gleicht ab</translation>
    </message>
    <message>
        <source>idle</source>
        <translation>untätig</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>bereit</translation>
    </message>
    <message>
        <source>transient_failure</source>
        <translation>gestört</translation>
    </message>
    <message>
        <source>shutdown</source>
        <translation>beendet</translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>Unreachable from here</source>
        <translation>Von hier nicht erreichbar</translation>
    </message>
    <message>
        <source>Check the address, the network and the certificate. What is shown is the last known state.</source>
        <translation>Prüfen Sie Adresse, Netz und Zertifikat. Gezeigt wird der letzte bekannte Stand.</translation>
    </message>
    <message>
        <source>Not initialized</source>
        <translation>Nicht initialisiert</translation>
    </message>
    <message>
        <source>The server runs, but holds no keys yet.</source>
        <translation>Der Server läuft, hat aber noch keine Schlüssel.</translation>
    </message>
    <message>
        <source>Initialize it: holdfast operator init</source>
        <translation>Initialisieren: holdfast operator init</translation>
    </message>
    <message>
        <source>Sealed: it answers nothing until it is unsealed</source>
        <translation>Versiegelt: Er antwortet nicht, bis er entsiegelt ist</translation>
    </message>
    <message>
        <source>%1 of %2 key shares are in.</source>
        <translation>%1 von %2 Schlüsselanteilen sind da.</translation>
    </message>
    <message>
        <source>Unseal it: holdfast operator unseal</source>
        <translation>Entsiegeln: holdfast operator unseal</translation>
    </message>
    <message>
        <source>Idle: it follows no primary</source>
        <translation>Untätig: Er folgt keinem Primärcluster</translation>
    </message>
    <message>
        <source>Its data is kept as it was.</source>
        <translation>Seine Daten bleiben, wie sie waren.</translation>
    </message>
    <message>
        <source>Point it at its primary, or promote it.</source>
        <translation>Richten Sie ihn auf seinen Primärcluster aus, oder befördern Sie ihn.</translation>
    </message>
    <message>
        <source>Lagging: it applies slower than writes come</source>
        <translation>Zurück: Er übernimmt langsamer, als geschrieben wird</translation>
    </message>
    <message>
        <source>%1. Entries arrive at %2.</source>
        <translation>%1. Einträge kommen mit %2 an.</translation>
    </message>
    <message>
        <source>Check its disk and the network to %1.</source>
        <translation>Prüfen Sie seinen Datenträger und das Netz zu %1.</translation>
    </message>
    <message>
        <source>Stalled: nothing arrives any more</source>
        <translation>Steht: Nichts kommt mehr an</translation>
    </message>
    <message>
        <source>Look at its log; restart it if it stays so. It goes on where it stopped.</source>
        <translation>Sehen Sie in sein Protokoll; starten Sie ihn neu, wenn es so bleibt. Er macht weiter, wo er aufhörte.</translation>
    </message>
    <message>
        <source>Diverged: its contents differ from %1</source>
        <translation>Abgewichen: Sein Inhalt unterscheidet sich von %1</translation>
    </message>
    <message>
        <source>Both are at the same index, but their roots are not equal.</source>
        <translation>Beide sind beim selben Index, aber ihre Wurzeln sind nicht gleich.</translation>
    </message>
    <message>
        <source>Run a check of the index: holdfast write -f sys/replication/merkle-check</source>
        <translation>Prüfen Sie den Index: holdfast write -f sys/replication/merkle-check</translation>
    </message>
    <message>
        <source>Detached: it follows no primary</source>
        <translation>Gelöst: Er folgt keinem Primärcluster</translation>
    </message>
    <message>
        <source>It keeps its data and serves it as it is.</source>
        <translation>Er behält seine Daten und bedient sie, wie sie sind.</translation>
    </message>
    <message>
        <source>Point it at %1 with a new activation token, or promote it.</source>
        <translation>Richten Sie ihn mit einem neuen Aktivierungstoken auf %1 aus, oder befördern Sie ihn.</translation>
    </message>
    <message>
        <source>Broken: it has lost its link to %1</source>
        <translation>Unterbrochen: Er hat die Verbindung zu %1 verloren</translation>
    </message>
    <message>
        <source>Connection %1. It keeps what it has; writes on %2 go on.</source>
        <translation>Verbindung %1. Er behält, was er hat; auf %2 wird weiter geschrieben.</translation>
    </message>
    <message>
        <source>Check that %1 runs and that its cluster port can be reached. If it is gone for good, promote.</source>
        <translation>Prüfen Sie, ob %1 läuft und sein Clusterport erreichbar ist. Ist er endgültig fort, befördern Sie.</translation>
    </message>
    <message>
        <source>Fenced: another cluster is the primary now</source>
        <translation>Ausgesperrt: Ein anderer Cluster ist jetzt der Primärcluster</translation>
    </message>
    <message>
        <source>Fenced: %1 is the primary now</source>
        <translation>Ausgesperrt: %1 ist jetzt der Primärcluster</translation>
    </message>
    <message>
        <source>It has stopped taking writes by itself. What it alone holds is lost once it follows.</source>
        <translation>Er nimmt von selbst kein Schreiben mehr an. Was nur er hat, ist verloren, sobald er folgt.</translation>
    </message>
    <message>
        <source>Save what it alone holds (Snapshots). Then demote it and let it follow the new primary (Update primary).</source>
        <translation>Sichern Sie, was nur er hat (Snapshots). Stufen Sie ihn dann zurück und lassen Sie ihn dem neuen Primärcluster folgen (Primärcluster wechseln).</translation>
    </message>
    <message>
        <source>Check the address, the network and the certificate.</source>
        <translation>Prüfen Sie Adresse, Netz und Zertifikat.</translation>
    </message>
    <message>
        <source>No Vault answers here</source>
        <translation>Hier antwortet kein Vault</translation>
    </message>
    <message>
        <source>Something %1.</source>
        <translation>Dort %1.</translation>
    </message>
    <message>
        <source>Look at the server and at what stands between: a proxy may answer for it. What is shown is the last known state.</source>
        <translation>Sehen Sie nach dem Server und nach allem dazwischen: Vielleicht antwortet ein Proxy an seiner Stelle. Gezeigt wird der zuletzt bekannte Zustand.</translation>
    </message>
    <message>
        <source>Check the address and the port of the connection.</source>
        <translation>Prüfen Sie Adresse und Port der Verbindung.</translation>
    </message>
    <message>
        <source>Two primaries of one set: %1 is one as well</source>
        <translation>Zwei Primärcluster in einem Verbund: %1 ist auch einer</translation>
    </message>
    <message>
        <source>Both take writes (%1). What is written to one of them never reaches the other.</source>
        <translation>Beide nehmen Schreibzugriffe an (%1). Was in den einen geschrieben wird, erreicht den anderen nie.</translation>
    </message>
    <message>
        <source>Decide which one stays. Stop the clients of the other, save a snapshot of it, then demote it and let it follow (Demote, Update primary).</source>
        <translation>Entscheiden Sie, welcher bleibt. Halten Sie die Clients des anderen an, sichern Sie ihn, stufen Sie ihn dann zurück und lassen Sie ihn folgen (Zurückstufen, Primärcluster wechseln).</translation>
    </message>
    <message>
        <source>Revoked on %1 at %2</source>
        <translation>Auf %1 widerrufen um %2</translation>
    </message>
    <message>
        <source>%1 does not list it: it was revoked, or it belonged to another primary</source>
        <translation>%1 führt ihn nicht: Er wurde widerrufen oder gehörte zu einem anderen Primärcluster</translation>
    </message>
    <message>
        <source>It keeps the data that it has. It receives nothing more.</source>
        <translation>Er behält die Daten, die er hat. Er bekommt nichts mehr.</translation>
    </message>
    <message>
        <source>Disable its replication, or give it a new token (Update primary).</source>
        <translation>Schalten Sie seine Replikation ab oder geben Sie ihm ein neues Token (Primärcluster wechseln).</translation>
    </message>
    <message>
        <source>It refuses every request: no audit device can be written</source>
        <translation>Er lehnt jede Anfrage ab: In kein Audit-Gerät lässt sich schreiben</translation>
    </message>
    <message>
        <source>Give the device room, or its folder back. The server tries again by itself and says so here.</source>
        <translation>Schaffen Sie dem Gerät Platz oder stellen Sie seinen Ordner wieder her. Der Server versucht es von selbst wieder und meldet es hier.</translation>
    </message>
    <message>
        <source>A local mount stands where the primary has one</source>
        <translation>Ein lokaler Mount steht, wo auch der Primärcluster einen hat</translation>
    </message>
    <message>
        <source>%1. Requests, lists and disabling mean the local one.</source>
        <translation>%1. Anfragen, Listen und das Abschalten meinen den lokalen.</translation>
    </message>
    <message>
        <source>Move or disable the local mount here. The primary&apos;s is served as soon as it is gone.</source>
        <translation>Verschieben oder schalten Sie den lokalen Mount hier ab. Danach dient sofort der des Primärclusters.</translation>
    </message>
    <message>
        <source>The former primary still answers as one</source>
        <translation>Der frühere Primärcluster antwortet noch als solcher</translation>
    </message>
    <message>
        <source>Stop its clients and demote it. What is written there does not come here.</source>
        <translation>Halten Sie seine Clients an und stufen Sie ihn zurück. Was dort geschrieben wird, kommt nicht hierher.</translation>
    </message>
    <message>
        <source>The root key must be replaced</source>
        <translation>Der Root-Schlüssel muss ersetzt werden</translation>
    </message>
    <message>
        <source>Run holdfast operator rekey on the primary with its present key shares.</source>
        <translation>Führen Sie auf dem Primärcluster mit seinen jetzigen Schlüsselanteilen holdfast operator rekey aus.</translation>
    </message>
</context>
<context>
    <name>Steps</name>
    <message>
        <source>%1 is not there yet. Try again to go on waiting.</source>
        <translation>%1 ist noch nicht so weit. Versuchen Sie es noch einmal, um weiter zu warten.</translation>
    </message>
    <message>
        <source>Wait until %1 is in mode %2</source>
        <translation>Warten, bis %1 im Modus %2 ist</translation>
    </message>
    <message>
        <source>mode %1</source>
        <translation>Modus %1</translation>
    </message>
    <message>
        <source>Wait until %1 holds what %2 holds</source>
        <translation>Warten, bis %1 hält, was %2 hält</translation>
    </message>
    <message>
        <source>stream-wals, roots equal at %1</source>
        <translation>stream-wals, Wurzeln gleich bei %1</translation>
    </message>
    <message>
        <source>stream-wals, in step at %1</source>
        <translation>stream-wals, gleichauf bei %1</translation>
    </message>
    <message>
        <source>%1: %2 of %3 keys</source>
        <translation>%1: %2 von %3 Schlüsseln</translation>
    </message>
</context>
<context>
    <name>console</name>
    <message>
        <source>The console of Holdfast: sees and drives clusters that replicate.</source>
        <translation>Die Konsole von Holdfast: zeigt und steuert Cluster, die replizieren.</translation>
    </message>
    <message>
        <source>Connect to the cluster at this address. May be given several times.</source>
        <translation>Mit dem Cluster an dieser Adresse verbinden. Mehrfach möglich.</translation>
    </message>
    <message>
        <source>Trust only the certificates in this PEM file.</source>
        <translation>Nur den Zertifikaten in dieser PEM-Datei vertrauen.</translation>
    </message>
    <message>
        <source>Read the token from this file.</source>
        <translation>Das Token aus dieser Datei lesen.</translation>
    </message>
    <message>
        <source>light or dark; otherwise the desktop&apos;s.</source>
        <translation>light (hell) oder dark (dunkel); sonst wie der Desktop.</translation>
    </message>
    <message>
        <source>Language of the texts, such as de; otherwise the desktop&apos;s.</source>
        <translation>Sprache der Texte, etwa de; sonst die des Desktops.</translation>
    </message>
    <message>
        <source>Save a picture of the window when all clusters have answered, and end.</source>
        <translation>Ein Bild des Fensters sichern, wenn alle Cluster geantwortet haben, und enden.</translation>
    </message>
    <message>
        <source>Choose this cluster first.</source>
        <translation>Diesen Cluster zuerst wählen.</translation>
    </message>
    <message>
        <source>%1 is not an address such as https://host:8200</source>
        <translation>%1 ist keine Adresse wie https://host:8200</translation>
    </message>
    <message>
        <source>the theme is light or dark</source>
        <translation>das Thema ist light oder dark</translation>
    </message>
    <message>
        <source>Start three embedded clusters that replicate, and connect to them.</source>
        <translation>Drei eingebettete Cluster starten, die replizieren, und mit ihnen verbinden.</translation>
    </message>
</context>
<context>
    <name>console::LabKeysDialog</name>
    <message>
        <source>Keys of the lab</source>
        <translation>Schlüssel des Labors</translation>
    </message>
    <message>
        <source>The three clusters share the unseal keys of the first. They live in this process and are gone when it ends.</source>
        <translation>Die drei Cluster teilen die Entsiegelungsschlüssel des ersten. Sie leben in diesem Prozess und enden mit ihm.</translation>
    </message>
    <message>
        <source>Root token of %1</source>
        <translation>Root-Token von %1</translation>
    </message>
    <message>
        <source>Key share %1</source>
        <translation>Schlüsselanteil %1</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Unseal key of %1</source>
        <translation>Entsiegelungsschlüssel von %1</translation>
    </message>
</context>
<context>
    <name>console::LabRunner</name>
    <message>
        <source>Lab (embedded)</source>
        <translation>Labor (eingebettet)</translation>
    </message>
    <message>
        <source>Starting the lab…</source>
        <translation>Das Labor wird gestartet…</translation>
    </message>
    <message>
        <source>Starting the lab: %1</source>
        <translation>Das Labor wird gestartet: %1</translation>
    </message>
    <message>
        <source>Keys of the &amp;lab…</source>
        <translation>Schlüssel des &amp;Labors…</translation>
    </message>
    <message>
        <source>The lab</source>
        <translation>Das Labor</translation>
    </message>
    <message>
        <source>Add an &amp;empty cluster to the lab</source>
        <translation>Einen &amp;leeren Cluster zum Labor hinzufügen</translation>
    </message>
    <message>
        <source>Starting a cluster…</source>
        <translation>Ein Cluster wird gestartet…</translation>
    </message>
    <message>
        <source>It did not start.
%1</source>
        <translation>Der Start ist misslungen.
%1</translation>
    </message>
</context>
<context>
    <name>widgets::ActionLog</name>
    <message>
        <source>sent, outcome unknown</source>
        <translation>gesendet, Ausgang unbekannt</translation>
    </message>
    <message>
        <source>the status shows that it happened</source>
        <translation>der Status zeigt, dass es geschehen ist</translation>
    </message>
    <message>
        <source>the answer came later</source>
        <translation>die Antwort kam später</translation>
    </message>
</context>
<context>
    <name>widgets::Canvas</name>
    <message>
        <source>performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>disaster recovery</source>
        <translation>Notfallvorsorge</translation>
    </message>
    <message>
        <source>Show everything</source>
        <translation>Alles zeigen</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
</context>
<context>
    <name>widgets::CheckList</name>
    <message>
        <source>fine</source>
        <translation>in Ordnung</translation>
    </message>
    <message>
        <source>warning</source>
        <translation>Warnung</translation>
    </message>
    <message>
        <source>in the way</source>
        <translation>steht im Weg</translation>
    </message>
    <message>
        <source>planned</source>
        <translation>geplant</translation>
    </message>
    <message>
        <source>looking</source>
        <translation>wird geprüft</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>Noch einmal prüfen</translation>
    </message>
</context>
<context>
    <name>widgets::ClusterItem</name>
    <message>
        <source>sealed</source>
        <translation>versiegelt</translation>
    </message>
    <message>
        <source>unsealed</source>
        <translation>entsiegelt</translation>
    </message>
</context>
<context>
    <name>widgets::CommandBox</name>
    <message>
        <source>The same, by hand</source>
        <translation>Dasselbe von Hand</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
</context>
<context>
    <name>widgets::ConnectionDialog</name>
    <message>
        <source>Add connection</source>
        <translation>Verbindung hinzufügen</translation>
    </message>
    <message>
        <source>Edit connection</source>
        <translation>Verbindung bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Address</source>
        <translation>&amp;Adresse</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>&amp;Name</translation>
    </message>
    <message>
        <source>as you call the cluster</source>
        <translation>wie Sie den Cluster nennen</translation>
    </message>
    <message>
        <source>to trust only this; empty: the system&apos;s</source>
        <translation>nur diesem wird vertraut; leer: denen des Systems</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen…</translation>
    </message>
    <message>
        <source>&amp;Certificate (PEM)</source>
        <translation>&amp;Zertifikat (PEM)</translation>
    </message>
    <message>
        <source>&amp;Token</source>
        <translation>&amp;Token</translation>
    </message>
    <message>
        <source>may be left empty: then it is only looked at</source>
        <translation>darf leer bleiben: dann wird nur zugesehen</translation>
    </message>
    <message>
        <source>unchanged</source>
        <translation>unverändert</translation>
    </message>
    <message>
        <source>&amp;Group</source>
        <translation>&amp;Gruppe</translation>
    </message>
    <message>
        <source>such as Production</source>
        <translation>etwa Produktion</translation>
    </message>
    <message>
        <source>&amp;Place</source>
        <translation>&amp;Ort</translation>
    </message>
    <message>
        <source>such as Frankfurt; clusters of one place are framed together</source>
        <translation>etwa Frankfurt; Cluster an einem Ort werden zusammen umrahmt</translation>
    </message>
    <message>
        <source>A production cluster: mark it PROD everywhere</source>
        <translation>Ein Produktionscluster: überall mit PROD kennzeichnen</translation>
    </message>
    <message>
        <source>Keep the token in the system&apos;s keychain</source>
        <translation>Token im Schlüsselbund des Systems aufbewahren</translation>
    </message>
    <message>
        <source>Test connection</source>
        <translation>Verbindung prüfen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Sichern</translation>
    </message>
    <message>
        <source>Choose the certificate</source>
        <translation>Zertifikat wählen</translation>
    </message>
    <message>
        <source>Certificates (*.pem *.crt *.cer);;All files (*)</source>
        <translation>Zertifikate (*.pem *.crt *.cer);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Without it the token lasts until the console is closed.</source>
        <translation>Sonst gilt das Token, bis die Konsole geschlossen wird.</translation>
    </message>
    <message>
        <source>There is no keychain here (%1). The token lasts until the console is closed and is written nowhere.</source>
        <translation>Hier gibt es keinen Schlüsselbund (%1). Das Token gilt, bis die Konsole geschlossen wird, und wird nirgends gespeichert.</translation>
    </message>
    <message>
        <source>Plain http: tokens and secrets travel unencrypted.</source>
        <translation>Nur http: Token und Geheimnisse gehen unverschlüsselt über das Netz.</translation>
    </message>
    <message>
        <source>The certificate cannot be read: %1</source>
        <translation>Das Zertifikat ist nicht lesbar: %1</translation>
    </message>
    <message>
        <source>There is no certificate in this file.</source>
        <translation>In dieser Datei ist kein Zertifikat.</translation>
    </message>
    <message>
        <source>Asking %1…</source>
        <translation>%1 wird gefragt…</translation>
    </message>
    <message>
        <source>It answers: version %1.</source>
        <translation>Er antwortet: Version %1.</translation>
    </message>
    <message>
        <source>It answers, and accepts the token: version %1.</source>
        <translation>Er antwortet und nimmt das Token an: Version %1.</translation>
    </message>
    <message>
        <source>An address is http:// or https://, a host and a port, as in https://vault.example:8200.</source>
        <translation>Eine Adresse besteht aus http:// oder https://, Host und Port, wie https://vault.example:8200.</translation>
    </message>
    <message>
        <source>The address holds a user name or a password. Leave them out; a token has a field of its own.</source>
        <translation>Die Adresse enthält einen Benutzernamen oder ein Passwort. Lassen Sie beides weg; für das Token gibt es ein eigenes Feld.</translation>
    </message>
    <message>
        <source>The address ends after the port: nothing with ? or # belongs to it.</source>
        <translation>Die Adresse endet nach dem Port: Nichts mit ? oder # gehört dazu.</translation>
    </message>
    <message>
        <source>The address ends after the port: leave out “%1”.</source>
        <translation>Die Adresse endet nach dem Port: Lassen Sie „%1“ weg.</translation>
    </message>
    <message>
        <source>Add all the same</source>
        <translation>Trotzdem hinzufügen</translation>
    </message>
    <message>
        <source>Save all the same</source>
        <translation>Trotzdem speichern</translation>
    </message>
    <message>
        <source>%1 answers, but is no Vault (HTTP %2).</source>
        <translation>%1 antwortet, ist aber kein Vault (HTTP %2).</translation>
    </message>
</context>
<context>
    <name>widgets::ConnectionListModel</name>
    <message>
        <source>Clusters</source>
        <translation>Cluster</translation>
    </message>
</context>
<context>
    <name>widgets::ConnectionRail</name>
    <message>
        <source>No cluster is connected yet. Add one by its address, its certificate and a token.</source>
        <translation>Noch ist kein Cluster verbunden. Fügen Sie einen mit Adresse, Zertifikat und Token hinzu.</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Add a connection</source>
        <translation>Verbindung hinzufügen</translation>
    </message>
</context>
<context>
    <name>widgets::Drawer</name>
    <message>
        <source>Actions</source>
        <translation>Aktionen</translation>
    </message>
    <message>
        <source>Problems</source>
        <extracomment>tab of the drawer; %n is how many problems there are</extracomment>
        <translation>Probleme</translation>
    </message>
    <message>
        <source>Copy command</source>
        <translation>Befehl kopieren</translation>
    </message>
    <message>
        <source>Save as script…</source>
        <translation>Als Skript sichern…</translation>
    </message>
    <message>
        <source>Nothing done yet. Every step you take here is listed with the command line that does the same.</source>
        <translation>Noch nichts getan. Jeder Schritt steht hier mit dem Befehl, der dasselbe tut.</translation>
    </message>
    <message>
        <source>Save the actions as a script</source>
        <translation>Aktionen als Skript sichern</translation>
    </message>
    <message numerus="yes">
        <source>Problems (%n)</source>
        <translation>
            <numerusform>Probleme (%n)</numerusform>
            <numerusform>Probleme (%n)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>widgets::EnableChecksPage</name>
    <message>
        <source>Checks</source>
        <translation>Prüfungen</translation>
    </message>
    <message>
        <source>%1 gets a new secondary.</source>
        <translation>%1 bekommt einen neuen Sekundärcluster.</translation>
    </message>
    <message>
        <source>%1 will follow %2 (%3).</source>
        <translation>%1 wird %2 folgen (%3).</translation>
    </message>
    <message>
        <source>Can it be done?</source>
        <translation>Geht das?</translation>
    </message>
</context>
<context>
    <name>widgets::EnableChoicesPage</name>
    <message>
        <source>Clusters</source>
        <translation>Cluster</translation>
    </message>
    <message>
        <source>What should follow what?</source>
        <translation>Wer soll wem folgen?</translation>
    </message>
    <message>
        <source>A secondary receives every write of its primary, encrypted, as it happens.</source>
        <translation>Ein Sekundärcluster erhält jeden Schreibvorgang seines Primärclusters, verschlüsselt und sofort.</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Serves reads and logins where it stands, and passes writes on. Tokens and leases stay its own.</source>
        <translation>Bedient Lesen und Anmelden vor Ort und gibt Schreiben weiter. Token und Leases bleiben die eigenen.</translation>
    </message>
    <message>
        <source>Disaster recovery</source>
        <translation>Notfallvorsorge</translation>
    </message>
    <message>
        <source>Holds everything, tokens and leases too, and waits to take over. It serves nothing until then.</source>
        <translation>Hält alles, auch Token und Leases, und wartet darauf zu übernehmen. Bis dahin bedient er nichts.</translation>
    </message>
    <message>
        <source>The secondary is not connected here: show the token to hand over</source>
        <translation>Der Sekundärcluster ist hier nicht verbunden: Token zum Übergeben anzeigen</translation>
    </message>
    <message>
        <source>as the primary tells it in the token</source>
        <translation>wie der Primärcluster sie im Token nennt</translation>
    </message>
    <message>
        <source>the secondary&apos;s system certificates</source>
        <translation>die Systemzertifikate des Sekundärclusters</translation>
    </message>
    <message>
        <source>&amp;Primary</source>
        <translation>&amp;Primärcluster</translation>
    </message>
    <message>
        <source>&amp;Secondary</source>
        <translation>&amp;Sekundärcluster</translation>
    </message>
    <message>
        <source>Secondary &amp;id</source>
        <translation>&amp;Kennung des Sekundärclusters</translation>
    </message>
    <message>
        <source>Primary&apos;s API &amp;address</source>
        <translation>API-&amp;Adresse des Primärclusters</translation>
    </message>
    <message>
        <source>&amp;CA file on the secondary</source>
        <translation>&amp;CA-Datei auf dem Sekundärcluster</translation>
    </message>
    <message>
        <source>No connected cluster is free to become a secondary. Add a connection to one, or hand the token over.</source>
        <translation>Kein verbundener Cluster ist frei, Sekundärcluster zu werden. Verbinden Sie einen, oder übergeben Sie das Token.</translation>
    </message>
</context>
<context>
    <name>widgets::EnableModel</name>
    <message>
        <source>The primary is not connected any more</source>
        <translation>Der Primärcluster ist nicht mehr verbunden</translation>
    </message>
    <message>
        <source>%1 is a primary for %2 already</source>
        <translation>%1 ist schon Primärcluster für %2</translation>
    </message>
    <message numerus="yes">
        <source>%n secondaries known</source>
        <translation>
            <numerusform>%n Sekundärcluster bekannt</numerusform>
            <numerusform>%n Sekundärcluster bekannt</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 becomes a primary for %2</source>
        <translation>%1 wird Primärcluster für %2</translation>
    </message>
    <message>
        <source>It is unavailable for a moment while it does.</source>
        <translation>Dabei ist er kurz nicht erreichbar.</translation>
    </message>
    <message>
        <source>%1 is a secondary itself</source>
        <translation>%1 ist selbst ein Sekundärcluster</translation>
    </message>
    <message>
        <source>Choose its primary instead.</source>
        <translation>Wählen Sie stattdessen seinen Primärcluster.</translation>
    </message>
    <message>
        <source>The id %1 is taken</source>
        <translation>Die Kennung %1 ist vergeben</translation>
    </message>
    <message>
        <source>Choose another, or revoke the old one first.</source>
        <translation>Wählen Sie eine andere, oder schließen Sie zuerst die alte aus.</translation>
    </message>
    <message>
        <source>The other cluster is not checked</source>
        <translation>Der andere Cluster wird nicht geprüft</translation>
    </message>
    <message>
        <source>Activating it wipes everything it holds. The token can be used once, within 30 minutes.</source>
        <translation>Die Aktivierung löscht alles, was er hält. Das Token gilt einmal, 30 Minuten lang.</translation>
    </message>
    <message>
        <source>%1 replicates with nobody yet</source>
        <translation>%1 repliziert noch mit niemandem</translation>
    </message>
    <message>
        <source>%1 replicates already</source>
        <translation>%1 repliziert bereits</translation>
    </message>
    <message>
        <source>Disable its replication first.</source>
        <translation>Schalten Sie zuerst seine Replikation ab.</translation>
    </message>
    <message>
        <source>Both run the same version</source>
        <translation>Beide haben dieselbe Version</translation>
    </message>
    <message>
        <source>The versions differ</source>
        <translation>Die Versionen unterscheiden sich</translation>
    </message>
    <message>
        <source>%1: %2, %3: %4. A secondary must not be older than its primary.</source>
        <translation>%1: %2, %3: %4. Ein Sekundärcluster darf nicht älter sein als sein Primärcluster.</translation>
    </message>
    <message>
        <source>%1 is a production cluster</source>
        <translation>%1 ist ein Produktionscluster</translation>
    </message>
    <message>
        <source>Everything on it will be wiped.</source>
        <translation>Alles darauf wird gelöscht.</translation>
    </message>
    <message>
        <source>Make %1 a primary for %2</source>
        <translation>%1 zum Primärcluster für %2 machen</translation>
    </message>
    <message>
        <source>%1 is a primary without secondaries.</source>
        <translation>%1 ist Primärcluster ohne Sekundärcluster.</translation>
    </message>
    <message>
        <source>Create the activation token %1</source>
        <translation>Aktivierungstoken %1 anlegen</translation>
    </message>
    <message>
        <source>valid once, for 30 minutes</source>
        <translation>einmal gültig, 30 Minuten lang</translation>
    </message>
    <message>
        <source>%1 knows the secondary %2; the token for it was not used and expires by itself.</source>
        <translation>%1 kennt den Sekundärcluster %2; dessen Token wurde nicht benutzt und verfällt von selbst.</translation>
    </message>
    <message>
        <source>Activate %1: it is wiped and follows %2</source>
        <translation>%1 aktivieren: er wird gelöscht und folgt %2</translation>
    </message>
    <message>
        <source>%1 is wiped and syncs by itself; nothing else is needed.</source>
        <translation>%1 ist gelöscht und gleicht sich von selbst ab; mehr ist nicht nötig.</translation>
    </message>
    <message numerus="yes">
        <source>%Ln secrets</source>
        <translation>
            <numerusform>%Ln Geheimnis</numerusform>
            <numerusform>%Ln Geheimnisse</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln keys</source>
        <translation>
            <numerusform>%Ln Schlüssel</numerusform>
            <numerusform>%Ln Schlüssel</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln versions</source>
        <translation>
            <numerusform>%Ln Version</numerusform>
            <numerusform>%Ln Versionen</numerusform>
        </translation>
    </message>
    <message>
        <source>newest of %1</source>
        <translation>neueste vom %1</translation>
    </message>
    <message>
        <source>It cannot be brought back afterwards: save a snapshot of it first (Snapshots).</source>
        <translation>Das lässt sich danach nicht zurückholen: Sichern Sie ihn vorher (Snapshots).</translation>
    </message>
    <message>
        <source>It holds nothing that was made by hand, so no snapshot of it is taken.</source>
        <translation>Er enthält nichts, was jemand angelegt hat; deshalb wird kein Snapshot von ihm gemacht.</translation>
    </message>
    <message>
        <source>Before it wipes anything, %1 saves a snapshot of itself and proves that it can be restored. The report names it; restoring it puts everything back.</source>
        <translation>Bevor %1 etwas löscht, sichert er sich in einem Snapshot und prüft, dass dieser sich zurückspielen lässt. Der Bericht nennt ihn; zurückgespielt bringt er alles wieder.</translation>
    </message>
</context>
<context>
    <name>widgets::EnableWipePage</name>
    <message>
        <source>What is wiped</source>
        <translation>Was gelöscht wird</translation>
    </message>
    <message>
        <source>What %1 loses</source>
        <translation>Was %1 verliert</translation>
    </message>
    <message>
        <source>secrets engines</source>
        <translation>Secrets-Engines</translation>
    </message>
    <message>
        <source>login methods</source>
        <translation>Anmeldearten</translation>
    </message>
    <message>
        <source>policies</source>
        <translation>Richtlinien</translation>
    </message>
    <message>
        <source>What it holds</source>
        <translation>Was er enthält</translation>
    </message>
    <message>
        <source>Activating wipes all its storage: secrets, policies, tokens. Its unseal keys become those of %1.</source>
        <translation>Die Aktivierung löscht seinen ganzen Speicher: Geheimnisse, Richtlinien, Token. Seine Entsiegelungsschlüssel werden die von %1.</translation>
    </message>
    <message>
        <source>secrets</source>
        <translation>Geheimnisse</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>Token</translation>
    </message>
</context>
<context>
    <name>widgets::EnableWizard</name>
    <message>
        <source>Add a secondary</source>
        <translation>Sekundärcluster hinzufügen</translation>
    </message>
    <message>
        <source>%1 gets the secondary %2</source>
        <translation>%1 bekommt den Sekundärcluster %2</translation>
    </message>
    <message>
        <source>%1 follows %2</source>
        <translation>%1 folgt %2</translation>
    </message>
    <message>
        <source>Create token</source>
        <translation>Token anlegen</translation>
    </message>
    <message>
        <source>Wipe and activate</source>
        <translation>Löschen und aktivieren</translation>
    </message>
    <message>
        <source>The token for %1 is ready</source>
        <translation>Das Token für %1 ist da</translation>
    </message>
    <message>
        <source>On the other cluster: holdfast write sys/replication/%1/secondary/enable token=@token.txt</source>
        <translation>Auf dem anderen Cluster: holdfast write sys/replication/%1/secondary/enable token=@token.txt</translation>
    </message>
    <message>
        <source>The token works once, for 30 minutes. Nothing keeps a copy of it.</source>
        <translation>Das Token gilt einmal, 30 Minuten lang. Nirgends bleibt eine Kopie.</translation>
    </message>
    <message>
        <source>%1 is unsealed with the keys of %2 from now on; its old root token is gone.</source>
        <translation>%1 wird von nun an mit den Schlüsseln von %2 entsiegelt; sein altes Root-Token gilt nicht mehr.</translation>
    </message>
    <message>
        <source>To take over one day it needs a DR operation token, made from the key shares.</source>
        <translation>Um einmal zu übernehmen, braucht er ein DR-Operationstoken aus den Schlüsselanteilen.</translation>
    </message>
    <message>
        <source>Log in there by a login method that %1 has, or make a root token from the key shares.</source>
        <translation>Melden Sie sich dort mit einer Anmeldeart von %1 an, oder erzeugen Sie ein Root-Token aus den Schlüsselanteilen.</translation>
    </message>
    <message>
        <source>Activation token</source>
        <translation>Aktivierungstoken</translation>
    </message>
    <message>
        <source>Everything on %1 is wiped in this plan.</source>
        <translation>Dieser Plan löscht alles auf %1.</translation>
    </message>
</context>
<context>
    <name>widgets::FollowChoicesPage</name>
    <message>
        <source>Clusters</source>
        <translation>Cluster</translation>
    </message>
    <message>
        <source>Who follows whom?</source>
        <translation>Wer folgt wem?</translation>
    </message>
    <message>
        <source>The cluster keeps its data; only what differs is brought in line with its new primary.</source>
        <translation>Der Cluster behält seine Daten; nur was abweicht, wird dem neuen Primärcluster angeglichen.</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>A performance secondary, or the old performance primary.</source>
        <translation>Ein Leistungs-Sekundärcluster oder der alte Leistungs-Primärcluster.</translation>
    </message>
    <message>
        <source>Disaster recovery</source>
        <translation>Notfallvorsorge</translation>
    </message>
    <message>
        <source>A DR secondary, or the old DR primary. Needs a DR operation token.</source>
        <translation>Ein DR-Sekundärcluster oder der alte DR-Primärcluster. Braucht ein DR-Operationstoken.</translation>
    </message>
    <message>
        <source>as the primary tells it in the token</source>
        <translation>wie der Primärcluster sie im Token nennt</translation>
    </message>
    <message>
        <source>the cluster&apos;s system certificates</source>
        <translation>die Systemzertifikate des Clusters</translation>
    </message>
    <message>
        <source>&amp;Cluster</source>
        <translation>&amp;Cluster</translation>
    </message>
    <message>
        <source>New &amp;primary</source>
        <translation>Neuer &amp;Primärcluster</translation>
    </message>
    <message>
        <source>Primary&apos;s API &amp;address</source>
        <translation>API-&amp;Adresse des Primärclusters</translation>
    </message>
    <message>
        <source>CA &amp;file on the cluster</source>
        <translation>CA-&amp;Datei auf dem Cluster</translation>
    </message>
</context>
<context>
    <name>widgets::FollowModel</name>
    <message>
        <source>One of the clusters is not connected any more</source>
        <translation>Einer der Cluster ist nicht mehr verbunden</translation>
    </message>
    <message>
        <source>%1 is a primary and is demoted first</source>
        <translation>%1 ist Primärcluster und wird zuerst zurückgestuft</translation>
    </message>
    <message>
        <source>What was written to it since %1 took over is overwritten.</source>
        <translation>Was seit der Übernahme durch %1 auf ihn geschrieben wurde, wird überschrieben.</translation>
    </message>
    <message>
        <source>%1 is a secondary and keeps its data</source>
        <translation>%1 ist Sekundärcluster und behält seine Daten</translation>
    </message>
    <message>
        <source>Where it differs from %1 it is brought in line.</source>
        <translation>Wo er von %1 abweicht, wird er angeglichen.</translation>
    </message>
    <message>
        <source>%1 has no role for %2</source>
        <translation>%1 hat keine Rolle für %2</translation>
    </message>
    <message>
        <source>Add it as a secondary instead.</source>
        <translation>Fügen Sie ihn stattdessen als Sekundärcluster hinzu.</translation>
    </message>
    <message>
        <source>It changes to another replication set</source>
        <translation>Er wechselt in einen anderen Replikationsverbund</translation>
    </message>
    <message>
        <source>Its replicated data becomes that of %1.</source>
        <translation>Seine replizierten Daten werden die von %1.</translation>
    </message>
    <message>
        <source>Demote %1</source>
        <translation>%1 zurückstufen</translation>
    </message>
    <message>
        <source>%1 is a secondary that follows nobody. It keeps its data and takes no writes.</source>
        <translation>%1 ist Sekundärcluster und folgt niemandem. Er behält seine Daten und nimmt kein Schreiben an.</translation>
    </message>
    <message>
        <source>Create the activation token %1</source>
        <translation>Aktivierungstoken %1 anlegen</translation>
    </message>
    <message>
        <source>valid once, for 30 minutes</source>
        <translation>einmal gültig, 30 Minuten lang</translation>
    </message>
    <message>
        <source>%1 follows nobody yet; the token for it expires by itself.</source>
        <translation>%1 folgt noch niemandem; das Token dafür verfällt von selbst.</translation>
    </message>
    <message>
        <source>Point %1 to %2</source>
        <translation>%1 auf %2 ausrichten</translation>
    </message>
    <message>
        <source>%1 follows %2 and catches up by itself.</source>
        <translation>%1 folgt %2 und holt von selbst auf.</translation>
    </message>
</context>
<context>
    <name>widgets::FollowWizard</name>
    <message>
        <source>Update primary</source>
        <translation>Primärcluster wechseln</translation>
    </message>
    <message>
        <source>Demote</source>
        <translation>Zurückstufen</translation>
    </message>
    <message>
        <source>%1 gives up being a primary</source>
        <translation>%1 gibt die Rolle des Primärclusters ab</translation>
    </message>
    <message>
        <source>Clients of %1 can write nothing from then on.</source>
        <translation>Clients von %1 können von da an nichts schreiben.</translation>
    </message>
    <message>
        <source>Demoting</source>
        <translation>Wird zurückgestuft</translation>
    </message>
    <message>
        <source>%1 follows %2</source>
        <translation>%1 folgt %2</translation>
    </message>
    <message>
        <source>What %1 holds and %2 does not is lost.</source>
        <translation>Was %1 hält und %2 nicht, geht verloren.</translation>
    </message>
</context>
<context>
    <name>widgets::Inspector</name>
    <message>
        <source>All status fields</source>
        <translation>Alle Statusfelder</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>Behind</source>
        <translation>Rückstand</translation>
    </message>
    <message>
        <source>Remote index</source>
        <translation>Empfangen bis</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>Follows</source>
        <translation>Folgt</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>Index</translation>
    </message>
    <message>
        <source>Heartbeat</source>
        <translation>Lebenszeichen</translation>
    </message>
    <message>
        <source>%1 ago · skew %2 ms</source>
        <translation>vor %1 · Versatz %2 ms</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Disaster recovery</source>
        <translation>Notfallvorsorge</translation>
    </message>
    <message>
        <source>Root</source>
        <translation>Wurzel</translation>
    </message>
    <message>
        <source>%1 at %2 ✓ equal</source>
        <translation>%1 bei %2 ✓ gleich</translation>
    </message>
    <message>
        <source>Secondary id</source>
        <translation>Kennung</translation>
    </message>
    <message>
        <source>Seal</source>
        <translation>Siegel</translation>
    </message>
    <message>
        <source>sealed, %1 of %2 key shares</source>
        <translation>versiegelt, %1 von %2 Schlüsselanteilen</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Cluster id</source>
        <translation>Cluster-ID</translation>
    </message>
    <message>
        <source>Writes, last hour</source>
        <translation>Geschrieben, letzte Stunde</translation>
    </message>
    <message>
        <source>Lag, last hour</source>
        <translation>Rückstand, letzte Stunde</translation>
    </message>
    <message>
        <source>DR</source>
        <translation>DR</translation>
    </message>
    <message>
        <source>PERFORMANCE</source>
        <translation>LEISTUNG</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>Sync</source>
        <translation>Abgleich</translation>
    </message>
    <message>
        <source>%1 of %2 keys</source>
        <translation>%1 von %2 Schlüsseln</translation>
    </message>
    <message>
        <source>Roots</source>
        <translation>Wurzeln</translation>
    </message>
    <message>
        <source>%1 ✓ equal</source>
        <translation>%1 ✓ gleich</translation>
    </message>
    <message>
        <source>%1 / %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Seen by primary</source>
        <translation>Aus Sicht des Primärclusters</translation>
    </message>
    <message>
        <source>Last heartbeat</source>
        <translation>Letztes Lebenszeichen</translation>
    </message>
    <message>
        <source>Set</source>
        <translation>Verbund</translation>
    </message>
    <message>
        <source>Cluster port</source>
        <translation>Clusterport</translation>
    </message>
    <message>
        <source>No cluster yet</source>
        <translation>Noch kein Cluster</translation>
    </message>
    <message>
        <source>The fleet</source>
        <translation>Alle Cluster</translation>
    </message>
    <message>
        <source>Clusters</source>
        <translation>Cluster</translation>
    </message>
    <message>
        <source>Links</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Choose a cluster or a link to see how it fares and what can be done.</source>
        <translation>Wählen Sie einen Cluster oder eine Verbindung: Hier steht dann, wie es ihr geht und was sich tun lässt.</translation>
    </message>
    <message>
        <source>Add a connection: File, Add connection.</source>
        <translation>Fügen Sie eine Verbindung hinzu: Datei, Verbindung hinzufügen.</translation>
    </message>
    <message>
        <source>no secondaries</source>
        <translation>keine Sekundärcluster</translation>
    </message>
    <message>
        <source>Followed</source>
        <translation>Folgte</translation>
    </message>
    <message>
        <source>%1
Also here: %2</source>
        <translation>%1
Außerdem hier: %2</translation>
    </message>
</context>
<context>
    <name>widgets::MainWindow</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Add connection…</source>
        <translation>Verbindung &amp;hinzufügen…</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Cluster</source>
        <translation>&amp;Cluster</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Find…</source>
        <translation>&amp;Suchen…</translation>
    </message>
    <message>
        <source>&amp;Refresh</source>
        <translation>&amp;Neu abfragen</translation>
    </message>
    <message>
        <source>&amp;Show everything</source>
        <translation>Alles &amp;zeigen</translation>
    </message>
    <message>
        <source>&amp;Moving dots</source>
        <translation>&amp;Bewegte Punkte</translation>
    </message>
    <message>
        <source>Theme of the &amp;desktop</source>
        <translation>Wie der &amp;Desktop</translation>
    </message>
    <message>
        <source>&amp;Light theme</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>Dar&amp;k theme</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>&amp;Connections</source>
        <translation>&amp;Verbindungen</translation>
    </message>
    <message>
        <source>&amp;Inspector</source>
        <translation>&amp;Inspektor</translation>
    </message>
    <message>
        <source>&amp;Actions and problems</source>
        <translation>&amp;Aktionen und Probleme</translation>
    </message>
    <message>
        <source>Tokens are kept in the keychain</source>
        <translation>Token liegen im Schlüsselbund</translation>
    </message>
    <message>
        <source>No keychain: tokens last for this session only</source>
        <translation>Kein Schlüsselbund: Token gelten nur für diese Sitzung</translation>
    </message>
    <message>
        <source>Forget connection</source>
        <translation>Verbindung vergessen</translation>
    </message>
    <message>
        <source>Forget the connection to %1, and its token? The cluster itself is not touched.</source>
        <translation>Die Verbindung zu %1 und ihr Token vergessen? Der Cluster selbst bleibt unberührt.</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
</context>
<context>
    <name>widgets::NameConfirmation</name>
    <message>
        <source>Type %1 to go on:</source>
        <translation>Geben Sie %1 ein, um fortzufahren:</translation>
    </message>
</context>
<context>
    <name>widgets::OperationToken</name>
    <message>
        <source>Begin to make a DR operation token</source>
        <translation>Ein DR-Operationstoken beginnen</translation>
    </message>
    <message>
        <source>Give a key share</source>
        <translation>Einen Schlüsselanteil geben</translation>
    </message>
    <message>
        <source>Cancel making a DR operation token</source>
        <translation>Das DR-Operationstoken verwerfen</translation>
    </message>
    <message>
        <source>The token of the cluster cannot be decoded with the one-time password of this attempt. Start again.</source>
        <translation>Das Token passt nicht zum Einmalkennwort. Beginnen Sie neu.</translation>
    </message>
</context>
<context>
    <name>widgets::OperationTokenPage</name>
    <message>
        <source>DR operation token</source>
        <translation>DR-Operationstoken</translation>
    </message>
    <message>
        <source>Make one from key shares</source>
        <translation>Aus Schlüsselanteilen erzeugen</translation>
    </message>
    <message>
        <source>The holders of the unseal keys each give their share. It needs no other login.</source>
        <translation>Die Inhaber der Entsiegelungsschlüssel geben je ihren Anteil. Sonst ist keine Anmeldung nötig.</translation>
    </message>
    <message>
        <source>I have one</source>
        <translation>Ich habe eines</translation>
    </message>
    <message>
        <source>Made earlier, or a batch token with the right policy.</source>
        <translation>Früher erzeugt, oder ein Batch-Token mit passender Richtlinie.</translation>
    </message>
    <message>
        <source>Begin</source>
        <translation>Beginnen</translation>
    </message>
    <message>
        <source>Abandon this attempt</source>
        <translation>Diesen Versuch verwerfen</translation>
    </message>
    <message>
        <source>one key share, then Return</source>
        <translation>ein Schlüsselanteil, dann Eingabetaste</translation>
    </message>
    <message>
        <source>Give share</source>
        <translation>Anteil geben</translation>
    </message>
    <message>
        <source>Who allows it?</source>
        <translation>Wer erlaubt es?</translation>
    </message>
    <message>
        <source>%1 is a DR secondary and knows no logins: it takes only a DR operation token.</source>
        <translation>%1 ist DR-Sekundärcluster und kennt keine Anmeldung: Er nimmt nur ein DR-Operationstoken an.</translation>
    </message>
    <message>
        <source>Cancel leaves the begun attempt on %1 as it is; it can be abandoned here first.</source>
        <translation>Abbrechen lässt den begonnenen Versuch auf %1 stehen; hier lässt er sich vorher verwerfen.</translation>
    </message>
    <message>
        <source>The token is made. It is used in the next steps and shown nowhere.</source>
        <translation>Das Token ist erzeugt. Es dient den nächsten Schritten und wird nirgends gezeigt.</translation>
    </message>
    <message>
        <source>%1 of %2 key shares</source>
        <translation>%1 von %2 Schlüsselanteilen</translation>
    </message>
    <message>
        <source>No attempt has been begun.</source>
        <translation>Kein Versuch ist begonnen.</translation>
    </message>
</context>
<context>
    <name>widgets::PlanModel</name>
    <message>
        <source>stopped</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>Nothing has been changed.</source>
        <translation>Nichts wurde geändert.</translation>
    </message>
    <message>
        <source>“%1” was sent to %2. It may still happen. The console keeps watching %2.</source>
        <translation>„%1“ wurde an %2 gesendet. Es kann noch geschehen. Die Konsole beobachtet %2 weiter.</translation>
    </message>
</context>
<context>
    <name>widgets::PlanPage</name>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Nothing has happened yet. These steps will run one after the other.</source>
        <translation>Noch ist nichts geschehen. Diese Schritte laufen nacheinander ab.</translation>
    </message>
    <message>
        <source>%1. %2</source>
        <translation>%1. %2</translation>
    </message>
</context>
<context>
    <name>widgets::Preflight</name>
    <message>
        <source>%1 does not answer</source>
        <translation>%1 antwortet nicht</translation>
    </message>
    <message>
        <source>%1 is not initialized</source>
        <translation>%1 ist nicht initialisiert</translation>
    </message>
    <message>
        <source>holdfast operator init</source>
        <translation>holdfast operator init</translation>
    </message>
    <message>
        <source>%1 is sealed</source>
        <translation>%1 ist versiegelt</translation>
    </message>
    <message>
        <source>holdfast operator unseal</source>
        <translation>holdfast operator unseal</translation>
    </message>
    <message>
        <source>%1 answers and is unsealed</source>
        <translation>%1 antwortet und ist entsiegelt</translation>
    </message>
    <message>
        <source>Is the token for %1 accepted?</source>
        <translation>Wird das Token für %1 angenommen?</translation>
    </message>
    <message>
        <source>The token for %1 is not accepted</source>
        <translation>Das Token für %1 wird nicht angenommen</translation>
    </message>
    <message>
        <source>The token for %1 is accepted</source>
        <translation>Das Token für %1 wird angenommen</translation>
    </message>
    <message>
        <source>policies: %1</source>
        <translation>Richtlinien: %1</translation>
    </message>
</context>
<context>
    <name>widgets::PromoteLossPage</name>
    <message>
        <source>What would be lost</source>
        <translation>Was verloren ginge</translation>
    </message>
    <message>
        <source>Before you go on</source>
        <translation>Bevor Sie fortfahren</translation>
    </message>
    <message>
        <source>The primary of %1 is not connected here, so what is missing is not known. %1 holds everything up to %2.</source>
        <translation>Der Primärcluster von %1 ist hier nicht verbunden; was fehlt, ist daher nicht bekannt. %1 hält alles bis %2.</translation>
    </message>
    <message>
        <source>%1 is at index %2. %3 holds everything up to %4.</source>
        <translation>%1 ist bei Index %2. %3 hält alles bis %4.</translation>
    </message>
    <message>
        <source>%1 answered last %2 ago, at index %3. %4 holds everything up to %5.</source>
        <translation>%1 hat zuletzt vor %2 geantwortet, bei Index %3. %4 hält alles bis %5.</translation>
    </message>
    <message>
        <source>What would be lost: nothing</source>
        <translation>Was verloren ginge: nichts</translation>
    </message>
    <message>
        <source>writes lost</source>
        <translation>verlorene Schreibvorgänge</translation>
    </message>
    <message>
        <source>entries known to be missing, lost</source>
        <translation>Einträge, die sicher fehlen: verloren</translation>
    </message>
    <message>
        <source>since the last answer; later writes are not known</source>
        <translation>seit der letzten Antwort; Späteres ist nicht bekannt</translation>
    </message>
    <message>
        <source>the index that %1 holds</source>
        <translation>der Index, den %1 hält</translation>
    </message>
    <message>
        <source>entries still to arrive before the change</source>
        <translation>Einträge, die vor dem Wechsel noch ankommen</translation>
    </message>
</context>
<context>
    <name>widgets::PromoteModel</name>
    <message>
        <source>The secondary is not connected any more</source>
        <translation>Der Sekundärcluster ist nicht mehr verbunden</translation>
    </message>
    <message>
        <source>%1 is still catching up (%2)</source>
        <translation>%1 holt noch auf (%2)</translation>
    </message>
    <message>
        <source>What it holds is not complete. Wait, or go back and allow it to be promoted as it is.</source>
        <translation>Was er hält, ist nicht vollständig. Warten Sie, oder gehen Sie zurück und erlauben Sie die Beförderung trotzdem.</translation>
    </message>
    <message>
        <source>%1 does not answer</source>
        <translation>%1 antwortet nicht</translation>
    </message>
    <message>
        <source>Its primary</source>
        <translation>Sein Primärcluster</translation>
    </message>
    <message>
        <source>It cannot be demoted first. Go back and choose the unplanned way.</source>
        <translation>Er lässt sich nicht zuerst zurückstufen. Gehen Sie zurück und wählen Sie den ungeplanten Weg.</translation>
    </message>
    <message>
        <source>%1 is demoted first, so nobody can write to both</source>
        <translation>%1 wird zuerst zurückgestuft, damit niemand auf beide schreibt</translation>
    </message>
    <message>
        <source>Between the two steps nothing can be written.</source>
        <translation>Zwischen den beiden Schritten kann nichts geschrieben werden.</translation>
    </message>
    <message>
        <source>%1 still answers</source>
        <translation>%1 antwortet noch</translation>
    </message>
    <message>
        <source>Promoting beside it makes two primaries: writes to %1 from then on are lost when it is pointed to the new one. The planned way avoids that.</source>
        <translation>Daneben zu befördern ergibt zwei Primärcluster: Was dann auf %1 geschrieben wird, geht verloren, wenn er auf den neuen ausgerichtet wird. Der geplante Weg vermeidet das.</translation>
    </message>
    <message>
        <source>%1 is unreachable from here and from %2</source>
        <translation>%1 ist von hier und von %2 aus nicht erreichbar</translation>
    </message>
    <message>
        <source>%1 is unreachable from here, but %2 still hears it</source>
        <translation>%1 ist von hier nicht erreichbar, aber %2 hört ihn noch</translation>
    </message>
    <message>
        <source>connection %1</source>
        <translation>Verbindung %1</translation>
    </message>
    <message>
        <source>If %1 is alive and cut off, its own clients can still write to it</source>
        <translation>Lebt %1 und ist nur abgeschnitten, können seine Clients noch auf ihn schreiben</translation>
    </message>
    <message>
        <source>Such writes are lost when it is pointed to the new primary. Stop it before, if you can.</source>
        <translation>Das geht verloren, wenn er auf den neuen Primärcluster ausgerichtet wird. Halten Sie ihn vorher an, wenn Sie können.</translation>
    </message>
    <message>
        <source>Its primary is not connected here</source>
        <translation>Sein Primärcluster ist hier nicht verbunden</translation>
    </message>
    <message>
        <source>How far it had come is not known.</source>
        <translation>Wie weit er war, ist nicht bekannt.</translation>
    </message>
    <message>
        <source>Other secondaries need a new token afterwards: %1</source>
        <translation>Andere Sekundärcluster brauchen danach ein neues Token: %1</translation>
    </message>
    <message>
        <source>They keep their data; Update primary points each of them to %1.</source>
        <translation>Sie behalten ihre Daten; „Primärcluster wechseln“ richtet jeden auf %1 aus.</translation>
    </message>
    <message>
        <source>%1 is a production cluster</source>
        <translation>%1 ist ein Produktionscluster</translation>
    </message>
    <message>
        <source>Demote %1</source>
        <translation>%1 zurückstufen</translation>
    </message>
    <message>
        <source>%1 takes no writes any more, and %2 is not promoted: there is no primary now. Promote either of them.</source>
        <translation>%1 nimmt kein Schreiben mehr an, und %2 ist nicht befördert: Es gibt jetzt keinen Primärcluster. Befördern Sie einen von beiden.</translation>
    </message>
    <message>
        <source>Promote %1</source>
        <translation>%1 befördern</translation>
    </message>
    <message>
        <source>%1 is the primary.</source>
        <translation>%1 ist Primärcluster.</translation>
    </message>
    <message>
        <source>%1 hands over in one step, so nobody can write to both</source>
        <translation>%1 übergibt in einem Schritt, sodass niemand in beide schreiben kann</translation>
    </message>
    <message>
        <source>Writes wait for a moment, and go on at %1.</source>
        <translation>Schreiben wartet einen Moment und geht bei %1 weiter.</translation>
    </message>
    <message>
        <source>Other secondaries follow by themselves: %1</source>
        <translation>Weitere Sekundärcluster folgen von selbst: %1</translation>
    </message>
    <message>
        <source>Hand over from %1 to %2</source>
        <translation>Von %1 an %2 übergeben</translation>
    </message>
    <message>
        <source>%1 hands over to %2.</source>
        <translation>%1 übergibt an %2.</translation>
    </message>
</context>
<context>
    <name>widgets::PromoteSituationPage</name>
    <message>
        <source>Situation</source>
        <translation>Lage</translation>
    </message>
    <message>
        <source>Who takes over?</source>
        <translation>Wer übernimmt?</translation>
    </message>
    <message>
        <source>The promoted cluster becomes the primary and takes writes from then on.</source>
        <translation>Der beförderte Cluster wird Primärcluster und nimmt von da an Schreiben an.</translation>
    </message>
    <message>
        <source>&amp;Promote</source>
        <translation>&amp;Befördern</translation>
    </message>
    <message>
        <source>Planned</source>
        <translation>Geplant</translation>
    </message>
    <message>
        <source>Unplanned</source>
        <translation>Ungeplant</translation>
    </message>
    <message>
        <source>The primary is gone: promote what the secondary holds. Writes that had not arrived are lost.</source>
        <translation>Der Primärcluster ist fort: befördern, was der Sekundärcluster hält. Was nicht ankam, ist verloren.</translation>
    </message>
    <message>
        <source>Promote even while it is still catching up</source>
        <translation>Auch befördern, während er noch aufholt</translation>
    </message>
    <message>
        <source>The primary is alive: wait until nothing is missing, then it hands over. Nothing is lost.</source>
        <translation>Der Primärcluster lebt: warten, bis nichts fehlt, dann übergibt er. Nichts geht verloren.</translation>
    </message>
</context>
<context>
    <name>widgets::PromoteWizard</name>
    <message>
        <source>Promote</source>
        <translation>Befördern</translation>
    </message>
    <message>
        <source>%1 becomes the primary</source>
        <translation>%1 wird Primärcluster</translation>
    </message>
    <message>
        <source>%1 takes over from %2</source>
        <translation>%1 übernimmt von %2</translation>
    </message>
    <message>
        <source>What is missing on %1 is not known, and is lost.</source>
        <translation>Was auf %1 fehlt, ist nicht bekannt und verloren.</translation>
    </message>
    <message numerus="yes">
        <source>%n entries known to be missing are lost, and whatever was written later.</source>
        <translation>
            <numerusform>%n Eintrag fehlt sicher und geht verloren, dazu alles später Geschriebene.</numerusform>
            <numerusform>%n Einträge fehlen sicher und gehen verloren, dazu alles später Geschriebene.</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 is the primary</source>
        <translation>%1 ist Primärcluster</translation>
    </message>
    <message>
        <source>Point clients to %1.</source>
        <translation>Richten Sie Clients auf %1 aus.</translation>
    </message>
    <message>
        <source>It answers with the logins and tokens of the old primary.</source>
        <translation>Er antwortet mit den Anmeldungen und Token des alten Primärclusters.</translation>
    </message>
    <message>
        <source>%1 must not take writes any more: let it follow, or keep it off.</source>
        <translation>%1 darf kein Schreiben mehr annehmen: Lassen Sie ihn folgen, oder lassen Sie ihn aus.</translation>
    </message>
    <message>
        <source>Give these a new token by Update primary: %1.</source>
        <translation>Geben Sie diesen über „Primärcluster wechseln“ ein neues Token: %1.</translation>
    </message>
    <message>
        <source>Let %1 follow %2…</source>
        <translation>%1 soll %2 folgen…</translation>
    </message>
    <message>
        <source>%1 follows it already. Failing back is the same way the other way round.</source>
        <translation>%1 folgt ihm bereits. Zurück geht es auf demselben Weg in umgekehrter Richtung.</translation>
    </message>
</context>
<context>
    <name>widgets::ReportPage</name>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>What comes next</source>
        <translation>Wie es weitergeht</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>not done</source>
        <translation>nicht ausgeführt</translation>
    </message>
</context>
<context>
    <name>widgets::RoleWizard</name>
    <message>
        <source>Nothing to be done</source>
        <translation>Nichts zu tun</translation>
    </message>
    <message>
        <source>%1 takes no writes from then on, until it or another cluster is promoted. Its secondaries lose their primary.</source>
        <translation>%1 nimmt von da an kein Schreiben an, bis er oder ein anderer befördert wird. Seine Sekundärcluster verlieren ihren Primärcluster.</translation>
    </message>
    <message>
        <source>%1 is cut off at once. It keeps its data; it can come back with a new token.</source>
        <translation>%1 wird sofort abgeschnitten. Er behält seine Daten und kann mit einem neuen Token zurückkommen.</translation>
    </message>
    <message>
        <source>Demote %1 (%2)</source>
        <translation>%1 zurückstufen (%2)</translation>
    </message>
    <message>
        <source>%1 is demoted and follows nobody.</source>
        <translation>%1 ist zurückgestuft und folgt niemandem.</translation>
    </message>
    <message>
        <source>Disable replication on %1 (%2)</source>
        <translation>Replikation auf %1 abschalten (%2)</translation>
    </message>
    <message>
        <source>%1 does not replicate any more (%2).</source>
        <translation>%1 repliziert nicht mehr (%2).</translation>
    </message>
    <message>
        <source>Revoke %1 on %2</source>
        <translation>%1 auf %2 ausschließen</translation>
    </message>
    <message>
        <source>%1 is cut off from %2.</source>
        <translation>%1 ist von %2 abgeschnitten.</translation>
    </message>
    <message>
        <source>The secondaries of %1 are cut off. To follow a primary again, each of them is wiped and synced.</source>
        <translation>Die Sekundärcluster von %1 sind abgeschnitten. Um wieder einem Primärcluster zu folgen, wird jeder von ihnen gelöscht und abgeglichen.</translation>
    </message>
    <message>
        <source>%1 becomes a cluster of its own with the data it holds now. To follow a primary again, it is wiped and synced.</source>
        <translation>%1 wird ein eigenständiger Cluster mit den Daten, die er jetzt hat. Um wieder einem Primärcluster zu folgen, wird er gelöscht und abgeglichen.</translation>
    </message>
</context>
<context>
    <name>widgets::RunPage</name>
    <message>
        <source>Run</source>
        <translation>Ausführung</translation>
    </message>
    <message>
        <source>Try this step again</source>
        <translation>Diesen Schritt noch einmal</translation>
    </message>
    <message>
        <source>Cancel stops here. %1</source>
        <translation>Abbrechen hält hier an. %1</translation>
    </message>
    <message>
        <source>A step failed</source>
        <translation>Ein Schritt ist misslungen</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Leave; it may still happen</source>
        <translation>Verlassen; es kann noch geschehen</translation>
    </message>
    <message>
        <source>A step was not answered</source>
        <translation>Ein Schritt blieb ohne Antwort</translation>
    </message>
</context>
<context>
    <name>widgets::SecretView</name>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
</context>
<context>
    <name>widgets::SnapshotChecksPage</name>
    <message>
        <source>Checks</source>
        <translation>Prüfungen</translation>
    </message>
    <message>
        <source>Can it be done?</source>
        <translation>Geht das?</translation>
    </message>
</context>
<context>
    <name>widgets::SnapshotFilePage</name>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>It was made under other unseal keys: take it nevertheless</source>
        <translation>Er entstand unter anderen Entsiegelungsschlüsseln: trotzdem nehmen</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Durchsuchen…</translation>
    </message>
    <message>
        <source>Where to?</source>
        <translation>Wohin?</translation>
    </message>
    <message>
        <source>From which snapshot?</source>
        <translation>Aus welchem Snapshot?</translation>
    </message>
    <message>
        <source>The file appears when the snapshot is complete. Only you may read it.</source>
        <translation>Die Datei erscheint, wenn der Snapshot vollständig ist. Nur Sie dürfen sie lesen.</translation>
    </message>
    <message>
        <source>%1 becomes what it was when the snapshot was made.</source>
        <translation>%1 wird, was er war, als der Snapshot entstand.</translation>
    </message>
    <message>
        <source>Save the snapshot</source>
        <translation>Snapshot sichern</translation>
    </message>
    <message>
        <source>Open a snapshot</source>
        <translation>Snapshot öffnen</translation>
    </message>
</context>
<context>
    <name>widgets::SnapshotModel</name>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>Choose a file to save to.</source>
        <translation>Wählen Sie eine Datei zum Sichern.</translation>
    </message>
    <message>
        <source>Choose the snapshot to restore.</source>
        <translation>Wählen Sie den Snapshot zum Wiederherstellen.</translation>
    </message>
    <message>
        <source>There is no such file.</source>
        <translation>Diese Datei gibt es nicht.</translation>
    </message>
    <message>
        <source>The schedule needs a name.</source>
        <translation>Der Zeitplan braucht einen Namen.</translation>
    </message>
    <message>
        <source>Say how often.</source>
        <translation>Geben Sie an, wie oft.</translation>
    </message>
    <message>
        <source>Say in which directory of the server.</source>
        <translation>Geben Sie ein Verzeichnis des Servers an.</translation>
    </message>
    <message>
        <source>Say how much space the snapshots may take.</source>
        <translation>Geben Sie an, wie viel Platz die Snapshots brauchen dürfen.</translation>
    </message>
    <message>
        <source>The cluster is not connected any more</source>
        <translation>Der Cluster ist nicht mehr verbunden</translation>
    </message>
    <message>
        <source>%1 cannot be written to</source>
        <translation>%1 ist nicht beschreibbar</translation>
    </message>
    <message>
        <source>%1 is free here</source>
        <translation>%1 sind hier frei</translation>
    </message>
    <message>
        <source>The file exists and will be replaced, once the new one is complete</source>
        <translation>Die Datei besteht und wird ersetzt, sobald die neue vollständig ist</translation>
    </message>
    <message>
        <source>The snapshot has %1</source>
        <translation>Der Snapshot hat %1</translation>
    </message>
    <message>
        <source>SHA-256 %1</source>
        <translation>SHA-256 %1</translation>
    </message>
    <message>
        <source>Everything that %1 holds is replaced</source>
        <translation>Alles, was %1 hält, wird ersetzt</translation>
    </message>
    <message>
        <source>Save a snapshot of it first. It is unavailable for some seconds.</source>
        <translation>Sichern Sie ihn zuerst. Er ist einige Sekunden nicht erreichbar.</translation>
    </message>
    <message>
        <source>The keys are not checked</source>
        <translation>Die Schlüssel werden nicht geprüft</translation>
    </message>
    <message>
        <source>Afterwards %1 is sealed, and the unseal keys of the snapshot apply.</source>
        <translation>Danach ist %1 versiegelt, und es gelten die Entsiegelungsschlüssel des Snapshots.</translation>
    </message>
    <message>
        <source>%1 is a primary</source>
        <translation>%1 ist Primärcluster</translation>
    </message>
    <message>
        <source>Its secondaries go back with it.</source>
        <translation>Seine Sekundärcluster gehen mit ihm zurück.</translation>
    </message>
    <message>
        <source>%1 is a secondary</source>
        <translation>%1 ist Sekundärcluster</translation>
    </message>
    <message>
        <source>What is shared is brought in line with its primary again; only its own data goes back.</source>
        <translation>Gemeinsames wird wieder dem Primärcluster angeglichen; nur eigene Daten gehen zurück.</translation>
    </message>
    <message>
        <source>The schedule runs in the server, not here</source>
        <translation>Der Zeitplan läuft im Server, nicht hier</translation>
    </message>
    <message>
        <source>The directory %1 is on the machine of %2.</source>
        <translation>Das Verzeichnis %1 liegt auf der Maschine von %2.</translation>
    </message>
    <message>
        <source>Every %1 is often</source>
        <translation>Alle %1 ist oft</translation>
    </message>
    <message>
        <source>Save a snapshot of %1</source>
        <translation>Einen Snapshot von %1 sichern</translation>
    </message>
    <message>
        <source>The snapshot is in %1.</source>
        <translation>Der Snapshot liegt in %1.</translation>
    </message>
    <message>
        <source>%1, SHA-256 %2</source>
        <translation>%1, SHA-256 %2</translation>
    </message>
    <message>
        <source>Restore %1 from the snapshot</source>
        <translation>%1 aus dem Snapshot wiederherstellen</translation>
    </message>
    <message>
        <source>%1 holds what the snapshot held.</source>
        <translation>%1 hält, was der Snapshot hielt.</translation>
    </message>
    <message>
        <source>See that %1 answers again</source>
        <translation>Sehen, ob %1 wieder antwortet</translation>
    </message>
    <message>
        <source>Wait until %1 serves again</source>
        <translation>Warten, bis %1 wieder bedient</translation>
    </message>
    <message>
        <source>sealed: unseal it with the keys of the snapshot</source>
        <translation>versiegelt: mit den Schlüsseln des Snapshots entsiegeln</translation>
    </message>
    <message>
        <source>unsealed</source>
        <translation>entsiegelt</translation>
    </message>
    <message>
        <source>Remove the schedule %1</source>
        <translation>Zeitplan %1 entfernen</translation>
    </message>
    <message>
        <source>The schedule %1 is gone; its snapshots stay.</source>
        <translation>Der Zeitplan %1 ist fort; seine Snapshots bleiben.</translation>
    </message>
    <message>
        <source>Set up the schedule %1</source>
        <translation>Zeitplan %1 einrichten</translation>
    </message>
    <message>
        <source>%1 saves a snapshot every %2.</source>
        <translation>%1 sichert alle %2 einen Snapshot.</translation>
    </message>
    <message>
        <source>Read it back</source>
        <translation>Zurücklesen</translation>
    </message>
    <message>
        <source>every %1, %2 kept</source>
        <translation>alle %1, %2 bleiben</translation>
    </message>
    <message>
        <source>The contents were replaced.</source>
        <translation>Der Inhalt wurde ersetzt.</translation>
    </message>
</context>
<context>
    <name>widgets::SnapshotSchedulePage</name>
    <message>
        <source>Schedule</source>
        <translation>Zeitplan</translation>
    </message>
    <message>
        <source>Remove this schedule</source>
        <translation>Diesen Zeitplan entfernen</translation>
    </message>
    <message>
        <source>How often, where, how many?</source>
        <translation>Wie oft, wohin, wie viele?</translation>
    </message>
    <message>
        <source>The directory is on the server&apos;s machine. An attempt fails when the space limit leaves no room.</source>
        <translation>Das Verzeichnis liegt auf der Maschine des Servers. Ein Versuch misslingt, wenn die Platzgrenze keinen Raum lässt.</translation>
    </message>
    <message>
        <source>seconds</source>
        <translation>Sekunden</translation>
    </message>
    <message>
        <source>minutes</source>
        <translation>Minuten</translation>
    </message>
    <message>
        <source>hours</source>
        <translation>Stunden</translation>
    </message>
    <message>
        <source>days</source>
        <translation>Tage</translation>
    </message>
    <message>
        <source>MB</source>
        <translation>MB</translation>
    </message>
    <message>
        <source>GB</source>
        <translation>GB</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>&amp;Name</translation>
    </message>
    <message>
        <source>&amp;Every</source>
        <translation>&amp;Alle</translation>
    </message>
    <message>
        <source>&amp;Keep</source>
        <translation>B&amp;ehalten</translation>
    </message>
    <message>
        <source>&amp;Directory</source>
        <translation>&amp;Verzeichnis</translation>
    </message>
    <message>
        <source>&amp;File prefix</source>
        <translation>&amp;Dateipräfix</translation>
    </message>
    <message>
        <source>&amp;Space limit</source>
        <translation>&amp;Platzgrenze</translation>
    </message>
    <message>
        <source>a new schedule</source>
        <translation>ein neuer Zeitplan</translation>
    </message>
    <message>
        <source>The last attempt failed</source>
        <translation>Der letzte Versuch ist misslungen</translation>
    </message>
    <message>
        <source>Last snapshot %1</source>
        <translation>Letzter Snapshot %1</translation>
    </message>
    <message>
        <source>No snapshot has been made yet</source>
        <translation>Noch ist kein Snapshot entstanden</translation>
    </message>
</context>
<context>
    <name>widgets::SnapshotTaskPage</name>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>What should be done?</source>
        <translation>Was soll geschehen?</translation>
    </message>
    <message>
        <source>A snapshot holds everything of one cluster, encrypted as it is stored. A DR secondary has none of its own.</source>
        <translation>Ein Snapshot hält alles eines Clusters, verschlüsselt wie gespeichert. Ein DR-Sekundärcluster hat keinen eigenen.</translation>
    </message>
    <message>
        <source>&amp;Cluster</source>
        <translation>&amp;Cluster</translation>
    </message>
    <message>
        <source>Save now</source>
        <translation>Jetzt sichern</translation>
    </message>
    <message>
        <source>Into a file on this machine.</source>
        <translation>In eine Datei auf dieser Maschine.</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Replaces everything the cluster holds by what a snapshot holds.</source>
        <translation>Ersetzt alles, was der Cluster hält, durch den Inhalt eines Snapshots.</translation>
    </message>
    <message>
        <source>Automatic schedule</source>
        <translation>Automatischer Zeitplan</translation>
    </message>
    <message>
        <source>The server itself saves snapshots at an interval and keeps the newest.</source>
        <translation>Der Server sichert selbst in Abständen und behält die neuesten.</translation>
    </message>
</context>
<context>
    <name>widgets::SnapshotWizard</name>
    <message>
        <source>Snapshots</source>
        <translation>Snapshots</translation>
    </message>
    <message>
        <source>Everything that %1 holds now is replaced.</source>
        <translation>Alles, was %1 jetzt hält, wird ersetzt.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Sichern</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Set up</source>
        <translation>Einrichten</translation>
    </message>
    <message>
        <source>Keep the file and the unseal keys apart: each is of no use without the other.</source>
        <translation>Bewahren Sie Datei und Entsiegelungsschlüssel getrennt auf: Eines nützt ohne das andere nichts.</translation>
    </message>
    <message>
        <source>Save a snapshot of %1</source>
        <translation>Einen Snapshot von %1 sichern</translation>
    </message>
    <message>
        <source>Restore %1</source>
        <translation>%1 wiederherstellen</translation>
    </message>
    <message>
        <source>%1 saves no more snapshots by %2</source>
        <translation>%1 sichert nicht mehr nach %2</translation>
    </message>
    <message>
        <source>%1 saves snapshots by itself</source>
        <translation>%1 sichert von selbst Snapshots</translation>
    </message>
</context>
<context>
    <name>widgets::StatusLine</name>
    <message numerus="yes">
        <source>%n clusters</source>
        <translation>
            <numerusform>%n Cluster</numerusform>
            <numerusform>%n Cluster</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n links</source>
        <translation>
            <numerusform>%n Verbindung</numerusform>
            <numerusform>%n Verbindungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n problems</source>
        <translation>
            <numerusform>%n Problem</numerusform>
            <numerusform>%n Probleme</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 (%2 UTC)</source>
        <translation>%1 (%2 UTC)</translation>
    </message>
</context>
<context>
    <name>widgets::StepRail</name>
    <message>
        <source>Step %1 of %2: %3</source>
        <translation>Schritt %1 von %2: %3</translation>
    </message>
</context>
<context>
    <name>widgets::TopBar</name>
    <message>
        <source>Search clusters and commands   Ctrl+K</source>
        <translation>Cluster und Befehle suchen   Strg+K</translation>
    </message>
    <message numerus="yes">
        <source>%n problems</source>
        <translation>
            <numerusform>%n Problem</numerusform>
            <numerusform>%n Probleme</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>widgets::TypePage</name>
    <message>
        <source>Type</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Which replication?</source>
        <translation>Welche Replikation?</translation>
    </message>
    <message>
        <source>The cluster has a role in both.</source>
        <translation>Der Cluster hat in beiden eine Rolle.</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Its disaster recovery stays as it is.</source>
        <translation>Seine Notfallvorsorge bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>Disaster recovery</source>
        <translation>Notfallvorsorge</translation>
    </message>
    <message>
        <source>Its performance replication stays as it is.</source>
        <translation>Seine Leistungsreplikation bleibt, wie sie ist.</translation>
    </message>
</context>
<context>
    <name>widgets::WizardDialog</name>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>widgets::WizardPage</name>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Cancel changes nothing.</source>
        <translation>Abbrechen ändert nichts.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
</TS>
