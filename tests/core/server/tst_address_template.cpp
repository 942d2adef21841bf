#include "core/server/config/address_template.h"

#include <QtTest>

#include <algorithm>

using namespace core;
using namespace core::server;

/// Templates in addresses, as Vault's users write them, against a machine that the test describes.
class TestAddressTemplate : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void templatesGiveAddresses_data();
    void templatesGiveAddresses();
    void mistakesAreNamed_data();
    void mistakesAreNamed();
    void theMachineHasItsLoopback();
    void noExpressionRunsWithoutEnd();
};

namespace {

const std::vector<InterfaceAddress> kMachine{
    {.interface = "lo", .address = "127.0.0.1", .prefixBits = 8, .isLoopback = true},
    {.interface = "lo", .address = "::1", .prefixBits = 128, .isV6 = true, .isLoopback = true},
    {.interface = "docker0", .address = "172.17.0.1", .prefixBits = 16, .isBroadcast = true},
    {.interface = "eth0", .address = "fe80::1", .prefixBits = 64, .isV6 = true, .hasDefaultRoute = true},
    {.interface = "eth0", .address = "10.0.0.5", .prefixBits = 24, .isBroadcast = true, .hasDefaultRoute = true},
    {.interface = "eth1", .address = "8.8.4.4", .prefixBits = 28},
    {.interface = "eth1", .address = "192.168.7.10", .prefixBits = 16},
    {.interface = "eth2", .address = "192.168.9.9", .prefixBits = 24, .isUp = false},
};

} // namespace

void TestAddressTemplate::templatesGiveAddresses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("address");
    const auto row = [](const char* text, const char* address) { QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(address); };
    row("127.0.0.1:8200", "127.0.0.1:8200");
    row("https://{{ GetPrivateIP }}:8200", "https://10.0.0.5:8200"); // of the default route's interface
    row("{{GetPublicIP}}", "8.8.4.4");
    row("{{ GetInterfaceIP \"lo\" }}", "127.0.0.1");
    row("{{ GetInterfaceIP `eth1` }}:1", "192.168.7.10:1"); // the larger network comes first
    row("{{ GetInterfaceIP \"^eth[01]$\" }}", "192.168.7.10");
    row("{{- GetPrivateIP -}}", "10.0.0.5");
    row(" {{ GetPrivateIP }} ", "10.0.0.5");
    row("{{ GetAllInterfaces | include \"name\" \"docker\" | attr \"address\" }}", "172.17.0.1");
    row("{{ GetAllInterfaces | include \"network\" \"192.168.0.0/16\" | exclude \"name\" \"eth2\" | attr \"address\" }}", "192.168.7.10");
    row("{{ GetAllInterfaces | include \"network\" \"10.0.0.0/8|172.16.0.0/12\" | sort \"-address\" | attr \"address\" }}", "172.17.0.1");
    row("{{ GetAllInterfaces | include \"type\" \"ipv4\" | include \"flags\" \"up\" | exclude \"flag\" \"loopback\" | sort \"default,size\" | limit 1 | attr \"address\" }}",
        "10.0.0.5");
    row("{{ GetAllInterfaces | include \"RFC\" \"6890\" | exclude \"flags\" \"up\" | join \"address\" \" \" }}", "192.168.9.9");
    row("{{ GetAllInterfaces | include \"name\" \"eth1\" | sort \"size\" | limit 2 | join \"address\" \",\" }}", "192.168.7.10,8.8.4.4");
    row("{{ GetAllInterfaces | include \"size\" \"28\" | attr \"network\" }}", "8.8.4.0/28");
    row("{{ GetAllInterfaces | include \"address\" \"^10\\\\.\" | attr \"string\" }}", "10.0.0.5/24");
    row("{{ GetAllInterfaces | exclude \"rfc\" \"6890\" | attr \"name\" }}", "eth1");
    row("[{{ GetAllInterfaces | include \"type\" \"IPv6\" | include \"name\" \"lo\" | attr \"address\" }}]:8200", "[::1]:8200");
}

void TestAddressTemplate::templatesGiveAddresses()
{
    QFETCH(QString, text);
    QFETCH(QString, address);
    const auto expanded = expandAddressTemplate(text.toStdString(), kMachine);
    QVERIFY2(expanded, expanded ? "" : expanded.error().detail.c_str());
    QCOMPARE(QString::fromStdString(*expanded), address);
}

void TestAddressTemplate::mistakesAreNamed_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("part");
    const auto row = [](const char* text, const char* part) { QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(part); };
    row("{{ GetPrivateIPs }}", "\"GetPrivateIPs\" is not known");
    row("{{ GetDefaultInterfaces | attr \"address\" }}", "\"GetDefaultInterfaces\" is not known");
    row("{{ GetAllInterfaces | offset 1 }}", "\"offset\" is not known");
    row("{{ . }}", "\".\" is not known");
    row("{{ GetPrivateIP", "not closed");
    row("{{ }}", "empty");
    row("{{ \"eth0\" }}", "a function is missing");
    row("{{ GetAllInterfaces | }}", "a function is missing after |");
    row("{{ GetAllInterfaces || attr \"address\" }}", "a function is missing");
    row("{{ GetInterfaceIP }}", "takes 1 argument, not 0");
    row("{{ GetInterfaceIP \"eth9\" }}", "no such address");
    row("{{ GetInterfaceIP \"(\" }}", "not a regular expression");
    row("{{ GetInterfaceIP \"eth0 }}", "not closed");
    row("{{ GetAllInterfaces }}", "end it with");
    row("{{ GetPrivateIP | attr \"address\" }}", "needs a list");
    row("{{ attr \"address\" }}", "needs a list");
    row("{{ GetAllInterfaces | GetPrivateIP }}", "must be the first");
    row("{{ GetAllInterfaces | join \"address\" \" \" }}", "more than one address");
    row("{{ GetAllInterfaces | attr \"colour\" }}", "unknown attribute \"colour\"");
    row("{{ GetAllInterfaces | sort \"colour\" | attr \"address\" }}", "unknown sort key \"colour\"");
    row("{{ GetAllInterfaces | include \"colour\" \"red\" | attr \"address\" }}", "unknown selector \"colour\"");
    row("{{ GetAllInterfaces | include \"flag\" \"red\" | attr \"address\" }}", "unknown interface flag \"red\"");
    row("{{ GetAllInterfaces | include \"network\" \"10/8\" | attr \"address\" }}", "not a network");
    row("{{ GetAllInterfaces | include \"rfc\" \"1\" | attr \"address\" }}", "unknown RFC");
    row("{{ GetAllInterfaces | limit 0 | attr \"address\" }}", "limit takes a number above zero");
    row("{{ GetAllInterfaces | include \"name\" \"none\" | attr \"address\" }}", "no such address");
}

void TestAddressTemplate::mistakesAreNamed()
{
    QFETCH(QString, text);
    QFETCH(QString, part);
    const auto expanded = expandAddressTemplate(text.toStdString(), kMachine);
    QVERIFY(!expanded);
    QVERIFY2(QString::fromStdString(expanded.error().detail).contains(part), expanded.error().detail.c_str());
}

void TestAddressTemplate::theMachineHasItsLoopback()
{
    const auto all = systemInterfaces();
    const auto loopback = std::ranges::find(all, "127.0.0.1", &InterfaceAddress::address);
    QVERIFY(loopback != all.end());
    QVERIFY(loopback->isLoopback && !loopback->isV6 && loopback->prefixBits == 8);
}

/// An expression with 2^30 ways for a backtracking matcher must end at once here.
void TestAddressTemplate::noExpressionRunsWithoutEnd()
{
    const std::vector<InterfaceAddress> machine{{.interface = std::string(30, 'a'), .address = "10.0.0.1", .prefixBits = 8}};
    QElapsedTimer timer;
    timer.start();
    QVERIFY(!expandAddressTemplate("{{ GetInterfaceIP \"^((a*)*)*b$\" }}", machine));
    QVERIFY(!expandAddressTemplate("{{ GetInterfaceIP \"" + std::string(101, 'a') + "\" }}", machine));
    QVERIFY(!expandAddressTemplate("{{ GetInterfaceIP \"a{99999}{99999}\" }}", machine));
    QVERIFY2(timer.elapsed() < 5'000, qPrintable(QString::number(timer.elapsed())));
}

QTEST_APPLESS_MAIN(TestAddressTemplate)
#include "tst_address_template.moc"
