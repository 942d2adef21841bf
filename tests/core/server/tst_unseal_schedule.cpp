#include "core/server/node/unseal_schedule.h"

#include <QtTest>

using namespace core;
using namespace std::chrono_literals;
using server::UnsealSchedule;

// The class: a node that opens by itself does harm by trying: it floods an HSM that is down, locks a token by a wrong PIN, or opens what an operator has
// sealed. It could occur with each reason for a failure, and at each moment that tries again. What holds: delays grow up to a limit, a refusal is not
// tried again, and a sealed node stays sealed until an operator opens it.
class TestUnsealSchedule : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theFirstTryIsAtOnce();
    void triesComeLaterAndLater();
    void successBeginsAgain();
    void refusalsAreNotTriedAgain_data();
    void refusalsAreNotTriedAgain();
    void aSealedNodeStaysSealed();

private:
    FakeClock m_clock;
};

void TestUnsealSchedule::theFirstTryIsAtOnce()
{
    QVERIFY(UnsealSchedule{}.isDue(m_clock.steadyNow()));
}

void TestUnsealSchedule::triesComeLaterAndLater()
{
    UnsealSchedule schedule;
    for (const auto delay : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        QVERIFY(schedule.isDue(m_clock.steadyNow()));
        schedule.failed({ErrorCode::Unavailable, "the HSM does not answer"}, m_clock.steadyNow());
        QCOMPARE(schedule.next(), "tried again in " + std::to_string(delay.count()) + " s");
        m_clock.advance(delay - 1ns);
        QVERIFY(!schedule.isDue(m_clock.steadyNow()));
        m_clock.advance(1ns);
    }
    QVERIFY(schedule.isDue(m_clock.steadyNow()));
}

void TestUnsealSchedule::successBeginsAgain()
{
    UnsealSchedule schedule;
    for (int at = 0; at < 4; ++at) schedule.failed({ErrorCode::Unavailable, {}}, m_clock.steadyNow());
    schedule.opened();
    schedule.failed({ErrorCode::Unavailable, {}}, m_clock.steadyNow());
    m_clock.advance(1s);
    QVERIFY(schedule.isDue(m_clock.steadyNow()));
}

void TestUnsealSchedule::refusalsAreNotTriedAgain_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("isHeld");
    QTest::newRow("a wrong PIN") << static_cast<int>(ErrorCode::PermissionDenied) << true;
    QTest::newRow("another seal") << static_cast<int>(ErrorCode::FailedPrecondition) << true;
    QTest::newRow("no answer") << static_cast<int>(ErrorCode::Unavailable) << false;
    QTest::newRow("no key yet") << static_cast<int>(ErrorCode::NotFound) << false;
    QTest::newRow("the disk") << static_cast<int>(ErrorCode::Io) << false;
}

void TestUnsealSchedule::refusalsAreNotTriedAgain()
{
    QFETCH(int, code);
    QFETCH(bool, isHeld);
    UnsealSchedule schedule;
    schedule.failed({static_cast<ErrorCode>(code), {}}, m_clock.steadyNow());
    m_clock.advance(24h);
    QCOMPARE(schedule.isDue(m_clock.steadyNow()), !isHeld);
    QCOMPARE(schedule.next().starts_with("not tried again"), isHeld);
}

void TestUnsealSchedule::aSealedNodeStaysSealed()
{
    UnsealSchedule schedule;
    schedule.hold();
    m_clock.advance(24h);
    QVERIFY(!schedule.isDue(m_clock.steadyNow()));
    schedule.release();
    QVERIFY(schedule.isDue(m_clock.steadyNow()));
}

QTEST_GUILESS_MAIN(TestUnsealSchedule)
#include "tst_unseal_schedule.moc"
