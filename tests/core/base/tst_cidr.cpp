#include "core/base/cidr.h"

#include <QTest>

using namespace core;

class TestCidr : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void normalizes_data();
    void normalizes();
    void matches_data();
    void matches();
    void holdsNetworks_data();
    void holdsNetworks();
};

void TestCidr::normalizes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("network"); // empty: refused
    QTest::newRow("address") << QByteArray{"10.1.2.3"} << QByteArray{"10.1.2.3"};
    // An address with its full mask is shown without the mask, as clients know it. Token roles, users and token look-ups show this form.
    QTest::newRow("one host") << QByteArray{"10.1.2.3/32"} << QByteArray{"10.1.2.3"};
    QTest::newRow("one host, ipv6") << QByteArray{"2001:db8::1/128"} << QByteArray{"2001:db8::1"};
    QTest::newRow("host bits") << QByteArray{"10.1.2.3/8"} << QByteArray{"10.0.0.0/8"};
    QTest::newRow("everything") << QByteArray{"0.0.0.0/0"} << QByteArray{"0.0.0.0/0"};
    QTest::newRow("ipv6") << QByteArray{"2001:db8::1/32"} << QByteArray{"2001:db8::/32"};
    QTest::newRow("word") << QByteArray{"office"} << QByteArray{};
    QTest::newRow("long prefix") << QByteArray{"10.0.0.0/33"} << QByteArray{};
    QTest::newRow("no prefix") << QByteArray{"10.0.0.0/"} << QByteArray{};
    QTest::newRow("empty") << QByteArray{""} << QByteArray{};
}

void TestCidr::normalizes()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, network);
    const auto result = normalizedCidr(text.toStdString());
    QCOMPARE(result.has_value(), !network.isEmpty());
    if (result) QCOMPARE(QByteArray::fromStdString(*result), network);
}

void TestCidr::matches_data()
{
    QTest::addColumn<QByteArray>("address");
    QTest::addColumn<bool>("isIn");
    QTest::newRow("inside") << QByteArray{"10.200.0.1"} << true;
    QTest::newRow("mapped") << QByteArray{"::ffff:10.200.0.1"} << true;
    QTest::newRow("outside") << QByteArray{"11.0.0.1"} << false;
    QTest::newRow("odd prefix, inside") << QByteArray{"192.168.5.127"} << true;
    QTest::newRow("odd prefix, outside") << QByteArray{"192.168.5.128"} << false;
    QTest::newRow("ipv6") << QByteArray{"2001:db8:1::1"} << true;
    QTest::newRow("not an address") << QByteArray{"localhost"} << false;
}

void TestCidr::matches()
{
    QFETCH(QByteArray, address);
    QFETCH(bool, isIn);
    const std::vector<std::string> networks{"10.0.0.0/8", "192.168.5.0/25", "2001:db8::/32"};
    QCOMPARE(isInAnyCidr(address.toStdString(), networks), isIn);
}

void TestCidr::holdsNetworks_data()
{
    QTest::addColumn<QByteArray>("network");
    QTest::addColumn<bool>("isIn");
    QTest::newRow("equal") << QByteArray{"10.0.0.0/8"} << true;
    QTest::newRow("smaller") << QByteArray{"10.9.0.0/16"} << true;
    QTest::newRow("address") << QByteArray{"192.168.5.1"} << true;
    QTest::newRow("larger") << QByteArray{"10.0.0.0/7"} << false;
    QTest::newRow("half outside") << QByteArray{"192.168.5.0/24"} << false;
    QTest::newRow("beside") << QByteArray{"11.0.0.0/8"} << false;
    QTest::newRow("everything") << QByteArray{"::/0"} << false;
    QTest::newRow("word") << QByteArray{"office"} << false;
}

void TestCidr::holdsNetworks()
{
    QFETCH(QByteArray, network);
    QFETCH(bool, isIn);
    const std::vector<std::string> networks{"10.0.0.0/8", "192.168.5.0/25", "2001:db8::/32"};
    QCOMPARE(isNetworkInAny(network.toStdString(), networks), isIn);
}

QTEST_APPLESS_MAIN(TestCidr)
#include "tst_cidr.moc"
