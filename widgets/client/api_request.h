#pragma once

#include <QJsonObject>
#include <QList>
#include <QPair>
#include <QString>
#include <QStringList>

#include <chrono>

namespace widgets {

/// One call of a cluster's HTTP API, as a value.
///
/// `secretFields` names the members of `body` that must not be shown or logged; command_line.h puts a file in their place.
struct ApiRequest {
    enum class Verb { Read, Write, List, Delete };

    Verb verb = Verb::Read;
    QString path; // below /v1/, without a leading slash
    QList<QPair<QString, QString>> query;
    QJsonObject body;
    QStringList secretFields;
    bool authenticated = true; // false: the token is not sent
    std::chrono::milliseconds timeout{15000};
    qint64 replyBytesMax = 16 << 20; // a longer reply is cut off while it arrives
};

} // namespace widgets
