#include "core/base/clock.h"
#include "core/base/duration.h"
#include "core/base/encoding.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"
#include "core/base/wiping_memory.h"

#include <boost/json/parser.hpp>

#include <QtTest>

#include <algorithm>

using namespace core;

class TestBase : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void resultHoldsAValueOrAnError();
    void encodingsReverse_data();
    void encodingsReverse();
    void encodingsRefuseOtherText();
    void tellsUtf8_data();
    void tellsUtf8();
    void timesEndInsteadOfTurningOver();
    void durationsFollowTheGrammar_data();
    void durationsFollowTheGrammar();
    void durationsAreWrittenAsGoWritesThem_data();
    void durationsAreWrittenAsGoWritesThem();
    void timesReverse_data();
    void timesReverse();
    void secretsMoveAndCompare();
    void jsonWithASecretIsWiped();
    void seededRandomRepeats();
};

void TestBase::resultHoldsAValueOrAnError()
{
    Result<std::string> good{"text"};
    QVERIFY(good.has_value());
    QCOMPARE(*good, std::string{"text"});
    Result<std::string> bad{Error{ErrorCode::NotFound, "key"}};
    QVERIFY(!bad);
    QCOMPARE(toString(std::move(bad).error().withContext("reading")), std::string{"NotFound: reading: key"});
    QVERIFY(Result<>{}.has_value());
}

void TestBase::encodingsReverse_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("base64");
    // RFC 4648 §10
    QTest::newRow("empty") << QByteArray{} << QByteArray{};
    QTest::newRow("f") << QByteArray{"f"} << QByteArray{"Zg=="};
    QTest::newRow("fo") << QByteArray{"fo"} << QByteArray{"Zm8="};
    QTest::newRow("foo") << QByteArray{"foo"} << QByteArray{"Zm9v"};
    QTest::newRow("foobar") << QByteArray{"foobar"} << QByteArray{"Zm9vYmFy"};
    QTest::newRow("high") << QByteArray{"\xff\xfe\x00\x80", 4} << QByteArray{"//4AgA=="};
}

void TestBase::encodingsReverse()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, base64);
    const std::string raw = bytes.toStdString();
    QCOMPARE(toBase64(raw), base64.toStdString());
    QCOMPARE(*fromBase64(base64.toStdString()), raw);
    QCOMPARE(*fromBase64Url(toBase64Url(raw)), raw);
    QCOMPARE(*fromHex(toHex(raw)), raw);
}

void TestBase::encodingsRefuseOtherText()
{
    QVERIFY(!fromBase64("Zg!="));
    QVERIFY(!fromBase64("Z"));
    QVERIFY(!fromHex("abc"));
    QVERIFY(!fromHex("zz"));
}

void TestBase::tellsUtf8_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("isText");
    QTest::newRow("nothing") << QByteArray{} << true;
    QTest::newRow("ascii") << QByteArray{"a/b"} << true;
    QTest::newRow("two, three, four bytes") << QByteArray{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x92"} << true;
    QTest::newRow("the last character") << QByteArray{"\xf4\x8f\xbf\xbf"} << true;
    QTest::newRow("beyond the last") << QByteArray{"\xf4\x90\x80\x80"} << false;
    QTest::newRow("never a first byte") << QByteArray{"\xff"} << false;
    QTest::newRow("goes on without a beginning") << QByteArray{"\x80"} << false;
    QTest::newRow("cut off") << QByteArray{"\xe2\x82"} << false;
    QTest::newRow("overlong slash") << QByteArray{"\xc0\xaf"} << false;
    QTest::newRow("overlong, three bytes") << QByteArray{"\xe0\x80\xaf"} << false;
    QTest::newRow("surrogate") << QByteArray{"\xed\xa0\x80"} << false;
}

void TestBase::tellsUtf8()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, isText);
    QCOMPARE(isUtf8(bytes.toStdString()), isText);
}

void TestBase::timesEndInsteadOfTurningOver()
{
    const WallTime now{std::chrono::seconds{1'700'000'000}};
    QVERIFY(laterBy(now, std::chrono::seconds{60}) == now + std::chrono::seconds{60});
    QVERIFY(laterBy(now, std::chrono::seconds{9'223'372'036}) == WallTime::max());
    QVERIFY(laterBy(now, std::chrono::nanoseconds::max()) == WallTime::max());
    QVERIFY(laterBy(now, std::chrono::seconds{-60}) == now - std::chrono::seconds{60});
}

void TestBase::durationsFollowTheGrammar_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("isGood");
    QTest::addColumn<qint64>("ms");
    QTest::newRow("digits") << "3600" << true << qint64{3'600'000};
    QTest::newRow("empty") << "" << true << qint64{0};
    QTest::newRow("compound") << "1h30m" << true << qint64{5'400'000};
    QTest::newRow("fraction") << "1.5h" << true << qint64{5'400'000};
    QTest::newRow("ms") << "100ms" << true << qint64{100};
    QTest::newRow("days") << "50d" << true << qint64{50LL * 86'400'000};
    QTest::newRow("negative") << "-5s" << true << qint64{-5'000};
    QTest::newRow("zero") << "0s" << true << qint64{0};
    QTest::newRow("no unit") << "1.5" << false << qint64{0};
    QTest::newRow("words") << "soon" << false << qint64{0};
    QTest::newRow("unit only") << "h" << false << qint64{0};
    QTest::newRow("too long") << "99999999999999999999" << false << qint64{0};
    QTest::newRow("overflow") << "9223372036854775807" << false << qint64{0};
}

void TestBase::durationsFollowTheGrammar()
{
    QFETCH(QString, text);
    QFETCH(bool, isGood);
    QFETCH(qint64, ms);
    const auto parsed = parseDuration(text.toStdString());
    QCOMPARE(parsed.has_value(), isGood);
    if (isGood) QCOMPARE(qint64{parsed->count()}, ms * 1'000'000);
}

void TestBase::durationsAreWrittenAsGoWritesThem_data()
{
    QTest::addColumn<QString>("in");
    QTest::addColumn<QString>("go");
    QTest::addColumn<QString>("brief");
    QTest::newRow("hours") << "768h"
                           << "768h0m0s"
                           << "768h";
    QTest::newRow("mixed") << "1h30m"
                           << "1h30m0s"
                           << "1h30m";
    QTest::newRow("seconds") << "10s"
                             << "10s"
                             << "10s";
    QTest::newRow("minute") << "60"
                            << "1m0s"
                            << "1m";
    QTest::newRow("parts") << "1500ms"
                           << "1.5s"
                           << "1.5s";
    QTest::newRow("small") << "250ms"
                           << "250ms"
                           << "250ms";
    QTest::newRow("zero") << "0"
                          << "0s"
                          << "0s";
}

void TestBase::durationsAreWrittenAsGoWritesThem()
{
    QFETCH(QString, in);
    QFETCH(QString, go);
    QFETCH(QString, brief);
    QCOMPARE(QString::fromStdString(toGoDuration(*parseDuration(in.toStdString()))), go);
    QCOMPARE(QString::fromStdString(toShortDuration(*parseDuration(in.toStdString()))), brief);
}

void TestBase::timesReverse_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("out");
    QTest::newRow("ns") << "2024-03-22T02:24:06.945319214Z"
                        << "2024-03-22T02:24:06.945319214Z";
    QTest::newRow("zeros") << "2024-03-22T02:24:06.500Z"
                           << "2024-03-22T02:24:06.5Z";
    QTest::newRow("offset") << "2022-07-08T11:27:38-07:00"
                            << "2022-07-08T18:27:38Z";
    QTest::newRow("bad day") << "2024-02-31T00:00:00Z"
                             << "";
    QTest::newRow("no zone") << "2024-02-01T00:00:00"
                             << "";
}

void TestBase::timesReverse()
{
    QFETCH(QString, text);
    QFETCH(QString, out);
    const auto time = fromRfc3339(text.toStdString());
    QCOMPARE(time.has_value(), !out.isEmpty());
    if (time) QCOMPARE(QString::fromStdString(toRfc3339(*time)), out);
}

void TestBase::secretsMoveAndCompare()
{
    SecretBytes secret = SecretBytes::copyOf("key");
    SecretBytes copy = secret.clone();
    QVERIFY(secret == copy);
    SecretBytes moved = std::move(secret);
    QVERIFY(moved == copy);
    QVERIFY(!equalInConstantTime("a", "b"));
    QVERIFY(!equalInConstantTime("a", "ab"));
}

namespace {

class WatchedMemory final : public WipingMemory {
public:
    std::size_t bytesBack = 0;
    bool isAllZero = true;

private:
    void giveBack(void* block, std::size_t bytes, std::size_t alignment) override
    {
        const auto* at = static_cast<const char*>(block);
        isAllZero = isAllZero && std::all_of(at, at + bytes, [](char byte) { return byte == 0; });
        bytesBack += bytes;
        WipingMemory::giveBack(block, bytes, alignment);
    }
};

} // namespace

void TestBase::jsonWithASecretIsWiped()
{
    const std::string secret(5000, 'k');
    WatchedMemory memory;
    {
        boost::json::parser parser{boost::json::storage_ptr{&memory}};
        parser.reset(boost::json::storage_ptr{&memory});
        // With an escape: the parser collects such a text in pieces, outgrowing one block after the other.
        parser.write(R"({"key":")" + secret + "\\n" + secret + R"("})");
        const auto value = parser.release();
        QCOMPARE(value.at("key").as_string().size(), 2 * secret.size() + 1);
        QVERIFY(value.at("key").as_string().storage().get() == &memory);
    }
    QVERIFY(memory.bytesBack > 2 * secret.size());
    QVERIFY(memory.isAllZero);
}

void TestBase::seededRandomRepeats()
{
    SeededRandom first{7}, second{7}, third{8};
    const auto id = first.base62(24);
    QCOMPARE(id.size(), std::size_t{24});
    QCOMPARE(second.base62(24), id);
    QVERIFY(third.base62(24) != id);
    QCOMPARE(OsRandom{}.uuid().size(), std::size_t{36});
}

QTEST_APPLESS_MAIN(TestBase)
#include "tst_base.moc"
