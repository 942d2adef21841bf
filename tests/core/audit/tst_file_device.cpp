#include "core/audit/device.h"

#include <QtTest>

#include <fstream>
#include <iterator>
#include <sys/stat.h>

using namespace core;
using namespace core::audit;

class TestFileDevice : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void makesItsFolders();
    void newDevicesAreNoPrograms_data();
    void newDevicesAreNoPrograms();
    void storedOnesWorkWithoutTheirExecutableBits();

private:
    std::string path(const char* name) const { return (m_folder.path() + '/' + name).toStdString(); }
    QTemporaryDir m_folder;
};

namespace {

::mode_t modeOf(const std::string& path)
{
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return 0;
    return found.st_mode & 0777;
}

} // namespace

void TestFileDevice::makesItsFolders()
{
    const auto file = path("a/b/audit.log");
    const auto device = makeFileDevice({{"file_path", file}});
    QVERIFY(device.has_value());
    QVERIFY((*device)->write("line\n").has_value());
    QCOMPARE(modeOf(file), ::mode_t{0600});
    QCOMPARE(modeOf(path("a/b")), ::mode_t{0700});
    std::ifstream in{file};
    QCOMPARE((std::string{std::istreambuf_iterator<char>{in}, {}}), std::string{"line\n"});
    // A folder that cannot be made is an error of the write.
    const auto blocked = makeFileDevice({{"file_path", file + "/below/audit.log"}});
    QVERIFY(blocked.has_value());
    QVERIFY(!(*blocked)->write("line\n").has_value());
}

/// The class: options of a device turn the audit log, whose lines callers influence, into something that runs. It could occur in every
/// option that decides about the file or about what stands before each line: mode, prefix. What holds: a new device has neither
/// executable bits nor control characters in its prefix; stored devices keep working, without executable bits.
void TestFileDevice::newDevicesAreNoPrograms_data()
{
    QTest::addColumn<QString>("option");
    QTest::addColumn<QString>("value");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("mode 0777") << "mode" << "0777" << false;
    QTest::newRow("mode 0610") << "mode" << "0610" << false;
    QTest::newRow("mode 0100") << "mode" << "100" << false;
    QTest::newRow("mode 0640") << "mode" << "0640" << true;
    QTest::newRow("mode 0 keeps the file's") << "mode" << "0" << true;
    QTest::newRow("mode of digits only") << "mode" << "x" << false;
    QTest::newRow("prefix") << "prefix" << "audit: " << true;
    QTest::newRow("line break") << "prefix" << "#!/bin/sh\n" << false;
    QTest::newRow("escape") << "prefix" << "\033[2J" << false;
}

void TestFileDevice::newDevicesAreNoPrograms()
{
    QFETCH(QString, option);
    QFETCH(QString, value);
    QFETCH(bool, isGood);
    const auto checked = checkNewDevice({{"file_path", "/x"}, {option.toStdString(), value.toStdString()}});
    QCOMPARE(checked.has_value(), isGood);
    if (!isGood) QVERIFY(checked.error().code == ErrorCode::InvalidArgument);
}

void TestFileDevice::storedOnesWorkWithoutTheirExecutableBits()
{
    const auto file = path("stored.log");
    const auto device = makeFileDevice({{"file_path", file}, {"mode", "0777"}});
    QVERIFY(device.has_value());
    QVERIFY((*device)->write("line\n").has_value());
    QCOMPARE(modeOf(file), ::mode_t{0666});
}

QTEST_GUILESS_MAIN(TestFileDevice)
#include "tst_file_device.moc"
