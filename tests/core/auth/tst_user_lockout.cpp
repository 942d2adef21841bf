#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/auth/lockout/user_lockout.h"
#endif

#include <QTest>

using namespace core;
using namespace core::auth;
using namespace testing_backend;
using namespace std::chrono_literals;

/// The class: a client can guess a credential without limit. It could occur at each login that compares a credential that a person chose: userpass
/// (the only such method now), later ldap and approle; they name the user with Backend::loginAlias(). Tokens, key shares and activation
/// tokens are random, so guessing does not help. What holds: a number of wrong credentials locks the user for a time, also if a node of
/// the cluster restarts in between. Only existing users are counted, so the table is bounded.
class TestUserLockout : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void locksAtTheThreshold();
    void aGoodLoginBeginsAgain();
    void aPauseBeginsAgain();
    void triesWhileLockedDoNotProlong();
    void aStoredLockOutlivesTheProcess();
    void unlocksAndForgets();
    void rulesComeFromTheNearestSetting_data();
    void rulesComeFromTheNearestSetting();
    void countsOnlyMethodsOfPeople();
    void removesEndedLocks();
};

namespace {

mount::MountEntry entryOf(const char* type = "userpass")
{
    auto entry = mountOf("auth/people/", type);
    entry.accessor = "auth_userpass_1234";
    return entry;
}

/// Runs the step in a transaction of its own and commits what it wrote.
template<class Step>
void inScope(Fixture& fixture, const Step& step)
{
    const auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        step(*context.system);
        return mount::Response{};
    });
    if (!done) qFatal("%s", done.error().detail.c_str());
}

bool isLocked(Fixture& fixture, const UserLockout& lockout, WallTime now, const char* alias = "ann")
{
    bool isLocked = false;
    inScope(fixture, [&](const barrier::Scope& scope) {
        const auto locked = lockout.isLocked(scope, entryOf(), alias, now);
        if (!locked) qFatal("%s", locked.error().detail.c_str());
        isLocked = *locked;
    });
    return isLocked;
}

} // namespace

void TestUserLockout::locksAtTheThreshold()
{
    Fixture fixture{entryOf()};
    UserLockout lockout{{}};
    const WallTime now{1'000'000s};
    for (int failure = 1; failure <= 4; ++failure) QVERIFY(!lockout.countFailure(entryOf(), "ann", now));
    QVERIFY(!isLocked(fixture, lockout, now));
    QVERIFY(lockout.countFailure(entryOf(), "ann", now));
    QVERIFY(isLocked(fixture, lockout, now));
    QVERIFY(isLocked(fixture, lockout, now + 15min - 1s));
    QVERIFY(!isLocked(fixture, lockout, now + 15min));
    QVERIFY(!isLocked(fixture, lockout, now, "bob")); // each user by itself
}

void TestUserLockout::aGoodLoginBeginsAgain()
{
    Fixture fixture{entryOf()};
    UserLockout lockout{{}};
    const WallTime now{1'000'000s};
    for (int round = 0; round < 3; ++round) {
        for (int failure = 0; failure < 4; ++failure) QVERIFY(!lockout.countFailure(entryOf(), "ann", now));
        inScope(fixture, [&](const barrier::Scope& scope) { QVERIFY(lockout.countSuccess(scope, entryOf(), "ann")); });
    }
}

void TestUserLockout::aPauseBeginsAgain()
{
    UserLockout lockout{{}};
    const WallTime now{1'000'000s};
    for (int failure = 0; failure < 4; ++failure) QVERIFY(!lockout.countFailure(entryOf(), "ann", now));
    QVERIFY(!lockout.countFailure(entryOf(), "ann", now + 15min));
    for (int failure = 0; failure < 3; ++failure) QVERIFY(!lockout.countFailure(entryOf(), "ann", now + 16min));
    QVERIFY(lockout.countFailure(entryOf(), "ann", now + 16min));
}

void TestUserLockout::triesWhileLockedDoNotProlong()
{
    Fixture fixture{entryOf()};
    UserLockout lockout{{}};
    const WallTime now{1'000'000s};
    for (int failure = 0; failure < 5; ++failure) lockout.countFailure(entryOf(), "ann", now);
    // Logins that began before the lock: their guesses are no longer counted and lock nothing.
    for (int failure = 0; failure < 50; ++failure) QVERIFY(!lockout.countFailure(entryOf(), "ann", now + 10min));
    QVERIFY(!isLocked(fixture, lockout, now + 15min));
    for (int failure = 0; failure < 4; ++failure) QVERIFY(!lockout.countFailure(entryOf(), "ann", now + 15min)); // a new count
}

void TestUserLockout::aStoredLockOutlivesTheProcess()
{
    Fixture fixture{entryOf()};
    const WallTime now{1'000'000s};
    inScope(fixture, [&](const barrier::Scope& scope) { QVERIFY(UserLockout{{}}.putLock(scope, entryOf(), "ann", now)); });
    UserLockout later{{}};
    QVERIFY(isLocked(fixture, later, now + 1min));
    QVERIFY(!isLocked(fixture, later, now + 15min));
    UserLockout::LockedUsers listed;
    inScope(fixture, [&](const barrier::Scope& scope) { listed = *later.lockedUsers(scope, {entryOf()}, now + 1min); });
    QCOMPARE(listed.at("auth_userpass_1234"), std::vector<std::string>{"ann"});
}

void TestUserLockout::unlocksAndForgets()
{
    Fixture fixture{entryOf()};
    UserLockout lockout{{}};
    const WallTime now{1'000'000s};
    for (int failure = 0; failure < 5; ++failure) lockout.countFailure(entryOf(), "team/ann", now);
    inScope(fixture, [&](const barrier::Scope& scope) { QVERIFY(lockout.putLock(scope, entryOf(), "team/ann", now)); });
    QVERIFY(isLocked(fixture, lockout, now, "team/ann"));
    inScope(fixture, [&](const barrier::Scope& scope) { QVERIFY(lockout.unlock(scope, "auth_userpass_1234", "team/ann")); });
    QVERIFY(!isLocked(fixture, lockout, now, "team/ann"));
    QVERIFY(!lockout.countFailure(entryOf(), "team/ann", now)); // the count began again
}

void TestUserLockout::rulesComeFromTheNearestSetting_data()
{
    QTest::addColumn<int>("level"); // 0: nothing is set, 1: "all", 2: the method's stanza, 3: the mount, 4: the environment
    QTest::addColumn<qulonglong>("threshold");
    QTest::addColumn<bool>("isDisabled");
    QTest::newRow("defaults") << 0 << 5ull << false;
    QTest::newRow("all") << 1 << 7ull << true;
    QTest::newRow("method") << 2 << 8ull << false;
    QTest::newRow("mount") << 3 << 9ull << false;
    QTest::newRow("environment") << 4 << 9ull << true;
}

void TestUserLockout::rulesComeFromTheNearestSetting()
{
    QFETCH(int, level);
    QFETCH(qulonglong, threshold);
    QFETCH(bool, isDisabled);
    LockoutSettings settings;
    if (level >= 1) settings.stanzas["all"] = {.threshold = 7, .duration = 3min, .counterReset = {}, .isDisabled = true};
    if (level >= 2) settings.stanzas["userpass"] = {.threshold = 8, .duration = {}, .counterReset = {}, .isDisabled = false};
    auto entry = entryOf();
    if (level >= 3) entry.userLockout.threshold = 9;
    settings.isSwitchedOff = level >= 4;
    const auto rules = UserLockout{settings}.rules(entry);
    QCOMPARE(qulonglong{rules.threshold}, threshold);
    QCOMPARE(rules.isDisabled, isDisabled);
    QVERIFY(rules.duration == (level >= 1 ? 3min : 15min)); // inherited from "all"
}

void TestUserLockout::countsOnlyMethodsOfPeople()
{
    for (const char* type : {"userpass", "ldap", "approle"}) QVERIFY(!UserLockout{{}}.rules(entryOf(type)).isDisabled);
    for (const char* type : {"token", "jwt", "cert"}) QVERIFY(UserLockout{{}}.rules(entryOf(type)).isDisabled);
}

void TestUserLockout::removesEndedLocks()
{
    Fixture fixture{entryOf()};
    const UserLockout lockout{{}};
    const WallTime now{1'000'000s};
    auto gone = entryOf();
    gone.accessor = "auth_userpass_gone";
    inScope(fixture, [&](const barrier::Scope& scope) {
        QVERIFY(lockout.putLock(scope, entryOf(), "ended", now - 16min));
        QVERIFY(lockout.putLock(scope, entryOf(), "locked", now - 1min));
        QVERIFY(lockout.putLock(scope, gone, "of an unmounted method", now));
    });
    inScope(fixture, [&](const barrier::Scope& scope) { QVERIFY(lockout.removeEnded(scope, {entryOf()}, now, 100)); });
    std::vector<std::string> left;
    inScope(fixture, [&](const barrier::Scope& scope) {
        QVERIFY(scope.local("core/login/lockedUsers/").forEach({}, [&](std::string_view path, std::string_view) {
            left.emplace_back(path);
            return true;
        }));
    });
    QCOMPARE(left, std::vector<std::string>{"auth_userpass_1234/6c6f636b6564"});
}

QTEST_GUILESS_MAIN(TestUserLockout)
#include "tst_user_lockout.moc"
