#include "core/base/percent.h"

#include <QtTest>

using namespace core;

/// The class: two places escape the same text in different ways, so a path that one end signs or checks is not the path that the other end reads. It
/// could occur for every path and query: of the command line, of a bucket, of a request. What holds: one encoder and one decoder.
class TestPercent : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyByteComesBack();
    void encodes_data();
    void encodes();
    void decodes_data();
    void decodes();
};

void TestPercent::everyByteComesBack()
{
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
    const auto encoded = percentEncoded(all);
    QVERIFY(encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%") == std::string::npos);
    QVERIFY(percentDecoded(encoded) == all);
    QVERIFY(formDecoded(encoded) == all);
}

void TestPercent::encodes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("alsoPlain");
    QTest::addColumn<QByteArray>("encoded");
    QTest::newRow("empty") << QByteArray{} << QByteArray{} << QByteArray{};
    QTest::newRow("unreserved") << QByteArray{"aZ09-._~"} << QByteArray{} << QByteArray{"aZ09-._~"};
    QTest::newRow("slash") << QByteArray{"a/b"} << QByteArray{} << QByteArray{"a%2Fb"};
    QTest::newRow("slash that stays") << QByteArray{"a/b c"} << QByteArray{"/"} << QByteArray{"a/b%20c"};
    QTest::newRow("percent sign") << QByteArray{"%41"} << QByteArray{"/"} << QByteArray{"%2541"};
    QTest::newRow("umlaut") << QByteArray{"\xc3\xbc"} << QByteArray{} << QByteArray{"%C3%BC"};
    QTest::newRow("NUL") << QByteArray{"a\0b", 3} << QByteArray{} << QByteArray{"a%00b"};
}

void TestPercent::encodes()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, alsoPlain);
    QFETCH(QByteArray, encoded);
    QCOMPARE(QByteArray::fromStdString(percentEncoded(text.toStdString(), alsoPlain.toStdString())), encoded);
}

void TestPercent::decodes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("path"); // null: malformed
    QTest::addColumn<QByteArray>("form");
    QTest::newRow("empty") << QByteArray{""} << QByteArray{""} << QByteArray{""};
    QTest::newRow("plain") << QByteArray{"a/b?c"} << QByteArray{"a/b?c"} << QByteArray{"a/b?c"};
    QTest::newRow("plus") << QByteArray{"a+b"} << QByteArray{"a+b"} << QByteArray{"a b"};
    QTest::newRow("both cases") << QByteArray{"%2f%2F"} << QByteArray{"//"} << QByteArray{"//"};
    QTest::newRow("once") << QByteArray{"%2541"} << QByteArray{"%41"} << QByteArray{"%41"};
    QTest::newRow("escape at the end") << QByteArray{"a%41"} << QByteArray{"aA"} << QByteArray{"aA"};
    for (const char* wrong : {"%", "a%4", "%4g", "%g4", "%%41", "% 41"}) QTest::newRow(wrong) << QByteArray{wrong} << QByteArray{} << QByteArray{};
}

void TestPercent::decodes()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, form);
    const auto asPath = percentDecoded(text.toStdString());
    const auto asForm = formDecoded(text.toStdString());
    QCOMPARE(asPath.has_value(), !path.isNull());
    QCOMPARE(asForm.has_value(), !form.isNull());
    if (asPath) QCOMPARE(QByteArray::fromStdString(*asPath), path);
    if (asForm) QCOMPARE(QByteArray::fromStdString(*asForm), form);
}

QTEST_GUILESS_MAIN(TestPercent)
#include "tst_percent.moc"
