#include "core/lease/lease_index.h"
#include "core/lease/lease_manager.h"
#include "tests/core/request/request_stack.h"

using namespace testing_stack;
using namespace std::chrono_literals;

// The class: work on the leases below a path must cost only what is below that path, no matter what else exists or arrives at the same time. Other
// places that look at all tokens: the list of accessors and the count of tokens (they leave the I/O thread and commit nothing), tidy, and the end of
// a vanished method's tokens (bounded rounds, which new tokens do not disturb).
class TestLeaseIndex : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsComeAndGoWithTheirTokens();
    void listsFolderByFolder();
    void findsTokensByTheirLease();
    void endsTheTokensBelowAPath();
    void endsManyTokensAtOnce();
    void newTokensAreNoConflict();
    void youngerTokensStay();
    void childrenElsewhereEndToo();
    void olderStoresGetTheIndex();

private:
    static std::vector<std::string> below(RequestStack& stack, const std::string& prefix)
    {
        return stack.inspect([&](const auto& scope) { return valueOf(lease::leasesBelow(scope, prefix, {}, 10'000)); });
    }
    static std::string login(RequestStack& stack, const std::string& path, std::chrono::seconds ttl = 1h)
    {
        return stack
            .makeToken([&](auto& draft) {
                draft.path = path;
                draft.expiresAt = stack.clock.now() + ttl;
            })
            .id;
    }
    static lease::LeaseManager managerOf(RequestStack& stack) { return {*stack.store, stack.barrier, stack.tokens, stack.clock}; }
    static std::string leaseOf(RequestStack& stack, const std::string& id)
    {
        return stack.inspect([&](const auto& scope) {
            return token::leaseIdOf(*valueOf(stack.tokens.find(scope, id, stack.clock.now())), valueOf(stack.tokens.saltedId(scope, id)));
        });
    }
};

void TestLeaseIndex::rowsComeAndGoWithTheirTokens()
{
    RequestStack stack;
    QVERIFY(below(stack, "").empty()); // the root token of a new cluster has no lease
    const auto ann = login(stack, "auth/up/login/ann", 10s);
    const auto batch = stack.makeToken([](auto& draft) { draft.type = token::TokenType::Batch; });
    const auto child = stack.makeToken([&](auto& draft) {
        draft.parent = stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.saltedId(scope, ann)); });
        draft.path = "auth/token/create/role";
    });
    QCOMPARE(below(stack, ""), (std::vector<std::string>{leaseOf(stack, child.id), leaseOf(stack, ann)}));
    stack.clock.advance(10s);
    auto leases = managerOf(stack);
    (void)valueOf(leases.tick()); // ann's token has expired, and its child ends with it
    QVERIFY(below(stack, "").empty());
    QVERIFY(stack.isValid(batch.id));
}

void TestLeaseIndex::listsFolderByFolder()
{
    RequestStack stack;
    const auto ann = login(stack, "auth/up/login/ann");
    (void)login(stack, "auth/up/login/bob");
    (void)login(stack, "auth/token/create");
    const auto list = [&](const std::string& folder) {
        return stack.inspect([&](const auto& scope) { return valueOf(lease::listFolder(scope, folder)); });
    };
    QCOMPARE(list(""), (std::vector<std::string>{"auth/"}));
    QCOMPARE(list("auth/"), (std::vector<std::string>{"token/", "up/"}));
    QCOMPARE(list("auth/up/login/"), (std::vector<std::string>{"ann/", "bob/"}));
    QCOMPARE("auth/up/login/ann/" + list("auth/up/login/ann/").at(0), leaseOf(stack, ann));
    QVERIFY(list("auth/nobody/").empty());
    // Page by page.
    const auto all = below(stack, "auth/");
    const auto rest = stack.inspect([&](const auto& scope) { return valueOf(lease::leasesBelow(scope, "auth/", all.front(), 1)); });
    QCOMPARE(rest, std::vector<std::string>{all.at(1)});
}

void TestLeaseIndex::findsTokensByTheirLease()
{
    RequestStack stack;
    const auto ann = login(stack, "auth/up/login/ann");
    const auto id = leaseOf(stack, ann);
    const auto find = [&](const std::string& lease) {
        return stack.inspect([&](const auto& scope) { return valueOf(lease::findTokenLease(scope, stack.tokens, lease, stack.clock.now())); });
    };
    QVERIFY(find(id));
    // The same token at another path, other ids, and an empty id.
    for (const auto& wrong : {"auth/up/login/bob" + id.substr(id.rfind('/')), id + "0", id.substr(0, id.size() - 1), id.substr(id.rfind('/') + 1),
                              std::string{"nonsense"}, std::string{}, std::string{"auth/up/login/ann/"}}) {
        QVERIFY2(!find(wrong), wrong.c_str());
    }
    const auto root = stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.saltedId(scope, stack.rootToken)); });
    QVERIFY(!find("auth/token/root/h" + root));
}

void TestLeaseIndex::endsTheTokensBelowAPath()
{
    RequestStack stack;
    const auto ann = login(stack, "auth/up/login/ann");
    const auto anna = login(stack, "auth/up/login/anna");
    auto leases = managerOf(stack);
    for (const auto* nothing : {"auth/up/login/an", "auth/token/root", "auth/up/logi"}) {
        stack.write([&](const auto& scope) { check(leases.endBelow(scope, nothing, stack.clock.now())); });
        QVERIFY(stack.isValid(ann) && stack.isValid(stack.rootToken));
    }
    stack.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/up/login/ann", stack.clock.now())); });
    QVERIFY(!stack.isValid(ann));
    QVERIFY(stack.isValid(anna));
    stack.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/", stack.clock.now())); });
    QVERIFY(!stack.isValid(anna));
    QVERIFY(stack.isValid(stack.rootToken)); // has no lease
}

void TestLeaseIndex::endsManyTokensAtOnce()
{
    RequestStack stack;
    std::vector<std::string> ids;
    for (int at = 0; at < 1000; ++at) ids.push_back(login(stack, "auth/up/login/u" + std::to_string(at % 7)));
    const auto other = login(stack, "auth/other/login/u");
    for (const auto& id : ids) QVERIFY(stack.isValid(id)); // all are cached
    auto leases = managerOf(stack);
    std::size_t writes = 0;
    stack.write([&](const auto& scope) {
        check(leases.endBelow(scope, "auth/up", stack.clock.now()));
        writes = scope.transaction().writes().size();
    });
    QVERIFY2(writes < 10, "one row ends all of them");
    const auto salted = stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.saltedId(scope, ids.front())); });
    for (const auto& id : ids) QVERIFY(!stack.isValid(id)); // before any is taken away
    QVERIFY(!stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.findBySaltedId(scope, salted, stack.clock.now())); }));
    QVERIFY(stack.isValid(other));

    // A restart in between: another manager continues from what is stored.
    stack.tokens.forgetAll();
    auto next = managerOf(stack);
    (void)valueOf(next.tick());
    QCOMPARE(below(stack, "").size(), 1u);
    QCOMPARE(stack.keyCount("l/sys/token/path/"), 0u);
    QCOMPARE(stack.keyCount("l/sys/token/id/"), 2u); // root's and the other
    QVERIFY(stack.isValid(other));
}

void TestLeaseIndex::newTokensAreNoConflict()
{
    RequestStack stack;
    const auto ann = login(stack, "auth/up/login/ann");
    auto leases = managerOf(stack);
    auto transaction = stack.store->begin();
    check(leases.endBelow(barrier::Scope{transaction, stack.barrier, {}}, "auth/up", stack.clock.now()));
    const auto late = login(stack, "auth/up/login/ann"); // commits first
    (void)valueOf(stack.store->commitAndWait(std::move(transaction)));
    QVERIFY(!stack.isValid(ann));
    QVERIFY(stack.isValid(late));
}

void TestLeaseIndex::youngerTokensStay()
{
    RequestStack stack;
    std::vector<std::string> olds;
    for (int at = 0; at < 300; ++at) olds.push_back(login(stack, "auth/up/login/u"));
    auto leases = managerOf(stack);
    stack.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/up/", stack.clock.now())); });
    stack.clock.advance(1ms);
    std::vector<std::string> youngs;
    for (int at = 0; at < 300; ++at) youngs.push_back(login(stack, "auth/up/login/u"));
    for (int round = 0; round < 2; ++round) {
        for (const auto& id : olds) QVERIFY(!stack.isValid(id));
        for (const auto& id : youngs) QVERIFY(stack.isValid(id));
        (void)valueOf(leases.tick());
    }
    QCOMPARE(below(stack, "").size(), youngs.size());
}

void TestLeaseIndex::childrenElsewhereEndToo()
{
    RequestStack stack;
    const auto parent = login(stack, "auth/up/login/ann");
    for (int at = 0; at < 200; ++at) (void)login(stack, "auth/up/login/bob");
    const auto salted = stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.saltedId(scope, parent)); });
    const auto child = stack.makeToken([&](auto& draft) { draft.parent = salted; });
    const auto batch = stack.makeToken([&](auto& draft) {
        draft.parent = salted;
        draft.type = token::TokenType::Batch;
    });
    QVERIFY(stack.isValid(child.id) && stack.isValid(batch.id));
    auto leases = managerOf(stack);
    stack.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/up", stack.clock.now())); });
    QVERIFY(!stack.isValid(child.id) && !stack.isValid(batch.id)); // at once
    (void)valueOf(leases.tick());
    QVERIFY(!stack.isValid(child.id) && !stack.isValid(batch.id)); // and for good
    QCOMPARE(stack.keyCount("l/sys/token/id/"), 1u);
}

void TestLeaseIndex::olderStoresGetTheIndex()
{
    RequestStack stack;
    std::vector<std::string> ids;
    for (int at = 0; at < 500; ++at) ids.push_back(login(stack, "auth/up/login/u" + std::to_string(at)));
    const auto complete = below(stack, "");
    // The state that a program before the index left.
    stack.write([&](const auto& scope) { check(scope.local("sys/lease/").eraseAll()); });
    QVERIFY(below(stack, "").empty());
    QVERIFY(!stack.inspect([&](const auto& scope) { return valueOf(lease::isComplete(scope)); }));
    QVERIFY(stack.inspect(
        [&](const auto& scope) { return valueOf(lease::findTokenLease(scope, stack.tokens, complete.front(), stack.clock.now())).has_value(); }));

    // An ending by path does not wait for the index.
    auto leases = managerOf(stack);
    const auto victim = complete.front().substr(0, complete.front().rfind('/'));
    stack.write([&](const auto& scope) { check(leases.endBelow(scope, victim, stack.clock.now())); });
    std::size_t validCount = 0;
    for (const auto& id : ids) validCount += stack.isValid(id) ? 1 : 0;
    QCOMPARE(validCount, 499u);

    // Each step is committed. The next start continues where a crash stopped.
    bool isMoreLeft = true;
    std::size_t steps = 0;
    while (isMoreLeft) {
        stack.write([&](const auto& scope) { isMoreLeft = valueOf(lease::build(scope, stack.tokens, 64)); });
        if (steps++ == 2) ids.push_back(login(stack, "auth/up/login/late")); // arrives with its row
    }
    QVERIFY(steps >= 8);
    QVERIFY(stack.inspect([&](const auto& scope) { return valueOf(lease::isComplete(scope)); }));
    QCOMPARE(below(stack, "").size(), 501u);
    (void)valueOf(leases.tick());
    QCOMPARE(below(stack, "").size(), 500u);
    QVERIFY(below(stack, victim + "/").empty());
}

QTEST_GUILESS_MAIN(TestLeaseIndex)
#include "tst_lease_index.moc"
