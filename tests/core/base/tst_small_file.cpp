#include "core/base/small_file.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace core;

/// How files are read that an operator has named.
class TestSmallFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsUpToTheLimit();
    void refusesMore();
};

void TestSmallFile::readsUpToTheLimit()
{
    const QTemporaryDir folder;
    const auto path = std::filesystem::path{folder.path().toStdString()} / "file";
    for (const std::size_t bytes : {0u, 1u, 100u}) {
        std::ofstream{path, std::ios::binary} << std::string(bytes, '\0');
        const auto text = readSmallFile(path, 100);
        QVERIFY2(text.has_value(), text ? "" : text.error().detail.c_str());
        QCOMPARE(*text, std::string(bytes, '\0'));
    }
}

// Class: a file is read to its end, though nobody knows where that is, so a device fills the memory. Looked at: certificates and keys of listeners,
// authorities of clients and of primaries. Now one function with a limit reads those of listeners; that of primaries has its own limit.
void TestSmallFile::refusesMore()
{
    const QTemporaryDir folder;
    const auto path = std::filesystem::path{folder.path().toStdString()} / "file";
    std::ofstream{path} << std::string(101, 'x');
    QVERIFY(readSmallFile(path, 100).error().code == ErrorCode::InvalidArgument);
    QVERIFY(readSmallFile("/dev/zero", 1u << 20).error().code == ErrorCode::InvalidArgument);
    QVERIFY(readSmallFile(path / "below", 100).error().code == ErrorCode::Io);
    QVERIFY(readSmallFile(folder.path().toStdString(), 100).error().code == ErrorCode::Io);
    const auto missing = readSmallFile(path.string() + ".missing", 100);
    QVERIFY(missing.error().code == ErrorCode::NotFound);
    QVERIFY(missing.error().detail.find("file.missing") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestSmallFile)
#include "tst_small_file.moc"
