#include "core/log/checkpoint.h"
#include "core/log/staging.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/core/log/store_fixture.h"

using namespace core;
using namespace core::log;
using namespace testing_log;

namespace {

/// A machine with a disk. It opens the store again and again.
struct Machine {
    explicit Machine(std::uint64_t seed) : random{seed} {}

    Result<std::unique_ptr<Store>> open(std::uint64_t retentionBytes = 1u << 20)
    {
        Store::Options options;
        options.directory = "log";
        options.segmentBytes = 12u << 10; // a handful of groups each
        options.retentionBytes = retentionBytes;
        options.unclaimedBytes = 40u << 10;
        options.checkpointInterval = std::chrono::hours{1}; // the workload makes checkpoints itself
        return Store::open(std::make_unique<VolatileEngine>(engine, power), files, clock, random, options);
    }
    void losePower(Survival survival)
    {
        power.restore();
        files.losePower(random, survival);
        engine = VolatileEngine::afterPowerLoss(*engine, random, survival);
    }

    SeededRandom random;
    SystemClock clock;
    Power power;
    FaultyFileSystem files{power};
    std::shared_ptr<VolatileEngine::State> engine = std::make_shared<VolatileEngine::State>();
};

struct Outcome {
    Contents answered;
    std::optional<Contents> inFlight; // the last step got no answer, so this is also allowed
};

/// A seeded mix of transactions with checkpoints, replacements of all contents, and restores.
class Workload {
public:
    explicit Workload(std::uint64_t seed) : m_random{seed} {}

    Result<> step(Store& store, Outcome& outcome)
    {
        ++m_steps;
        auto after = outcome.answered;
        if (m_steps % 9 == 0) return store.checkpoint();
        if (m_steps % 25 == 0) {
            after = {};
            for (const auto& [key, value] : outcome.answered) {
                if (key == "i/1") after.emplace(key, value);
            }
            after["s/first"] = std::to_string(m_steps);
            outcome.inFlight = after;
            auto replaced =
                store.replaceContents([](std::string_view key) { return key == "i/1"; }, {operationOf("s/first", std::to_string(m_steps))});
            return settle(outcome, std::move(after), std::move(replaced));
        }
        if (m_steps % 13 == 0) return restore(store, outcome);
        auto transaction = store.begin();
        for (auto writes = 1 + m_random.number() % 4; writes > 0; --writes) {
            static constexpr std::string_view kPrefixes[] = {"s/logical/u/", "s/", "l/auth/v/", "i/"};
            const auto key = std::string{kPrefixes[m_random.number() % 4]} + std::to_string(m_random.number() % 12);
            if (m_random.number() % 4 == 0) {
                erase(transaction, key);
                after.erase(key);
            } else {
                const auto value = std::to_string(m_steps) + std::string(m_random.number() % 1500, 'v');
                put(transaction, key, value);
                after[key] = value;
            }
        }
        outcome.inFlight = after;
        auto committed = store.commitAndWait(std::move(transaction));
        return settle(outcome, std::move(after), committed ? Result<>{} : Result<>{committed.error()});
    }

private:
    /// Stages contents in pieces, with a commit between two pieces. Sometimes it stages only local contents, or gives up.
    Result<> restore(Store& store, Outcome& outcome)
    {
        const bool isLocalOnly = m_steps % 2 == 1;
        const bool isGivenUp = m_steps % 39 == 0;
        auto staging = stageInto(store);
        if (!staging) return staging.error();
        log::Placing placing;
        placing.classes = isLocalOnly ? "l" : "ls";
        placing.isKept = [](std::string_view key) { return key != "i/2"; };
        placing.present = {{"l/auth/v/1", operationOf("l/auth/v/1", {}).keyHash}};
        placing.first = {operationOf("l/first", std::to_string(m_steps)), operationOf("i/new", "n")};
        Contents staged;
        for (auto count = 3 + m_random.number() % 12; count > 0; --count) {
            const auto key = (isLocalOnly || m_random.number() % 2 == 0 ? "l/auth/v/" : "s/logical/u/") + std::to_string(m_random.number() % 20);
            const auto value = "staged" + std::to_string(m_steps) + std::string(m_random.number() % 900, 'w');
            staged[key] = value;
            if (auto added = (*staging)->add(operationOf(key, value)); !added) return added;
        }
        auto after = outcome.answered;
        after["s/between"] = std::to_string(m_steps);
        outcome.inFlight = after;
        const auto written = putAndWait(store, "s/between", std::to_string(m_steps));
        if (auto settled = settle(outcome, after, written ? Result<>{} : Result<>{written.error()}); !settled) return settled;
        if (isGivenUp) return {};
        const auto present = after.find("l/auth/v/1");
        if (present != after.end()) staged["l/auth/v/1"] = present->second;
        std::erase_if(after,
                      [&](const auto& entry) { return entry.first == "i/2" || entry.first[0] == 'l' || (!isLocalOnly && entry.first[0] == 's'); });
        staged["l/first"] = std::to_string(m_steps);
        staged["i/new"] = "n";
        for (const auto& [key, value] : staged) after[key] = value;
        outcome.inFlight = after;
        return settle(outcome, after, (*staging)->place(placing));
    }

    static Result<> settle(Outcome& outcome, Contents after, Result<> result)
    {
        if (!result) return result;
        outcome.answered = std::move(after);
        outcome.inFlight.reset();
        return {};
    }

    SeededRandom m_random;
    int m_steps = 0;
};

constexpr int kSteps = 60;

/// Empty if the store holds what it must. Otherwise says what is wrong.
QString difference(const Store& store, const Outcome& outcome)
{
    const auto contents = contentsOf(store.reader());
    if (contents != outcome.answered && !(outcome.inFlight && contents == *outcome.inFlight)) {
        QString text = QStringLiteral("contents differ from what was answered:");
        for (const auto& [key, value] : outcome.answered) {
            const auto at = contents.find(key);
            if (at == contents.end() || at->second != value) text += QString::fromStdString(" " + key + (at == contents.end() ? " lost" : " other"));
        }
        for (const auto& [key, value] : contents) {
            if (!outcome.answered.contains(key)) text += QString::fromStdString(" " + key + " extra");
        }
        return text;
    }
    if (store.forest().root({}) != rootOf(contents)) return QStringLiteral("the forest does not match the contents");
    for (const auto& [key, value] : contents) {
        const auto tree = merkle::treeOf(key);
        if (tree.empty()) continue;
        const auto found = store.keyOf(tree, operationOf(key, value).keyHash);
        if (!found) return QString::fromStdString("keyOf: " + toString(found.error()));
        if (*found != key) return QString::fromStdString("no key for the leaf of " + key);
    }
    return {};
}

} // namespace

/// The store under power cuts, failing calls, a full disk and damage.
class TestCrash : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void powerCutsAtEveryStep_data();
    void powerCutsAtEveryStep();
    void everyCallFailsOnce_data();
    void everyCallFailsOnce();
    void fullLogIsLeftAgain();
    void fullEngineIsLeftAgain();
    void killedProcessKeepsEverything();
    void damageInTheMiddleIsNamed();
    void tornTailIsNormal();
    void aLostEndIsNoticedWhereTheEngineHasIt();
    void lostRowsAreNoticed();
    void lostFilesAreNoticed_data();
    void lostFilesAreNoticed();
    void slotsKeepRecords();
    void epochPersists_data();
    void epochPersists();
};

void TestCrash::powerCutsAtEveryStep_data()
{
    QTest::addColumn<int>("survival");
    QTest::newRow("nothing unsynced survives") << static_cast<int>(Survival::Nothing);
    QTest::newRow("everything survives") << static_cast<int>(Survival::Everything);
    QTest::newRow("sectors survive") << static_cast<int>(Survival::Sectors);
}

void TestCrash::powerCutsAtEveryStep()
{
    QFETCH(int, survival);
    const auto kind = static_cast<Survival>(survival);
    bool isCut = true;
    for (std::uint64_t cut = 1; isCut; ++cut) {
        const std::uint64_t seed = cut % 5;
        const auto where = [&](const std::string& what) {
            return QString::fromStdString("cut at step " + std::to_string(cut) + ", seed " + std::to_string(seed) + ": " + what);
        };
        Machine machine{seed};
        machine.power.cutAfter(cut);
        Workload workload{seed};
        Outcome outcome;
        if (auto store = machine.open()) {
            for (int step = 0; step < kSteps && workload.step(**store, outcome); ++step) {}
        }
        isCut = machine.power.isOff();
        machine.losePower(kind);
        if (cut % 3 == 0) { // and again while the store starts
            machine.power.cutAfter(1 + machine.random.number() % 12);
            static_cast<void>(machine.open().has_value());
            machine.losePower(kind);
        }
        for (int round = 0; round < 2; ++round) {
            auto store = machine.open();
            QVERIFY2(store.has_value(), qPrintable(where(store ? "" : toString(store.error()))));
            const auto wrong = difference(**store, outcome);
            QVERIFY2(wrong.isEmpty(), qPrintable(where(wrong.toStdString())));
            outcome.answered = contentsOf((*store)->reader());
            outcome.inFlight.reset();
            for (int step = 0; step < 12; ++step) {
                const auto done = workload.step(**store, outcome);
                QVERIFY2(done.has_value(), qPrintable(where(done ? "" : toString(done.error()))));
            }
            store->reset();
            machine.losePower(kind);
        }
    }
}

void TestCrash::everyCallFailsOnce_data()
{
    QTest::addColumn<bool>("isPowerLost");
    QTest::newRow("then the process ends") << false;
    QTest::newRow("then the power goes") << true;
}

void TestCrash::everyCallFailsOnce()
{
    QFETCH(bool, isPowerLost);
    for (std::uint64_t fail = 1;; ++fail) {
        const auto where = [&](const std::string& what) { return QString::fromStdString("call " + std::to_string(fail) + " fails: " + what); };
        Machine machine{fail};
        machine.power.failAfter(fail);
        Workload workload{fail % 5};
        Outcome outcome;
        auto store = machine.open();
        if (!store) {
            store = machine.open();
            QVERIFY2(store.has_value(), qPrintable(where(store ? "" : toString(store.error()))));
        }
        for (int step = 0; step < kSteps; ++step) {
            const auto done = workload.step(**store, outcome);
            if (done) continue;
            outcome.inFlight.reset(); // it was answered with an error, so it must not have happened
            const auto wrong = difference(**store, outcome);
            // keyOf() can still find the engine failed. The store notices that itself with the next commit.
            QVERIFY2(wrong.isEmpty() || wrong.startsWith(u"keyOf"), qPrintable(where(wrong.toStdString())));
            Result<> recovered = (*store)->recover();
            QVERIFY2(recovered.has_value(), qPrintable(where(recovered ? "" : toString(done.error()) + " / " + toString(recovered.error()))));
        }
        auto wrong = difference(**store, outcome);
        QVERIFY2(wrong.isEmpty(), qPrintable(where(wrong.toStdString())));
        const bool isOver = machine.power.steps() < fail;
        machine.power.restore();
        store->reset();
        if (isPowerLost) machine.losePower(Survival::Nothing);
        else VolatileEngine::afterKill(*machine.engine);
        store = machine.open();
        QVERIFY2(store.has_value(), qPrintable(where(store ? "" : toString(store.error()))));
        wrong = difference(**store, outcome);
        QVERIFY2(wrong.isEmpty(), qPrintable(where("reopened: " + wrong.toStdString())));
        if (isOver) return;
    }
}

void TestCrash::fullLogIsLeftAgain()
{
    Machine machine{1};
    Workload workload{1};
    Outcome outcome;
    auto store = valueOf(machine.open(), "open");
    machine.files.setFull(true);
    Result<> done;
    while (done) done = workload.step(*store, outcome);
    COMPARE_PLAIN(done.error().code, ErrorCode::NoSpace);
    outcome.inFlight.reset();
    COMPARE_PLAIN(putAndWait(*store, "s/x", "y").error().code, ErrorCode::NoSpace);
    QCOMPARE(difference(*store, outcome), QString{}); // reads still work
    QVERIFY(!store->recover());
    machine.files.setFull(false);
    QTRY_VERIFY_WITH_TIMEOUT(putAndWait(*store, "s/x", "y").has_value(), 10'000); // the store recovers by itself
    outcome.answered["s/x"] = "y";
    QVERIFY(workload.step(*store, outcome).has_value());
    QCOMPARE(difference(*store, outcome), QString{});
    store.reset();
    machine.losePower(Survival::Everything);
    QCOMPARE(difference(*valueOf(machine.open(), "reopen"), outcome), QString{});
}

void TestCrash::fullEngineIsLeftAgain()
{
    Machine machine{2};
    auto store = valueOf(machine.open(), "open");
    QVERIFY(putAndWait(*store, "s/a", "1").has_value());
    machine.engine->isFull = true;
    COMPARE_PLAIN(putAndWait(*store, "s/a", "2").error().code, ErrorCode::NoSpace);
    COMPARE_PLAIN(store->appliedIndex(), LogIndex{1});
    COMPARE_PLAIN(putAndWait(*store, "s/b", "2").error().code, ErrorCode::NoSpace);
    QCOMPARE(contentsOf(store->reader()), (Contents{{"s/a", "1"}}));
    machine.engine->isFull = false;
    QVERIFY(store->recover().has_value());
    COMPARE_PLAIN(*putAndWait(*store, "s/c", "3"), LogIndex{2});
    const Outcome outcome{{{"s/a", "1"}, {"s/c", "3"}}, {}};
    QCOMPARE(difference(*store, outcome), QString{});
    QCOMPARE(store->read(LogIndex{1}, 1000)->size(), std::size_t{2});
    store.reset();
    machine.losePower(Survival::Everything);
    QCOMPARE(difference(*valueOf(machine.open(), "reopen"), outcome), QString{});
}

void TestCrash::killedProcessKeepsEverything()
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Machine machine{seed};
        Workload workload{seed};
        Outcome outcome;
        for (int round = 0; round < 4; ++round) {
            auto store = valueOf(machine.open(), "open");
            const auto wrong = difference(*store, outcome);
            QVERIFY2(wrong.isEmpty(), qPrintable(QStringLiteral("seed %1: %2").arg(seed).arg(wrong)));
            for (int step = 0; step < 20; ++step) QVERIFY(workload.step(*store, outcome).has_value());
            // The end of the process is like a power cut where everything survives: nothing is written after it.
            machine.power.cutAfter(1);
            store.reset();
            machine.power.restore();
            VolatileEngine::afterKill(*machine.engine);
        }
    }
}

void TestCrash::damageInTheMiddleIsNamed()
{
    Machine machine{3};
    {
        auto store = valueOf(machine.open(), "open");
        for (int number = 0; number < 20; ++number) QVERIFY(putAndWait(*store, "s/" + std::to_string(number), std::string(1000, 'x')).has_value());
        machine.power.cutAfter(1);
    }
    machine.losePower(Survival::Everything);
    const auto names = valueOf(machine.files.list("log"), "list");
    const auto firstFile = *std::min_element(names.begin(), names.end());
    machine.files.damage(std::filesystem::path{"log"} / firstFile, 4096 + 1500); // in the second record
    const auto store = machine.open();
    QVERIFY(!store);
    COMPARE_PLAIN(store.error().code, ErrorCode::Corrupt);
    QVERIFY2(store.error().detail.find(firstFile) != std::string::npos, store.error().detail.c_str());
    QVERIFY2(store.error().detail.find("offset 5") != std::string::npos, store.error().detail.c_str());
}

void TestCrash::tornTailIsNormal()
{
    Machine machine{4};
    Outcome outcome;
    {
        auto store = valueOf(machine.open(), "open");
        for (const char* key : {"s/a", "s/b", "s/c"}) QVERIFY(putAndWait(*store, key, "value").has_value());
        machine.power.cutAfter(1);
    }
    machine.losePower(Survival::Everything);
    const auto names = valueOf(machine.files.list("log"), "list");
    const auto firstFile = std::filesystem::path{"log"} / *std::min_element(names.begin(), names.end());
    const auto bytes = machine.files.contents(firstFile);
    machine.files.damage(firstFile, bytes.rfind("value"));      // the last record, as if only a part of it had been written
    machine.engine = std::make_shared<VolatileEngine::State>(); // and LevelDB lost everything
    outcome.answered = {{"s/a", "value"}, {"s/b", "value"}};
    QCOMPARE(difference(*valueOf(machine.open(), "open"), outcome), QString{});
}

void TestCrash::aLostEndIsNoticedWhereTheEngineHasIt()
{
    Machine machine{8};
    {
        auto store = valueOf(machine.open(), "open");
        for (const char* key : {"s/a", "s/b", "s/c"}) QVERIFY(putAndWait(*store, key, "value").has_value());
        machine.power.cutAfter(1);
    }
    machine.losePower(Survival::Everything);
    const auto names = valueOf(machine.files.list("log"), "list");
    const auto firstFile = std::filesystem::path{"log"} / *std::min_element(names.begin(), names.end());
    machine.files.damage(firstFile, machine.files.contents(firstFile).rfind("value"));
    const auto store = machine.open();
    QVERIFY(!store);
    COMPARE_PLAIN(store.error().code, ErrorCode::Corrupt);
    QVERIFY2(store.error().detail.find("the log ends at index 2, but the storage is at index 3") != std::string::npos, store.error().detail.c_str());
}

void TestCrash::lostRowsAreNoticed()
{
    Machine machine{5};
    {
        auto store = valueOf(machine.open(), "open");
        for (int number = 0; number < 20; ++number) QVERIFY(putAndWait(*store, "s/logical/u/" + std::to_string(number), "x").has_value());
    }
    storage::Batch batch;
    const auto lost = operationOf("s/logical/u/7", "x");
    merkle::Forest forest;
    std::string rowKey;
    QVERIFY(machine.engine->now
                .scan("m/leaf/", {},
                      [&](std::string_view key, std::string_view value) {
                          if (value.ends_with("s/logical/u/7")) rowKey = key;
                          return true;
                      })
                .has_value());
    QVERIFY(!rowKey.empty());
    batch.erase(rowKey);
    QVERIFY(machine.engine->now.apply(batch).has_value());
    const auto store = machine.open();
    QVERIFY(!store);
    COMPARE_PLAIN(store.error().code, ErrorCode::Corrupt);
    QVERIFY2(store.error().detail.find("s/logical/u (19 leaves)") != std::string::npos, store.error().detail.c_str());
}

void TestCrash::lostFilesAreNoticed_data()
{
    QTest::addColumn<QString>("lost");
    QTest::newRow("checkpoint") << "checkpoint";
    QTest::newRow("log") << "log";
    QTest::newRow("engine") << "engine";
    QTest::newRow("engine is older") << "older";
}

void TestCrash::lostFilesAreNoticed()
{
    QFETCH(QString, lost);
    Machine machine{6};
    std::shared_ptr<VolatileEngine::State> older = std::make_shared<VolatileEngine::State>();
    for (int round = 0; round < 2; ++round) {
        auto store = valueOf(machine.open(), "open");
        for (int number = 0; number < 20; ++number) QVERIFY(putAndWait(*store, "i/" + std::to_string(number), "x").has_value());
        store.reset();
        if (round > 0) continue;
        storage::Batch copy;
        QVERIFY(machine.engine->now
                    .scan({}, {},
                          [&](std::string_view key, std::string_view value) {
                              copy.put(key, value);
                              return true;
                          })
                    .has_value());
        QVERIFY(older->now.apply(copy).has_value());
    }
    if (lost == "engine") machine.engine = std::make_shared<VolatileEngine::State>();
    if (lost == "older") machine.engine = older;
    for (const auto& name : valueOf(machine.files.list("log"), "list")) {
        if ((lost == "checkpoint" && name == "checkpoint") || (lost == "log" && name.ends_with(".log"))) {
            QVERIFY(machine.files.remove(std::filesystem::path{"log"} / name).has_value());
        }
    }
    const auto store = machine.open();
    QVERIFY(!store);
    COMPARE_PLAIN(store.error().code, ErrorCode::Corrupt);
}

void TestCrash::slotsKeepRecords()
{
    Machine machine{7};
    auto store = valueOf(machine.open(), "open");
    const auto fill = [&](int count) {
        for (int number = 0; number < count; ++number) {
            if (!putAndWait(*store, "s/" + std::to_string(number), std::string(1000, 'x'))) return false;
        }
        return store->checkpoint().has_value();
    };
    QVERIFY(fill(200)); // 200 KB through 40 KB of segments
    QVERIFY(store->oldestIndex() > LogIndex{100});
    COMPARE_PLAIN(store->read(LogIndex{1}, 1000).error().code, ErrorCode::NotFound);
    QVERIFY(store->statistics().logBytes <= 60u << 10);
    // All that is left can be read, across files that were used before.
    LogIndex next = store->oldestIndex();
    while (next <= store->appliedIndex()) {
        const auto records = store->read(next, 3000);
        QVERIFY(records.has_value() && !records->empty());
        for (const auto& record : *records) {
            COMPARE_PLAIN(record.view().index(), next);
            next = next.next();
        }
    }
    // A slot keeps records that would be dropped otherwise, up to the bound, also over a restart.
    const auto from = store->oldestIndex();
    store->setSlot("link", from);
    QTRY_VERIFY(readCheckpoint(machine.files, "log").value()->slotIndexes.contains("link"));
    store.reset();
    store = valueOf(machine.open(), "open");
    QVERIFY(fill(200));
    COMPARE_PLAIN(store->oldestIndex(), from);
    store.reset();
    store = valueOf(machine.open(100u << 10), "open");
    QVERIFY(fill(1));
    QVERIFY(store->oldestIndex() > from); // but never more than the bound
    QVERIFY(store->statistics().logBytes > 60u << 10);
    store->eraseSlot("link");
    QVERIFY(fill(1));
    QVERIFY(store->statistics().logBytes <= 60u << 10);
}

void TestCrash::epochPersists_data()
{
    QTest::addColumn<bool>("isWritten");
    QTest::newRow("with a record") << true;
    QTest::newRow("without") << false;
}

void TestCrash::epochPersists()
{
    QFETCH(bool, isWritten);
    Machine machine{8};
    {
        auto store = valueOf(machine.open(), "open");
        COMPARE_PLAIN(store->epoch(), Epoch{0});
        store->setEpoch(Epoch{6});
        if (isWritten) {
            QVERIFY(putAndWait(*store, "s/a", "1").has_value());
        } else {
            QTRY_COMPARE(readCheckpoint(machine.files, "log").value()->epoch.value(), std::uint64_t{6});
        }
        machine.power.cutAfter(1);
    }
    machine.losePower(Survival::Nothing);
    COMPARE_PLAIN(valueOf(machine.open(), "open")->epoch(), Epoch{6});
}

QTEST_GUILESS_MAIN(TestCrash)
#include "tst_crash.moc"
