#include "core/lease/lease_manager.h"
#include "tests/core/request/house.h"

using namespace testing_house;
using namespace std::chrono_literals;

class TestTokenStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsByIdAndByAccessor();
    void storesNoId();
    void forgetsAtOnceWhatWasRevoked();
    void refusesWhatHasExpired();
    void refusesAGivenIdTwice();
    void countsUsesDown();
    void revokesATree_data();
    void revokesATree();
    void keepsChildrenAsOrphans();
    void childrenOfAnEndedParentAreNotMade();
    void batchTokensCarryThemselves();
    void expiryEndsTokensInRounds();
    void renewalSurvivesItsOldExpiry();
    void tidyDropsDanglingAccessors();

private:
    static std::string salted(House& house, const std::string& id)
    {
        return house.inspect([&](const barrier::Scope& scope) { return valueOf(house.tokens.saltedId(scope, id)); });
    }
    static void revoke(House& house, const std::string& id)
    {
        const auto name = salted(house, id);
        house.write([&](const barrier::Scope& scope) { check(house.tokens.revoke(scope, name)); });
    }
};

void TestTokenStore::findsByIdAndByAccessor()
{
    House house;
    const auto made = house.makeToken([](auto& draft) { draft.policies = {"p"}; });
    QVERIFY(made.id.starts_with("hvs."));
    QCOMPARE(made.id.size(), 28u);
    QCOMPARE(made.accessor.size(), 24u);
    for (int round = 0; round < 2; ++round) { // read, then cached
        const auto found = house.inspect([&](const auto& scope) { return valueOf(house.tokens.check(scope, made.id, house.clock.now())); });
        QVERIFY(found && found->policies == std::vector<std::string>{"p"} && found->id == made.id);
    }
    const auto byAccessor =
        house.inspect([&](const auto& scope) { return valueOf(house.tokens.findByAccessor(scope, made.accessor, house.clock.now())); });
    QVERIFY(byAccessor && byAccessor->id.empty() && byAccessor->accessor == made.accessor);
    QVERIFY(!house.isValid("hvs.unknown"));
    const auto accessors = house.inspect([&](const auto& scope) { return valueOf(house.tokens.accessors(scope)); });
    QCOMPARE(accessors.size(), 2u); // and the root token's
}

void TestTokenStore::storesNoId()
{
    House house;
    const auto made = house.makeToken([](auto& draft) { draft.policies = {"p"}; });
    check(house.store->reader().scan({}, {}, [&](std::string_view key, std::string_view value) {
        if (key.find(made.id) != key.npos || value.find(made.id) != value.npos) qFatal("the id is stored");
        return true;
    }));
    const auto name = salted(house, made.id);
    const auto opened = house.inspect([&](const auto& scope) { return valueOf(scope.local("sys/token/").get("id/" + name)); });
    QVERIFY(opened && opened->find(made.id) == std::string::npos);
}

void TestTokenStore::forgetsAtOnceWhatWasRevoked()
{
    House house;
    const auto made = house.makeToken([](auto& draft) { draft.policies = {"p"}; });
    QVERIFY(house.isValid(made.id)); // cached now
    revoke(house, made.id);
    QVERIFY(!house.isValid(made.id));
    const auto byAccessor =
        house.inspect([&](const auto& scope) { return valueOf(house.tokens.findByAccessor(scope, made.accessor, house.clock.now())); });
    QVERIFY(!byAccessor);
}

void TestTokenStore::refusesWhatHasExpired()
{
    House house;
    const auto made = house.makeToken([&](auto& draft) { draft.expiresAt = house.clock.now() + 60s; });
    QVERIFY(house.isValid(made.id));
    house.clock.advance(59s);
    QVERIFY(house.isValid(made.id));
    house.clock.advance(1s);
    QVERIFY(!house.isValid(made.id));
}

void TestTokenStore::refusesAGivenIdTwice()
{
    House house;
    (void)house.makeToken([](auto& draft) { draft.id = "mine"; });
    QVERIFY(house.isValid("mine"));
    const auto second = house.inspect([&](const auto& scope) {
        token::TokenEntry draft;
        draft.id = "mine";
        return house.tokens.create(scope, draft);
    });
    QVERIFY(!second && second.error().code == ErrorCode::AlreadyExists);
}

void TestTokenStore::countsUsesDown()
{
    House house;
    const auto made = house.makeToken([](auto& draft) { draft.usesLeft = 2; });
    const auto take = [&] {
        token::TokenPointer taken;
        house.write([&](const auto& scope) { taken = valueOf(house.tokens.takeUse(scope, made.id, house.clock.now())); });
        return taken ? taken->usesLeft : -99;
    };
    QCOMPARE(take(), 1);
    QVERIFY(house.isValid(made.id));
    QCOMPARE(take(), -1);
    QVERIFY(!house.isValid(made.id));
}

void TestTokenStore::revokesATree_data()
{
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("depth");
    QTest::newRow("small") << 2 << 3;
    QTest::newRow("wide, in several transactions") << 600 << 1;
    QTest::newRow("deep") << 1 << 40;
}

void TestTokenStore::revokesATree()
{
    QFETCH(int, width);
    QFETCH(int, depth);
    House house;
    const auto keysBefore = house.keyCount("l/sys/");
    const auto top = house.makeToken([](auto&) {});
    std::vector<std::string> parents{top.id};
    std::vector<std::string> all{top.id};
    for (int level = 0; level < depth; ++level) {
        std::vector<std::string> next;
        for (const auto& parent : parents) {
            const auto name = salted(house, parent);
            house.write([&](const auto& scope) {
                for (int child = 0; child < width; ++child) {
                    token::TokenEntry draft;
                    draft.parent = name;
                    draft.expiresAt = house.clock.now() + 1h;
                    next.push_back(valueOf(house.tokens.create(scope, draft)).id);
                }
            });
        }
        all.insert(all.end(), next.begin(), next.end());
        parents = std::move(next);
    }
    for (const auto& id : all) QVERIFY(house.isValid(id));
    revoke(house, top.id);
    for (const auto& id : all) QVERIFY(!house.isValid(id)); // at once, whatever is left to sweep

    lease::LeaseManager leases{*house.store, house.barrier, house.tokens, house.clock, [&](const auto& keys) { house.pipeline.changed(keys); }};
    (void)valueOf(leases.tick());
    QCOMPARE(house.keyCount("l/sys/"), keysBefore);
    QVERIFY(house.isValid(house.rootToken));
}

void TestTokenStore::keepsChildrenAsOrphans()
{
    House house;
    const auto top = house.makeToken([](auto&) {});
    const auto name = salted(house, top.id);
    std::vector<std::string> children;
    for (int child = 0; child < 300; ++child) {
        children.push_back(house.makeToken([&](auto& draft) { draft.parent = name; }).id);
    }
    house.write([&](const auto& scope) { check(house.tokens.revokeOrphan(scope, name)); });
    QVERIFY(!house.isValid(top.id));
    for (const auto& id : children) QVERIFY(house.isValid(id));
    lease::LeaseManager leases{*house.store, house.barrier, house.tokens, house.clock, [&](const auto& keys) { house.pipeline.changed(keys); }};
    (void)valueOf(leases.tick());
    for (const auto& id : children) {
        const auto entry = house.inspect([&](const auto& scope) { return valueOf(house.tokens.check(scope, id, house.clock.now())); });
        QVERIFY(entry && entry->parent.empty());
    }
    QCOMPARE(house.keyCount("l/sys/token/parent/"), 0u);
}

void TestTokenStore::childrenOfAnEndedParentAreNotMade()
{
    House house;
    const auto top = house.makeToken([](auto&) {});
    const auto name = salted(house, top.id);
    revoke(house, top.id);
    const auto child = house.inspect([&](const auto& scope) {
        token::TokenEntry draft;
        draft.parent = name;
        return house.tokens.create(scope, draft);
    });
    QVERIFY(!child);
    // And at the same time: the one that commits second has to run again.
    const auto other = house.makeToken([](auto&) {});
    const auto otherName = salted(house, other.id);
    auto creating = house.store->begin();
    token::TokenEntry draft;
    draft.parent = otherName;
    (void)valueOf(house.tokens.create({creating, house.barrier, {}}, draft));
    revoke(house, other.id);
    const auto committed = house.store->commitAndWait(std::move(creating));
    QVERIFY(!committed && committed.error().code == ErrorCode::Conflict);
}

void TestTokenStore::batchTokensCarryThemselves()
{
    House house;
    const auto parent = house.makeToken([](auto&) {});
    const auto orphan = house.makeToken([&](auto& draft) {
        draft.type = token::TokenType::Batch;
        draft.policies = {"p"};
        draft.expiresAt = house.clock.now() + 1h;
    });
    const auto child = house.makeToken([&](auto& draft) {
        draft.type = token::TokenType::Batch;
        draft.parent = salted(house, parent.id);
    });
    QVERIFY(orphan.id.starts_with("hvb.") && orphan.accessor.empty());
    QVERIFY(house.isValid(orphan.id));
    QVERIFY(house.isValid(child.id));
    auto forged = orphan.id;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
    QVERIFY(!house.isValid(forged));
    QVERIFY(!house.isValid("hvb."));
    // Whoever has the keyring can seal what he likes: no such token is root's.
    for (const auto& policies : {std::vector<std::string>{"root"}, {"p", "root"}}) {
        const auto root = house.makeToken([&](auto& draft) {
            draft.type = token::TokenType::Batch;
            draft.policies = policies;
        });
        QVERIFY(root.id.starts_with("hvb.") && !house.isValid(root.id));
    }
    revoke(house, parent.id);
    QVERIFY(!house.isValid(child.id));
    QVERIFY(house.isValid(orphan.id));
    house.clock.advance(1h);
    QVERIFY(!house.isValid(orphan.id));
}

void TestTokenStore::expiryEndsTokensInRounds()
{
    House house;
    const auto keysBefore = house.keyCount("l/sys/");
    for (int index = 0; index < 300; ++index) {
        (void)house.makeToken([&](auto& draft) { draft.expiresAt = house.clock.now() + 1s * (index + 1); });
    }
    lease::LeaseManager leases{*house.store, house.barrier, house.tokens, house.clock, [&](const auto& keys) { house.pipeline.changed(keys); }};
    house.clock.advance(100s);
    (void)valueOf(leases.tick());
    QCOMPARE(house.keyCount("l/sys/expire/"), 200u);
    house.clock.advance(300s);
    (void)valueOf(leases.tick());
    QCOMPARE(house.keyCount("l/sys/"), keysBefore);
}

void TestTokenStore::renewalSurvivesItsOldExpiry()
{
    House house;
    const auto made = house.makeToken([&](auto& draft) { draft.expiresAt = house.clock.now() + 10s; });
    const auto name = salted(house, made.id);
    QVERIFY(house.isValid(made.id));
    house.write([&](const auto& scope) {
        const auto before = valueOf(house.tokens.findBySaltedId(scope, name, house.clock.now()));
        auto after = *before;
        after.expiresAt = house.clock.now() + 100s;
        check(house.tokens.replace(scope, name, *before, after));
    });
    lease::LeaseManager leases{*house.store, house.barrier, house.tokens, house.clock, [&](const auto& keys) { house.pipeline.changed(keys); }};
    house.clock.advance(50s);
    (void)valueOf(leases.tick());
    QVERIFY(house.isValid(made.id));
    house.clock.advance(50s);
    (void)valueOf(leases.tick());
    QVERIFY(!house.isValid(made.id));
    QCOMPARE(house.keyCount("l/sys/token/id/"), 1u); // the root token's
}

void TestTokenStore::tidyDropsDanglingAccessors()
{
    House house;
    house.write([&](const auto& scope) {
        check(scope.local("sys/token/").put("accessor/feed", token::encodeAccessor({.accessor = "x", .saltedId = "gone"})));
    });
    lease::LeaseManager leases{*house.store, house.barrier, house.tokens, house.clock, [&](const auto& keys) { house.pipeline.changed(keys); }};
    QVERIFY(leases.requestTidy());
    QVERIFY(!leases.requestTidy()); // one at a time
    (void)valueOf(leases.tick());
    QCOMPARE(house.keyCount("l/sys/token/accessor/"), 1u);
    QVERIFY(leases.requestTidy());
}

QTEST_GUILESS_MAIN(TestTokenStore)
#include "tst_token_store.moc"
