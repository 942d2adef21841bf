#include "core/base/logging.h"
#include "core/replication/wire/wire.pb.h"
#include "core/server/process/process.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <limits>
#include <unistd.h>

/// Redirects standard error to a file while it exists.
class CapturedErrors {
public:
    explicit CapturedErrors(const QString& path) : m_file{path}
    {
        if (!m_file.open(QIODevice::WriteOnly)) qFatal("no file for standard error");
        ::dup2(m_file.handle(), STDERR_FILENO);
    }
    ~CapturedErrors()
    {
        ::dup2(m_former, STDERR_FILENO);
        ::close(m_former);
    }

private:
    const int m_former = ::dup(STDERR_FILENO);
    QFile m_file;
};

class TestProcess : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void libraryMessagesGoToTheLog();
    void connectionsLeaveDescriptorsToTheStore();
};

QByteArray contentsOf(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

void TestProcess::libraryMessagesGoToTheLog()
{
    QTemporaryDir directory;
    const QString errors = directory.filePath("errors"), log = directory.filePath("log");
    core::logging::configure({.file = log.toStdString()});
    core::server::logLibraryMessages();
    core::replication::wire::Endpoint endpoint;
    const std::string notText{"\x0a\x02\xff\xfe", 4}; // api_address
    {
        const CapturedErrors captured{errors};
        QVERIFY(!endpoint.ParseFromString(notText));
    }
    QCOMPARE(contentsOf(errors), QByteArray{});
    QVERIFY2(contentsOf(log).contains("protobuf") && contentsOf(log).contains("UTF-8"), contentsOf(log).constData());
}

// The class: clients use up what the store needs. Connections, log segments, tables, audit files and the cluster port share file descriptors. What
// holds: connections get only the rest after a reserve, at any limit.
void TestProcess::connectionsLeaveDescriptorsToTheStore()
{
    using core::server::connectionCountMax;
    QCOMPARE(connectionCountMax(20), std::size_t{16});
    QCOMPARE(connectionCountMax(1'024), std::size_t{512});
    QCOMPARE(connectionCountMax(8'192), std::size_t{6'144});
    QCOMPARE(connectionCountMax(1u << 20), std::size_t{100'000});
    QCOMPARE(connectionCountMax(std::numeric_limits<std::uint64_t>::max()), std::size_t{100'000});
}

QTEST_APPLESS_MAIN(TestProcess)
#include "tst_process.moc"
