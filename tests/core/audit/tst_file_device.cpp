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
    void aPipeWithoutReaderIsAnError();

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
/// option about the file or the text before each line: mode, prefix, path. What holds: a new device has no
/// executable bits, no program as its file, and nothing invisible in prefix or path; options that would keep entries out, and are not built, are
/// refused. Stored devices keep working, without executable bits.
void TestFileDevice::newDevicesAreNoPrograms_data()
{
    QTest::addColumn<QString>("option");
    QTest::addColumn<QString>("value");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("mode 0777") << "mode"
                               << "0777" << false;
    QTest::newRow("mode 0610") << "mode"
                               << "0610" << false;
    QTest::newRow("mode 0100") << "mode"
                               << "100" << false;
    QTest::newRow("mode 0640") << "mode"
                               << "0640" << true;
    QTest::newRow("mode 0 keeps the file's") << "mode"
                                             << "0" << true;
    QTest::newRow("mode of digits only") << "mode"
                                         << "x" << false;
    QTest::newRow("prefix") << "prefix"
                            << "audit: " << true;
    QTest::newRow("line break") << "prefix"
                                << "#!/bin/sh\n"
                                << false;
    QTest::newRow("escape") << "prefix"
                            << "\033[2J" << false;
    QTest::newRow("mark of direction") << "prefix"
                                       << "a\xe2\x80\xae" << false;
    QTest::newRow("line break in the path") << "file_path"
                                            << "/x/a\nb" << false;
    QTest::newRow("umlauts in the path") << "file_path"
                                         << "/x/B\xc3\xbcro log" << true;
    QTest::newRow("a program of the same name") << "file_path"
                                                << "/bin/sh" << false;
    QTest::newRow("filter") << "filter"
                            << "mount_type == kv" << false;
    QTest::newRow("exclude") << "exclude"
                             << "[]" << false;
    QTest::newRow("fallback") << "fallback"
                              << "true" << false;
}

void TestFileDevice::newDevicesAreNoPrograms()
{
    QFETCH(QString, option);
    QFETCH(QString, value);
    QFETCH(bool, isGood);
    std::map<std::string, std::string> options{{"file_path", "/x"}};
    options[option.toStdString()] = value.toStdString();
    const auto checked = checkNewDevice(options);
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

/// A device that cannot be opened is an error, not a thread that waits: a pipe that nobody reads.
void TestFileDevice::aPipeWithoutReaderIsAnError()
{
    const auto pipe = path("pipe");
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    const auto device = makeFileDevice({{"file_path", pipe}});
    QVERIFY(device.has_value());
    QVERIFY(!(*device)->write("line\n").has_value());
}

QTEST_GUILESS_MAIN(TestFileDevice)
#include "tst_file_device.moc"
