#include "core/lease/lease_manager.h"
#include "tests/core/request/request_stack.h"

using namespace testing_stack;
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
    static std::string salted(RequestStack& stack, const std::string& id)
    {
        return stack.inspect([&](const barrier::Scope& scope) { return valueOf(stack.tokens.saltedId(scope, id)); });
    }
    static void revoke(RequestStack& stack, const std::string& id)
    {
        const auto name = salted(stack, id);
        stack.write([&](const barrier::Scope& scope) { check(stack.tokens.revoke(scope, name)); });
    }
};

void TestTokenStore::findsByIdAndByAccessor()
{
    RequestStack stack;
    const auto made = stack.makeToken([](auto& draft) { draft.policies = {"p"}; });
    QVERIFY(made.id.starts_with("hvs."));
    QCOMPARE(made.id.size(), 28u);
    QCOMPARE(made.accessor.size(), 24u);
    for (int round = 0; round < 2; ++round) { // read, then cached
        const auto found = stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.check(scope, made.id, stack.clock.now())); });
        QVERIFY(found && found->policies == std::vector<std::string>{"p"} && found->id == made.id);
    }
    const auto byAccessor =
        stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.findByAccessor(scope, made.accessor, stack.clock.now())); });
    QVERIFY(byAccessor && byAccessor->id.empty() && byAccessor->accessor == made.accessor);
    QVERIFY(!stack.isValid("hvs.unknown"));
    const auto accessors = stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.accessors(scope)); });
    QCOMPARE(accessors.size(), 2u); // this one and the root token's
}

void TestTokenStore::storesNoId()
{
    RequestStack stack;
    const auto made = stack.makeToken([](auto& draft) { draft.policies = {"p"}; });
    check(stack.store->reader().scan({}, {}, [&](std::string_view key, std::string_view value) {
        if (key.find(made.id) != key.npos || value.find(made.id) != value.npos) qFatal("the id is stored");
        return true;
    }));
    const auto name = salted(stack, made.id);
    const auto opened = stack.inspect([&](const auto& scope) { return valueOf(scope.local("sys/token/").get("id/" + name)); });
    QVERIFY(opened && opened->find(made.id) == std::string::npos);
}

void TestTokenStore::forgetsAtOnceWhatWasRevoked()
{
    RequestStack stack;
    const auto made = stack.makeToken([](auto& draft) { draft.policies = {"p"}; });
    QVERIFY(stack.isValid(made.id)); // cached now
    revoke(stack, made.id);
    QVERIFY(!stack.isValid(made.id));
    const auto byAccessor =
        stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.findByAccessor(scope, made.accessor, stack.clock.now())); });
    QVERIFY(!byAccessor);
}

void TestTokenStore::refusesWhatHasExpired()
{
    RequestStack stack;
    const auto made = stack.makeToken([&](auto& draft) { draft.expiresAt = stack.clock.now() + 60s; });
    QVERIFY(stack.isValid(made.id));
    stack.clock.advance(59s);
    QVERIFY(stack.isValid(made.id));
    stack.clock.advance(1s);
    QVERIFY(!stack.isValid(made.id));
}

void TestTokenStore::refusesAGivenIdTwice()
{
    RequestStack stack;
    (void)stack.makeToken([](auto& draft) { draft.id = "mine"; });
    QVERIFY(stack.isValid("mine"));
    const auto second = stack.inspect([&](const auto& scope) {
        token::TokenEntry draft;
        draft.id = "mine";
        return stack.tokens.create(scope, draft);
    });
    QVERIFY(!second && second.error().code == ErrorCode::AlreadyExists);
}

void TestTokenStore::countsUsesDown()
{
    RequestStack stack;
    const auto made = stack.makeToken([](auto& draft) { draft.usesLeft = 2; });
    const auto take = [&] {
        token::TokenPointer taken;
        stack.write([&](const auto& scope) { taken = valueOf(stack.tokens.takeUse(scope, made.id, stack.clock.now())); });
        return taken ? taken->usesLeft : -99;
    };
    QCOMPARE(take(), 1);
    QVERIFY(stack.isValid(made.id));
    QCOMPARE(take(), -1);
    QVERIFY(!stack.isValid(made.id));
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
    RequestStack stack;
    const auto keysBefore = stack.keyCount("l/sys/");
    const auto top = stack.makeToken([](auto&) {});
    std::vector<std::string> parents{top.id};
    std::vector<std::string> all{top.id};
    for (int level = 0; level < depth; ++level) {
        std::vector<std::string> next;
        for (const auto& parent : parents) {
            const auto name = salted(stack, parent);
            stack.write([&](const auto& scope) {
                for (int child = 0; child < width; ++child) {
                    token::TokenEntry draft;
                    draft.parent = name;
                    draft.expiresAt = stack.clock.now() + 1h;
                    next.push_back(valueOf(stack.tokens.create(scope, draft)).id);
                }
            });
        }
        all.insert(all.end(), next.begin(), next.end());
        parents = std::move(next);
    }
    for (const auto& id : all) QVERIFY(stack.isValid(id));
    revoke(stack, top.id);
    for (const auto& id : all) QVERIFY(!stack.isValid(id)); // at once, even if sweep() has work left

    lease::LeaseManager leases{*stack.store, stack.barrier, stack.tokens, stack.clock};
    (void)valueOf(leases.tick());
    QCOMPARE(stack.keyCount("l/sys/"), keysBefore);
    QVERIFY(stack.isValid(stack.rootToken));
}

void TestTokenStore::keepsChildrenAsOrphans()
{
    RequestStack stack;
    const auto top = stack.makeToken([](auto&) {});
    const auto name = salted(stack, top.id);
    std::vector<std::string> children;
    for (int child = 0; child < 300; ++child) {
        children.push_back(stack.makeToken([&](auto& draft) { draft.parent = name; }).id);
    }
    stack.write([&](const auto& scope) { check(stack.tokens.revokeOrphan(scope, name)); });
    QVERIFY(!stack.isValid(top.id));
    for (const auto& id : children) QVERIFY(stack.isValid(id));
    lease::LeaseManager leases{*stack.store, stack.barrier, stack.tokens, stack.clock};
    (void)valueOf(leases.tick());
    for (const auto& id : children) {
        const auto entry = stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.check(scope, id, stack.clock.now())); });
        QVERIFY(entry && entry->parent.empty());
    }
    QCOMPARE(stack.keyCount("l/sys/token/parent/"), 0u);
}

void TestTokenStore::childrenOfAnEndedParentAreNotMade()
{
    RequestStack stack;
    const auto top = stack.makeToken([](auto&) {});
    const auto name = salted(stack, top.id);
    revoke(stack, top.id);
    const auto child = stack.inspect([&](const auto& scope) {
        token::TokenEntry draft;
        draft.parent = name;
        return stack.tokens.create(scope, draft);
    });
    QVERIFY(!child);
    // And at the same time: the transaction that commits second must run again.
    const auto other = stack.makeToken([](auto&) {});
    const auto otherName = salted(stack, other.id);
    auto creating = stack.store->begin();
    token::TokenEntry draft;
    draft.parent = otherName;
    (void)valueOf(stack.tokens.create({creating, stack.barrier, {}}, draft));
    revoke(stack, other.id);
    const auto committed = stack.store->commitAndWait(std::move(creating));
    QVERIFY(!committed && committed.error().code == ErrorCode::Conflict);
}

void TestTokenStore::batchTokensCarryThemselves()
{
    RequestStack stack;
    const auto parent = stack.makeToken([](auto&) {});
    const auto orphan = stack.makeToken([&](auto& draft) {
        draft.type = token::TokenType::Batch;
        draft.policies = {"p"};
        draft.expiresAt = stack.clock.now() + 1h;
    });
    const auto child = stack.makeToken([&](auto& draft) {
        draft.type = token::TokenType::Batch;
        draft.parent = salted(stack, parent.id);
    });
    QVERIFY(orphan.id.starts_with("hvb.") && orphan.accessor.empty());
    QVERIFY(stack.isValid(orphan.id));
    QVERIFY(stack.isValid(child.id));
    auto forged = orphan.id;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
    QVERIFY(!stack.isValid(forged));
    QVERIFY(!stack.isValid("hvb."));
    // A former member has the keyring and can seal any token. None of them must be a root token.
    for (const auto& policies : {std::vector<std::string>{"root"}, {"p", "root"}}) {
        const auto root = stack.makeToken([&](auto& draft) {
            draft.type = token::TokenType::Batch;
            draft.policies = policies;
        });
        QVERIFY(root.id.starts_with("hvb.") && !stack.isValid(root.id));
    }
    revoke(stack, parent.id);
    QVERIFY(!stack.isValid(child.id));
    QVERIFY(stack.isValid(orphan.id));
    stack.clock.advance(1h);
    QVERIFY(!stack.isValid(orphan.id));
}

void TestTokenStore::expiryEndsTokensInRounds()
{
    RequestStack stack;
    const auto keysBefore = stack.keyCount("l/sys/");
    for (int index = 0; index < 300; ++index) {
        (void)stack.makeToken([&](auto& draft) { draft.expiresAt = stack.clock.now() + 1s * (index + 1); });
    }
    lease::LeaseManager leases{*stack.store, stack.barrier, stack.tokens, stack.clock};
    stack.clock.advance(100s);
    (void)valueOf(leases.tick());
    QCOMPARE(stack.keyCount("l/sys/expire/"), 200u);
    stack.clock.advance(300s);
    (void)valueOf(leases.tick());
    QCOMPARE(stack.keyCount("l/sys/"), keysBefore);
}

void TestTokenStore::renewalSurvivesItsOldExpiry()
{
    RequestStack stack;
    const auto made = stack.makeToken([&](auto& draft) { draft.expiresAt = stack.clock.now() + 10s; });
    const auto name = salted(stack, made.id);
    QVERIFY(stack.isValid(made.id));
    stack.write([&](const auto& scope) {
        const auto before = valueOf(stack.tokens.findBySaltedId(scope, name, stack.clock.now()));
        auto after = *before;
        after.expiresAt = stack.clock.now() + 100s;
        check(stack.tokens.replace(scope, name, *before, after));
    });
    lease::LeaseManager leases{*stack.store, stack.barrier, stack.tokens, stack.clock};
    stack.clock.advance(50s);
    (void)valueOf(leases.tick());
    QVERIFY(stack.isValid(made.id));
    stack.clock.advance(50s);
    (void)valueOf(leases.tick());
    QVERIFY(!stack.isValid(made.id));
    QCOMPARE(stack.keyCount("l/sys/token/id/"), 1u); // the root token's
}

void TestTokenStore::tidyDropsDanglingAccessors()
{
    RequestStack stack;
    stack.write([&](const auto& scope) {
        check(scope.local("sys/token/").put("accessor/feed", token::encodeAccessor({.accessor = "x", .saltedId = "gone"})));
    });
    lease::LeaseManager leases{*stack.store, stack.barrier, stack.tokens, stack.clock};
    QVERIFY(leases.requestTidy());
    QVERIFY(!leases.requestTidy()); // one at a time
    (void)valueOf(leases.tick());
    QCOMPARE(stack.keyCount("l/sys/token/accessor/"), 1u);
    QVERIFY(leases.requestTidy());
}

QTEST_GUILESS_MAIN(TestTokenStore)
#include "tst_token_store.moc"
