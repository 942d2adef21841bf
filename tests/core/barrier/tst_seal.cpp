#include "core/barrier/seal.h"
#include "tests/core/barrier/map_reader.h"

#include <QtTest>

using namespace core;
using namespace core::barrier;

namespace {

const WallTime kNow = fromUnixMs(1'700'000'000'000);

/// An initialised node. It is sealed.
struct Node {
    explicit Node(int shareCount = 5, int threshold = 3, std::uint64_t seed = 1) : random{seed}
    {
        auto transaction = reader.begin();
        shares = *seal.initialize(transaction, {shareCount, threshold}, kNow);
        sealedValue = *barrier.sealValue("s/path", "value");
        reader.commit(transaction);
        seal.seal();
    }

    bool isOpen() const
    {
        const auto opened = barrier.openValue("s/path", sealedValue);
        return opened && *opened == "value";
    }

    SeededRandom random;
    MapReader reader;
    Barrier barrier{random};
    Seal seal{barrier, reader, random};
    std::vector<SecretBytes> shares;
    std::string sealedValue;
};

} // namespace

class TestSeal : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wrongConfigurationsAreRefused_data();
    void wrongConfigurationsAreRefused();
    void newNodeIsNotInitialised();
    void initialisesOnce();
    void anyThresholdOfSharesUnseals_data();
    void anyThresholdOfSharesUnseals();
    void singleShareIsTheKey();
    void sameShareTwiceIsNoProgress();
    void wrongSharesForgetTheProgress();
    void strangeSharesAreRefused_data();
    void strangeSharesAreRefused();
    void resetForgetsTheProgress();
    void openNodeTakesNoShares();
    void sharesAreVerified_data();
    void sharesAreVerified();
    void damagedStorageIsNamed_data();
    void damagedStorageIsNamed();
    void bundleMovesTheSetToAnotherNode();
    void damagedBundlesAreRefused();
};

void TestSeal::wrongConfigurationsAreRefused_data()
{
    QTest::addColumn<int>("shares");
    QTest::addColumn<int>("threshold");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("no shares") << 0 << 1 << QByteArray{"shares must be at least one"};
    QTest::newRow("no threshold") << 1 << 0 << QByteArray{"threshold must be at least one"};
    QTest::newRow("1 of 5") << 5 << 1 << QByteArray{"threshold must be greater than one for multiple shares"};
    QTest::newRow("256") << 256 << 3 << QByteArray{"shares must be less than 256"};
    QTest::newRow("6 of 5") << 5 << 6 << QByteArray{"threshold cannot be larger than shares"};
    QTest::newRow("256 of 5") << 5 << 256 << QByteArray{"threshold must be less than 256"};
}

void TestSeal::wrongConfigurationsAreRefused()
{
    QFETCH(int, shares);
    QFETCH(int, threshold);
    QFETCH(QByteArray, text);
    SeededRandom random{1};
    MapReader reader;
    Barrier barrier{random};
    Seal seal{barrier, reader, random};
    auto transaction = reader.begin();
    const auto made = seal.initialize(transaction, {shares, threshold}, kNow);
    QVERIFY(!made);
    QCOMPARE(made.error().detail, "invalid seal configuration: " + text.toStdString());
    QVERIFY(!transaction.hasWrites() && barrier.isSealed());
}

void TestSeal::newNodeIsNotInitialised()
{
    SeededRandom random{1};
    MapReader reader;
    Barrier barrier{random};
    Seal seal{barrier, reader, random};
    const auto status = seal.status();
    QVERIFY(!status->isInitialized && status->isSealed);
    QCOMPARE(status->threshold, 0);
    QCOMPARE(status->shares, 0);
    const auto provided = seal.provide(random.secret(33));
    QVERIFY(provided.error().code == ErrorCode::FailedPrecondition);
    QCOMPARE(provided.error().detail, std::string{"Vault is not initialized"});
}

void TestSeal::initialisesOnce()
{
    Node node;
    QCOMPARE(node.shares.size(), std::size_t{5});
    for (const auto& share : node.shares) QCOMPARE(share.size(), std::size_t{33});
    for (const auto key : {kSealConfigKey, kRootKeyKey, kKeyringKey}) QVERIFY(node.reader.values.contains(key));
    const auto status = node.seal.status();
    QVERIFY(status->isInitialized && status->isSealed);
    QCOMPARE(status->threshold, 3);
    QCOMPARE(status->shares, 5);
    auto transaction = node.reader.begin();
    const auto again = node.seal.initialize(transaction, {1, 1}, kNow);
    QVERIFY(again.error().code == ErrorCode::FailedPrecondition);
    QCOMPARE(again.error().detail, std::string{"Vault is already initialized"});
    QVERIFY(!transaction.hasWrites());
}

void TestSeal::anyThresholdOfSharesUnseals_data()
{
    QTest::addColumn<QList<int>>("order");
    QTest::newRow("first") << QList<int>{0, 1, 2};
    QTest::newRow("last") << QList<int>{2, 3, 4};
    QTest::newRow("backwards") << QList<int>{4, 2, 0};
}

void TestSeal::anyThresholdOfSharesUnseals()
{
    QFETCH(QList<int>, order);
    Node node;
    std::string nonce;
    for (int at = 0; at < order.size(); ++at) {
        QVERIFY(node.barrier.isSealed());
        QVERIFY(node.seal.provide(node.shares[static_cast<std::size_t>(order[at])].clone()));
        const auto status = node.seal.status();
        if (at + 1 == order.size()) break;
        QCOMPARE(status->progress, at + 1);
        QVERIFY(!status->nonce.empty());
        QVERIFY(nonce.empty() || nonce == status->nonce);
        nonce = status->nonce;
    }
    QVERIFY(node.isOpen());
    const auto status = node.seal.status();
    QVERIFY(!status->isSealed);
    QCOMPARE(status->progress, 0);
    QVERIFY(status->nonce.empty());
}

void TestSeal::singleShareIsTheKey()
{
    Node node{1, 1};
    QCOMPARE(node.shares.size(), std::size_t{1});
    QCOMPARE(node.shares[0].size(), std::size_t{32});
    QVERIFY(node.seal.provide(node.shares[0].clone()));
    QVERIFY(node.isOpen());
}

void TestSeal::sameShareTwiceIsNoProgress()
{
    Node node;
    for (int round = 0; round < 3; ++round) QVERIFY(node.seal.provide(node.shares[1].clone()));
    QCOMPARE(node.seal.status()->progress, 1);
    QVERIFY(node.barrier.isSealed());
}

void TestSeal::wrongSharesForgetTheProgress()
{
    Node node;
    Node stranger{5, 3, 2};
    QVERIFY(node.seal.provide(node.shares[0].clone()));
    QVERIFY(node.seal.provide(node.shares[1].clone()));
    const auto wrong = node.seal.provide(stranger.shares[2].clone());
    QVERIFY(!wrong);
    QVERIFY(wrong.error().code == ErrorCode::InvalidArgument);
    QCOMPARE(wrong.error().detail, std::string{"Unseal failed, invalid key"});
    QCOMPARE(node.seal.status()->progress, 0);
    QVERIFY(node.seal.status()->nonce.empty());
    QVERIFY(node.barrier.isSealed());
    for (const std::size_t at : {0, 1, 2}) QVERIFY(node.seal.provide(node.shares[at].clone()));
    QVERIFY(node.isOpen());
}

void TestSeal::strangeSharesAreRefused_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << 0 << QByteArray{"invalid key: key is shorter than minimum 16 bytes"};
    QTest::newRow("short") << 15 << QByteArray{"invalid key: key is shorter than minimum 16 bytes"};
    QTest::newRow("long") << 34 << QByteArray{"invalid key: key is longer than maximum 33 bytes"};
}

void TestSeal::strangeSharesAreRefused()
{
    QFETCH(int, size);
    QFETCH(QByteArray, text);
    Node node;
    const auto provided = node.seal.provide(node.random.secret(static_cast<std::size_t>(size)));
    QVERIFY(!provided);
    QCOMPARE(provided.error().detail, text.toStdString());
    QCOMPARE(node.seal.status()->progress, 0);
}

void TestSeal::resetForgetsTheProgress()
{
    Node node;
    QVERIFY(node.seal.provide(node.shares[0].clone()));
    node.seal.reset();
    QCOMPARE(node.seal.status()->progress, 0);
    QVERIFY(node.seal.status()->nonce.empty());
}

void TestSeal::openNodeTakesNoShares()
{
    Node node;
    for (const std::size_t at : {0, 1, 2, 3}) QVERIFY(node.seal.provide(node.shares[at].clone()));
    QCOMPARE(node.seal.status()->progress, 0);
    QVERIFY(node.isOpen());
    node.seal.seal();
    QVERIFY(!node.isOpen());
    QCOMPARE(node.seal.status()->progress, 0);
}

void TestSeal::sharesAreVerified_data()
{
    QTest::addColumn<QList<int>>("shares"); // from 10 on: shares of another node
    QTest::addColumn<bool>("isValid");
    QTest::newRow("threshold") << QList<int>{0, 2, 4} << true;
    QTest::newRow("all") << QList<int>{0, 1, 2, 3, 4} << true;
    QTest::newRow("too few") << QList<int>{0, 2} << false;
    QTest::newRow("one") << QList<int>{0} << false;
    QTest::newRow("none") << QList<int>{} << false;
    QTest::newRow("a stranger's") << QList<int>{0, 2, 14} << false;
    QTest::newRow("twice the same") << QList<int>{0, 2, 2} << false;
}

void TestSeal::sharesAreVerified()
{
    QFETCH(QList<int>, shares);
    QFETCH(bool, isValid);
    Node node;
    Node stranger{5, 3, 2};
    std::vector<SecretBytes> used;
    for (const int at : shares) {
        used.push_back((at < 10 ? node.shares : stranger.shares)[static_cast<std::size_t>(at % 10)].clone());
    }
    const auto verified = node.seal.verifyShares(used);
    QCOMPARE(verified.has_value(), isValid);
    if (!isValid) QVERIFY(verified.error().code == ErrorCode::InvalidArgument);
    QVERIFY(node.barrier.isSealed());
}

void TestSeal::damagedStorageIsNamed_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<bool>("isErased");
    QTest::newRow("configuration") << QByteArray{"i/core/seal-config"} << false;
    QTest::newRow("no root key") << QByteArray{"i/core/root-key"} << true;
    QTest::newRow("keyring") << QByteArray{"s/core/keyring"} << false;
    QTest::newRow("no keyring") << QByteArray{"s/core/keyring"} << true;
}

void TestSeal::damagedStorageIsNamed()
{
    QFETCH(QByteArray, key);
    QFETCH(bool, isErased);
    Node node;
    auto found = node.reader.values.find(key.toStdString());
    if (isErased) node.reader.values.erase(found);
    else found->second.back() = static_cast<char>(found->second.back() ^ 0x7f);
    Result<> outcome;
    for (const std::size_t at : {0, 1, 2}) {
        outcome = node.seal.provide(node.shares[at].clone());
        if (!outcome) break;
    }
    QVERIFY(!outcome);
    QVERIFY(outcome.error().code == ErrorCode::Corrupt);
    QVERIFY(node.barrier.isSealed());
}

void TestSeal::bundleMovesTheSetToAnotherNode()
{
    Node primary;
    Node secondary{1, 1, 2};
    QVERIFY(primary.seal.keyBundle().error().code == ErrorCode::Sealed);
    for (const std::size_t at : {0, 1, 2}) QVERIFY(primary.seal.provide(primary.shares[at].clone()));
    const auto bundle = KeyBundle::parse(primary.seal.keyBundle()->serialize().view());
    QVERIFY(bundle);
    const auto operations = secondary.seal.adopt(*bundle);
    for (const auto& operation : *operations) {
        QVERIFY(primary.barrier.verify(operation));
        // The same bytes, with two exceptions: the check values, which are sealed again, and the note that says whose shares they are.
        if (operation.key != kShareChecksKey && operation.key != kSealConfigKey) QCOMPARE(operation.value, primary.reader.values.at(operation.key));
        secondary.reader.values[operation.key] = operation.value;
    }
    secondary.barrier.unseal(*bundle->keyring());
    QCOMPARE(*secondary.barrier.openValue("s/path", primary.sealedValue), std::string{"value"});

    secondary.seal.seal(); // a restart: now only the primary's shares open it
    QCOMPARE(secondary.seal.status()->threshold, 3);
    QVERIFY(!secondary.seal.verifyShares(secondary.shares));
    for (const std::size_t at : {4, 3, 2}) QVERIFY(secondary.seal.provide(primary.shares[at].clone()));
    QCOMPARE(*secondary.barrier.openValue("s/path", primary.sealedValue), std::string{"value"});
}

void TestSeal::damagedBundlesAreRefused()
{
    Node node{1, 1};
    QVERIFY(node.seal.provide(node.shares[0].clone()));
    auto bundle = *node.seal.keyBundle();
    bundle.rootKey = node.random.secret(32);
    QVERIFY(KeyBundle::parse(bundle.serialize().view()).error().code == ErrorCode::Corrupt);
    QVERIFY(!node.seal.adopt(bundle));
    QVERIFY(!KeyBundle::parse("no bundle"));
    QVERIFY(!KeyBundle::parse(""));
}

QTEST_APPLESS_MAIN(TestSeal)
#include "tst_seal.moc"
