#include "core/base/log_file.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace core;
using namespace core::logging;
using namespace std::chrono_literals;

/// The log file: its name, its rotation, and what happens if it cannot be written.
class TestLogFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void foldersAndNamesWithoutExtension();
    void rotatesBySizeAndAge();
    void oldFilesAreRemoved();
    void whatCannotBeWrittenIsAnError();
    void isOpenedAgain();
};

namespace {

const std::chrono::system_clock::time_point kStart{std::chrono::seconds{1'800'000'000}};

QByteArray contentsOf(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

} // namespace

// The class: a start must end with a message, never with an exception. Looked at: a folder with and without '/', a name without extension, a missing
// folder.
void TestLogFile::foldersAndNamesWithoutExtension()
{
    const QTemporaryDir directory;
    const auto base = directory.path().toStdString();
    QCOMPARE(logFilePath(base).string(), base + "/vault.log");
    QCOMPARE(logFilePath(base + "/").string(), base + "/vault.log");
    QCOMPARE(logFilePath(base + "/absent/").string(), base + "/absent/vault.log");
    QCOMPARE(logFilePath(base + "/name").string(), base + "/name.log");
    QCOMPARE(logFilePath(base + "/name.txt").string(), base + "/name.txt");
    QVERIFY(logFilePath({}).empty());
}

void TestLogFile::rotatesBySizeAndAge()
{
    const QTemporaryDir directory;
    const auto path = directory.filePath("h.log");
    auto file = LogFile::open({.path = path.toStdString(), .rotateAfter = 1h, .rotateBytes = 20}, kStart);
    QVERIFY(file);
    file->append("0123456789", kStart);
    file->append("tiny", kStart); // 16 bytes: fits
    QCOMPARE(contentsOf(path), QByteArray{"0123456789\ntiny\n"});
    file->append("another", kStart + 1s); // does not fit
    QCOMPARE(contentsOf(path), QByteArray{"another\n"});
    QCOMPARE(contentsOf(directory.filePath("h-1800000001000000000.log")), QByteArray{"0123456789\ntiny\n"});
    file->append("late", kStart + 1s + 1h);
    QCOMPARE(contentsOf(path), QByteArray{"late\n"});
    QCOMPARE(QDir{directory.path()}.entryList(QDir::Files).size(), 3);
    // A line longer than the limit gets a file of its own.
    file->append(std::string(100, 'x'), kStart + 2h);
    QCOMPARE(contentsOf(path).size(), 101);
}

void TestLogFile::oldFilesAreRemoved()
{
    for (const auto& [kept, count] : {std::pair{0, 5}, std::pair{2, 3}, std::pair{-1, 1}}) {
        const QTemporaryDir directory;
        const auto write = [&](const char* name) { QVERIFY(QFile{directory.filePath(QString::fromUtf8(name))}.open(QIODevice::WriteOnly)); };
        write("h-of-mine.log");
        auto file = LogFile::open({.path = directory.filePath("h.log").toStdString(), .rotateAfter = 1h, .archivedFilesMax = kept}, kStart);
        QVERIFY(file);
        for (int hour = 0; hour < 5; ++hour) file->append("line", kStart + std::chrono::hours{hour});
        QCOMPARE(QDir{directory.path()}.entryList({"h*.log"}, QDir::Files).size(), count + 1); // and the file of another program
        QVERIFY(QFile::exists(directory.filePath("h-of-mine.log")));
    }
}

void TestLogFile::whatCannotBeWrittenIsAnError()
{
    const QTemporaryDir directory;
    const auto absent = LogFile::open({.path = directory.filePath("no/such/folder/h.log").toStdString()}, kStart);
    QVERIFY(!absent);
    QVERIFY2(absent.error().detail.find("No such file or directory") != std::string::npos, absent.error().detail.c_str());
    QVERIFY(!LogFile::open({.path = "/proc/nothing.log"}, kStart));
    QVERIFY(!configure({}, {.path = "/proc/nothing.log"}, false));
}

void TestLogFile::isOpenedAgain()
{
    const QTemporaryDir directory;
    const auto path = directory.filePath("h.log");
    auto file = LogFile::open({.path = path.toStdString()}, kStart);
    QVERIFY(file);
    file->append("one", kStart);
    QVERIFY(QFile::rename(path, directory.filePath("moved.log")));
    file->reopen();
    file->append("two", kStart);
    QCOMPARE(contentsOf(path), QByteArray{"two\n"});
    QCOMPARE(contentsOf(directory.filePath("moved.log")), QByteArray{"one\n"});
}

QTEST_APPLESS_MAIN(TestLogFile)
#include "tst_log_file.moc"
