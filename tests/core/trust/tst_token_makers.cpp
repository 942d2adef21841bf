#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/barrier/seal.h"
#include "core/log/memory_file_system.h"
#include "core/storage/memory_engine.h"
#include "core/trust/token_makers.h"
#endif

#include <QtTest>

#include <future>
#include <thread>

using namespace core;
using namespace core::trust;

namespace {

const WallTime kNow{std::chrono::seconds{1}};

using Makers = TokenMakers;
using Set = TokenMakers::SetType;
using Place = TokenMakers::Place;

std::string key(char letter)
{
    return std::string(32, letter);
}

struct Fixture {
    Fixture()
    {
        auto opened = log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {});
        if (!opened) qFatal("store: %s", toString(opened.error()).c_str());
        store = std::move(*opened);
        barrier::Seal seal{barrier, store->reader(), random};
        auto transaction = store->begin();
        if (!seal.initialize(transaction, {1, 1}, clock.now())) qFatal("no seal");
        if (!store->commitAndWait(std::move(transaction))) qFatal("no first commit");
    }
    ~Fixture() { store->stop(); }

    void put(Makers& makers, char letter, const char* id, Set type)
    {
        done(makers.put(*store, barrier, {key(letter), id, type}, kNow, kNow));
    } // a former key ends at once
    /// The list that a primary with the own key `leader` sends.
    void tell(Makers& makers, char leader, const Makers& from) { done(makers.replaceTold(*store, barrier, from.toldTo({{key(leader), {}}}))); }
    void follow(Makers& makers, Set type, Place before, Place now, const std::set<std::string>& ids)
    {
        done(makers.follow(*store, barrier, type, before, now, ids));
    }
    static void done(const Result<>& result)
    {
        if (!result) qFatal("%s", toString(result.error()).c_str());
    }

    SeededRandom random{7};
    FakeClock clock;
    log::MemoryFileSystem files;
    barrier::Barrier barrier{random};
    std::unique_ptr<log::Store> store;
};

/// The keys of a, b, c … that count.
QByteArray counting(const Makers& makers)
{
    QByteArray out;
    for (char letter = 'a'; letter <= 'h'; ++letter) {
        if (makers.find(key(letter), kNow)) out += letter;
    }
    return out;
}

} // namespace

/// The class: a batch token of a former member counts, because its key is listed in another place as well. Looked at: a revoked member that
/// was the primary before (listed without an id); the lists of a former primary, of a relay that stopped, of a primary whose set ended
/// while its other set continues, and of a secondary that left; a member with two seats; a member known only by its key. What holds: a key
/// ends with the last seat of its cluster.
class TestTokenMakers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void formerPrimaryIsRevoked();
    void aKeyWithTwoSeatsStaysUntilBothAreRemoved();
    void demotedPrimaryFollowsTheNewList();
    void endsWithTheRole_data();
    void endsWithTheRole();
    void aMemberThatLeavesForgetsTheReports();
    void keyWithoutAnIdIsRemoved();
    void aRevokedKeyCountsInNoList();
    void isStored();
    void theLaterOfTwoChangesStays();
};

void TestTokenMakers::formerPrimaryIsRevoked()
{
    Fixture fixture;
    Makers former, makers;
    fixture.tell(makers, 'a', former);      // a was the primary when this cluster was its secondary
    fixture.put(makers, 'a', "a", Set::Dr); // it has come back as a DR secondary
    QCOMPARE(counting(makers), QByteArray{"a"});
    fixture.done(makers.remove(*fixture.store, fixture.barrier, Set::Dr, "a"));
    QCOMPARE(counting(makers), QByteArray{});
}

void TestTokenMakers::aKeyWithTwoSeatsStaysUntilBothAreRemoved()
{
    Fixture fixture;
    Makers former, makers;
    fixture.tell(makers, 'a', former);
    fixture.put(makers, 'a', "old", Set::Performance);
    fixture.put(makers, 'a', "new", Set::Performance);
    fixture.done(makers.remove(*fixture.store, fixture.barrier, Set::Performance, "old"));
    QCOMPARE(counting(makers), QByteArray{"a"});
    fixture.done(makers.remove(*fixture.store, fixture.barrier, Set::Performance, "new"));
    QCOMPARE(counting(makers), QByteArray{});
}

void TestTokenMakers::demotedPrimaryFollowsTheNewList()
{
    Fixture fixture, other;
    Makers makers, next;
    fixture.put(makers, 'b', "b", Set::Performance);
    fixture.put(makers, 'c', "c", Set::Performance);
    fixture.put(makers, 'd', "d", Set::Dr);
    fixture.follow(makers, Set::Performance, Place::Primary, Place::Secondary, {});
    QCOMPARE(counting(makers), QByteArray{"bcd"}); // until the new primary sends its list
    other.put(next, 'c', "c", Set::Performance);
    fixture.tell(makers, 'b', next);
    QCOMPARE(counting(makers), QByteArray{"bcd"});
    other.done(next.remove(*other.store, other.barrier, Set::Performance, "c"));
    fixture.tell(makers, 'b', next);
    QCOMPARE(counting(makers), QByteArray{"bd"});
}

void TestTokenMakers::endsWithTheRole_data()
{
    QTest::addColumn<int>("before");
    QTest::addColumn<int>("now");
    QTest::addColumn<QByteArray>("ids");
    QTest::addColumn<QByteArray>("left");
    const auto row = [](const char* name, Place before, Place now, const char* ids, const char* left) {
        QTest::newRow(name) << static_cast<int>(before) << static_cast<int>(now) << QByteArray{ids} << QByteArray{left};
    };
    row("the set was disabled, the other one goes on", Place::Primary, Place::Outside, "", "d");
    row("a primary starts, all have seats", Place::Primary, Place::Primary, "bc", "bcd");
    row("a primary has revoked one", Place::Primary, Place::Primary, "b", "bd");
    row("a relay goes on", Place::Secondary, Place::Secondary, "bc", "bcd");
    row("a relay stopped", Place::Secondary, Place::Secondary, "", "d");
    row("a relay was promoted", Place::Secondary, Place::Primary, "bc", "bcd");
    row("a relay left", Place::Secondary, Place::Outside, "", "d");
}

void TestTokenMakers::endsWithTheRole()
{
    QFETCH(int, before);
    QFETCH(int, now);
    QFETCH(QByteArray, ids);
    QFETCH(QByteArray, left);
    Fixture fixture;
    Makers makers;
    fixture.put(makers, 'b', "b", Set::Performance);
    fixture.put(makers, 'c', "c", Set::Performance);
    fixture.put(makers, 'd', "d", Set::Dr);
    std::set<std::string> seats;
    for (const char id : ids) seats.insert(std::string(1, id));
    fixture.follow(makers, Set::Performance, static_cast<Place>(before), static_cast<Place>(now), seats);
    QCOMPARE(counting(makers), left);
}

void TestTokenMakers::aMemberThatLeavesForgetsTheReports()
{
    Fixture fixture, other;
    Makers makers, primary;
    other.put(primary, 'b', "b", Set::Performance);
    fixture.tell(makers, 'a', primary);
    fixture.put(makers, 'd', "d", Set::Dr); // it is a DR primary too
    fixture.follow(makers, Set::Performance, Place::Secondary, Place::Primary, {});
    QCOMPARE(counting(makers), QByteArray{"abd"}); // the other members of the set are still members
    fixture.follow(makers, Set::Performance, Place::Secondary, Place::Outside, {});
    QCOMPARE(counting(makers), QByteArray{"d"});
}

void TestTokenMakers::keyWithoutAnIdIsRemoved()
{
    Fixture fixture;
    Makers former, makers;
    fixture.put(former, 'b', "b", Set::Performance);
    fixture.tell(makers, 'a', former);
    fixture.done(makers.removeKey(*fixture.store, fixture.barrier, key('b')));
    QCOMPARE(counting(makers), QByteArray{"a"});
}

// A list of keys can be older than the trust log that came with it, for example at a secondary that became the primary in that moment.
void TestTokenMakers::aRevokedKeyCountsInNoList()
{
    Fixture fixture, other;
    Makers former, makers, follower;
    fixture.put(former, 'b', "b", Set::Performance);
    fixture.put(former, 'c', "c", Set::Performance);
    fixture.tell(makers, 'a', former); // this cluster was a secondary of a
    fixture.follow(makers, Set::Performance, Place::Secondary, Place::Primary, {"b", "c"});
    QCOMPARE(counting(makers), QByteArray{"abc"});
    fixture.done(makers.refuse(*fixture.store, fixture.barrier, {key('b')}));
    QCOMPARE(counting(makers), QByteArray{"ac"});
    other.tell(follower, 'd', makers); // and it tells nobody
    QCOMPARE(counting(follower), QByteArray{"acd"});
    // An older list that comes later changes nothing, and the stored lists do not have the key any more.
    fixture.tell(makers, 'a', former);
    QCOMPARE(counting(makers), QByteArray{"ac"});
    Makers reloaded;
    fixture.done(makers.refuse(*fixture.store, fixture.barrier, {key('b')}));
    fixture.done(reloaded.load(*fixture.store, fixture.barrier));
    QCOMPARE(counting(reloaded), QByteArray{"ac"});
    // A member that has joined again counts.
    fixture.done(makers.refuse(*fixture.store, fixture.barrier, {}));
    fixture.put(makers, 'b', "b", Set::Performance);
    QCOMPARE(counting(makers), QByteArray{"abc"});
}

void TestTokenMakers::isStored()
{
    Fixture fixture;
    Makers makers, again;
    fixture.put(makers, 'b', "b", Set::Performance);
    fixture.put(makers, 'c', "c", Set::Performance);
    fixture.follow(makers, Set::Performance, Place::Primary, Place::Primary, {"c"});
    fixture.done(again.load(*fixture.store, fixture.barrier));
    QCOMPARE(counting(again), QByteArray{"c"});
}

/// The class: two threads change a stored list, and the one that committed first puts its list into memory last. A key that was answered as stored is
/// then unknown. It could occur at each list that is kept in memory beside its row: token keys, roles, rules for web pages. What holds: from reading the
/// row to adopting it is one step under one lock.
void TestTokenMakers::theLaterOfTwoChangesStays()
{
    Fixture fixture;
    Makers makers;
    std::thread other;
    std::promise<void> changed;
    auto isChanged = changed.get_future();
    // The first change is stored, and not adopted yet. Now comes the second one.
    const auto subscription = fixture.store->subscribeToKeys([&](const log::ChangedKeys&) {
        if (other.joinable()) return;
        other = std::thread{[&] {
            fixture.put(makers, 'b', "b", Set::Performance);
            changed.set_value();
        }};
        isChanged.wait_for(std::chrono::milliseconds{100}); // only a second change that does not wait for the first one ends here
    });
    fixture.put(makers, 'a', "a", Set::Performance);
    other.join();
    QCOMPARE(counting(makers), QByteArray{"ab"});
}

QTEST_GUILESS_MAIN(TestTokenMakers)
#include "tst_token_makers.moc"
