#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/quota/rate_limits.h"
#endif

#include <QTest>

#include <algorithm>
#include <thread>

using namespace core;
using namespace core::quota;
using namespace std::chrono_literals;

/// Which rule counts for a request, and how many requests of an address pass. The clock is handed in.
class TestQuotas : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theMostSpecificRuleCounts_data();
    void theMostSpecificRuleCounts();
    void storesAndLoadsARule();
    void refusesARowThatCannotBeRead_data();
    void refusesARowThatCannotBeRead();
    void exemptsTheLongestPrefix_data();
    void exemptsTheLongestPrefix();
    void countsEachAddressInWholeIntervals();
    void blocksAnAddressUntilTheBlockEnds();
    void keepsABoundedNumberOfAddresses();
    void forgetsIdleAddressesOnly();
    void aChangedRuleBeginsWithFullBuckets();
    void tellsTheHeaders();
    void letsThroughExactlyTheLimitOfManyThreads();
};

namespace {

Rule ruleOf(std::string name, std::string mount, std::string suffix = {}, bool isPrefix = false, std::string role = {}, double rate = 1)
{
    Rule rule;
    rule.name = std::move(name);
    rule.mountPath = std::move(mount);
    rule.suffix = std::move(suffix);
    rule.isPrefix = isPrefix;
    rule.role = std::move(role);
    rule.rate = rate;
    return rule;
}

const SteadyTime kStart{std::chrono::hours{100}};
const RateLimits::Asked kAsked{.path = "secret/a", .mountPath = "secret/", .relativePath = "a", .role = {}, .address = "10.0.0.1"};

} // namespace

void TestQuotas::theMostSpecificRuleCounts_data()
{
    QTest::addColumn<QByteArray>("mount");
    QTest::addColumn<QByteArray>("below");
    QTest::addColumn<QByteArray>("role");
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("role") << QByteArray{"auth/approle/"} << QByteArray{"login"} << QByteArray{"web"} << QByteArray{"role"};
    QTest::newRow("another role") << QByteArray{"auth/approle/"} << QByteArray{"login"} << QByteArray{"other"} << QByteArray{"exact-login"};
    QTest::newRow("exact") << QByteArray{"secret/"} << QByteArray{"data/team"} << QByteArray{} << QByteArray{"exact"};
    QTest::newRow("longest prefix") << QByteArray{"secret/"} << QByteArray{"data/team/a"} << QByteArray{} << QByteArray{"long"};
    QTest::newRow("shorter prefix") << QByteArray{"secret/"} << QByteArray{"data/x"} << QByteArray{} << QByteArray{"short"};
    QTest::newRow("mount") << QByteArray{"secret/"} << QByteArray{"metadata/x"} << QByteArray{} << QByteArray{"mount"};
    QTest::newRow("cluster") << QByteArray{"kv/"} << QByteArray{"x"} << QByteArray{} << QByteArray{"global"};
    QTest::newRow("mount without a rule of its own") << QByteArray{"auth/approle/"} << QByteArray{"role"} << QByteArray{} << QByteArray{"global"};
}

void TestQuotas::theMostSpecificRuleCounts()
{
    QFETCH(QByteArray, mount);
    QFETCH(QByteArray, below);
    QFETCH(QByteArray, role);
    QFETCH(QByteArray, name);
    const RuleSet rules{{ruleOf("global", ""), ruleOf("mount", "secret/"), ruleOf("short", "secret/", "data/", true),
                         ruleOf("long", "secret/", "data/team", true), ruleOf("exact", "secret/", "data/team"),
                         ruleOf("role", "auth/approle/", {}, false, "web"), ruleOf("exact-login", "auth/approle/", "login")}};
    const auto* found = rules.find(mount.toStdString(), below.toStdString(), role.toStdString());
    QVERIFY(found);
    QCOMPARE(QByteArray::fromStdString(found->name), name);
    QVERIFY(rules.needsRole("auth/approle/") && !rules.needsRole("secret/"));
    QVERIFY(RuleSet{{}}.find("secret/", "a") == nullptr);
}

void TestQuotas::storesAndLoadsARule()
{
    auto rule = ruleOf("r", "secret/", "data/team", true, {}, 50.5);
    rule.interval = 2min;
    rule.blockInterval = 1min;
    const auto loaded = Rule::fromText(Kind::RateLimit, "r", rule.toText());
    QVERIFY(loaded && *loaded == rule);
    QCOMPARE(rule.shownPath(), std::string{"secret/data/team*"});
    Rule leases;
    leases.kind = Kind::LeaseCount;
    leases.name = "l";
    leases.leaseCountMax = 300'000;
    const auto loadedLeases = Rule::fromText(Kind::LeaseCount, "l", leases.toText());
    QVERIFY(loadedLeases && *loadedLeases == leases);
}

void TestQuotas::refusesARowThatCannotBeRead_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"", "[]", "{", "{\"leases_max\":-1}", "{\"interval_s\":1e300}"})
        QTest::newRow(*text ? text : "empty") << QByteArray{text};
}

void TestQuotas::refusesARowThatCannotBeRead()
{
    QFETCH(QByteArray, text);
    const auto loaded = Rule::fromText(Kind::RateLimit, "r", text.toStdString());
    QVERIFY(!loaded && loaded.error().code == ErrorCode::Corrupt);
}

void TestQuotas::exemptsTheLongestPrefix_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("isExempt");
    QTest::newRow("prefix") << QByteArray{"sys/health"} << true;
    QTest::newRow("below") << QByteArray{"kv1/free/x"} << true;
    QTest::newRow("exception") << QByteArray{"kv1/free/not/x"} << false;
    QTest::newRow("longer again") << QByteArray{"kv1/free/not/but/x"} << true;
    QTest::newRow("absolute") << QByteArray{"secret/free"} << true;
    QTest::newRow("other") << QByteArray{"kv1/x"} << false;
}

void TestQuotas::exemptsTheLongestPrefix()
{
    QFETCH(QByteArray, path);
    QFETCH(bool, isExempt);
    const Settings settings{.exemptPaths = {"sys/health", "kv1/free", "!kv1/free/not", "kv1/free/not/but", ""},
                            .absoluteExemptPaths = {"secret/free"}};
    QCOMPARE(settings.isExempt(path.toStdString()), isExempt);
}

void TestQuotas::countsEachAddressInWholeIntervals()
{
    AddressBuckets buckets{7};
    const Limit limit{.id = 1, .count = 2, .interval = 10s, .block = {}};
    QVERIFY(buckets.take(limit, "10.0.0.1", kStart).isAllowed);
    const auto second = buckets.take(limit, "10.0.0.1", kStart + 4s);
    QVERIFY(second.isAllowed && second.remaining == 0 && second.untilReset == 6s);
    QVERIFY(!buckets.take(limit, "10.0.0.1", kStart + 9s).isAllowed);
    QVERIFY(buckets.take(limit, "10.0.0.2", kStart + 9s).isAllowed);
    QVERIFY(buckets.take(limit, "::1", kStart + 9s).isAllowed);
    const auto next = buckets.take(limit, "10.0.0.1", kStart + 35s); // three intervals later
    QVERIFY(next.isAllowed && next.remaining == 1 && next.untilReset == 5s);
    QVERIFY(!buckets.take({.id = 2, .count = 0, .interval = 1s, .block = {}}, "10.0.0.1", kStart).isAllowed); // a rate that rounds to nothing
}

void TestQuotas::blocksAnAddressUntilTheBlockEnds()
{
    AddressBuckets buckets{7};
    const Limit limit{.id = 1, .count = 1, .interval = 1s, .block = 4s};
    QVERIFY(buckets.take(limit, "10.0.0.1", kStart).isAllowed);
    const auto refused = buckets.take(limit, "10.0.0.1", kStart + 500ms);
    QVERIFY(!refused.isAllowed && refused.untilReset == 4s);
    QVERIFY(!buckets.take(limit, "10.0.0.1", kStart + 2s).isAllowed); // its interval is over, its block is not
    QVERIFY(buckets.take(limit, "10.0.0.1", kStart + 4500ms).isAllowed);
}

/// A stranger can come from as many addresses as it has IPv6 addresses. Class of faults: a table that grows with every address. It could also occur in the
/// lockout of users and in the queue for passwords. Here the table has a bound, and the address that was seen last stays.
void TestQuotas::keepsABoundedNumberOfAddresses()
{
    AddressBuckets buckets{7};
    const Limit limit{.id = 1, .count = 1, .interval = 1h, .block = {}};
    for (std::size_t index = 0; index < 3 * AddressBuckets::kAddressesMax; ++index) {
        const auto address = "2001:db8::" + QByteArray::number(qulonglong(index >> 16), 16).toStdString() + ":" +
                             QByteArray::number(qulonglong(index & 0xffff), 16).toStdString();
        QVERIFY(buckets.take(limit, address, kStart).isAllowed);
        if (index % 64 == 0) buckets.take(limit, "10.0.0.1", kStart);
    }
    QVERIFY(buckets.size() <= AddressBuckets::kAddressesMax);
    QVERIFY(buckets.size() > AddressBuckets::kAddressesMax / 2);
    QVERIFY(!buckets.take(limit, "10.0.0.1", kStart).isAllowed); // it was never forgotten
}

void TestQuotas::forgetsIdleAddressesOnly()
{
    AddressBuckets buckets{7};
    const Limit quick{.id = 1, .count = 1, .interval = 1s, .block = {}};
    const Limit blocking{.id = 2, .count = 0, .interval = 1s, .block = 1h};
    buckets.take(quick, "10.0.0.1", kStart);
    buckets.take(blocking, "10.0.0.2", kStart);
    buckets.forgetIdle(kStart + 1min, 3min);
    QCOMPARE(buckets.size(), std::size_t{2});
    buckets.forgetIdle(kStart + 4min, 3min);
    QCOMPARE(buckets.size(), std::size_t{1});
    QVERIFY(!buckets.take(blocking, "10.0.0.2", kStart + 4min).isAllowed);
}

void TestQuotas::aChangedRuleBeginsWithFullBuckets()
{
    RateLimits limits{7};
    const auto isRefused = [&] { return limits.count(kAsked, kStart).isRefused; };
    QVERIFY(limits.isEmpty() && !isRefused());
    const auto other = ruleOf("other", "kv/");
    limits.set({ruleOf("r", "secret/"), other}, Settings::initial());
    QVERIFY(!isRefused() && isRefused());
    limits.set({other, ruleOf("r", "secret/")}, Settings::initial()); // another order is no change
    QVERIFY(isRefused());
    limits.set({ruleOf("r", "secret/", {}, false, {}, 2)}, Settings::initial());
    QVERIFY(!isRefused() && !isRefused() && isRefused());
    QCOMPARE(limits.refusals().size(), std::size_t{1});
    QCOMPARE(limits.refusals().front().second, std::uint64_t{1});
    limits.set({}, Settings::initial());
    QVERIFY(!isRefused() && limits.isEmpty());
}

void TestQuotas::tellsTheHeaders()
{
    RateLimits limits{7};
    auto settings = Settings::initial();
    settings.hasHeaders = true;
    auto rule = ruleOf("r", "secret/");
    rule.interval = 10s;
    limits.set({rule}, settings);
    const auto textOf = [&](SteadyTime at) {
        std::string text;
        for (const auto& [name, value] : limits.count(kAsked, at).headers) text += name + "=" + value + " ";
        return QByteArray::fromStdString(text);
    };
    QCOMPARE(textOf(kStart), "X-Ratelimit-Limit=1 X-Ratelimit-Remaining=0 X-Ratelimit-Reset=10 ");
    QCOMPARE(textOf(kStart + 9500ms), "X-Ratelimit-Limit=1 X-Ratelimit-Remaining=0 X-Ratelimit-Reset=1 Retry-After=1 "); // never 0
}

void TestQuotas::letsThroughExactlyTheLimitOfManyThreads()
{
    RateLimits limits{7};
    limits.set({ruleOf("r", "secret/", {}, false, {}, 1000)}, Settings::initial());
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&] {
            for (int index = 0; index < 500; ++index) passed += limits.count(kAsked, kStart).isRefused ? 0 : 1;
        });
    }
    for (auto& thread : threads) thread.join();
    QCOMPARE(passed.load(), 1000);
}

QTEST_APPLESS_MAIN(TestQuotas)
#include "tst_quotas.moc"
