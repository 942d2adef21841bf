#include "core/base/logging.h"
#include "core/replication/wire.pb.h"
#include "core/server/process.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <unistd.h>

/// Standard error, while it lives, is this file.
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
    core::server::takeUpLibraryMessages();
    core::replication::wire::Endpoint endpoint;
    const std::string notText{"\x0a\x02\xff\xfe", 4}; // api_address
    {
        const CapturedErrors captured{errors};
        QVERIFY(!endpoint.ParseFromString(notText));
    }
    QCOMPARE(contentsOf(errors), QByteArray{});
    QVERIFY2(contentsOf(log).contains("protobuf") && contentsOf(log).contains("UTF-8"), contentsOf(log).constData());
}

QTEST_APPLESS_MAIN(TestProcess)
#include "tst_process.moc"
