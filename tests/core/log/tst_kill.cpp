#include "core/log/file_system.h"
#include "core/storage/leveldb_engine.h"
#include "tests/core/log/store_fixture.h"

#include <QTemporaryDir>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace core;
using namespace core::log;
using namespace testing_log;

/// The store on real files and LevelDB. Processes are killed, and LevelDB's log is damaged as a power cut would do it.
class TestKill : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void killedProcessesKeepWhatTheyAnswered();
    void levelDbsOwnLogMayBeLost_data();
    void levelDbsOwnLogMayBeLost();
    void failedBatchesNeverAppear();

private:
    std::filesystem::path folder() const { return m_folder->path().toStdString(); }
    pid_t start(const std::string& work, std::uint64_t from, int answers) const;

    std::unique_ptr<QTemporaryDir> m_folder;
};

namespace {

PosixFileSystem s_files;
SystemClock s_clock;
OsRandom s_random;

Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder, std::chrono::milliseconds checkpointInterval = std::chrono::hours{1})
{
    storage::LevelDbEngine::Options engineOptions;
    engineOptions.directory = folder / "db";
    auto engine = storage::LevelDbEngine::open(engineOptions);
    if (!engine) return std::move(engine).error();
    Store::Options options;
    options.directory = folder / "log";
    options.segmentBytes = 256u << 10;
    options.checkpointInterval = checkpointInterval;
    return Store::open(std::move(*engine), s_files, s_clock, s_random, options);
}

/// Writes key after key, and sends the parent the number of each one that was answered.
int commitUntilKilled(const std::filesystem::path& folder, std::uint64_t from)
{
    const auto store = open(folder, std::chrono::milliseconds{20});
    if (!store) return 1;
    for (std::uint64_t number = from;; ++number) {
        auto transaction = (*store)->begin();
        put(transaction, "s/logical/u/" + std::to_string(number), std::string(500, 'v'));
        put(transaction, "l/last", std::to_string(number));
        if (!(*store)->commitAndWait(std::move(transaction))) return 2;
        if (::write(STDOUT_FILENO, &number, sizeof number) != sizeof number) return 3;
    }
}

/// Writes 300 values, with one checkpoint after 100.
int commitAndVanish(const std::filesystem::path& folder)
{
    const auto store = open(folder);
    if (!store) return 1;
    for (int number = 0; number < 300; ++number) {
        if (number == 100 && !(*store)->checkpoint()) return 2;
        if (!putAndWait(**store, "s/logical/u/" + std::to_string(number % 200), std::to_string(number) + std::string(400, 'v'))) return 3;
    }
    _exit(0);
}

} // namespace

/// Starts this program again as the process that will be killed. (A fork alone would lack LevelDB's own thread.)
pid_t TestKill::start(const std::string& work, std::uint64_t from, int answers) const
{
    const auto number = std::to_string(from);
    const auto path = folder().string();
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (answers >= 0) ::dup2(answers, STDOUT_FILENO);
    ::execl("/proc/self/exe", "tst_kill", "--child", work.c_str(), path.c_str(), number.c_str(), nullptr);
    _exit(127);
}

void TestKill::killedProcessesKeepWhatTheyAnswered()
{
    std::uint64_t answered = 0;
    for (int round = 0; round < 8; ++round) {
        int pipe[2];
        QCOMPARE(::pipe2(pipe, O_CLOEXEC), 0);
        const pid_t child = start("commitUntilKilled", answered + 1, pipe[1]);
        ::close(pipe[1]);
        QVERIFY(child > 0);
        const auto until = answered + 50 + static_cast<std::uint64_t>(round) * 60; // more than one segment in some rounds
        std::uint64_t number = 0;
        bool isKilled = false;
        while (::read(pipe[0], &number, sizeof number) == sizeof number) {
            answered = number;
            if (answered < until || isKilled) continue;
            QCOMPARE(::kill(child, SIGKILL), 0);
            isKilled = true;
        }
        ::close(pipe[0]);
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QVERIFY2(WIFSIGNALED(status), qPrintable(QStringLiteral("the child ended with %1").arg(WEXITSTATUS(status))));

        const auto store = valueOf(open(folder()), "open");
        const auto contents = contentsOf(store->reader());
        const auto last = std::stoull(contents.at("l/last"));
        QVERIFY(last == answered || last == answered + 1); // the write without an answer: all of it or none
        QCOMPARE(contents.size(), std::size_t{last + 1});
        QVERIFY(contents.contains("s/logical/u/" + std::to_string(last)));
        QCOMPARE(store->forest().root({}), rootOf(contents));
        COMPARE_PLAIN(store->appliedIndex(), LogIndex{last});
        answered = last;
    }
}

void TestKill::levelDbsOwnLogMayBeLost_data()
{
    QTest::addColumn<QString>("damage");
    QTest::newRow("whole") << "none";
    QTest::newRow("empty") << "empty";
    QTest::newRow("a hole in the middle") << "hole";
    QTest::newRow("nonsense in the middle") << "nonsense";
    QTest::newRow("torn") << "torn";
}

void TestKill::levelDbsOwnLogMayBeLost()
{
    QFETCH(QString, damage);
    const pid_t child = start("commitAndVanish", 0, -1);
    QVERIFY(child > 0);
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QCOMPARE(status, 0);

    bool isDamaged = false;
    for (const auto& entry : std::filesystem::directory_iterator{folder() / "db"}) {
        const auto size = entry.path().extension() == ".log" ? entry.file_size() : 0;
        if (size < 60'000) continue;
        isDamaged = true;
        if (damage == "empty") std::filesystem::resize_file(entry.path(), 0);
        if (damage == "torn") std::filesystem::resize_file(entry.path(), size / 2 + 17);
        if (damage == "hole" || damage == "nonsense") {
            std::fstream file{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
            file.seekp(20'000);
            file << std::string(20'000, damage == "hole" ? '\0' : 'n');
        }
    }
    QVERIFY(isDamaged);
    Contents expected;
    for (int number = 0; number < 300; ++number)
        expected["s/logical/u/" + std::to_string(number % 200)] = std::to_string(number) + std::string(400, 'v');
    const auto store = valueOf(open(folder()), "open");
    QVERIFY(contentsOf(store->reader()) == expected);
    QCOMPARE(store->forest().root({}), rootOf(expected));
}

void TestKill::failedBatchesNeverAppear()
{
    storage::LevelDbEngine::Options options;
    options.directory = folder() / "db";
    options.writeBufferBytes = 1u << 20;
    auto engine = valueOf(storage::LevelDbEngine::open(options), "open");
    const auto apply = [&](const std::string& key, std::size_t bytes) {
        storage::Batch batch;
        batch.put(key, std::string(bytes, 'x'));
        return engine->apply(batch).has_value();
    };
    for (int number = 0; number < 20; ++number) QVERIFY(apply("before" + std::to_string(number), 5000));

    // Files cannot grow any more, as on a full disk, but only for this process.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{150'000, before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    int applied = 0;
    while (applied < 100 && apply("during" + std::to_string(applied), 5000)) ++applied;
    const bool isRefused = !apply("refused", 10);
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
    QVERIFY(applied > 0 && applied < 100);
    QVERIFY(isRefused);

    const auto count = [&] {
        std::size_t keys = 0;
        static_cast<void>(engine->scan({}, {}, [&](std::string_view, std::string_view) { return ++keys > 0; }).has_value());
        return keys;
    };
    const std::size_t expected = 20 + static_cast<std::size_t>(applied);
    QCOMPARE(count(), expected);
    QVERIFY(engine->recover().has_value());
    QCOMPARE(count(), expected);
    QVERIFY(!engine->get("during" + std::to_string(applied)).value());
    QVERIFY(apply("after", 10));
    QVERIFY(engine->flush().has_value());
    engine.reset();
    engine = valueOf(storage::LevelDbEngine::open(options), "reopen");
    QCOMPARE(count(), expected + 1);
}

int main(int argc, char** argv)
{
    if (argc == 5 && std::string_view{argv[1]} == "--child") {
        if (std::string_view{argv[2]} == "commitAndVanish") return commitAndVanish(argv[3]);
        return commitUntilKilled(argv[3], std::stoull(argv[4]));
    }
    TestKill test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_kill.moc"
