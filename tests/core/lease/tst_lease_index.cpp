#include "core/lease/lease_index.h"
#include "core/lease/lease_manager.h"
#include "tests/core/request/house.h"

using namespace testing_house;
using namespace std::chrono_literals;

// Class: work on the leases below a path costs what is below that path, whatever else there is and whatever comes in meanwhile. Other
// places that look at all tokens: the list of accessors and the count of tokens (they leave the I/O thread, and commit nothing), tidy and
// the end of a vanished method's tokens (bounded rounds, which new tokens do not disturb).
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
    static std::vector<std::string> below(House& house, const std::string& prefix)
    {
        return house.inspect([&](const auto& scope) { return valueOf(lease::leasesBelow(scope, prefix, {}, 10'000)); });
    }
    static std::string login(House& house, const std::string& path, std::chrono::seconds ttl = 1h)
    {
        return house
            .makeToken([&](auto& draft) {
                draft.path = path;
                draft.expiresAt = house.clock.now() + ttl;
            })
            .id;
    }
    static lease::LeaseManager managerOf(House& house)
    {
        return {*house.store, house.barrier, house.tokens, house.clock, [&house](const auto& keys) { house.pipeline.changed(keys); }};
    }
    static std::string leaseOf(House& house, const std::string& id)
    {
        return house.inspect([&](const auto& scope) {
            return token::leaseIdOf(*valueOf(house.tokens.find(scope, id, house.clock.now())), valueOf(house.tokens.saltedId(scope, id)));
        });
    }
};

void TestLeaseIndex::rowsComeAndGoWithTheirTokens()
{
    House house;
    QVERIFY(below(house, "").empty()); // the root token of a new cluster has no lease
    const auto ann = login(house, "auth/up/login/ann", 10s);
    const auto batch = house.makeToken([](auto& draft) { draft.type = token::TokenType::Batch; });
    const auto child = house.makeToken([&](auto& draft) {
        draft.parent = house.inspect([&](const auto& scope) { return valueOf(house.tokens.saltedId(scope, ann)); });
        draft.path = "auth/token/create/role";
    });
    QCOMPARE(below(house, ""), (std::vector<std::string>{leaseOf(house, child.id), leaseOf(house, ann)}));
    house.clock.advance(10s);
    auto leases = managerOf(house);
    (void)valueOf(leases.tick()); // ann's token has expired, and its child goes along
    QVERIFY(below(house, "").empty());
    QVERIFY(house.isValid(batch.id));
}

void TestLeaseIndex::listsFolderByFolder()
{
    House house;
    const auto ann = login(house, "auth/up/login/ann");
    (void)login(house, "auth/up/login/bob");
    (void)login(house, "auth/token/create");
    const auto list = [&](const std::string& folder) {
        return house.inspect([&](const auto& scope) { return valueOf(lease::listFolder(scope, folder)); });
    };
    QCOMPARE(list(""), (std::vector<std::string>{"auth/"}));
    QCOMPARE(list("auth/"), (std::vector<std::string>{"token/", "up/"}));
    QCOMPARE(list("auth/up/login/"), (std::vector<std::string>{"ann/", "bob/"}));
    QCOMPARE("auth/up/login/ann/" + list("auth/up/login/ann/").at(0), leaseOf(house, ann));
    QVERIFY(list("auth/nobody/").empty());
    // Page by page.
    const auto all = below(house, "auth/");
    const auto rest = house.inspect([&](const auto& scope) { return valueOf(lease::leasesBelow(scope, "auth/", all.front(), 1)); });
    QCOMPARE(rest, std::vector<std::string>{all.at(1)});
}

void TestLeaseIndex::findsTokensByTheirLease()
{
    House house;
    const auto ann = login(house, "auth/up/login/ann");
    const auto id = leaseOf(house, ann);
    const auto find = [&](const std::string& lease) {
        return house.inspect([&](const auto& scope) { return valueOf(lease::findTokenLease(scope, house.tokens, lease, house.clock.now())); });
    };
    QVERIFY(find(id));
    // The same token at another path, other ids, none at all.
    for (const auto& wrong : {"auth/up/login/bob" + id.substr(id.rfind('/')), id + "0", id.substr(0, id.size() - 1), id.substr(id.rfind('/') + 1),
                              std::string{"nonsense"}, std::string{}, std::string{"auth/up/login/ann/"}}) {
        QVERIFY2(!find(wrong), wrong.c_str());
    }
    const auto root = house.inspect([&](const auto& scope) { return valueOf(house.tokens.saltedId(scope, house.rootToken)); });
    QVERIFY(!find("auth/token/root/h" + root));
}

void TestLeaseIndex::endsTheTokensBelowAPath()
{
    House house;
    const auto ann = login(house, "auth/up/login/ann");
    const auto anna = login(house, "auth/up/login/anna");
    auto leases = managerOf(house);
    for (const auto* nothing : {"auth/up/login/an", "auth/token/root", "auth/up/logi"}) {
        house.write([&](const auto& scope) { check(leases.endBelow(scope, nothing, house.clock.now())); });
        QVERIFY(house.isValid(ann) && house.isValid(house.rootToken));
    }
    house.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/up/login/ann", house.clock.now())); });
    QVERIFY(!house.isValid(ann));
    QVERIFY(house.isValid(anna));
    house.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/", house.clock.now())); });
    QVERIFY(!house.isValid(anna));
    QVERIFY(house.isValid(house.rootToken)); // has no lease
}

void TestLeaseIndex::endsManyTokensAtOnce()
{
    House house;
    std::vector<std::string> ids;
    for (int at = 0; at < 1000; ++at) ids.push_back(login(house, "auth/up/login/u" + std::to_string(at % 7)));
    const auto other = login(house, "auth/other/login/u");
    for (const auto& id : ids) QVERIFY(house.isValid(id)); // cached, all of them
    auto leases = managerOf(house);
    std::size_t writes = 0;
    house.write([&](const auto& scope) {
        check(leases.endBelow(scope, "auth/up", house.clock.now()));
        writes = scope.transaction().writes().size();
    });
    QVERIFY2(writes < 10, "one row says it of all");
    const auto salted = house.inspect([&](const auto& scope) { return valueOf(house.tokens.saltedId(scope, ids.front())); });
    for (const auto& id : ids) QVERIFY(!house.isValid(id)); // before any is taken away
    QVERIFY(!house.inspect([&](const auto& scope) { return valueOf(house.tokens.findBySaltedId(scope, salted, house.clock.now())); }));
    QVERIFY(house.isValid(other));

    // A restart in between: another manager goes on with what is stored.
    house.tokens.forgetAll();
    auto next = managerOf(house);
    (void)valueOf(next.tick());
    QCOMPARE(below(house, "").size(), 1u);
    QCOMPARE(house.keyCount("l/sys/token/path/"), 0u);
    QCOMPARE(house.keyCount("l/sys/token/id/"), 2u); // root's and the other
    QVERIFY(house.isValid(other));
}

void TestLeaseIndex::newTokensAreNoConflict()
{
    House house;
    const auto ann = login(house, "auth/up/login/ann");
    auto leases = managerOf(house);
    auto transaction = house.store->begin();
    check(leases.endBelow(barrier::Scope{transaction, house.barrier, {}}, "auth/up", house.clock.now()));
    const auto late = login(house, "auth/up/login/ann"); // commits first
    std::vector<std::string> keys;
    for (const auto& [key, operation] : transaction.writes()) keys.push_back(key);
    (void)valueOf(house.store->commitAndWait(std::move(transaction)));
    house.pipeline.changed(keys);
    QVERIFY(!house.isValid(ann));
    QVERIFY(house.isValid(late));
}

void TestLeaseIndex::youngerTokensStay()
{
    House house;
    std::vector<std::string> olds;
    for (int at = 0; at < 300; ++at) olds.push_back(login(house, "auth/up/login/u"));
    auto leases = managerOf(house);
    house.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/up/", house.clock.now())); });
    house.clock.advance(1ms);
    std::vector<std::string> youngs;
    for (int at = 0; at < 300; ++at) youngs.push_back(login(house, "auth/up/login/u"));
    for (int round = 0; round < 2; ++round) {
        for (const auto& id : olds) QVERIFY(!house.isValid(id));
        for (const auto& id : youngs) QVERIFY(house.isValid(id));
        (void)valueOf(leases.tick());
    }
    QCOMPARE(below(house, "").size(), youngs.size());
}

void TestLeaseIndex::childrenElsewhereEndToo()
{
    House house;
    const auto parent = login(house, "auth/up/login/ann");
    for (int at = 0; at < 200; ++at) (void)login(house, "auth/up/login/bob");
    const auto salted = house.inspect([&](const auto& scope) { return valueOf(house.tokens.saltedId(scope, parent)); });
    const auto child = house.makeToken([&](auto& draft) { draft.parent = salted; });
    const auto batch = house.makeToken([&](auto& draft) {
        draft.parent = salted;
        draft.type = token::TokenType::Batch;
    });
    QVERIFY(house.isValid(child.id) && house.isValid(batch.id));
    auto leases = managerOf(house);
    house.write([&](const auto& scope) { check(leases.endBelow(scope, "auth/up", house.clock.now())); });
    QVERIFY(!house.isValid(child.id) && !house.isValid(batch.id)); // at once
    (void)valueOf(leases.tick());
    QVERIFY(!house.isValid(child.id) && !house.isValid(batch.id)); // and for good
    QCOMPARE(house.keyCount("l/sys/token/id/"), 1u);
}

void TestLeaseIndex::olderStoresGetTheIndex()
{
    House house;
    std::vector<std::string> ids;
    for (int at = 0; at < 500; ++at) ids.push_back(login(house, "auth/up/login/u" + std::to_string(at)));
    const auto complete = below(house, "");
    // As a program before the index would have left it.
    house.write([&](const auto& scope) { check(scope.local("sys/lease/").eraseAll()); });
    QVERIFY(below(house, "").empty());
    QVERIFY(!house.inspect([&](const auto& scope) { return valueOf(lease::isComplete(scope)); }));
    QVERIFY(house.inspect(
        [&](const auto& scope) { return valueOf(lease::findTokenLease(scope, house.tokens, complete.front(), house.clock.now())).has_value(); }));

    // Ending tokens by their path does not wait for the index.
    auto leases = managerOf(house);
    const auto victim = complete.front().substr(0, complete.front().rfind('/'));
    house.write([&](const auto& scope) { check(leases.endBelow(scope, victim, house.clock.now())); });
    std::size_t validCount = 0;
    for (const auto& id : ids) validCount += house.isValid(id) ? 1 : 0;
    QCOMPARE(validCount, 499u);

    // Step by step, each committed: what a crash leaves is where the next start goes on.
    bool isMoreLeft = true;
    std::size_t steps = 0;
    while (isMoreLeft) {
        house.write([&](const auto& scope) { isMoreLeft = valueOf(lease::build(scope, house.tokens, 64)); });
        if (steps++ == 2) ids.push_back(login(house, "auth/up/login/late")); // comes with its row
    }
    QVERIFY(steps >= 8);
    QVERIFY(house.inspect([&](const auto& scope) { return valueOf(lease::isComplete(scope)); }));
    QCOMPARE(below(house, "").size(), 501u);
    (void)valueOf(leases.tick());
    QCOMPARE(below(house, "").size(), 500u);
    QVERIFY(below(house, victim + "/").empty());
}

QTEST_GUILESS_MAIN(TestLeaseIndex)
#include "tst_lease_index.moc"
