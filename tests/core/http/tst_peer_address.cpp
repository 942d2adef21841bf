#include "core/http/forwarded_for.h"
#include "core/http/proxy_header.h"

#include <QtTest>

using namespace core;
using http::ForwardedForRules;
using http::ProxyHeader;
using http::ProxyProtocolRules;

// The class: the server believes the address that a stranger claims, and bound networks, audit and lockout use it. It could
// occur at each place with an address: the header X-Forwarded-For (also several of them, and in a trailer), the PROXY protocol
// before the first byte, in both versions. What holds: an address is believed only from authorized peers, and malformed ones are refused.
class TestPeerAddress : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void forwardedForNamesTheClient_data();
    void forwardedForNamesTheClient();
    void proxyHeadersAreRead_data();
    void proxyHeadersAreRead();
    void everyPrefixOfAHeaderIsIncomplete();
    void proxiesAreBelievedAsConfigured();
};

void TestPeerAddress::forwardedForNamesTheClient_data()
{
    QTest::addColumn<QString>("peer");
    QTest::addColumn<QStringList>("headers");
    QTest::addColumn<int>("skips");
    QTest::addColumn<QString>("address"); // empty: refused
    const QString proxy = "10.0.0.1";
    QTest::newRow("one hop") << proxy << QStringList{"203.0.113.9"} << 0 << "203.0.113.9";
    QTest::newRow("the last hop counts") << proxy << QStringList{"1.1.1.1, 203.0.113.9"} << 0 << "203.0.113.9";
    QTest::newRow("several headers are one chain") << proxy << QStringList{"1.1.1.1", "203.0.113.9 ,2.2.2.2"} << 1 << "203.0.113.9";
    QTest::newRow("as many skips as hops") << proxy << QStringList{"1.1.1.1"} << 1 << QString{};
    QTest::newRow("with a port") << proxy << QStringList{"203.0.113.9:4711"} << 0 << "203.0.113.9";
    QTest::newRow("IPv6") << proxy << QStringList{"2001:db8::1"} << 0 << "2001:db8::1";
    QTest::newRow("IPv6 with a port") << proxy << QStringList{"[2001:db8::1]:80"} << 0 << "2001:db8::1";
    QTest::newRow("no address") << proxy << QStringList{"unknown"} << 0 << QString{};
    QTest::newRow("a network") << proxy << QStringList{"10.0.0.0/8"} << 0 << QString{};
    QTest::newRow("empty") << proxy << QStringList{""} << 0 << QString{};
    QTest::newRow("empty last hop") << proxy << QStringList{"1.1.1.1,"} << 0 << QString{};
    QTest::newRow("not authorized") << "192.0.2.1" << QStringList{"203.0.113.9"} << 0 << QString{};
    QTest::newRow("not present") << proxy << QStringList{} << 0 << QString{};
}

void TestPeerAddress::forwardedForNamesTheClient()
{
    QFETCH(QString, peer);
    QFETCH(QStringList, headers);
    QFETCH(int, skips);
    QFETCH(QString, address);
    ForwardedForRules rules{.authorizedNetworks = {"10.0.0.0/8"}, .hopSkips = static_cast<std::size_t>(skips)};
    std::vector<mount::Header> given;
    for (const auto& header : headers) given.push_back({"x-forwarded-for", header.toStdString()});
    const auto found = http::clientAddress(rules, peer.toStdString(), given);
    QCOMPARE(found.has_value(), !address.isEmpty());
    if (found) QCOMPARE(QString::fromStdString(*found), address);

    // With both refusals off, an unauthorized peer keeps its own address.
    rules.rejectsNotAuthorized = rules.rejectsNotPresent = false;
    const bool isBelieved = peer == "10.0.0.1" && !headers.isEmpty();
    const auto lenient = http::clientAddress(rules, peer.toStdString(), given);
    if (!isBelieved) QCOMPARE(QString::fromStdString(*lenient), peer);
    else QCOMPARE(lenient.has_value(), !address.isEmpty()); // an authorized proxy that sends nonsense is refused anyway
}

namespace {

std::string version2(char command, char family, const std::string& rest, std::size_t length)
{
    std::string header{"\r\n\r\n\0\r\nQUIT\n", 12};
    header += command;
    header += family;
    header += static_cast<char>(length >> 8);
    header += static_cast<char>(length & 0xff);
    return header + rest;
}

const std::string kAddresses4{"\xcb\x00\x71\x09\xc0\x00\x02\x01\x12\x67\x20\x08", 12}; // 203.0.113.9:4711 to 192.0.2.1:8200

} // namespace

void TestPeerAddress::proxyHeadersAreRead_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("count");
    QTest::addColumn<QString>("source"); // "address port", or empty
    const auto row = [](const char* name, const std::string& bytes, ProxyHeader::Kind kind, std::size_t count = 0, const char* source = "") {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << static_cast<int>(kind) << static_cast<int>(count) << QString{source};
    };
    using Kind = ProxyHeader::Kind;
    const std::string line = "PROXY TCP4 203.0.113.9 192.0.2.1 4711 8200\r\n";
    row("version 1", line + "GET /", Kind::Present, line.size(), "203.0.113.9 4711");
    const std::string line6 = "PROXY TCP6 2001:DB8::1 ::1 1 65535\r\n";
    row("version 1, IPv6", line6, Kind::Present, line6.size(), "2001:db8::1 1");
    row("version 1, unknown", "PROXY UNKNOWN what ever\r\n", Kind::Present, 25);
    row("another protocol", "PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", Kind::Malformed);
    row("the other family", "PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", Kind::Malformed);
    row("no address", "PROXY TCP4 localhost 1.1.1.1 1 1\r\n", Kind::Malformed);
    row("large port", "PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", Kind::Malformed);
    row("too few words", "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", Kind::Malformed);
    row("too many words", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", Kind::Malformed);
    row("two blanks", "PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n", Kind::Malformed);
    row("line without end", "PROXY TCP4 " + std::string(200, '1'), Kind::Malformed);
    row("plain HTTP", "GET / HTTP/1.1\r\n", Kind::Absent);
    row("TLS", "\x16\x03\x01", Kind::Absent);
    row("nearly", "PROXZ", Kind::Absent);
    row("version 2", version2('\x21', '\x11', kAddresses4 + "more", 12), Kind::Present, 28, "203.0.113.9 4711");
    row("version 2 with extensions", version2('\x21', '\x11', kAddresses4 + "abcde", 17), Kind::Present, 33, "203.0.113.9 4711");
    row("version 2, local", version2('\x20', '\x11', kAddresses4, 12), Kind::Present, 28);
    row("version 2, no family", version2('\x21', '\0', "", 0), Kind::Present, 16);
    row("version 2, Unix", version2('\x21', '\x31', std::string(216, 'u'), 216), Kind::Present, 232);
    row("version 2, too short", version2('\x21', '\x11', kAddresses4, 11), Kind::Malformed);
    row("version 2, another command", version2('\x22', '\x11', kAddresses4, 12), Kind::Malformed);
    row("version 3", version2('\x31', '\x11', kAddresses4, 12), Kind::Malformed);
    row("version 2, too long", version2('\x21', '\x11', kAddresses4, 60'000), Kind::Malformed);
    row("version 2, begun", version2('\x21', '\x11', kAddresses4.substr(0, 5), 12), Kind::Incomplete);
}

void TestPeerAddress::proxyHeadersAreRead()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, kind);
    QFETCH(int, count);
    QFETCH(QString, source);
    const auto header = http::parseProxyHeader(bytes.toStdString());
    QCOMPARE(static_cast<int>(header.kind), kind);
    QCOMPARE(static_cast<int>(header.byteCount), count);
    QCOMPARE(header.source ? QString::fromStdString(header.source->address) + " " + QString::number(header.source->port) : QString{}, source);
}

void TestPeerAddress::everyPrefixOfAHeaderIsIncomplete()
{
    for (const std::string& whole : {std::string{"PROXY TCP4 203.0.113.9 192.0.2.1 4711 8200\r\n"}, version2('\x21', '\x11', kAddresses4, 12)}) {
        for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
            QCOMPARE(http::parseProxyHeader(whole.substr(0, bytes)).kind, ProxyHeader::Kind::Incomplete);
        }
        QCOMPARE(http::parseProxyHeader(whole).kind, ProxyHeader::Kind::Present);
    }
}

void TestPeerAddress::proxiesAreBelievedAsConfigured()
{
    using Behavior = ProxyProtocolRules::Behavior;
    const std::vector<std::string> networks{"10.0.0.0/8"};
    const auto check = [&](Behavior behavior, const char* peer, bool isServed, bool isBelieved) {
        const ProxyProtocolRules rules{behavior, networks};
        QCOMPARE(rules.isServed(peer), isServed);
        QCOMPARE(rules.isBelieved(peer), isBelieved);
    };
    check(Behavior::UseAlways, "192.0.2.1", true, true);
    check(Behavior::AllowAuthorized, "192.0.2.1", true, false);
    check(Behavior::AllowAuthorized, "10.1.1.1", true, true);
    check(Behavior::DenyUnauthorized, "192.0.2.1", false, false);
    check(Behavior::DenyUnauthorized, "10.1.1.1", true, true);
    check(Behavior::Off, "10.1.1.1", true, false);
}

QTEST_APPLESS_MAIN(TestPeerAddress)
#include "tst_peer_address.moc"
