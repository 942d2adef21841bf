#include "core/base/name.h"
#include "core/base/private_file.h"

#include <QtTest>

#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

using namespace core;

class TestNamesAndFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void namesAreChecked_data();
    void namesAreChecked();
    void privateFilesAreNewAndPrivate_data();
    void privateFilesAreNewAndPrivate();
    void aFolderAtThePathIsAnError();
    void copiesArePrivateToo();

private:
    std::string path(const char* name) const { return (m_folder.path() + '/' + name).toStdString(); }
    QTemporaryDir m_folder;
};

namespace {

std::string textOf(const std::string& path)
{
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

/// The class: a name that people cannot read, type or tell from another name, or that forges lines of a log or a listing. Control characters, marks
/// of direction, characters without width and names of only blanks can do this. It could occur for everything that a caller names: mounts, remounts,
/// policies, token roles, token ids, users, audit devices, secondaries, filters, snapshot configurations. What holds: all of them use this one check
/// for new names.
void TestNamesAndFiles::namesAreChecked_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("plain") << QByteArray{"app"} << true;
    QTest::newRow("folders") << QByteArray{"team/app/v2"} << true;
    QTest::newRow("umlauts, blanks, punctuation") << QByteArray{"Z\xc3\xbcrich b\xc3\xbcro/2 #1"} << true;
    QTest::newRow("dots inside") << QByteArray{"a..b/.c/d."} << true;
    QTest::newRow("512 bytes") << QByteArray(512, 'a') << true;
    QTest::newRow("513 bytes") << QByteArray(513, 'a') << false;
    QTest::newRow("empty") << QByteArray{} << false;
    QTest::newRow("blank") << QByteArray{" "} << false;
    QTest::newRow("blank first") << QByteArray{" a"} << false;
    QTest::newRow("blank last") << QByteArray{"a "} << false;
    QTest::newRow("NUL") << QByteArray{"a\0b", 3} << false;
    QTest::newRow("line break") << QByteArray{"a\nb"} << false;
    QTest::newRow("tab") << QByteArray{"a\tb"} << false;
    QTest::newRow("DEL") << QByteArray{"a\x7f"} << false;
    QTest::newRow("control sequence introducer") << QByteArray{"a\xc2\x9b"
                                                               "31m"}
                                                 << false;
    QTest::newRow("no-break space") << QByteArray{"a\xc2\xa0"
                                                  "b"}
                                    << true;
    QTest::newRow("no-break space alone") << QByteArray{"\xc2\xa0"} << false;
    QTest::newRow("wide blank last") << QByteArray{"a\xe3\x80\x80"} << false;
    QTest::newRow("mark of direction") << QByteArray{"a\xe2\x80\xae"
                                                     "b"}
                                       << false;
    QTest::newRow("isolate") << QByteArray{"a\xe2\x81\xa6"
                                           "b"}
                             << false;
    QTest::newRow("blank of no width") << QByteArray{"a\xe2\x80\x8b"
                                                     "b"}
                                       << false;
    QTest::newRow("byte-order mark") << QByteArray{"\xef\xbb\xbf"
                                                   "a"}
                                     << false;
    QTest::newRow("other scripts") << QByteArray{"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe6\x97\xa5\xe6\x9c\xac"} << true;
    QTest::newRow("line separator") << QByteArray{"a\xe2\x80\xa8"
                                                  "b"}
                                    << false;
    QTest::newRow("no UTF-8") << QByteArray{"a\xff"} << false;
    QTest::newRow("dot") << QByteArray{"."} << false;
    QTest::newRow("dots first") << QByteArray{"../a"} << false;
    QTest::newRow("dot inside") << QByteArray{"a/./b"} << false;
    QTest::newRow("dots last") << QByteArray{"a/.."} << false;
}

void TestNamesAndFiles::namesAreChecked()
{
    QFETCH(QByteArray, name);
    QFETCH(bool, isGood);
    const auto why = nameRefusal("the name", name.toStdString());
    QCOMPARE(why.empty(), isGood);
    if (!isGood) QVERIFY(why.starts_with("the name "));
}

/// The class: a secret is written into a file that another process has made, opened or linked. It could occur at every file with a secret: the dev
/// token, the command line's token, keys of embedded servers, archives, safety snapshots. Uploads and temporary files use mkstemp, which has the same
/// effect. What holds: the file is new, is no link, and only its owner can read it.
void TestNamesAndFiles::privateFilesAreNewAndPrivate_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<bool>("isReplaced"); // through a partial file
    for (const bool isReplaced : {false, true}) {
        for (const char* before : {"nothing", "a readable file", "a link", "a link that leads nowhere"}) {
            QTest::newRow(qPrintable(QString{before} + (isReplaced ? ", replaced" : ", written"))) << QString{before} << isReplaced;
        }
    }
}

void TestNamesAndFiles::privateFilesAreNewAndPrivate()
{
    QFETCH(QString, before);
    QFETCH(bool, isReplaced);
    const auto file = path("token");
    const auto way = isReplaced ? file + ".partial" : file;
    const auto target = path("target");
    for (const auto& each : {file, way, target}) ::unlink(each.c_str());
    std::ofstream{target} << "of somebody else";
    if (before == "a readable file") {
        std::ofstream{way} << "left behind, and longer than the secret";
        QCOMPARE(::chmod(way.c_str(), 0666), 0);
    } else if (before == "a link") {
        QCOMPARE(::symlink(target.c_str(), way.c_str()), 0);
    } else if (before == "a link that leads nowhere") {
        QCOMPARE(::symlink(path("nowhere").c_str(), way.c_str()), 0);
    }
    const auto umaskBefore = ::umask(0);
    const auto written = isReplaced ? replacePrivateFile(file, "secret", true) : writePrivateFile(file, "secret");
    ::umask(umaskBefore);
    QVERIFY(written.has_value());
    struct stat found {};
    QCOMPARE(::lstat(file.c_str(), &found), 0);
    QVERIFY(S_ISREG(found.st_mode));
    QCOMPARE(found.st_mode & 0777, ::mode_t{0600});
    QCOMPARE(textOf(file), std::string{"secret"});
    QCOMPARE(textOf(target), std::string{"of somebody else"});
    QVERIFY(::access(path("nowhere").c_str(), F_OK) != 0);
    if (isReplaced) QVERIFY(::access(way.c_str(), F_OK) != 0);
}

void TestNamesAndFiles::aFolderAtThePathIsAnError()
{
    const auto folder = path("folder");
    QCOMPARE(::mkdir(folder.c_str(), 0700), 0);
    const auto written = writePrivateFile(folder, "secret");
    QVERIFY(!written.has_value());
    QVERIFY(written.error().code == ErrorCode::Io);
    QVERIFY(!replacePrivateFile(path("missing/token"), "secret").has_value());
}

void TestNamesAndFiles::copiesArePrivateToo()
{
    const auto from = path("from");
    const auto to = path("to");
    const std::string contents(1'000'000, 'x');
    std::ofstream{from} << contents;
    QCOMPARE(::symlink(path("elsewhere").c_str(), to.c_str()), 0);
    QVERIFY(copyToPrivateFile(from, to).has_value());
    QCOMPARE(textOf(to), contents);
    QVERIFY(::access(path("elsewhere").c_str(), F_OK) != 0);
    QVERIFY(!copyToPrivateFile(path("missing"), to).has_value());
}

QTEST_GUILESS_MAIN(TestNamesAndFiles)
#include "tst_names_and_files.moc"
