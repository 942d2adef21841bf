#include "core/server/process/profile.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace core::server;
using namespace std::chrono_literals;

/// The texts of sys/pprof, from a folder that looks like /proc/self.
class TestProfile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void listsThreads();
    void sharesTheTimeOfAProfile();
    void endsAProfileEarly();
    void showsTheHeap();
    void knowsThisProcess();

private:
    static void putThread(const QTemporaryDir& proc, int id, const std::string& name, char state, int ticks);
};

void TestProfile::putThread(const QTemporaryDir& proc, int id, const std::string& name, char state, int ticks)
{
    const auto folder = std::filesystem::path{proc.path().toStdString()} / "task" / std::to_string(id);
    std::filesystem::create_directories(folder);
    std::ofstream out{folder / "stat"};
    out << id << " (" << name << ") " << state << " 1 2 3 4 5 6 7 8 9 10 " << ticks << " 0 0 0\n";
}

void TestProfile::listsThreads()
{
    const QTemporaryDir proc;
    putThread(proc, 7, "io-0", 'R', 150);
    putThread(proc, 9, "a (odd) name", 'S', 0);
    std::ofstream{std::filesystem::path{proc.path().toStdString()} / "task" / "9" / "other"} << "x";
    std::filesystem::create_directories(std::filesystem::path{proc.path().toStdString()} / "task" / "11"); // it has just ended
    const auto text = threadsText(proc.path().toStdString());
    QVERIFY(text.starts_with("threads: total 2\n"));
    QVERIFY(text.find("7  io-0              R      1.50") != std::string::npos);
    QVERIFY(text.find("9  a (odd) name      S      0.00") != std::string::npos);
}

void TestProfile::sharesTheTimeOfAProfile()
{
    const QTemporaryDir proc;
    putThread(proc, 1, "idle", 'S', 100);
    putThread(proc, 2, "busy", 'R', 100);
    int looks = 0;
    const auto text = profileText(
        1s,
        [&](std::chrono::milliseconds) {
            ++looks;
            putThread(proc, 2, "busy", looks < 50 ? 'R' : 'D', 100 + looks);
            return true;
        },
        proc.path().toStdString());
    QVERIFY(text.starts_with("samples: 100,"));
    QVERIFY(text.find("busy                      0.99     50.0%      0.0%     50.0%") != std::string::npos);
    QVERIFY(text.find("busy") < text.find("idle")); // the busiest first
}

void TestProfile::endsAProfileEarly()
{
    const QTemporaryDir proc;
    QVERIFY(profileText(
                60s, [](std::chrono::milliseconds) { return false; }, proc.path().toStdString())
                .starts_with("samples: 1,"));
}

void TestProfile::showsTheHeap()
{
    const auto text = heapText();
    QVERIFY(text.starts_with("bytes in use: "));
    QVERIFY(text.find("<malloc") != std::string::npos);
}

void TestProfile::knowsThisProcess()
{
    QVERIFY(threadsText().find("threads: total 0") == std::string::npos);
}

QTEST_APPLESS_MAIN(TestProfile)
#include "tst_profile.moc"
