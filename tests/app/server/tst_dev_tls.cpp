#include "app/holdfast/server/dev_tls.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <optional>

/// The certificate files of `server -dev-tls`.
class TestDevTls : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void removesItsFiles();
    void keepsOtherFiles();
};

namespace {

const QStringList kNames{"vault-ca.pem", "vault-cert.pem", "vault-key.pem"};

QStringList filesIn(const QTemporaryDir& folder)
{
    return QDir{folder.path()}.entryList(QDir::Files, QDir::Name);
}

std::filesystem::path pathOf(const QTemporaryDir& folder)
{
    return folder.path().toStdString();
}

} // namespace

void TestDevTls::removesItsFiles()
{
    const QTemporaryDir folder;
    {
        auto made = cli::DevTls::create(pathOf(folder), "127.0.0.1", {});
        QVERIFY(made);
        const std::optional<cli::DevTls> moved{std::move(*made)};
        QCOMPARE(filesIn(folder), kNames);
    }
    QCOMPARE(filesIn(folder), QStringList{});
}

// Class: the clean-up of a failure removes what was there before. Looked at: core::TemporaryFolder and writePrivateFile, which remove only what
// they have made. Now DevTls remembers each file that it has written, and removes only those.
void TestDevTls::keepsOtherFiles()
{
    const QTemporaryDir folder;
    for (const auto& name : kNames) {
        QFile file{folder.filePath(name)};
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("mine") == 4);
    }
    const std::vector<std::string> impossible{"not a name"};
    QVERIFY(!cli::DevTls::create(pathOf(folder), "127.0.0.1", impossible));
    QCOMPARE(filesIn(folder), kNames);

    // The last write fails, because a folder has that name: the folder stays, and the files that were written are removed.
    QVERIFY(QFile::remove(folder.filePath("vault-key.pem")) && QDir{folder.path()}.mkpath("vault-key.pem/x"));
    QVERIFY(!cli::DevTls::create(pathOf(folder), "127.0.0.1", {}));
    QCOMPARE(filesIn(folder), QStringList{});
    QVERIFY(QDir{folder.filePath("vault-key.pem")}.exists("x"));
}

QTEST_APPLESS_MAIN(TestDevTls)
#include "tst_dev_tls.moc"
