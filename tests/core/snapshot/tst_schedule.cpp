#include "core/snapshot/schedule.h"

#include <QtTest>

using namespace core;
using namespace std::chrono_literals;

class TestSchedule : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsItsCadence_data();
    void keepsItsCadence();
    void knowsItsFiles();
    void storedFormReverses();

private:
    static snapshot::ScheduleConfig config()
    {
        snapshot::ScheduleConfig config;
        config.name = "daily";
        config.interval = 600s;
        config.retain = 7;
        config.pathPrefix = "/snapshots";
        config.filePrefix = "secondary";
        config.storageType = "local";
        config.localMaxSpace = 1'000'000;
        config.anchor = WallTime{1000s};
        return config;
    }
};

void TestSchedule::keepsItsCadence_data()
{
    QTest::addColumn<qint64>("after");
    QTest::addColumn<qint64>("next");
    QTest::addColumn<quint64>("runsSinceStart");
    QTest::newRow("at the start") << qint64{1000} << qint64{1600} << quint64{0};
    QTest::newRow("between") << qint64{1599} << qint64{1600} << quint64{0};
    QTest::newRow("on a run") << qint64{1600} << qint64{2200} << quint64{1};
    QTest::newRow("late by a while") << qint64{2000} << qint64{2200} << quint64{1};
    QTest::newRow("after a long outage") << qint64{1000 + 10 * 600 + 5} << qint64{1000 + 11 * 600} << quint64{10};
    QTest::newRow("clock set back") << qint64{10} << qint64{1600} << quint64{0};
}

void TestSchedule::keepsItsCadence()
{
    QFETCH(qint64, after);
    QFETCH(qint64, next);
    QFETCH(quint64, runsSinceStart);
    const WallTime at{std::chrono::seconds{after}};
    QCOMPARE(qint64{toUnixSeconds(snapshot::nextRun(config(), at))}, next);
    QCOMPARE(quint64{snapshot::runsBetween(config(), config().anchor, at)}, runsSinceStart);
}

void TestSchedule::knowsItsFiles()
{
    const auto name = snapshot::fileNameOf(config(), WallTime{std::chrono::nanoseconds{1603898241699731000}});
    QCOMPARE(name, std::string{"secondary-1603898241699731000.snap"});
    QVERIFY(snapshot::isFileOf(config(), name));
    for (const auto* other : {"secondary-.snap", "secondary-12x.snap", "other-12.snap", "secondary-12.snap.partial", "secondary-12"}) {
        QVERIFY2(!snapshot::isFileOf(config(), other), other);
    }
}

void TestSchedule::storedFormReverses()
{
    const auto read = snapshot::ScheduleConfig::fromJson(config().toJson());
    QVERIFY(read);
    QCOMPARE(read->filePrefix, config().filePrefix);
    QCOMPARE(read->localMaxSpace, config().localMaxSpace);
    QVERIFY(read->anchor == config().anchor);
    QVERIFY(!snapshot::ScheduleConfig::fromJson({}));

    auto s3 = config();
    s3.storageType = "aws-s3";
    s3.s3.bucket = "b";
    s3.s3.region = "r";
    s3.s3.isPathStyle = true;
    s3.s3.secretAccessKey = SecretBytes::copyOf(std::string_view{"secret"});
    const auto again = snapshot::ScheduleConfig::fromJson(s3.toJson());
    QVERIFY(again);
    QCOMPARE(again->s3.bucket, std::string{"b"});
    QVERIFY(again->s3.isPathStyle && !again->s3.isTlsDisabled);
    QVERIFY(again->s3.secretAccessKey == s3.s3.secretAccessKey);

    snapshot::ScheduleStatus status;
    status.missedRuns = 3;
    status.storedBytes = 12;
    status.provenRoot = "abc";
    status.proofDuration = 7ms;
    const auto read2 = snapshot::ScheduleStatus::fromJson(status.toJson());
    QCOMPARE(read2.missedRuns, std::uint64_t{3});
    QCOMPARE(read2.storedBytes, std::uint64_t{12});
    QCOMPARE(read2.provenRoot, std::string{"abc"});
    QVERIFY(read2.proofDuration == 7ms);
}

QTEST_APPLESS_MAIN(TestSchedule)
#include "tst_schedule.moc"
