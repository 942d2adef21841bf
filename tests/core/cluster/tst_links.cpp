#include "tests/core/cluster/link_host.h"

#include <QtTest>

using namespace testing_cluster;

/// What the cluster port does with links, in one thread and without sockets.
class TestLinks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aFollowerTriesAllItsAddressesInTurn();
    void anAddressThatDoesNotAnswerDelaysNoOther();
    void aRefusalIsNotHiddenByOtherAddresses();
    void aPrimaryThatStopsRevokesNobody();
    void theNextLinkBeginsWhereTheLastOneEnded();
    void theLaterOfTwoPlansApplies();
    void aPrimaryThatStopsIsNotForgotten();
    void bothEndsOfANewLinkKnowEachOtherBeforeTheNextTick();
    void aListedCertificateHasPriorityOverAReportedOne();
    void silentConnectionsAreClosed_data();
    void silentConnectionsAreClosed();
};

namespace {

struct Two {
    ManualExecutor turns;
    FakeClock clock;
    LinkHost::Hosts hosts;
    LinkHost a{"a", hosts, turns, clock};
    LinkHost b{"b", hosts, turns, clock};

    /// Runs everything that does not wait for b's store.
    void run()
    {
        while (turns.runAll() + a.completions.runAll() > 0) continue;
    }
    void pass(std::chrono::milliseconds time)
    {
        for (; time > std::chrono::milliseconds{0}; time -= std::chrono::milliseconds{100}) {
            clock.advance(std::chrono::milliseconds{100});
            a.links.tick();
            b.links.tick();
            run();
        }
    }
    void write(const std::string& key)
    {
        a.store.write({a.store.put(key, "value")});
        a.links.wake();
        run();
    }
    bool link(std::vector<std::string> addresses)
    {
        a.links.setPlan(a.planToServe("b"), [] {});
        b.links.setPlan(b.planToFollow(std::move(addresses)), [] {});
        for (int rounds = 0; rounds < 100 && !b.isCaughtUp(); ++rounds) {
            pass(std::chrono::milliseconds{100});
            b.completions.runAll();
        }
        return b.isCaughtUp();
    }
};

} // namespace

void TestLinks::aFollowerTriesAllItsAddressesInTurn()
{
    Two two;
    QVERIFY(two.link({"nowhere", "elsewhere", "a"}));
    QCOMPARE(two.b.dialled, (std::vector<std::string>{"nowhere", "elsewhere", "a"}));
}

/// The class: one machine that is off, or behind a firewall, keeps a cluster from reaching another that is on. Others ask all members at
/// once (promotion reports, a starting primary) or the most likely one first (confirming a statement). Forwarding uses the link's address.
void TestLinks::anAddressThatDoesNotAnswerDelaysNoOther()
{
    Two two;
    two.b.silent = {"off", "behind a firewall"};
    const auto begun = two.clock.steadyNow();
    QVERIFY(two.link({"off", "behind a firewall", "a"}));
    QCOMPARE(two.b.dialled, (std::vector<std::string>{"off", "behind a firewall", "a"}));
    QVERIFY(two.clock.steadyNow() - begun < std::chrono::seconds{1}); // of the test's clock
    // The primary goes away and comes back. Silent addresses still hold up nothing, and are not dialled again while they are silent.
    two.a.links.setPlan(two.a.planOf(Mode::Disabled), [] {});
    two.pass(std::chrono::seconds{5});
    const auto countOf = [&two](const char* address) { return std::ranges::count(two.b.dialled, address); };
    QVERIFY(countOf("a") > 5);
    QVERIFY(countOf("off") <= 2);
    const auto back = two.clock.steadyNow();
    two.a.links.setPlan(two.a.planToServe("b"), [] {});
    for (int rounds = 0; rounds < 100 && two.b.links.report(Type::Performance).connection != ConnectionState::Ready; ++rounds)
        two.pass(std::chrono::milliseconds{100});
    QVERIFY(two.clock.steadyNow() - back < std::chrono::seconds{1});
    // Attempts that are given up are closed. None outlives its follower.
    two.b.links.setPlan(two.b.planOf(Mode::Disabled), [] {});
    two.run();
    QVERIFY(!two.b.links.secondaryLink(Type::Performance));
}

/// The class: of several things that were tried the last one is reported, and not the one that tells most. Here the addresses of a primary. It could
/// occur with questions to several members (a salvage has its own list). What holds: who refuses is reported, with what to do about it, until the
/// link is there or that one is not reached either.
void TestLinks::aRefusalIsNotHiddenByOtherAddresses()
{
    Two two;
    two.a.links.setPlan(two.a.planToServe("somebody else"), [] {});
    two.b.links.setPlan(two.b.planToFollow({"nowhere", "a", "elsewhere"}), [] {});
    for (int rounds = 0; rounds < 40; ++rounds) {
        two.pass(std::chrono::milliseconds{100});
        const auto report = two.b.links.report(Type::Performance);
        if (rounds < 10) continue; // by then each was tried
        QVERIFY2(report.lastError.starts_with("a: ") && report.lastError.find("revoked or was never known") != std::string::npos,
                 report.lastError.c_str());
        QVERIFY(report.lastErrorAdvice.find("primary/secondary-token id=b") != std::string::npos);
    }
    two.a.links.setPlan(two.a.planOf(Mode::Disabled), [] {}); // nobody is there any more
    two.pass(std::chrono::seconds{6});
    QVERIFY(two.b.links.report(Type::Performance).lastErrorAdvice.empty());
    two.a.links.setPlan(two.a.planToServe("b"), [] {});
    for (int rounds = 0; rounds < 100 && !two.b.isCaughtUp(); ++rounds) {
        two.pass(std::chrono::milliseconds{100});
        two.b.completions.runAll();
    }
    QVERIFY(two.b.isCaughtUp());
    QVERIFY(two.b.links.report(Type::Performance).lastError.empty());
}

/// The class: one refusal for several reasons, and the other end acts on the worst of them. Here a relay would tell its secondaries that it was revoked.
/// It could occur with each refusal that ends a link for good: a primary that was replaced, or that handed its role over, names itself so. What holds
/// now: only a primary that serves says who is revoked.
void TestLinks::aPrimaryThatStopsRevokesNobody()
{
    Two two;
    two.a.links.setPlan(two.a.planToServe("b"), [] {});
    two.b.links.setPlan(two.b.planToFollow({"a"}), [] {});
    QCOMPARE(two.b.dialled.size(), 1u); // the handshake ends in one of the next turns
    two.a.links.setPlan(two.a.planOf(Mode::Disabled), [] {});
    two.run();
    const auto report = two.b.links.report(Type::Performance);
    QVERIFY2(report.lastError.find("it stops, or its role changes") != std::string::npos, report.lastError.c_str());
    const auto* link = two.b.links.secondaryLink(Type::Performance);
    QVERIFY(!link->isRefused() && link->exclusion().empty());
    // A revoked one is told so.
    two.a.links.setPlan(two.a.planToServe("somebody else"), [] {});
    two.pass(std::chrono::seconds{2});
    QVERIFY(link->exclusion().find("was revoked by its primary") != std::string::npos);
}

void TestLinks::theNextLinkBeginsWhereTheLastOneEnded()
{
    Two two;
    QVERIFY(two.link({"a"}));
    const auto before = two.b.links.report(Type::Performance).position.index;
    two.write("s/logical/1");
    bool isDone = false;
    two.b.links.setPlan(two.b.planToFollow({"a"}), [&isDone] { isDone = true; });
    two.run();
    QVERIFY(!isDone); // the batch is still being applied
    two.b.completions.runAll();
    QVERIFY(isDone);
    QCOMPARE(two.b.store.values().count("s/logical/1"), std::size_t{1});
    QVERIFY(two.b.links.report(Type::Performance).position.index > before);
}

void TestLinks::theLaterOfTwoPlansApplies()
{
    Two two;
    QVERIFY(two.link({"a"}));
    two.write("s/logical/1");
    const auto dialledBefore = two.b.dialled.size();
    int doneCount = 0;
    two.b.links.setPlan(two.b.planToFollow({"a"}), [&doneCount] { ++doneCount; });
    two.b.links.setPlan(two.b.planOf(Mode::Disabled), [&doneCount] { ++doneCount; });
    two.run();
    QCOMPARE(doneCount, 0); // nor while a batch of the first one is being applied
    two.b.completions.runAll();
    QCOMPARE(doneCount, 2);
    two.pass(std::chrono::seconds{10});
    QVERIFY(!two.b.links.secondaryLink(Type::Performance));
    QCOMPARE(two.b.dialled.size(), dialledBefore);
}

/// The class: an effect of a message waits for a tick, and the other end acts before that. A cluster that was promoted within 100 ms of its
/// first link knew no member to tell, and the former primary did not know its certificate. The same could happen with a revocation, but
/// setPlan() cuts at once. What holds now: both ends have each other on their lists, and admit each other, when the first data arrives.
void TestLinks::bothEndsOfANewLinkKnowEachOtherBeforeTheNextTick()
{
    Two two;
    const auto known = [](LinkHost& host, const std::string& fingerprint) {
        return std::ranges::any_of(
            host.links.members(), [&](const Member& member) { return member.fingerprint == fingerprint && !member.endpoint.clusterAddress.empty(); });
    };
    const auto withCertificate = [](LinkPlan plan, const std::string& name) {
        plan.peerIdentity = crypto::Identity{name, {}};
        plan.local.peerFingerprint = name;
        return plan;
    };
    two.a.links.setPlan(withCertificate(two.a.planToServe("b"), "cert-a"), [] {});
    two.b.links.setPlan(withCertificate(two.b.planToFollow({"a"}), "cert-b"), [] {});
    two.write("s/logical/1");
    two.clock.advance(std::chrono::milliseconds{100});
    two.b.links.tick(); // dials; no clock advances from here on
    two.run();
    QVERIFY(two.b.links.secondaryLink(Type::Performance)->isWelcomed());
    QVERIFY(known(two.a, "cert-b"));
    QVERIFY(known(two.b, "cert-a"));
    QVERIFY(two.a.pinned.contains("cert-b"));
    QVERIFY(two.b.pinned.contains("cert-a"));
    QVERIFY(!two.b.told.empty()); // to be stored
    const auto report = two.b.links.report(Type::Performance);
    QVERIFY(report.members && areSame(*report.members, two.b.told)); // and known to a promotion that comes before the store
}

/// The class: a primary, or a cluster in its place, names another certificate for a member, and then speaks as that member. What holds now:
/// if the signed list has a certificate, only that one is admitted and asked.
void TestLinks::aListedCertificateHasPriorityOverAReportedOne()
{
    Two two;
    SeededRandom random{7};
    const auto keys = std::make_shared<const trust::MemberKeys>(trust::MemberKeys::create(random, two.clock.now()));
    auto serves = two.a.planToServe("b");
    serves.peerIdentity = crypto::Identity{"cert-a", {}};
    serves.local.peerFingerprint = "cert-forged";
    serves.local.keys = keys;
    auto follows = two.b.planToFollow({"a"});
    follows.peerIdentity = crypto::Identity{"cert-b", {}};
    follows.local.peerFingerprint = "cert-b";
    follows.pins.emplace(keys->member().key.publicKey(), "cert-a");
    two.a.links.setPlan(std::move(serves), [] {});
    two.b.links.setPlan(std::move(follows), [] {});
    two.pass(std::chrono::milliseconds{300});
    QCOMPARE(two.b.told.size(), std::size_t{2}); // b and its primary
    QVERIFY(two.b.pinned.contains("cert-a"));
    QVERIFY(!two.b.pinned.contains("cert-forged"));
    const auto& members = two.b.links.members();
    QVERIFY(std::ranges::any_of(members, [](const Member& member) { return member.isPrimary && member.fingerprint == "cert-a"; }));
}

/// A primary of both types that stops takes down one type before the other, and a tick may happen in between.
void TestLinks::aPrimaryThatStopsIsNotForgotten()
{
    Two two;
    two.a.links.setPlan(two.a.planToServe("c"), [] {});
    two.a.links.setPlan(two.a.planToServe("b", Type::Dr), [] {});
    two.b.links.setPlan(two.b.planToFollow({"a"}, Type::Dr), [] {});
    const auto hasPerformance = [&two] {
        return std::ranges::any_of(two.b.told, [](const Member& member) { return member.type == Type::Performance; });
    };
    for (int rounds = 0; rounds < 100 && !hasPerformance(); ++rounds) {
        two.pass(std::chrono::milliseconds{100});
        two.b.completions.runAll();
    }
    QVERIFY(hasPerformance());
    two.a.links.setPlan(two.a.planOf(Mode::Disabled), [] {});
    two.pass(std::chrono::milliseconds{500});
    QVERIFY(hasPerformance());
    two.pass(std::chrono::seconds{10}); // it did not stop; it only has no performance secondaries any more
    QVERIFY(!hasPerformance());
}

void TestLinks::silentConnectionsAreClosed_data()
{
    QTest::addColumn<QString>("protocol");
    QTest::addColumn<bool>("isCut");
    QTest::newRow("a secondary") << QString::fromLatin1(kPerformanceProtocol) << true;
    QTest::newRow("a connection for forwarded requests") << QString::fromLatin1(kForwardProtocol) << false;
}

void TestLinks::silentConnectionsAreClosed()
{
    QFETCH(QString, protocol);
    QFETCH(bool, isCut);
    Two two;
    two.a.links.setPlan(two.a.planToServe("b"), [] {});
    std::string why;
    const crypto::Identity identity{"b", {}};
    const std::string authority;
    const auto connection =
        two.b.dial({"a", identity, authority, protocol.toStdString()}, {
                                                                           .ready = {},
                                                                           .received = [](Frame) {},
                                                                           .pull = [] { return std::string{}; },
                                                                           .closed = [&why](const Error& error) { why = toString(error); },
                                                                       });
    QVERIFY(connection);
    two.pass(std::chrono::seconds{19});
    QCOMPARE(why, std::string{});
    two.pass(std::chrono::seconds{3});
    QCOMPARE(!why.empty(), isCut);
}

QTEST_GUILESS_MAIN(TestLinks)
#include "tst_links.moc"
