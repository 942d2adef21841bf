#include "core/base/encoding.h"
#include "core/snapshot/sums_signature.h"

#include <QtTest>

using namespace core;
using snapshot::SumsSignature;

namespace {

constexpr std::string_view kSums = "aa  meta.json\nbb  state.bin\n";
constexpr WallTime kNow{std::chrono::seconds{1'000'000}};

trust::SigningKey key(char seed)
{
    return trust::SigningKey{SecretBytes::copyOf(std::string(32, seed))};
}

} // namespace

/// The class: a signature that counts for more than what was signed. Sums, set and time are all under it; the text around it has one form only.
class TestSumsSignature : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void survivesTheWay();
    void isOfTheseSumsAlone();
    void leavesOtherTextsAlone_data();
    void leavesOtherTextsAlone();
};

void TestSumsSignature::survivesTheWay()
{
    for (const char* set : {"", "a1-b2"}) {
        const auto made = SumsSignature::make(key('a'), kSums, set, kNow);
        const std::string text = snapshot::withSignature(kSums, made);
        const auto split = snapshot::splitSignature(text);
        QVERIFY(split.sums == kSums);
        QVERIFY(split.signature && split.signature->isOf(kSums));
        QCOMPARE(split.signature->tokenKey, key('a').publicKey());
        QCOMPARE(split.signature->setId, std::string{set});
        QVERIFY(split.signature->signedAt == kNow);
    }
}

void TestSumsSignature::isOfTheseSumsAlone()
{
    const auto made = SumsSignature::make(key('a'), kSums, "set", kNow);
    QVERIFY(made.isOf(kSums));
    QVERIFY(!made.isOf("other"));
    auto other = made;
    other.setId = "another";
    QVERIFY(!other.isOf(kSums));
    other = made;
    other.signedAt += std::chrono::milliseconds{1};
    QVERIFY(!other.isOf(kSums));
    other = made;
    other.tokenKey = key('b').publicKey();
    QVERIFY(!other.isOf(kSums));
}

void TestSumsSignature::leavesOtherTextsAlone_data()
{
    QTest::addColumn<QByteArray>("text");
    const std::string good = snapshot::withSignature(kSums, SumsSignature::make(key('a'), kSums, "set", kNow));
    const auto row = [](const char* name, const std::string& text) { QTest::newRow(name) << QByteArray::fromStdString(text); };
    row("unsigned", std::string{kSums});
    row("empty", "");
    row("no end of line", good.substr(0, good.size() - 1));
    row("another version", QString::fromStdString(good).replace("signature v1", "signature v2").toStdString());
    row("a word more", good.substr(0, good.size() - 1) + " x\n");
    row("cut", std::string{kSums} + "signature v1 \n");
    row("not a line of its own", "x" + good.substr(kSums.size()));
    row("no hex", std::string{kSums} + "signature v1 zz 1 zz set\n");
    row("huge", std::string{kSums} + "signature v1 " + std::string(5000, 'a') + "\n");
}

void TestSumsSignature::leavesOtherTextsAlone()
{
    QFETCH(QByteArray, text);
    const std::string bytes = text.toStdString();
    const auto split = snapshot::splitSignature(bytes);
    QVERIFY(!split.signature);
    QVERIFY(split.sums == bytes);
}

QTEST_GUILESS_MAIN(TestSumsSignature)
#include "tst_sums_signature.moc"
