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
        <source>The certificate of %1 is not trusted. Nothing was sent. Choose the right certificate in the connection.</source>
        <translation>Das Zertifikat von %1 ist nicht vertrauenswürdig. Nichts wurde gesendet. Wählen Sie in der Verbindung das richtige Zertifikat.</translation>
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
        <source>%1 took too long to answer. It may have done what you asked. Look at its state before you try again.</source>
        <translation>%1 hat nicht rechtzeitig geantwortet. Der Auftrag kann trotzdem ausgeführt sein. Prüfen Sie den Zustand, bevor Sie es noch einmal versuchen.</translation>
    </message>
    <message>
        <source>Not found on %1. Nothing was changed.</source>
        <translation>Auf %1 nicht gefunden. Nichts wurde geändert.</translation>
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
        <source>older storage</source>
        <translation>älterer Speicher</translation>
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
        <source>Sealed: it serves no requests until it is unsealed</source>
        <translation>Versiegelt: Er bedient keine Anfragen, bis er entsiegelt ist</translation>
    </message>
    <message>
        <source>%1 of %2 key shares were given.</source>
        <translation>%1 von %2 Schlüsselanteilen wurden gegeben.</translation>
    </message>
    <message>
        <source>Unseal it: holdfast operator unseal</source>
        <translation>Entsiegeln: holdfast operator unseal</translation>
    </message>
    <message>
        <source>Its storage is older than what its members hold</source>
        <translation>Sein Speicher ist älter als das, was seine Mitglieder haben</translation>
    </message>
    <message>
        <source>Decide whose data stays. That of the members: demote this cluster and promote the member that holds most. That of this storage: holdfast replication resume-primary</source>
        <translation>Entscheiden Sie, wessen Daten bleiben. Die der Mitglieder: Stufen Sie diesen Cluster zurück und befördern Sie das Mitglied, das am meisten hat. Die dieses Speichers: holdfast replication resume-primary</translation>
    </message>
    <message>
        <source>Idle: it follows no primary</source>
        <translation>Untätig: Er folgt keinem Primärcluster</translation>
    </message>
    <message>
        <source>It keeps its data.</source>
        <translation>Er behält seine Daten.</translation>
    </message>
    <message>
        <source>Point it at its primary, or promote it.</source>
        <translation>Richten Sie ihn auf seinen Primärcluster aus, oder befördern Sie ihn.</translation>
    </message>
    <message>
        <source>Lagging: writes arrive faster than it applies them</source>
        <translation>Zurück: Schreibvorgänge kommen schneller an, als er sie übernimmt</translation>
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
        <source>Stalled: no entries arrive</source>
        <translation>Steht: Es kommen keine Einträge an</translation>
    </message>
    <message>
        <source>Look at its log. If this does not change, restart it. It continues where it stopped.</source>
        <translation>Sehen Sie in sein Protokoll. Ändert sich nichts, starten Sie ihn neu. Er macht weiter, wo er aufgehört hat.</translation>
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
        <source>It keeps its data. It receives no new writes.</source>
        <translation>Er behält seine Daten. Er erhält keine neuen Schreibvorgänge.</translation>
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
        <source>Connection %1. It keeps its data. Writes on %2 continue.</source>
        <translation>Verbindung %1. Er behält seine Daten. Auf %2 wird weiter geschrieben.</translation>
    </message>
    <message>
        <source>Check that %1 runs and that its cluster port can be reached. If %1 is lost, promote a secondary.</source>
        <translation>Prüfen Sie, ob %1 läuft und sein Clusterport erreichbar ist. Ist %1 verloren, befördern Sie einen Sekundärcluster.</translation>
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
        <source>It refuses writes. Data that only this cluster has is lost when it follows the new primary.</source>
        <translation>Er lehnt Schreibzugriffe ab. Daten, die nur dieser Cluster hat, gehen verloren, sobald er dem neuen Primärcluster folgt.</translation>
    </message>
    <message>
        <source>Save a snapshot of it first (Snapshots). Then demote it and let it follow the new primary (Update primary).</source>
        <translation>Sichern Sie zuerst einen Snapshot von ihm (Snapshots). Stufen Sie ihn dann zurück und lassen Sie ihn dem neuen Primärcluster folgen (Primärcluster wechseln).</translation>
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
        <source>Check the server and each proxy in front of it: a proxy may have answered instead. What is shown is the last known state.</source>
        <translation>Prüfen Sie den Server und jeden Proxy davor: Vielleicht hat ein Proxy an seiner Stelle geantwortet. Gezeigt wird der zuletzt bekannte Zustand.</translation>
    </message>
    <message>
        <source>Check the address and the port of the connection.</source>
        <translation>Prüfen Sie Adresse und Port der Verbindung.</translation>
    </message>
    <message>
        <source>Two primaries in one set: %1 is also a primary</source>
        <translation>Zwei Primärcluster in einem Verbund: %1 ist ebenfalls Primärcluster</translation>
    </message>
    <message>
        <source>Both accept writes (%1). A write to one never reaches the other.</source>
        <translation>Beide nehmen Schreibzugriffe an (%1). Ein Schreibzugriff auf den einen erreicht den anderen nie.</translation>
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
        <source>It refuses every request, because no audit device can write</source>
        <translation>Er lehnt jede Anfrage ab, weil kein Audit-Gerät schreiben kann</translation>
    </message>
    <message>
        <source>Free disk space for the audit device, or restore its folder. The server tries again without help; then this problem disappears.</source>
        <translation>Schaffen Sie Platz für das Audit-Gerät oder stellen Sie seinen Ordner wieder her. Der Server versucht es von selbst wieder; dann verschwindet dieses Problem.</translation>
    </message>
    <message>
        <source>A local mount has the same path as a mount of the primary</source>
        <translation>Ein lokaler Mount hat denselben Pfad wie ein Mount des Primärclusters</translation>
    </message>
    <message>
        <source>%1. All requests for this path go to the local mount.</source>
        <translation>%1. Alle Anfragen zu diesem Pfad gehen an den lokalen Mount.</translation>
    </message>
    <message>
        <source>Move or disable the local mount. Then this cluster serves the primary&apos;s mount.</source>
        <translation>Verschieben Sie den lokalen Mount oder schalten Sie ihn ab. Dann bedient dieser Cluster den Mount des Primärclusters.</translation>
    </message>
    <message>
        <source>Two clusters are primaries of one replication set</source>
        <translation>Zwei Cluster sind Primärcluster desselben Replikationsverbunds</translation>
    </message>
    <message>
        <source>Stop clients from writing to one of the two clusters and demote it. New writes of one do not arrive at the other.</source>
        <translation>Lassen Sie Clients an einem der beiden Cluster nicht mehr schreiben und stufen Sie ihn zurück. Was an dem einen geschrieben wird, kommt am anderen nicht an.</translation>
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
        <source>%1 is not ready yet. Try this step again to keep waiting.</source>
        <translation>%1 ist noch nicht so weit. Versuchen Sie diesen Schritt noch einmal, um weiter zu warten.</translation>
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
        <source>Wait until %1 has the same data as %2</source>
        <translation>Warten, bis %1 dieselben Daten hat wie %2</translation>
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
        <source>The console of Holdfast: shows and controls clusters that replicate.</source>
        <translation>Die Konsole von Holdfast: zeigt und steuert Cluster, die replizieren.</translation>
    </message>
    <message>
        <source>Connect to the cluster at this address. Can be repeated.</source>
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
        <source>All three clusters have the same unseal keys. They run in this process and end with it.</source>
        <translation>Alle drei Cluster haben dieselben Entsiegelungsschlüssel. Sie laufen in diesem Prozess und enden mit ihm.</translation>
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
        <source>blocks this</source>
        <translation>verhindert dies</translation>
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
    <name>widgets::CheckModel</name>
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
        <source>your name for the cluster</source>
        <translation>Ihr Name für den Cluster</translation>
    </message>
    <message>
        <source>trust only this file; empty: the system&apos;s certificates</source>
        <translation>nur dieser Datei vertrauen; leer: den Zertifikaten des Systems</translation>
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
        <source>optional; without a token the console only watches</source>
        <translation>optional; ohne Token sieht die Konsole nur zu</translation>
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
        <source>such as Frankfurt; one frame shows the clusters of a place</source>
        <translation>etwa Frankfurt; ein Rahmen zeigt die Cluster eines Orts</translation>
    </message>
    <message>
        <source>A production cluster: mark it PROD everywhere</source>
        <translation>Ein Produktionscluster: überall mit PROD kennzeichnen</translation>
    </message>
    <message>
        <source>Store the token in the system&apos;s keychain</source>
        <translation>Token im Schlüsselbund des Systems speichern</translation>
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
        <source>Otherwise the token is kept only until the console closes.</source>
        <translation>Sonst bleibt das Token nur, bis die Konsole geschlossen wird.</translation>
    </message>
    <message>
        <source>This machine has no keychain (%1). The token stays in memory until the console closes.</source>
        <translation>Diese Maschine hat keinen Schlüsselbund (%1). Das Token bleibt im Speicher, bis die Konsole geschlossen wird.</translation>
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
        <source>Write http:// or https://, a host and a port, such as https://vault.example:8200.</source>
        <translation>Schreiben Sie http:// oder https://, Host und Port, etwa https://vault.example:8200.</translation>
    </message>
    <message>
        <source>The address contains a user name or a password. Remove it. The token has its own field.</source>
        <translation>Die Adresse enthält einen Benutzernamen oder ein Passwort. Entfernen Sie das. Für das Token gibt es ein eigenes Feld.</translation>
    </message>
    <message>
        <source>The address must end after the port. Remove everything from ? or # on.</source>
        <translation>Die Adresse muss nach dem Port enden. Entfernen Sie alles ab ? oder #.</translation>
    </message>
    <message>
        <source>The address must end after the port. Remove “%1”.</source>
        <translation>Die Adresse muss nach dem Port enden. Entfernen Sie „%1“.</translation>
    </message>
    <message>
        <source>Add anyway</source>
        <translation>Trotzdem hinzufügen</translation>
    </message>
    <message>
        <source>Save anyway</source>
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
        <source>No actions yet. Each step that you take is listed here, with the command that does the same.</source>
        <translation>Noch keine Aktionen. Jeder Schritt steht hier mit dem Befehl, der dasselbe tut.</translation>
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
        <source>Which cluster follows which?</source>
        <translation>Welcher Cluster folgt welchem?</translation>
    </message>
    <message>
        <source>A secondary receives every write of its primary at once, encrypted.</source>
        <translation>Ein Sekundärcluster erhält jeden Schreibvorgang seines Primärclusters, verschlüsselt und sofort.</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Serves reads and logins itself, and forwards writes to the primary. It has its own tokens and leases.</source>
        <translation>Bedient Lesen und Anmelden selbst und gibt Schreiben an den Primärcluster weiter. Er hat eigene Token und Leases.</translation>
    </message>
    <message>
        <source>Disaster recovery</source>
        <translation>Notfallvorsorge</translation>
    </message>
    <message>
        <source>Has a copy of everything, even tokens and leases. It serves no clients until it is promoted.</source>
        <translation>Hat eine Kopie von allem, auch von Token und Leases. Er bedient keine Clients, bis er befördert wird.</translation>
    </message>
    <message>
        <source>The secondary is not connected here: show its activation token</source>
        <translation>Der Sekundärcluster ist hier nicht verbunden: sein Aktivierungstoken anzeigen</translation>
    </message>
    <message>
        <source>default: the address in the token</source>
        <translation>Standard: die Adresse im Token</translation>
    </message>
    <message>
        <source>default: the secondary&apos;s system certificates</source>
        <translation>Standard: die Systemzertifikate des Sekundärclusters</translation>
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
        <source>No connected cluster can become a secondary. Add a connection to one, or show the activation token.</source>
        <translation>Kein verbundener Cluster kann Sekundärcluster werden. Verbinden Sie einen, oder lassen Sie das Aktivierungstoken anzeigen.</translation>
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
        <source>It is unavailable for a moment during the change.</source>
        <translation>Während des Wechsels ist er kurz nicht erreichbar.</translation>
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
        <source>The id %1 is already used</source>
        <translation>Die Kennung %1 ist schon vergeben</translation>
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
        <source>The activation wipes all its data. The token can be used once, within 30 minutes.</source>
        <translation>Die Aktivierung löscht alle seine Daten. Das Token gilt einmal, 30 Minuten lang.</translation>
    </message>
    <message>
        <source>%1 does not replicate yet</source>
        <translation>%1 repliziert noch nicht</translation>
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
        <source>%1 lists the secondary %2. Its token was not used and will expire.</source>
        <translation>%1 führt den Sekundärcluster %2. Dessen Token wurde nicht benutzt und verfällt.</translation>
    </message>
    <message>
        <source>Activate %1: it is wiped and follows %2</source>
        <translation>%1 aktivieren: er wird gelöscht und folgt %2</translation>
    </message>
    <message>
        <source>%1 is wiped and is synchronising. No action is needed.</source>
        <translation>%1 ist gelöscht und gleicht sich ab. Es ist nichts weiter zu tun.</translation>
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
        <source>Its data cannot be restored afterwards. Save a snapshot first (Snapshots).</source>
        <translation>Seine Daten lassen sich danach nicht wiederherstellen. Sichern Sie vorher einen Snapshot (Snapshots).</translation>
    </message>
    <message>
        <source>It holds only what a new cluster has, so the server takes no snapshot.</source>
        <translation>Er enthält nur, was ein neuer Cluster hat; deshalb macht der Server keinen Snapshot.</translation>
    </message>
    <message>
        <source>Before the wipe %1 saves a safety snapshot and restores it on trial. The report names the snapshot. It can restore everything.</source>
        <translation>Vor dem Löschen sichert %1 einen Sicherheits-Snapshot und stellt ihn zur Probe wieder her. Der Bericht nennt den Snapshot. Mit ihm lässt sich alles wiederherstellen.</translation>
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
        <source>The activation wipes all its data: secrets, policies, tokens. Afterwards the unseal keys of %1 unseal it.</source>
        <translation>Die Aktivierung löscht alle seine Daten: Geheimnisse, Richtlinien, Token. Danach entsiegeln ihn die Entsiegelungsschlüssel von %1.</translation>
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
        <source>The token can be used once, within 30 minutes. The console stores no copy.</source>
        <translation>Das Token gilt einmal, 30 Minuten lang. Die Konsole behält keine Kopie.</translation>
    </message>
    <message>
        <source>From now on the keys of %2 unseal %1. The old root token of %1 is no longer valid.</source>
        <translation>Von nun an entsiegeln die Schlüssel von %2 den Cluster %1. Das alte Root-Token von %1 gilt nicht mehr.</translation>
    </message>
    <message>
        <source>To promote it later you need a DR operation token, made from key shares.</source>
        <translation>Um ihn später zu befördern, brauchen Sie ein DR-Operationstoken aus Schlüsselanteilen.</translation>
    </message>
    <message>
        <source>Log in there with an auth method of %1, or make a root token from key shares.</source>
        <translation>Melden Sie sich dort mit einer Anmeldeart von %1 an, oder erzeugen Sie ein Root-Token aus Schlüsselanteilen.</translation>
    </message>
    <message>
        <source>Activation token</source>
        <translation>Aktivierungstoken</translation>
    </message>
    <message>
        <source>This plan wipes everything on %1.</source>
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
        <source>The cluster keeps its data. Only data that differs from the new primary is replaced.</source>
        <translation>Der Cluster behält seine Daten. Nur was vom neuen Primärcluster abweicht, wird ersetzt.</translation>
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
        <source>default: the address in the token</source>
        <translation>Standard: die Adresse im Token</translation>
    </message>
    <message>
        <source>default: the cluster&apos;s system certificates</source>
        <translation>Standard: die Systemzertifikate des Clusters</translation>
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
        <source>Writes that it accepted after %1 took over are lost.</source>
        <translation>Was nach der Übernahme durch %1 noch auf ihn geschrieben wurde, geht verloren.</translation>
    </message>
    <message>
        <source>%1 is a secondary and keeps its data</source>
        <translation>%1 ist Sekundärcluster und behält seine Daten</translation>
    </message>
    <message>
        <source>Data that differs from %1 is replaced.</source>
        <translation>Was von %1 abweicht, wird ersetzt.</translation>
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
        <source>Its replicated data is replaced by that of %1.</source>
        <translation>Seine replizierten Daten werden durch die von %1 ersetzt.</translation>
    </message>
    <message>
        <source>Demote %1</source>
        <translation>%1 zurückstufen</translation>
    </message>
    <message>
        <source>%1 is a secondary without a primary. It keeps its data and accepts no writes.</source>
        <translation>%1 ist Sekundärcluster ohne Primärcluster. Er behält seine Daten und nimmt kein Schreiben an.</translation>
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
        <source>%1 has no primary yet. Its token will expire.</source>
        <translation>%1 hat noch keinen Primärcluster. Das Token dafür verfällt.</translation>
    </message>
    <message>
        <source>Point %1 to %2</source>
        <translation>%1 auf %2 ausrichten</translation>
    </message>
    <message>
        <source>%1 follows %2 and is catching up.</source>
        <translation>%1 folgt %2 und holt auf.</translation>
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
        <source>%1 stops being a primary</source>
        <translation>%1 gibt die Rolle des Primärclusters ab</translation>
    </message>
    <message>
        <source>From then on %1 accepts no writes from clients.</source>
        <translation>Von da an nimmt %1 kein Schreiben von Clients an.</translation>
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
        <source>Data that %1 has and %2 does not have is lost.</source>
        <translation>Daten, die %1 hat und %2 nicht, gehen verloren.</translation>
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
        <source>Choose a cluster or a link to see its state and what you can do.</source>
        <translation>Wählen Sie einen Cluster oder eine Verbindung: Hier stehen dann Zustand und mögliche Schritte.</translation>
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
        <source>Forget the connection to %1, and its token? The cluster itself does not change.</source>
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
        <source>Type %1 to continue:</source>
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
        <source>Enough key holders each give their key share. No other login is needed.</source>
        <translation>Genügend Inhaber geben je ihren Schlüsselanteil. Eine andere Anmeldung ist nicht nötig.</translation>
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
        <source>%1 is a DR secondary. It has no logins and accepts only a DR operation token.</source>
        <translation>%1 ist DR-Sekundärcluster. Er kennt keine Anmeldung und nimmt nur ein DR-Operationstoken an.</translation>
    </message>
    <message>
        <source>Cancel leaves the attempt on %1 open. To end it, choose “Abandon this attempt” first.</source>
        <translation>Abbrechen lässt den Versuch auf %1 offen. Um ihn zu beenden, wählen Sie zuerst „Diesen Versuch verwerfen“.</translation>
    </message>
    <message>
        <source>The token is ready. The next steps use it. It is not shown.</source>
        <translation>Das Token ist fertig. Die nächsten Schritte benutzen es. Es wird nicht angezeigt.</translation>
    </message>
    <message>
        <source>%1 of %2 key shares</source>
        <translation>%1 von %2 Schlüsselanteilen</translation>
    </message>
    <message>
        <source>No attempt is open.</source>
        <translation>Kein Versuch ist offen.</translation>
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
    <name>widgets::PromoteLossPage</name>
    <message>
        <source>What would be lost</source>
        <translation>Was verloren ginge</translation>
    </message>
    <message>
        <source>Before you continue</source>
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
        <source>Nothing would be lost</source>
        <translation>Es ginge nichts verloren</translation>
    </message>
    <message>
        <source>writes lost</source>
        <translation>verlorene Schreibvorgänge</translation>
    </message>
    <message>
        <source>entries that are missing and would be lost</source>
        <translation>Einträge, die fehlen und verloren gingen</translation>
    </message>
    <message>
        <source>since the last answer; later writes are unknown</source>
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
        <source>Its data is not complete. Wait, or go back and allow the promotion anyway.</source>
        <translation>Seine Daten sind nicht vollständig. Warten Sie, oder gehen Sie zurück und erlauben Sie die Beförderung trotzdem.</translation>
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
        <source>Between the two steps no cluster accepts writes.</source>
        <translation>Zwischen den beiden Schritten nimmt kein Cluster Schreiben an.</translation>
    </message>
    <message>
        <source>%1 still answers</source>
        <translation>%1 antwortet noch</translation>
    </message>
    <message>
        <source>A promotion now makes two primaries. Later writes to %1 are lost when it follows the new primary. The planned way avoids this.</source>
        <translation>Eine Beförderung ergibt jetzt zwei Primärcluster. Spätere Schreibvorgänge auf %1 gehen verloren, wenn er dem neuen Primärcluster folgt. Der geplante Weg vermeidet das.</translation>
    </message>
    <message>
        <source>%1 is unreachable from here and from %2</source>
        <translation>%1 ist von hier und von %2 aus nicht erreichbar</translation>
    </message>
    <message>
        <source>%1 cannot be reached from here, but %2 still reaches it</source>
        <translation>%1 ist von hier nicht erreichbar, aber %2 erreicht ihn noch</translation>
    </message>
    <message>
        <source>State of its connection to the primary: %1</source>
        <translation>Zustand seiner Verbindung zum Primärcluster: %1</translation>
    </message>
    <message>
        <source>If %1 still runs behind a broken network, its clients can still write to it</source>
        <translation>Läuft %1 noch hinter einem gestörten Netz, können seine Clients noch auf ihn schreiben</translation>
    </message>
    <message>
        <source>Such writes are lost when it follows the new primary. Stop it first, if you can.</source>
        <translation>Das geht verloren, wenn er dem neuen Primärcluster folgt. Halten Sie ihn vorher an, wenn Sie können.</translation>
    </message>
    <message>
        <source>This console has no connection to the primary of %1</source>
        <translation>Diese Konsole hat keine Verbindung zum Primärcluster von %1</translation>
    </message>
    <message>
        <source>The last index of the primary is not known.</source>
        <translation>Der letzte Index des Primärclusters ist nicht bekannt.</translation>
    </message>
    <message>
        <source>Other secondaries of this primary: %1</source>
        <translation>Andere Sekundärcluster dieses Primärclusters: %1</translation>
    </message>
    <message>
        <source>They keep their data. They follow %1 without a new token if it has the right to succeed. A DR secondary has this right by default; to a performance secondary the primary must grant it. If one does not follow, use Update primary.</source>
        <translation>Sie behalten ihre Daten. Sie folgen %1 ohne neues Token, wenn er das Nachfolgerecht hat. Ein DR-Sekundärcluster hat es von Anfang an, einem Performance-Sekundärcluster muss es der Primärcluster geben. Wenn einer nicht folgt, hilft „Primärcluster wechseln“.</translation>
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
        <source>%1 accepts no writes, and %2 is not promoted. There is no primary now. Promote one of them.</source>
        <translation>%1 nimmt kein Schreiben mehr an, und %2 ist nicht befördert. Es gibt jetzt keinen Primärcluster. Befördern Sie einen von beiden.</translation>
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
        <source>Writes wait for a moment, and continue at %1.</source>
        <translation>Schreiben wartet einen Moment und geht bei %1 weiter.</translation>
    </message>
    <message>
        <source>Other secondaries follow without further steps: %1</source>
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
        <source>The promoted cluster becomes the primary and accepts writes from then on.</source>
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
        <source>The primary is lost: promote the secondary as it is. Writes that have not arrived there are lost.</source>
        <translation>Der Primärcluster ist verloren: Der Sekundärcluster wird befördert, wie er ist. Was dort nicht ankam, ist verloren.</translation>
    </message>
    <message>
        <source>Promote even while it is still catching up</source>
        <translation>Auch befördern, während er noch aufholt</translation>
    </message>
    <message>
        <source>The primary is alive. It waits until the secondary has everything, then hands over. Nothing is lost.</source>
        <translation>Der Primärcluster lebt. Er wartet, bis der Sekundärcluster alles hat, und übergibt dann. Nichts geht verloren.</translation>
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
        <source>It is not known which data %1 lacks. That data is lost.</source>
        <translation>Welche Daten %1 fehlen, ist nicht bekannt. Diese Daten gehen verloren.</translation>
    </message>
    <message numerus="yes">
        <source>%n entries that have not arrived are lost, and all writes to the old primary after that.</source>
        <translation>
            <numerusform>%n Eintrag, der noch nicht angekommen ist, geht verloren, dazu alles, was danach auf dem alten Primärcluster geschrieben wird.</numerusform>
            <numerusform>%n Einträge, die noch nicht angekommen sind, gehen verloren, dazu alles, was danach auf dem alten Primärcluster geschrieben wird.</numerusform>
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
        <source>It accepts the logins and tokens of the old primary.</source>
        <translation>Er nimmt die Anmeldungen und Token des alten Primärclusters an.</translation>
    </message>
    <message>
        <source>%1 is demoted. Make it a secondary of %2.</source>
        <translation>%1 ist zurückgestuft. Machen Sie ihn zum Sekundärcluster von %2.</translation>
    </message>
    <message>
        <source>%1 can still accept writes if it runs. Make it a secondary of %2, or keep it stopped.</source>
        <translation>%1 kann noch Schreibzugriffe annehmen, wenn er läuft. Machen Sie ihn zum Sekundärcluster von %2, oder lassen Sie ihn ausgeschaltet.</translation>
    </message>
    <message>
        <source>Check that these follow %1: %2. If one does not, give it a new token with Update primary.</source>
        <translation>Prüfen Sie, dass diese %1 folgen: %2. Wenn einer nicht folgt, geben Sie ihm über „Primärcluster wechseln“ ein neues Token.</translation>
    </message>
    <message>
        <source>Let %1 follow %2…</source>
        <translation>%1 soll %2 folgen…</translation>
    </message>
    <message>
        <source>%1 already follows it. To go back, do the same in the other direction.</source>
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
        <source>Nothing to do</source>
        <translation>Nichts zu tun</translation>
    </message>
    <message>
        <source>From then on %1 accepts no writes until it or another cluster is promoted. Its secondaries lose their primary.</source>
        <translation>%1 nimmt von da an kein Schreiben an, bis er oder ein anderer befördert wird. Seine Sekundärcluster verlieren ihren Primärcluster.</translation>
    </message>
    <message>
        <source>%1 is cut off at once. It keeps its data and can come back with a new token.</source>
        <translation>%1 wird sofort abgeschnitten. Er behält seine Daten und kann mit einem neuen Token zurückkommen.</translation>
    </message>
    <message>
        <source>Demote %1 (%2)</source>
        <translation>%1 zurückstufen (%2)</translation>
    </message>
    <message>
        <source>%1 is demoted and has no primary.</source>
        <translation>%1 ist zurückgestuft und hat keinen Primärcluster.</translation>
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
        <source>The secondaries of %1 are cut off. To follow a primary again, each of them must be wiped and synchronised.</source>
        <translation>Die Sekundärcluster von %1 sind abgeschnitten. Um wieder einem Primärcluster zu folgen, muss jeder von ihnen gelöscht und abgeglichen werden.</translation>
    </message>
    <message>
        <source>%1 becomes a separate cluster with its present data. To follow a primary again, it must be wiped and synchronised.</source>
        <translation>%1 wird ein eigenständiger Cluster mit seinen jetzigen Daten. Um wieder einem Primärcluster zu folgen, muss er gelöscht und abgeglichen werden.</translation>
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
        <source>It has other unseal keys: restore it anyway</source>
        <translation>Er hat andere Entsiegelungsschlüssel: trotzdem wiederherstellen</translation>
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
        <source>The file appears when the snapshot is complete. Only you can read it.</source>
        <translation>Die Datei erscheint, wenn der Snapshot vollständig ist. Nur Sie können sie lesen.</translation>
    </message>
    <message>
        <source>%1 gets the data that it had when the snapshot was made.</source>
        <translation>%1 erhält die Daten, die er hatte, als der Snapshot entstand.</translation>
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
        <source>Set the interval.</source>
        <translation>Geben Sie an, wie oft.</translation>
    </message>
    <message>
        <source>Enter a directory on the server.</source>
        <translation>Geben Sie ein Verzeichnis des Servers an.</translation>
    </message>
    <message>
        <source>Enter the space that the snapshots can use.</source>
        <translation>Geben Sie an, wie viel Platz die Snapshots brauchen dürfen.</translation>
    </message>
    <message>
        <source>The cluster is not connected any more</source>
        <translation>Der Cluster ist nicht mehr verbunden</translation>
    </message>
    <message>
        <source>%1 is not writable</source>
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
        <source>%1 cannot be read</source>
        <translation>%1 kann nicht gelesen werden</translation>
    </message>
    <message>
        <source>Check that you have the right to read it.</source>
        <translation>Prüfen Sie, dass Sie die Datei lesen dürfen.</translation>
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
        <source>Its secondaries get the same older data.</source>
        <translation>Seine Sekundärcluster erhalten dieselben älteren Daten.</translation>
    </message>
    <message>
        <source>%1 is a secondary</source>
        <translation>%1 ist Sekundärcluster</translation>
    </message>
    <message>
        <source>Its shared data stays as on its primary. Only its local data is restored.</source>
        <translation>Seine gemeinsamen Daten bleiben wie auf dem Primärcluster. Nur seine lokalen Daten werden wiederhergestellt.</translation>
    </message>
    <message>
        <source>The server runs the schedule, not this console</source>
        <translation>Der Server führt den Zeitplan aus, nicht diese Konsole</translation>
    </message>
    <message>
        <source>The directory %1 is on the machine of %2.</source>
        <translation>Das Verzeichnis %1 liegt auf der Maschine von %2.</translation>
    </message>
    <message>
        <source>An interval of %1 is very short</source>
        <translation>Ein Abstand von %1 ist sehr kurz</translation>
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
        <source>%1 has the data of the snapshot.</source>
        <translation>%1 hat die Daten des Snapshots.</translation>
    </message>
    <message>
        <source>Check that %1 answers again</source>
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
        <source>The schedule %1 is removed. Its snapshots stay.</source>
        <translation>Der Zeitplan %1 ist entfernt. Seine Snapshots bleiben.</translation>
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
        <source>The directory is on the server&apos;s machine. A snapshot fails if it would exceed the space limit.</source>
        <translation>Das Verzeichnis liegt auf der Maschine des Servers. Ein Snapshot misslingt, wenn er die Platzgrenze überschreiten würde.</translation>
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
        <source>What do you want to do?</source>
        <translation>Was möchten Sie tun?</translation>
    </message>
    <message>
        <source>A snapshot holds all data of one cluster, encrypted as it is stored. A DR secondary has no snapshots of its own.</source>
        <translation>Ein Snapshot enthält alle Daten eines Clusters, verschlüsselt wie gespeichert. Ein DR-Sekundärcluster hat keine eigenen Snapshots.</translation>
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
        <source>Replaces all data of the cluster by the data of a snapshot.</source>
        <translation>Ersetzt alle Daten des Clusters durch die Daten eines Snapshots.</translation>
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
        <source>Keep the file and the unseal keys in different places. One is useless without the other.</source>
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
        <source>The schedule %2 of %1 is removed</source>
        <translation>Der Zeitplan %2 von %1 ist entfernt</translation>
    </message>
    <message>
        <source>%1 saves snapshots automatically</source>
        <translation>%1 sichert Snapshots automatisch</translation>
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
