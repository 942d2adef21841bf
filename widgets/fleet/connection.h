#pragma once

#include <QByteArray>
#include <QString>
#include <QUrl>

namespace widgets {

/// One cluster the operator has connected: how to reach it and where it is shown. Never holds the token.
struct Connection {
    QString id; // made once, never shown
    QString name;
    QUrl address;
    QByteArray caPem; // pinned; empty: the system's roots
    QString caFile;   // where caPem came from on this machine; what a secondary on the same machine may trust
    QString group;    // heading in the list, such as "Production"
    QString location; // where it stands; clusters of one place are framed together
    bool isProduction = false;
    bool isEmbedded = false; // lives in this process and is not remembered

    bool operator==(const Connection&) const = default;
};

} // namespace widgets
