#include "tests/widgets/canned_server.h"

namespace tests {

CannedServer::CannedServer()
{
    connect(this, &QTcpServer::newConnection, this, [this] {
        while (auto* socket = nextPendingConnection()) {
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { serve(*socket); });
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        }
    });
    listen(QHostAddress::LocalHost);
}

void CannedServer::serve(QTcpSocket& socket)
{
    QByteArray& received = m_received[&socket];
    received += socket.readAll();
    const auto headEnd = received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const QByteArray head = received.left(headEnd);
    qsizetype length = 0;
    const auto lines = head.split('\n');
    for (const auto& line : lines) {
        if (line.toLower().startsWith("content-length:")) length = line.mid(15).trimmed().toLongLong();
    }
    if (received.size() < headEnd + 4 + length) return;
    const auto start = lines.first().trimmed().split(' ');
    const Request request{start.value(0), start.value(1), head, received.mid(headEnd + 4, length)};
    received.remove(0, headEnd + 4 + length);
    requests << request;

    const QByteArray path = request.target.split('?').first();
    if (endless.contains(path)) {
        socket.write("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n{\"a\":\"");
        connect(&socket, &QTcpSocket::bytesWritten, this, [this, &socket] {
            if (socket.bytesToWrite() > 1 << 20) return;
            bytesSent += socket.write(QByteArray(1 << 18, 'x'));
        });
        return;
    }
    const Answer answer = answers.value(path, Answer{404, "{\"errors\":[]}", {}, false});
    if (answer.isSilent) return;
    QByteArray reply = "HTTP/1.1 " + QByteArray::number(answer.status) + " X\r\nContent-Length: " + QByteArray::number(answer.body.size()) + "\r\n";
    if (!answer.location.isEmpty()) reply += "Location: " + answer.location + "\r\n";
    socket.write(reply + "Connection: close\r\n\r\n" + answer.body);
    socket.disconnectFromHost();
}

} // namespace tests
