#include "core/server/process/listener_certificates.h"

#include "core/crypto/x509.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace core;
using namespace core::server;

// The class: a TLS file can be loaded, but must not be used: the certificate ends soon, has ended, has not begun, or everybody can read the key. It
// could occur at the start, at SIGHUP (after a bad renewal), and at another cluster's question (preflight), for each listener. What holds: all three
// use the function that is tested here for their warnings.
class TestListenerCertificates : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void troubleIsNamed_data();
    void troubleIsNamed();
};

void TestListenerCertificates::troubleIsNamed_data()
{
    QTest::addColumn<int>("issuedHoursAgo");
    QTest::addColumn<int>("lifetimeHours");
    QTest::addColumn<bool>("isKeyOpen");
    QTest::addColumn<QList<QByteArray>>("said");
    const QList<QByteArray> nothing;
    QTest::newRow("good") << 1 << 24 * 90 << false << nothing;
    QTest::newRow("15 days left") << 1 << 24 * 15 + 2 << false << nothing;
    QTest::newRow("13 days left") << 1 << 24 * 13 + 2 << false << QList<QByteArray>{"in 13 days. Renew it, then send SIGHUP"};
    QTest::newRow("5 hours left") << 1 << 6 << false << QList<QByteArray>{" hours. Renew it"};
    QTest::newRow("ended") << 100 << 24 << false << QList<QByteArray>{"is not valid now: it has expired (valid from "};
    QTest::newRow("not begun") << -100 << 24 * 90 << false << QList<QByteArray>{"is not valid now: it is not yet valid (valid from "};
    QTest::newRow("everybody reads the key") << 1 << 24 * 90 << true << QList<QByteArray>{"everybody on this machine can read the key file "};
    QTest::newRow("both") << 1 << 48 << true << QList<QByteArray>{"expires at ", "everybody on this machine can read the key file "};
}

void TestListenerCertificates::troubleIsNamed()
{
    QFETCH(int, issuedHoursAgo);
    QFETCH(int, lifetimeHours);
    QFETCH(bool, isKeyOpen);
    QFETCH(QList<QByteArray>, said);
    const FakeClock clock;
    const auto identity = crypto::makeSelfSigned({.commonName = "a", .dnsNames = {"a"}, .lifetime = std::chrono::hours{lifetimeHours}},
                                                 clock.now() - std::chrono::hours{issuedHoursAgo});
    QVERIFY(identity);
    QTemporaryDir directory;
    const auto write = [&](const char* name, std::string_view text) {
        QFile file{directory.filePath(name)};
        if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), static_cast<qint64>(text.size())) < 0) qFatal("writing %s", name);
        return file.fileName().toStdString();
    };
    ListenerConfig listener;
    listener.origin = "holdfast.hcl:3";
    listener.tlsCertFile = write("cert.pem", identity->certificate);
    listener.tlsKeyFile = write("key.pem", identity->key.view());
    const auto own = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write | std::filesystem::perms::group_read;
    std::filesystem::permissions(listener.tlsKeyFile, isKeyOpen ? own | std::filesystem::perms::others_read : own);
    ListenerConfig plain;
    plain.isTlsDisabled = true;
    const auto warnings = certificateWarnings({plain, listener}, clock.now());
    for (const auto& warning : warnings) qInfo("%s", warning.c_str());
    QCOMPARE(warnings.size(), static_cast<std::size_t>(said.size()));
    for (qsizetype at = 0; at < said.size(); ++at) {
        const auto warning = QByteArray::fromStdString(warnings[static_cast<std::size_t>(at)]);
        QVERIFY(warning.startsWith("holdfast.hcl:3: ") && warning.contains(said[at]));
    }
}

QTEST_APPLESS_MAIN(TestListenerCertificates)
#include "tst_listener_certificates.moc"
