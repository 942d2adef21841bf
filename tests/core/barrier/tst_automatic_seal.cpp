#include "core/barrier/seal.h"
#include "tests/core/barrier/fake_wrapper.h"
#include "tests/core/barrier/map_reader.h"

#include <QtTest>

using namespace core;
using namespace core::barrier;

namespace {

const WallTime kNow = fromUnixMs(1'700'000'000'000);

/// An initialised node with an automatic seal or Shamir's seal. It is sealed.
struct Node {
    explicit Node(bool isAutomatic, std::uint64_t seed = 1)
        : random{seed}
        , wrapper{random}
        , seal{barrier, reader, random, isAutomatic ? &wrapper : nullptr}
    {
        auto transaction = reader.begin();
        shares = *seal.initialize(transaction, {3, 2}, kNow);
        sealedValue = *barrier.sealValue("s/path", "value");
        reader.commit(transaction);
        seal.seal();
    }

    bool isOpen() const { return opens(sealedValue); }
    bool opens(const std::string& value) const
    {
        const auto opened = barrier.openValue("s/path", value);
        return opened && *opened == "value";
    }
    Result<> provide(const std::vector<SecretBytes>& from)
    {
        Result<> last;
        for (const std::size_t at : {0, 2}) last = seal.provide(from[at].clone());
        return last;
    }
    Result<> unseal() { return seal.isAutomatic() ? seal.unsealByItself() : provide(shares); }
    /// Replaces all contents, as an activation does.
    void become(const KeyBundle& bundle)
    {
        const auto operations = seal.adopt(bundle);
        reader.values.clear();
        for (const auto& operation : *operations) reader.values[operation.key] = operation.value;
        seal.seal();
    }
    bool verifies(const std::vector<SecretBytes>& from) const
    {
        std::vector<SecretBytes> two;
        two.push_back(from[1].clone());
        two.push_back(from[2].clone());
        return seal.verifyShares(two).has_value();
    }

    SeededRandom random;
    FakeWrapper wrapper;
    MapReader reader;
    Barrier barrier{random};
    Seal seal;
    std::vector<SecretBytes> shares;
    std::string sealedValue;
};

} // namespace

class TestAutomaticSeal : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void opensByItself();
    void recoveryKeysAloneOpenNothing();
    void recoveryKeysUnsealWithTheWrapper();
    void wrongRecoveryKeysUnsealNothing();
    void failuresOfTheWrapperAreReported();
    void alteredKeysAreNoticed_data();
    void alteredKeysAreNoticed();
    void anotherTypeOfSealIsRefused();
    void movesFromOneSealToAnother_data();
    void movesFromOneSealToAnother();
    void pairsOfSealsShareData_data();
    void pairsOfSealsShareData();
    void newSharesReplaceOldOnes_data();
    void newSharesReplaceOldOnes();
    void aRekeyIsForTheKeysOfNow();
    void sharesAreKnownOneByOne();
};

void TestAutomaticSeal::opensByItself()
{
    Node node{true};
    QVERIFY(node.seal.status()->isSealed);
    QCOMPARE(node.seal.status()->type, std::string{"fake"});
    QCOMPARE(node.seal.status()->threshold, 2);
    QVERIFY(node.seal.unsealByItself());
    QVERIFY(node.isOpen());
    QVERIFY(node.verifies(node.shares));
    QVERIFY(!node.verifies(Node{true, 2}.shares));
}

void TestAutomaticSeal::recoveryKeysAloneOpenNothing()
{
    Node node{true};
    node.wrapper.failure = Error{ErrorCode::Unavailable, "away"};
    QVERIFY(node.provide(node.shares).error().code == ErrorCode::Unavailable);
    QVERIFY(node.barrier.isSealed());
    // The stored rows open nothing either without the wrapper's key: the wrapped root key does not open with the shares.
    ShareSet stolen{{3, 2}, node.reader.values.at(std::string{kRootKeyKey})};
    QVERIFY(!stolen.rootKey(node.shares));
    stolen.wrappedRootKey = node.reader.values.at(std::string{kRecoveryKey});
    QVERIFY(!stolen.rootKey(node.shares));
}

void TestAutomaticSeal::recoveryKeysUnsealWithTheWrapper()
{
    Node node{true};
    QVERIFY(node.seal.provide(node.shares[1].clone()));
    QCOMPARE(node.seal.status()->progress, 1);
    QVERIFY(node.barrier.isSealed());
    QVERIFY(node.provide(node.shares));
    QVERIFY(node.isOpen());
}

void TestAutomaticSeal::wrongRecoveryKeysUnsealNothing()
{
    Node node{true};
    const Node stranger{true, 2};
    const auto outcome = node.provide(stranger.shares);
    QCOMPARE(outcome.error().detail, std::string{"Unseal failed, invalid key"});
    QVERIFY(node.barrier.isSealed());
    QCOMPARE(node.seal.status()->progress, 0);
}

void TestAutomaticSeal::failuresOfTheWrapperAreReported()
{
    Node node{true};
    for (const auto code : {ErrorCode::Unavailable, ErrorCode::PermissionDenied, ErrorCode::NotFound}) {
        node.wrapper.failure = Error{code, "why"};
        QVERIFY(node.seal.unsealByItself().error().code == code);
        QVERIFY(node.seal.checkReady().error().code == code);
        QVERIFY(node.barrier.isSealed());
    }
    node.wrapper.failure.reset();
    QVERIFY(node.seal.checkReady());
    QVERIFY(node.seal.unsealByItself());

    SeededRandom random{3};
    FakeWrapper away{random};
    away.failure = Error{ErrorCode::Unavailable, "away"};
    MapReader reader;
    Barrier barrier{random};
    Seal seal{barrier, reader, random, &away};
    auto transaction = reader.begin();
    QVERIFY(seal.initialize(transaction, {1, 1}, kNow).error().code == ErrorCode::Unavailable);
    QVERIFY(!transaction.hasWrites() && barrier.isSealed());
    QCOMPARE(seal.initialize(transaction, {5, 1}, kNow).error().detail,
             std::string{"invalid recovery configuration: threshold must be greater than one for multiple shares"});
    QCOMPARE(seal.unsealByItself().error().detail, std::string{"Vault is not initialized"});
}

void TestAutomaticSeal::alteredKeysAreNoticed_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<bool>("isOpened");
    QTest::newRow("root key") << QByteArray{"i/core/root-key"} << false;
    QTest::newRow("keyring") << QByteArray{"s/core/keyring"} << false;
    QTest::newRow("recovery keys") << QByteArray{"i/core/recovery-key"} << true; // it opens, but nobody can be authorised
}

void TestAutomaticSeal::alteredKeysAreNoticed()
{
    QFETCH(QByteArray, key);
    QFETCH(bool, isOpened);
    Node node{true};
    auto& value = node.reader.values.at(key.toStdString());
    value.back() = static_cast<char>(value.back() ^ 1);
    const auto outcome = node.seal.unsealByItself();
    QCOMPARE(outcome.has_value(), isOpened);
    if (!isOpened) QVERIFY(outcome.error().code == ErrorCode::Corrupt);
    QVERIFY(!node.verifies(node.shares));
}

void TestAutomaticSeal::anotherTypeOfSealIsRefused()
{
    Node node{true};
    Seal shamir{node.barrier, node.reader, node.random};
    const auto outcome = shamir.provide(node.shares[0].clone());
    QVERIFY(outcome.error().code == ErrorCode::FailedPrecondition);
    QCOMPARE(outcome.error().detail, std::string{"the storage was sealed by a seal of type \"fake\", the configuration has one of "
                                                 "type \"shamir\""});
    QCOMPARE(shamir.status()->type, std::string{"fake"});

    Node other{false};
    Seal automatic{other.barrier, other.reader, other.random, &node.wrapper};
    QVERIFY(automatic.unsealByItself().error().code == ErrorCode::FailedPrecondition);
}

void TestAutomaticSeal::movesFromOneSealToAnother_data()
{
    QTest::addColumn<bool>("isToAutomatic");
    QTest::newRow("to automatic") << true;
    QTest::newRow("to Shamir's") << false;
}

void TestAutomaticSeal::movesFromOneSealToAnother()
{
    QFETCH(bool, isToAutomatic);
    Node node{!isToAutomatic};
    Seal next{node.barrier, node.reader, node.random, isToAutomatic ? &node.wrapper : nullptr, isToAutomatic ? nullptr : &node.wrapper};
    QVERIFY(next.status()->isMigrating && !node.seal.status()->isMigrating);
    QCOMPARE(next.provide(node.shares[0].clone()).error().detail, std::string{"migrate option not provided and seal migration is pending"});
    QCOMPARE(node.seal.provide(node.shares[0].clone(), true).error().detail,
             std::string{"'migrate' parameter set true in JSON body when not in seal migration mode"});
    QVERIFY(next.provide(Node{false, 2}.shares[0].clone(), true));
    QCOMPARE(next.provide(node.shares[0].clone(), true).error().detail, std::string{"Unseal failed, invalid key"});
    QVERIFY(next.provide(node.shares[0].clone(), true));
    QVERIFY(node.barrier.isSealed());
    QVERIFY(next.provide(node.shares[1].clone(), true));
    QVERIFY(node.isOpen());

    const auto operations = next.adopt(*next.keyBundle());
    for (const auto& operation : *operations) node.reader.values[operation.key] = operation.value;
    next.seal();
    QVERIFY(!next.status()->isMigrating);
    QCOMPARE(next.status()->type, next.type());
    if (isToAutomatic) {
        QVERIFY(next.unsealByItself());
    } else {
        QVERIFY(next.provide(node.shares[1].clone()));
        QVERIFY(next.provide(node.shares[2].clone()));
    }
    QVERIFY(node.isOpen());
    std::vector<SecretBytes> two;
    for (const std::size_t at : {0, 1}) two.push_back(node.shares[at].clone());
    QVERIFY(next.verifyShares(two));
}

void TestAutomaticSeal::pairsOfSealsShareData_data()
{
    QTest::addColumn<bool>("isPrimaryAutomatic");
    QTest::addColumn<bool>("isSecondaryAutomatic");
    for (const bool primary : {false, true}) {
        for (const bool secondary : {false, true}) {
            QTest::addRow("%s to %s", primary ? "auto" : "shamir", secondary ? "auto" : "shamir") << primary << secondary;
        }
    }
}

void TestAutomaticSeal::pairsOfSealsShareData()
{
    QFETCH(bool, isPrimaryAutomatic);
    QFETCH(bool, isSecondaryAutomatic);
    Node primary{isPrimaryAutomatic};
    Node secondary{isSecondaryAutomatic, 2};
    QVERIFY(primary.unseal());
    const auto bundle = KeyBundle::parse(primary.seal.keyBundle()->serialize().view());
    QVERIFY(bundle);
    QCOMPARE(bundle->sealType, primary.seal.type());
    secondary.become(*bundle);

    // After a restart it opens by itself or with the primary's shares. Its own shares are no longer valid.
    QCOMPARE(secondary.seal.status()->type, secondary.seal.type());
    QCOMPARE(secondary.seal.status()->shares, 3);
    if (isSecondaryAutomatic) {
        QVERIFY(secondary.seal.unsealByItself());
    } else {
        QVERIFY(!secondary.provide(secondary.shares));
        QVERIFY(secondary.provide(primary.shares));
    }
    QVERIFY(secondary.opens(primary.sealedValue));
    QVERIFY(!secondary.isOpen());
    QVERIFY(secondary.verifies(primary.shares));
    QVERIFY(!secondary.verifies(secondary.shares));

    // After a promotion it sends the same keys to a third cluster, with either type of seal.
    for (const bool isThirdAutomatic : {false, true}) {
        Node third{isThirdAutomatic, 3};
        third.become(*secondary.seal.keyBundle());
        if (isThirdAutomatic) QVERIFY(third.seal.unsealByItself());
        else QVERIFY(third.provide(primary.shares));
        QVERIFY(third.opens(primary.sealedValue));
        QVERIFY(third.verifies(primary.shares));
    }
}

void TestAutomaticSeal::newSharesReplaceOldOnes_data()
{
    pairsOfSealsShareData_data();
}

void TestAutomaticSeal::newSharesReplaceOldOnes()
{
    QFETCH(bool, isPrimaryAutomatic);
    QFETCH(bool, isSecondaryAutomatic);
    Node primary{isPrimaryAutomatic};
    Node secondary{isSecondaryAutomatic, 2};
    QVERIFY(primary.unseal());
    secondary.become(*primary.seal.keyBundle());
    if (isSecondaryAutomatic) QVERIFY(secondary.seal.unsealByItself());
    else QVERIFY(secondary.provide(primary.shares));

    const auto oldRoot = primary.barrier.keyring()->rootKey().clone();
    const auto made = primary.seal.makeKeys({3, 2});
    QVERIFY(made && made->shares.size() == 3);
    QVERIFY(primary.verifies(primary.shares) && !primary.verifies(made->shares)); // made, not installed
    auto transaction = primary.reader.begin();
    QVERIFY(primary.seal.install(transaction, made->keys, true, kNow));
    primary.reader.commit(transaction);
    QVERIFY(primary.barrier.reload(primary.reader.values.at(std::string{kKeyringKey})));
    QVERIFY(!primary.verifies(primary.shares) && primary.verifies(made->shares));
    QVERIFY(!(primary.barrier.keyring()->rootKey() == oldRoot));
    QVERIFY(!Keyring::open(primary.reader.values.at(std::string{kKeyringKey}),
                           oldRoot)); // a former member has the old root key, and cannot open the new keyring
    const std::string newValue = *primary.barrier.sealValue("s/path", "value");
    primary.seal.seal();
    if (isPrimaryAutomatic) QVERIFY(primary.seal.unsealByItself());
    else QVERIFY(!primary.provide(primary.shares) && primary.provide(made->shares));
    QVERIFY(primary.isOpen() && primary.opens(newValue));

    // The link carries this to the secondary. If the secondary's seal fails, nothing changes.
    const auto sent = KeyBundle::parse(primary.seal.keyBundle()->serialize().view());
    QVERIFY(sent);
    if (isSecondaryAutomatic) {
        secondary.wrapper.failure = Error{ErrorCode::Unavailable, "away"};
        auto failing = secondary.reader.begin();
        QVERIFY(secondary.seal.adoptKeys(failing, *sent).error().code == ErrorCode::Unavailable);
        secondary.wrapper.failure.reset();
        QVERIFY(secondary.verifies(primary.shares) && secondary.opens(primary.sealedValue));
    }
    auto change = secondary.reader.begin();
    QVERIFY(*secondary.seal.adoptKeys(change, *sent));
    secondary.reader.commit(change);
    QVERIFY(secondary.barrier.reload(secondary.reader.values.at(std::string{kKeyringKey})));
    auto again = secondary.reader.begin();
    QVERIFY(!*secondary.seal.adoptKeys(again, *sent));
    QVERIFY(secondary.verifies(made->shares) && !secondary.verifies(primary.shares));
    // Shares that an older program announced no longer count, and neither does the root key of that time.
    secondary.reader.values[std::string{kKeySharesKey}] =
        *secondary.barrier.sealValue(kKeySharesKey, ShareSet::make({1, 1}, oldRoot, secondary.random)->set.serialize());
    auto older = secondary.reader.begin();
    QVERIFY(!*secondary.seal.adoptKeyRows(older));
    secondary.seal.seal();
    if (isSecondaryAutomatic) QVERIFY(secondary.seal.unsealByItself());
    else QVERIFY(!secondary.provide(primary.shares) && secondary.provide(made->shares));
    QVERIFY(secondary.opens(primary.sealedValue) && secondary.opens(newValue));
}

void TestAutomaticSeal::aRekeyIsForTheKeysOfNow()
{
    Node node{false};
    QVERIFY(node.unseal());
    const auto first = node.seal.makeKeys({1, 1});
    const auto second = node.seal.makeKeys({1, 1});
    auto transaction = node.reader.begin();
    QVERIFY(node.seal.install(transaction, first->keys, false, kNow));
    node.reader.commit(transaction);
    QVERIFY(node.barrier.reload(node.reader.values.at(std::string{kKeyringKey})));
    auto late = node.reader.begin();
    QVERIFY(node.seal.install(late, second->keys, false, kNow).error().code == ErrorCode::FailedPrecondition);
    // Keys of a primary that lacks a term would make values here unreadable for everybody.
    Node other{false, 2};
    QVERIFY(other.unseal());
    const auto bundle = node.seal.keyBundle();
    other.become(*bundle);
    QVERIFY(other.seal.provide(first->shares[0].clone()));
    auto rotated = other.reader.begin();
    QVERIFY(other.barrier.rotate(rotated, kNow));
    other.reader.commit(rotated);
    QVERIFY(other.barrier.reload(other.reader.values.at(std::string{kKeyringKey})));
    auto behind = other.reader.begin();
    QVERIFY(other.seal.adoptKeys(behind, *bundle).error().code == ErrorCode::FailedPrecondition);
}

// The class: a wrong share is noticed only together with the last one, and the right ones are lost with it. Places looked at: unsealing (the barrier
// is closed, so nothing can be checked), generation of root tokens and DR operation tokens, rekey, verification of a rekey. What holds: an open
// cluster checks each share at once, with check values that are stored sealed.
void TestAutomaticSeal::sharesAreKnownOneByOne()
{
    for (const bool isAutomatic : {false, true}) {
        Node node{isAutomatic};
        QVERIFY(!node.seal.isShare(node.shares[0])); // sealed: this is unknown
        QVERIFY(node.unseal());
        for (const auto& share : node.shares) QVERIFY(node.seal.isShare(share) == true);
        QVERIFY(node.seal.isShare(Node(isAutomatic, 9).shares[0]) == false);
        QVERIFY(node.seal.isShare(SecretBytes{33}) == false);
        for (const auto& [key, value] : node.reader.values) { // no check value is stored in the clear
            QVERIFY(value.find(node.seal.keyBundle()->shares.checkKey) == std::string::npos);
        }
        // The check values of another set do not count: an older program can have replaced only the shares.
        node.reader.values.erase(std::string{kShareChecksKey});
        if (!isAutomatic) QVERIFY(!node.seal.isShare(node.shares[0]));
        QVERIFY(node.verifies(node.shares));
    }
}

QTEST_APPLESS_MAIN(TestAutomaticSeal)
#include "tst_automatic_seal.moc"
