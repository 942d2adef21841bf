#pragma once

#include <QHash>
#include <QTcpServer>
#include <QTcpSocket>

namespace tests {

/// A tiny HTTP/1.1 server on a free port. It has one prepared answer for each path, and records the requests.
class CannedServer final : public QTcpServer {
    Q_OBJECT

public:
    struct Answer {
        int status = 200;
        QByteArray body;
        QByteArray location;
        bool isSilent = false; // accepts and never answers
    };
    struct Request {
        QByteArray method;
        QByteArray target;
        QByteArray head; // the header lines
        QByteArray body;
    };

    CannedServer();
    QHash<QByteArray, Answer> answers; // by path without the query
    QList<Request> requests;
    QList<QByteArray> endless; // paths whose answer never ends
    qint64 bytesSent = 0;      // of such answers

private:
    void serve(QTcpSocket& socket);
    QHash<QTcpSocket*, QByteArray> m_received;
};

} // namespace tests
