#include "core/base/origin.h"

#include <QTest>

using namespace core;

// The class: an address from outside (a claim of an activation token, a field of the API) becomes a URL that this server calls, and holds more than a
// server's address. It could occur where an address is stored and dialled later: primary_api_addr, the claim `addr`, primary_cluster_addr,
// update_primary_addrs, a relay's cluster_addr, api_addr and cluster_addr of a preflight. What holds: all of these go through the two functions that
// are tested here, before anything is dialled.
class TestOrigin : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void originsAreSchemeHostAndPort_data();
    void originsAreSchemeHostAndPort();
    void clusterAddressesNeedAPort_data();
    void clusterAddressesNeedAPort();
    void errorsShowNoControlCharacters();
    void loopbackIsKnown();
    void hostsAndPortsAreRead_data();
    void hostsAndPortsAreRead();
    void urlsHaveOrigins_data();
    void urlsHaveOrigins();
};

void TestOrigin::originsAreSchemeHostAndPort_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("origin"); // empty: refused
    const auto row = [](const char* text, const char* origin) { QTest::newRow(text) << QByteArray{text} << QByteArray{origin}; };
    row("https://a.example:8200", "https://a.example:8200");
    row("HTTP://10.0.0.1:8200/", "http://10.0.0.1:8200");
    row("https://a.example", "https://a.example:443");
    row("http://a.example", "http://a.example:80");
    row("https://[2001:db8::1]:8200", "https://[2001:db8::1]:8200");
    row("", "");
    row("a.example:8200", "");
    row("ftp://a.example:8200", "");
    row("https://", "");
    row("https://:8200", "");
    row("https://user@a.example:8200", "");
    row("https://user:password@a.example:8200", "");
    row("https://a.example:8200/v1", "");
    row("https://a.example:8200//", "");
    row("https://a.example:8200?x=1", "");
    row("https://a.example:8200#x", "");
    row("https://a.example:0", "");
    row("https://a.example:65536", "");
    row("https://a.example:82000000", "");
    row("https://a.example:+1", "");
    row("https://a.example:", "");
    row("https://a b:8200", "");
    row("https://a.example:8200\r\nX: y", "");
    row("https://[::1:8200", "");
    row("https://::1:8200", "");
    row("https://a.example:8200\\", "");
}

void TestOrigin::originsAreSchemeHostAndPort()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, origin);
    const auto read = parseOrigin(text.toStdString());
    QCOMPARE(read.has_value(), !origin.isEmpty());
    if (read) QCOMPARE(QByteArray::fromStdString(read->text()), origin);
}

void TestOrigin::clusterAddressesNeedAPort_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("address"); // empty: refused
    const auto row = [](const char* text, const char* address) { QTest::newRow(text) << QByteArray{text} << QByteArray{address}; };
    row("https://a.example:8201", "a.example:8201");
    row("http://a.example:8201", "a.example:8201");
    row("a.example:8201", "a.example:8201");
    row("[::1]:8201", "[::1]:8201");
    row("https://[::1]", "");
    row("a.example", "");
    row("https://a.example", "");
    row("user@a.example:8201", "");
    row("a.example:8201/x", "");
}

void TestOrigin::clusterAddressesNeedAPort()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, address);
    const auto read = parseClusterAddress(text.toStdString());
    QCOMPARE(read.has_value(), !address.isEmpty());
    if (read) QCOMPARE(QByteArray::fromStdString(read->hostAndPort()), address);
}

void TestOrigin::errorsShowNoControlCharacters()
{
    const auto refused = parseOrigin("https://x\n\x1b[31m" + std::string(1000, 'a') + "/p");
    QVERIFY(!refused);
    QVERIFY(refused.error().detail.size() < 400);
    for (const char c : refused.error().detail) QVERIFY(c >= 0x20 && c < 0x7f);
}

void TestOrigin::loopbackIsKnown()
{
    for (const auto* text : {"https://127.0.0.1:1", "https://127.9.9.9:1", "https://localhost:1", "https://[::1]:1"})
        QVERIFY(parseOrigin(text)->isLoopback());
    for (const auto* text : {"https://10.0.0.1:1", "https://localhost.example:1", "https://[2001:db8::1]:1"})
        QVERIFY(!parseOrigin(text)->isLoopback());
}

void TestOrigin::hostsAndPortsAreRead_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("address"); // empty: refused
    const auto row = [](const char* text, const char* address) { QTest::newRow(text) << QByteArray{text} << QByteArray{address}; };
    row("127.0.0.1:8200", "127.0.0.1:8200");
    row("127.0.0.1:0", "127.0.0.1:0");
    row("a_b.example-1:1", "a_b.example-1:1");
    row("a.example", "a.example:77");
    row("[::1]:8200", "[::1]:8200");
    row("[::1]", "[::1]:77");
    row("", "");
    row(":8200", "");
    row("::1:8200", "");
    row("fe80::1", "");
    row("[::1:8200", "");
    row("[::1]8200", "");
    row("[a.example]:1", "");
    row("[]:1", "");
    row("a:", "");
    row("a:-1", "");
    row("a:+1", "");
    row("a:http", "");
    row("a:65536", "");
    row("a:1/", "");
    row("http://a:1", "");
    row("user@a:1", "");
    row("a b:1", "");
}

void TestOrigin::hostsAndPortsAreRead()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, address);
    const auto read = parseHostAndPort(text.toStdString(), 77);
    QCOMPARE(read.has_value(), !address.isEmpty());
    if (!read) return;
    QCOMPARE(QByteArray::fromStdString(read->text()), address);
    const auto again = parseHostAndPort(read->text(), 0);
    QVERIFY(again && again->host == read->host && again->port == read->port);
}

void TestOrigin::urlsHaveOrigins_data()
{
    QTest::addColumn<QByteArray>("url");
    QTest::addColumn<QByteArray>("origin"); // empty: refused
    const auto row = [](const char* url, const char* origin) { QTest::newRow(url) << QByteArray{url} << QByteArray{origin}; };
    row("https://a.example:8200", "https://a.example:8200");
    row("https://a.example:8200/v1/sys/health?a=b://c#d", "https://a.example:8200");
    row("http://a.example?x=1", "http://a.example:80");
    row("https://[::1]#x", "https://[::1]:443");
    row("https://user@a.example/v1", "");
    row("https://a.example/@b.example", "https://a.example:443");
    row("/v1/x?next=https://a.example", "");
    row("https:///v1", "");
    row("", "");
}

void TestOrigin::urlsHaveOrigins()
{
    QFETCH(QByteArray, url);
    QFETCH(QByteArray, origin);
    const auto read = originOfUrl(url.toStdString());
    QCOMPARE(read.has_value(), !origin.isEmpty());
    if (read) QCOMPARE(QByteArray::fromStdString(read->text()), origin);
}

QTEST_APPLESS_MAIN(TestOrigin)
#include "tst_origin.moc"
