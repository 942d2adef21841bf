#pragma once

#include <QByteArray>
#include <QString>
#include <QUrl>

namespace widgets {

/// One cluster that the operator has connected: how to reach it and where to show it. Never holds the token.
struct Connection {
    QString id; // never changes and is never shown
    QString name;
    QUrl address;
    QByteArray caPem; // pinned; empty: the system's roots
    QString caFile;   // the file of caPem on this machine; a secondary on the same machine can trust it
    QString group;    // heading in the list, such as "Production"
    QString location; // its place; one frame shows the clusters of a place
    bool isProduction = false;
    bool isEmbedded = false; // runs in this process and is not saved

    bool operator==(const Connection&) const = default;
};

} // namespace widgets
