#include "tests/core/cluster/test_cluster.h"

using namespace testing_cluster;
using barrier::StorageClass;

/// Switchovers between clusters on loopback: no answered write is lost, the others follow by themselves, and one primary is left.
class TestSwitchover : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thePerformanceRoleMovesAndReturns();
    void thePerformanceRoleMovesWithTheDrRole();
    void writesWaitAndAreNotRefused();
    void aSecondaryThatIsNotReadyIsRefused();
    void aDeclinedSwitchoverLeavesThePrimaryWritable();
    void aSecondaryThatWasAwayFindsTheNewPrimary();
    void aPowerCutOfTheSecondaryIsSettled();
    void aPowerCutOfThePrimaryIsSettled();
    void aSwitchoverToALostSecondaryIsAbandonedByForceOnly_data();
    void aSwitchoverToALostSecondaryIsAbandonedByForceOnly();
};

namespace {

Switchover::Options to(const std::string& id)
{
    return {.secondaryId = id};
}

bool isPrimary(TestCluster& cluster, Type type)
{
    return cluster.stateText(type, "mode") == "primary";
}

bool isWritable(TestCluster& cluster, Type type)
{
    return isPrimary(cluster, type) && cluster.manager().writeRefusal().empty();
}

/// Repeats the call while it is refused because the secondary has not proved its reconciliation yet.
mount::Response switchOver(TestCluster& from, Type type, const std::string& id)
{
    mount::Response response;
    eventually([&] {
        response = from.manager().switchover().begin(type, to(id));
        return response.status != 503;
    });
    return response;
}

/// Repeats the call while it is refused before anything was done, because the secondary has just come back.
mount::Response switchOverOrCut(TestCluster& primary, const Switchover::Options& options, testing_log::Power& power)
{
    mount::Response response;
    eventually([&] {
        response = primary.manager().switchover().begin(Type::Performance, options);
        return !response.isError || power.isOff() || primary.manager().roles().role(Type::Performance)->handover;
    });
    return response;
}

} // namespace

void TestSwitchover::thePerformanceRoleMovesAndReturns()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(!c.follow(a, Type::Performance, "c").isError);
    for (int i = 0; i < 200; ++i) QVERIFY(a.putShared("logical/one/" + std::to_string(i), "value"));
    QVERIFY(b.isInSyncWith(a, Type::Performance));

    const auto done = switchOver(a, Type::Performance, "b");
    QVERIFY2(!done.isError, done.errors.empty() ? "" : done.errors.front().c_str());
    QCOMPARE(done.data->at("former_primary_id").as_string(), std::string_view{"a"});
    qInfo("writes paused for %lld ms", static_cast<long long>(done.data->at("pause_ms").to_number<std::int64_t>()));
    QVERIFY(isWritable(b, Type::Performance));
    QVERIFY(a.manager().isPerformanceSecondary());
    QVERIFY(a.manager().writeRefusal().empty());
    QCOMPARE(b.getShared("logical/one/199").value_or(""), std::string{"value"});
    // Class: a member that nothing names cannot be spoken of, nor revoked. A cluster that never used a token has no id, so it goes by its own name.
    for (auto* cluster : {&a, &b}) {
        const auto described = cluster->manager().trust().describe(Type::Performance);
        for (const auto& seat : described.data->at("seats").as_array()) {
            const bool isNamed = !seat.at("id").as_string().empty() || !seat.at("cluster_name").as_string().empty();
            QVERIFY2(isNamed && (!seat.at("leads").as_bool() || !seat.at("cluster_name").as_string().empty()), boost::json::serialize(seat).c_str());
        }
    }
    // Both other secondaries follow without a token.
    QVERIFY(b.putShared("logical/one/after", "written at the new primary"));
    QVERIFY(eventually([&] { return a.getShared("logical/one/after") && c.getShared("logical/one/after"); }));
    QVERIFY(a.isInSyncWith(b, Type::Performance));
    QVERIFY(c.isInSyncWith(b, Type::Performance));
    b.restart(&a);
    c.restart(&a);
    QVERIFY(c.isInSyncWith(b, Type::Performance));

    const auto back = switchOver(b, Type::Performance, "a");
    QVERIFY2(!back.isError, back.errors.empty() ? "" : back.errors.front().c_str());
    QCOMPARE(back.data->at("former_primary_id").as_string(), std::string_view{"b"}); // its former id
    QVERIFY(isWritable(a, Type::Performance));
    QVERIFY(a.putShared("logical/one/back", "and back"));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(c.isInSyncWith(a, Type::Performance));
    QCOMPARE(c.getShared("logical/one/back").value_or(""), std::string{"and back"});
    QCOMPARE(a.manager().reports().status(Type::Performance).at("epoch").to_number<std::uint64_t>(), std::uint64_t{3});
}

void TestSwitchover::thePerformanceRoleMovesWithTheDrRole()
{
    TestCluster a{"a"}, p{"p"}, q{"q"}, d{"d"}, e{"e"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!p.follow(a, Type::Performance, "p").isError);
    QVERIFY(!q.follow(a, Type::Performance, "q").isError);
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!d.follow(a, Type::Dr, "d").isError);
    QVERIFY(!e.follow(a, Type::Dr, "e").isError);
    QVERIFY(a.put(StorageClass::Local, "sys/token/1", "local"));
    QVERIFY(d.isInSyncWith(a, Type::Dr));

    const auto done = switchOver(a, Type::Dr, "d");
    QVERIFY2(!done.isError, done.errors.empty() ? "" : done.errors.front().c_str());
    QVERIFY(isWritable(d, Type::Dr));
    QVERIFY(isPrimary(d, Type::Performance));
    QVERIFY(a.manager().isDrSecondary());
    QCOMPARE(d.get(StorageClass::Local, "sys/token/1").value_or(""), std::string{"local"});
    QVERIFY(d.putShared("logical/one/after", "from d"));
    for (auto* performance : {&p, &q}) {
        QVERIFY(eventually([&] { return performance->getShared("logical/one/after") == "from d"; }));
        QVERIFY(performance->isInSyncWith(d, Type::Performance));
    }
    QVERIFY(a.isInSyncWith(d, Type::Dr));
    QVERIFY(e.isInSyncWith(d, Type::Dr));

    // Back by the same call, then a failover: an operator points the second DR secondary to the new primary with a token, and the
    // performance secondaries follow.
    QVERIFY(!switchOver(d, Type::Dr, "a").isError);
    QVERIFY(d.isInSyncWith(a, Type::Dr));
    QVERIFY(e.isInSyncWith(a, Type::Dr));
    QVERIFY(p.isInSyncWith(a, Type::Performance));
    QVERIFY(q.isInSyncWith(a, Type::Performance));
    const auto knowsFailover = [&](TestCluster& cluster) {
        return eventually([&] {
            const auto addresses = cluster.manager().roles().role(Type::Performance)->failoverAddresses;
            return std::ranges::find(addresses, e.address()) != addresses.end();
        });
    };
    QVERIFY(knowsFailover(p));
    QVERIFY(knowsFailover(q));
    a.shutDown();
    QVERIFY(eventually([&] { return !e.manager().operations().promoteSecondary(Type::Dr, "", false).isError; }));
    QVERIFY(e.putShared("logical/one/failover", "from e"));
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = e.token(Type::Dr, "d again");
    QVERIFY(!d.manager().activation().update(Type::Dr, options).isError);
    QVERIFY(d.isInSyncWith(e, Type::Dr));
    for (auto* performance : {&p, &q}) {
        QVERIFY(eventually([&] { return performance->getShared("logical/one/failover") == "from e"; }));
    }
}

void TestSwitchover::writesWaitAndAreNotRefused()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    std::atomic<bool> isOver{false};
    std::atomic<int> heldCount{0}, againCount{0}, refusedCount{0};
    std::thread writer{[&] { // as the request pipeline does
        while (!isOver) {
            if (a.manager().writeRefusal().empty()) continue;
            const bool isHeld = a.manager().holdWrite([&](const std::string& refusal) { ++(refusal.empty() ? againCount : refusedCount); });
            if (isHeld) ++heldCount;
        }
    }};
    const auto done = switchOver(a, Type::Performance, "b");
    isOver = true;
    writer.join();
    QVERIFY(!done.isError);
    QVERIFY(heldCount > 0);
    QCOMPARE(againCount.load(), heldCount.load()); // each once, and none refused
    QCOMPARE(refusedCount.load(), 0);
    QVERIFY(!a.manager().holdWrite([](const std::string&) {}));
}

void TestSwitchover::aSecondaryThatIsNotReadyIsRefused()
{
    TestCluster a{"a"}, b{"b"};
    QCOMPARE(a.manager().switchover().begin(Type::Performance, to("b")).status, 400); // no primary
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QCOMPARE(a.manager().switchover().begin(Type::Performance, to("")).status, 400);
    QCOMPARE(a.manager().switchover().begin(Type::Performance, to("nobody")).status, 400);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    b.shutDown();
    QVERIFY(eventually([&] { return !a.port().report(Type::Performance).secondaries.front().isConnected; }));
    const auto refused = a.manager().switchover().begin(Type::Performance, to("b"));
    QCOMPARE(refused.status, 503);
    QVERIFY(refused.errors.front().find("is not connected") != std::string::npos);
    QVERIFY(isWritable(a, Type::Performance));
    QCOMPARE(a.manager().switchover().abandon(Type::Performance, false).status, 400); // there is none
}

void TestSwitchover::aDeclinedSwitchoverLeavesThePrimaryWritable()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    // Data at the secondary differs from the primary's. The comparison of roots finds it.
    QVERIFY(b.putShared("logical/one/stray", "written past everything"));
    const auto declined = a.manager().switchover().begin(Type::Performance, to("b"));
    QVERIFY(declined.isError);
    QVERIFY(isWritable(a, Type::Performance));
    QVERIFY(!isPrimary(b, Type::Performance));
    QVERIFY(a.putShared("logical/one/1", "goes on"));
    QVERIFY(!switchOver(a, Type::Performance, "b").isError); // after the repair
    QVERIFY(!b.getShared("logical/one/stray"));
    QCOMPARE(b.getShared("logical/one/1").value_or(""), std::string{"goes on"});
}

void TestSwitchover::aSecondaryThatWasAwayFindsTheNewPrimary()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(!c.follow(a, Type::Performance, "c").isError);
    QVERIFY(c.isInSyncWith(a, Type::Performance));
    c.shutDown();
    QVERIFY(!switchOver(a, Type::Performance, "b").isError);
    QVERIFY(b.putShared("logical/one/1", "1"));
    c.restart(&a); // it knows only a's address, and a names the leader
    QVERIFY(c.isInSyncWith(b, Type::Performance));
    QCOMPARE(c.getShared("logical/one/1").value_or(""), std::string{"1"});
}

void TestSwitchover::aPowerCutOfTheSecondaryIsSettled()
{
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    int takenCount = 0, leftCount = 0;
    bool isCut = true;
    TestCluster* primary = &a;
    TestCluster b{"b"};
    TestCluster* secondary = &b;
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    for (int step = 1; isCut; ++step) {
        const std::string text = std::to_string(step);
        QVERIFY(primary->putShared("logical/one/" + text, text));
        QVERIFY(secondary->isInSyncWith(*primary, Type::Performance));
        const std::string id = secondary->manager().roles().role(Type::Performance)->secondaryId;
        secondary->power.cutAfter(static_cast<std::uint64_t>(step));
        auto options = to(id);
        options.pauseMax = std::chrono::milliseconds{500};
        const auto done = switchOverOrCut(*primary, options, secondary->power);
        isCut = secondary->power.isOff() && step < 40;
        secondary->losePower(*primary, testing_log::Survival::Nothing);
        QVERIFY2(eventually([&] {
                     primary->manager().tick();
                     return isWritable(a, Type::Performance) != isWritable(b, Type::Performance);
                 }),
                 text.c_str());
        if (!isWritable(*primary, Type::Performance)) {
            ++takenCount;
            std::swap(primary, secondary);
        } else {
            ++leftCount;
            QVERIFY(done.isError);
        }
        QVERIFY(secondary->isInSyncWith(*primary, Type::Performance));
        for (int i = 1; i <= step; ++i) {
            QCOMPARE(primary->getShared("logical/one/" + std::to_string(i)).value_or("lost"), std::to_string(i));
        }
    }
    QVERIFY(takenCount > 0);
    QVERIFY(leftCount > 0);
}

void TestSwitchover::aPowerCutOfThePrimaryIsSettled()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    TestCluster* primary = &a;
    TestCluster* secondary = &b;
    int takenCount = 0;
    bool isCut = true;
    for (int step = 1; isCut; ++step) {
        const std::string text = std::to_string(step);
        QVERIFY(primary->putShared("logical/one/" + text, text));
        QVERIFY(secondary->isInSyncWith(*primary, Type::Performance));
        const std::string id = secondary->manager().roles().role(Type::Performance)->secondaryId;
        primary->power.cutAfter(static_cast<std::uint64_t>(step));
        auto options = to(id);
        options.pauseMax = std::chrono::milliseconds{500};
        switchOverOrCut(*primary, options, primary->power);
        isCut = primary->power.isOff() && step < 40;
        primary->losePower(*secondary, testing_log::Survival::Nothing);
        QVERIFY2(eventually([&] {
                     primary->manager().tick();
                     return isWritable(a, Type::Performance) != isWritable(b, Type::Performance);
                 }),
                 text.c_str());
        if (!isWritable(*primary, Type::Performance)) {
            ++takenCount;
            std::swap(primary, secondary);
        }
        QVERIFY(secondary->isInSyncWith(*primary, Type::Performance));
        for (int i = 1; i <= step; ++i) {
            QCOMPARE(primary->getShared("logical/one/" + std::to_string(i)).value_or("lost"), std::to_string(i));
        }
    }
    QVERIFY(takenCount > 0);
}

void TestSwitchover::aSwitchoverToALostSecondaryIsAbandonedByForceOnly_data()
{
    QTest::addColumn<int>("type");
    QTest::newRow("performance") << static_cast<int>(Type::Performance);
    QTest::newRow("dr") << static_cast<int>(Type::Dr);
}

void TestSwitchover::aSwitchoverToALostSecondaryIsAbandonedByForceOnly()
{
    QFETCH(int, type);
    const auto of = static_cast<Type>(type);
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    if (of == Type::Dr) QVERIFY(!a.manager().operations().enablePrimary(of, "").isError);
    QVERIFY(!b.follow(a, of, "b").isError);
    QVERIFY(!c.follow(a, of, "c").isError);
    QVERIFY(!a.token(Type::Performance, "edge").empty());
    QVERIFY(b.isInSyncWith(a, of));
    b.power.cutAfter(1); // it cannot store the role, and cannot store a decline either
    auto options = to("b");
    options.pauseMax = std::chrono::milliseconds{300};
    mount::Response done;
    QVERIFY(eventually([&] {
        done = a.manager().switchover().begin(of, options);
        return b.power.isOff();
    }));
    QVERIFY(done.isError);
    b.shutDown();
    if (a.manager().roles().role(of)->handover) {
        QVERIFY(!a.manager().writeRefusal().empty());
        a.restart(); // the state survives the restart
        QVERIFY(!a.manager().writeRefusal().empty());
        QCOMPARE(a.manager().switchover().abandon(of, false).status, 503);
        QCOMPARE(a.manager().operations().disablePrimary(of).status, 503);                    // b may be the primary, so nothing is written here
        QCOMPARE(a.manager().seats().revokeSecondary(Type::Performance, "edge").status, 503); // also if the role goes along with the DR role
        QVERIFY(!a.manager().writeRefusal().empty());
        QVERIFY(!a.manager().switchover().abandon(of, true).isError);
        // A cluster that accepted the DR role has begun a performance epoch too.
        QCOMPARE(a.manager().reports().status(of).at("epoch").to_number<std::uint64_t>(), std::uint64_t{3});
        QCOMPARE(a.manager().reports().status(Type::Performance).at("epoch").to_number<std::uint64_t>(), std::uint64_t{3});
    }
    QVERIFY(isWritable(a, of));
    QVERIFY(c.isInSyncWith(a, of));
}

QTEST_GUILESS_MAIN(TestSwitchover)
#include "tst_switchover.moc"
