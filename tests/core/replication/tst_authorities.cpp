#include "core/replication/set/authorities.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace core;
using namespace core::replication;

// The class: a request names a file or a folder that the server cannot use, and the error names something else ("signed by unknown
// authority"), after the network was asked. It could occur with ca_file and ca_path of enable and update-primary, performance and DR. What
// holds: the server reads both before it dials, and the error names the field, the path and the cause.
class TestAuthorities : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyMistakeNamesThePath_data();
    void everyMistakeNamesThePath();
    void aFolderNeedsNoHashedNames();
};

void TestAuthorities::everyMistakeNamesThePath_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("said");
    QTest::newRow("no file") << "missing.pem"
                             << ""
                             << "ca_file \"%1/missing.pem\" cannot be read: No such file";
    QTest::newRow("a folder as file") << "empty"
                                      << ""
                                      << "ca_file \"%1/empty\" is not a file";
    QTest::newRow("no certificate") << "words.txt"
                                    << ""
                                    << "ca_file \"%1/words.txt\" holds no certificate";
    QTest::newRow("a device") << "/dev/zero"
                              << ""
                              << "ca_file \"/dev/zero\" is not a file";
    QTest::newRow("no folder") << ""
                               << "missing"
                               << "ca_path \"%1/missing\" cannot be read: No such file";
    QTest::newRow("a file as folder") << ""
                                      << "words.txt"
                                      << "ca_path \"%1/words.txt\" is not a folder";
    QTest::newRow("nothing in it") << ""
                                   << "empty"
                                   << "ca_path \"%1/empty\" holds no file with a certificate";
}

void TestAuthorities::everyMistakeNamesThePath()
{
    QFETCH(QString, file);
    QFETCH(QString, folder);
    QFETCH(QString, said);
    QTemporaryDir directory;
    QVERIFY(QDir{directory.path()}.mkdir("empty"));
    QFile words{directory.filePath("words.txt")};
    QVERIFY(words.open(QIODevice::WriteOnly) && words.write("words") == 5);
    words.close();
    const auto whole = [&](const QString& name) {
        return name.isEmpty() || name.startsWith('/') ? name.toStdString() : directory.filePath(name).toStdString();
    };
    const auto read = readAuthorities(whole(file), whole(folder));
    QVERIFY(!read);
    QVERIFY(read.error().code == ErrorCode::InvalidArgument);
    const QString expected = said.contains("%1") ? said.arg(directory.path()) : said;
    QVERIFY2(QString::fromStdString(read.error().detail).startsWith(expected), read.error().detail.c_str());
}

void TestAuthorities::aFolderNeedsNoHashedNames()
{
    QTemporaryDir directory;
    const QByteArray pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (const auto& [name, text] : {std::pair{"a.pem", pem}, std::pair{"b.crt", pem}, std::pair{"notes.txt", QByteArray{"words"}}}) {
        QFile file{directory.filePath(name)};
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    }
    const auto read = readAuthorities(directory.filePath("a.pem").toStdString(), directory.path().toStdString());
    QVERIFY(read);
    QCOMPARE(QByteArray::fromStdString(*read).count("BEGIN CERTIFICATE"), 3);
    QVERIFY(readAuthorities({}, {})->empty());
}

QTEST_APPLESS_MAIN(TestAuthorities)
#include "tst_authorities.moc"
