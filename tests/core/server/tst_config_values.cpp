#include "core/server/config/config_values.h"

#include <QtTest>

using namespace core;
using namespace core::server;

// The values of a configuration file that are texts with a form of their own.
class TestConfigValues : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void addressesAreRead_data();
    void addressesAreRead();
    void originsAreRead_data();
    void originsAreRead();
    void byteCountsAreRead_data();
    void byteCountsAreRead();
};

void TestConfigValues::addressesAreRead_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("host"); // empty: refused
    QTest::addColumn<int>("port");
    QTest::newRow("both") << "127.0.0.1:8200"
                          << "127.0.0.1" << 8200;
    QTest::newRow("name") << "vault-a.example.com:1"
                          << "vault-a.example.com" << 1;
    QTest::newRow("any port") << "127.0.0.1:0"
                              << "127.0.0.1" << 0;
    QTest::newRow("all addresses") << ":8200"
                                   << "0.0.0.0" << 8200;
    QTest::newRow("host alone") << "localhost"
                                << "localhost" << 77;
    QTest::newRow("IPv6") << "[fe80::1]:8200"
                          << "fe80::1" << 8200;
    QTest::newRow("IPv6 alone") << "[::]"
                                << "::" << 77;
    QTest::newRow("IPv6 bare") << "fe80::1"
                               << "" << 0;
    QTest::newRow("open bracket") << "[::1:8200"
                                  << "" << 0;
    QTest::newRow("after bracket") << "[::1]8200"
                                   << "" << 0;
    QTest::newRow("port too large") << "a:65536"
                                    << "" << 0;
    QTest::newRow("port negative") << "a:-1"
                                   << "" << 0;
    QTest::newRow("port empty") << "a:"
                                << "" << 0;
    QTest::newRow("port word") << "a:http"
                               << "" << 0;
    QTest::newRow("URL") << "http://a:1"
                         << "" << 0;
    QTest::newRow("empty") << ""
                           << "" << 0;
}

void TestConfigValues::addressesAreRead()
{
    QFETCH(QString, text);
    QFETCH(QString, host);
    QFETCH(int, port);
    const auto address = parseAddress(text.toStdString(), 77);
    QCOMPARE(address.has_value(), !host.isEmpty());
    if (!address) return;
    QCOMPARE(QString::fromStdString(address->host), host);
    QCOMPARE(int{address->port}, port);
    QVERIFY(*parseAddress(core::server::toString(*address), 0) == *address);
}

void TestConfigValues::originsAreRead_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("origin"); // empty: refused
    QTest::newRow("http") << "http://a:8200"
                          << "http://a:8200";
    QTest::newRow("scheme in capitals") << "HTTPS://a:8200"
                                        << "https://a:8200";
    QTest::newRow("slash at the end") << "https://a:8200/"
                                      << "https://a:8200";
    QTest::newRow("no port") << "https://a.example.com"
                             << "https://a.example.com";
    QTest::newRow("IPv6") << "https://[::1]:8200"
                          << "https://[::1]:8200";
    QTest::newRow("no scheme") << "a:8200"
                               << "";
    QTest::newRow("other scheme") << "ftp://a:8200"
                                  << "";
    QTest::newRow("no host") << "http://:8200"
                             << "";
    QTest::newRow("nothing") << "http://"
                             << "";
    QTest::newRow("path") << "http://a:8200/v1"
                          << "";
    QTest::newRow("user") << "http://u@a:8200"
                          << "";
    QTest::newRow("port zero") << "http://a:0"
                               << "";
}

void TestConfigValues::originsAreRead()
{
    QFETCH(QString, text);
    QFETCH(QString, origin);
    const auto parsed = parseOrigin(text.toStdString());
    QCOMPARE(QString::fromStdString(parsed ? *parsed : std::string{}), origin);
}

void TestConfigValues::byteCountsAreRead_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("isGood");
    QTest::addColumn<quint64>("bytes");
    QTest::newRow("number") << "1234" << true << quint64{1234};
    QTest::newRow("kb") << "2kb" << true << quint64{2000};
    QTest::newRow("KiB") << "2 KiB" << true << quint64{2048};
    QTest::newRow("gib") << "3gib" << true << quint64{3221225472};
    QTest::newRow("unit") << "3x" << false << quint64{0};
    QTest::newRow("overflow") << "99999999999tib" << false << quint64{0};
    QTest::newRow("negative") << "-1" << false << quint64{0};
    QTest::newRow("empty") << "" << false << quint64{0};
}

void TestConfigValues::byteCountsAreRead()
{
    QFETCH(QString, text);
    QFETCH(bool, isGood);
    QFETCH(quint64, bytes);
    const auto parsed = parseByteCount(text.toStdString());
    QCOMPARE(parsed.has_value(), isGood);
    if (parsed) QCOMPARE(quint64{*parsed}, bytes);
}

QTEST_APPLESS_MAIN(TestConfigValues)
#include "tst_config_values.moc"
