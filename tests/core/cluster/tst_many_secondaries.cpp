#include "tests/core/cluster/test_cluster.h"

#include <QElapsedTimer>

#include <fstream>
#include <unistd.h>

using namespace testing_cluster;
using barrier::StorageClass;

/// Fifty secondaries of one primary, all in this process, over real TLS. Prints the costs. tests/bench/many_secondaries.py is a larger form
/// with one process for each.
class TestManySecondaries : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fiftySecondariesFollow();

private:
    static constexpr int kSecondaryCount = 50;
    static constexpr int kWriteCount = 1000;

    static std::uint64_t residentBytes()
    {
        std::uint64_t pages = 0, resident = 0;
        std::ifstream{"/proc/self/statm"} >> pages >> resident;
        return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
    static double writesPerSecond(TestCluster& primary, const std::string& prefix)
    {
        QElapsedTimer timer;
        timer.start();
        for (int at = 0; at < kWriteCount; ++at) {
            if (!primary.putShared("logical/one/" + prefix + std::to_string(at), std::string(200, 'v'))) qFatal("a write failed");
        }
        return 1e9 * kWriteCount / static_cast<double>(timer.nsecsElapsed());
    }
};

void TestManySecondaries::fiftySecondariesFollow()
{
    TestCluster primary{"primary"};
    QVERIFY(!primary.manager().operations().enablePrimary(Type::Performance, "").isError);
    const double alone = writesPerSecond(primary, "before-");
    const auto before = residentBytes();

    QElapsedTimer timer;
    timer.start();
    std::vector<std::unique_ptr<TestCluster>> secondaries;
    for (int at = 0; at < kSecondaryCount; ++at) {
        const std::string name = "s" + std::to_string(at);
        secondaries.push_back(std::make_unique<TestCluster>(name));
        QVERIFY2(!secondaries.back()->follow(primary, Type::Performance, name).isError, name.c_str());
    }
    for (auto& each : secondaries) QVERIFY(each->isInSyncWith(primary, Type::Performance));
    const auto joined = timer.restart();
    const auto after = residentBytes();

    const double followed = writesPerSecond(primary, "after-");
    const auto written = timer.restart();
    for (auto& each : secondaries) QVERIFY(each->isInSyncWith(primary, Type::Performance));
    const auto arrived = timer.elapsed();
    const auto status = primary.manager().reports().status(Type::Performance);
    QCOMPARE(status.at("secondaries").as_array().size(), std::size_t{kSecondaryCount});
    QCOMPARE(status.at("known_secondaries").as_array().size(), std::size_t{kSecondaryCount});

    // One of them is cut off. All others receive what follows.
    QVERIFY(!primary.manager().seats().revokeSecondary(Type::Performance, "s7").isError);
    QVERIFY(primary.putShared("logical/one/last", "for those that stay"));
    for (int at = 0; at < kSecondaryCount; ++at) {
        if (at == 7) continue;
        QVERIFY(secondaries[static_cast<std::size_t>(at)]->isInSyncWith(primary, Type::Performance));
    }
    QVERIFY(!secondaries[7]->getShared("logical/one/last"));
    QCOMPARE(secondaries[49]->getShared("logical/one/last").value_or(""), std::string{"for those that stay"});

    qInfo("%d secondaries joined a primary with %d keys in %lld ms", kSecondaryCount, kWriteCount, static_cast<long long>(joined));
    qInfo("%.0f KiB for each of them: a cluster with all its data in memory, and both ends of its link",
          static_cast<double>(after - before) / kSecondaryCount / 1024);
    qInfo("writes: %.0f/s without secondaries, %.0f/s with %d of them on the same processors", alone, followed, kSecondaryCount);
    qInfo("%d writes took %lld ms and were everywhere %lld ms later", kWriteCount, static_cast<long long>(written), static_cast<long long>(arrived));
}

QTEST_GUILESS_MAIN(TestManySecondaries)
#include "tst_many_secondaries.moc"
