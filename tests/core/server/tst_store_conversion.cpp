#include "core/server/node/store_conversion.h"

#include "core/barrier/seal.h"
#include "core/barrier/store_format.h"
#include "core/barrier/stored_seal.h"
#include "core/log/local_store.h"
#include "core/replication/set/role.h"
#include "core/server/server.h"
#include "core/storage/leveldb_engine.h"
#include "core/token/token_store.h"
#include "core/trust/member_keys.h"
#include "tests/core/log/faulty_disk.h"

#include <QtTest>

#include <filesystem>
#include <fstream>
#include <set>

// The class: a store is converted in steps, and a crash between two steps leaves a store that neither program can use.
// Places looked at: every row that an older store lacks (listed below), alone and in a replication set. Rows that can be made later, because
// they show themselves whether they are complete: the index of leases, the keys of members.
// What holds: one transaction writes all of them and the format number.

using namespace core;

namespace {

struct Node {
    Node()
    {
        auto opened = log::Store::open(std::make_unique<testing_log::VolatileEngine>(engine, power), files, clock, random, {.directory = "/store"});
        if (!opened) qFatal("store: %s", toString(opened.error()).c_str());
        store = std::move(*opened);
        barrier::Seal seal{barrier, store->reader(), random};
        auto transaction = store->begin();
        if (!seal.initialize(transaction, {1, 1}, clock.now())) qFatal("no seal");
        // The state that an older program leaves.
        for (const auto key : {barrier::kStoreFormatKey, barrier::kInitializedKey}) transaction.erase(*barrier.eraseOperation(std::string{key}));
        if (!store->commitAndWait(std::move(transaction))) qFatal("no first commit");
    }
    ~Node() { store->stop(); }

    void put(std::string_view key, std::string value)
    {
        auto transaction = store->begin();
        transaction.put({.kind = log::OperationKind::Put, .key = std::string{key}, .value = std::move(value)});
        if (!store->commitAndWait(std::move(transaction))) qFatal("put");
    }
    void setRole(replication::Mode mode)
    {
        replication::Role role;
        role.mode = mode;
        role.setId = "set";
        auto transaction = store->begin();
        if (!role.store(barrier::Scope{transaction, barrier, {true, true}}, replication::Type::Performance)) qFatal("role");
        if (!store->commitAndWait(std::move(transaction))) qFatal("role");
    }
    std::set<std::string> keys() const
    {
        std::set<std::string> out;
        for (const std::string_view range : {"i/", "l/", "s/"}) {
            (void)store->reader().scan(range, storage::endOfPrefix(range),
                                       [&](std::string_view key, std::string_view) { return out.emplace(key).second; });
        }
        return out;
    }
    Result<bool> convert() { return server::convertStore({*store, barrier, wrapping, random, clock}); }

    SeededRandom random{7};
    FakeClock clock;
    testing_log::Power power;
    testing_log::FaultyFileSystem files{power};
    std::shared_ptr<testing_log::VolatileEngine::State> engine = std::make_shared<testing_log::VolatileEngine::State>();
    barrier::Barrier barrier{random};
    std::unique_ptr<log::Store> store;
    token::TokenStore tokens{random};
    token::Wrapping wrapping{tokens, [] { return std::string{}; }};
};

const std::set<std::string> kOfNode{"i/core/initialized", "i/core/store-format", "i/core/trust/member", "i/core/trust/token"};

std::set<std::string> without(std::set<std::string> all, const std::set<std::string>& some)
{
    for (const auto& key : some) all.erase(key);
    return all;
}

} // namespace

class TestStoreConversion : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aStoreOfAnOlderProgramIsConvertedInOneTransaction();
    void aMemberOfASetConvertsWhatIsItsAlone();
    void aFailedCommitLeavesTheOlderStore();
    void aNewerStoreIsRefused();
    void aServerDoesNotStartOnANewerStore();
};

void TestStoreConversion::aStoreOfAnOlderProgramIsConvertedInOneTransaction()
{
    Node node;
    const auto before = node.keys();
    const auto index = node.store->appliedIndex();
    const auto isOlder = node.convert();
    QVERIFY2(isOlder && *isOlder, isOlder ? "it was none" : isOlder.error().detail.c_str());
    QVERIFY(node.store->appliedIndex() == index.next());
    const auto added = without(node.keys(), before);
    QCOMPARE(without(kOfNode, added), std::set<std::string>{});
    QVERIFY(added.contains("l/" + std::string{token::kUnsignedUntilPath}));
    QVERIFY(added.contains("s/core/wrapping/jwtkey"));
    QVERIFY(std::ranges::any_of(added, [](const auto& key) { return key.starts_with("l/core/versions/"); }));
    const auto format = barrier::StoreFormat::of(node.store->reader());
    QVERIFY(format);
    QCOMPARE(*format, barrier::StoreFormat::current());
    // The second start finds nothing to do.
    const auto again = node.convert();
    QVERIFY(again && !*again);
    QVERIFY(node.store->appliedIndex() == index.next());
}

void TestStoreConversion::aMemberOfASetConvertsWhatIsItsAlone()
{
    Node node;
    node.setRole(replication::Mode::Secondary);
    const auto before = node.keys();
    const auto index = node.store->appliedIndex();
    const auto isOlder = node.convert();
    QVERIFY(isOlder && *isOlder);
    QVERIFY(node.store->appliedIndex() == index.next());
    QCOMPARE(without(node.keys(), before), kOfNode);
}

void TestStoreConversion::aFailedCommitLeavesTheOlderStore()
{
    Node node;
    const auto before = node.keys();
    node.power.turnOff(); // because a single failing step could be one of the maintainer's
    QVERIFY(!node.convert());
    QCOMPARE(node.keys(), before);
    node.power.restore();
    QVERIFY(node.store->recover());
    const auto isOlder = node.convert();
    QVERIFY(isOlder && *isOlder);
}

void TestStoreConversion::aNewerStoreIsRefused()
{
    Node node;
    node.put(barrier::kStoreFormatKey, barrier::StoreFormat{barrier::kStoreFormat + 1, "9.9.9"}.encode());
    const auto before = node.keys();
    const auto refused = node.convert();
    QVERIFY(!refused);
    QVERIFY2(refused.error().detail.find("9.9.9") != std::string::npos && refused.error().detail.find(HOLDFAST_VERSION) != std::string::npos,
             refused.error().detail.c_str());
    QCOMPARE(node.keys(), before);
}

void TestStoreConversion::aServerDoesNotStartOnANewerStore()
{
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    {
        auto engine = storage::LevelDbEngine::open({.directory = path / "data" / "db"});
        QVERIFY(engine);
        log::PosixFileSystem files;
        SystemClock clock;
        OsRandom random;
        auto store = log::Store::open(std::move(*engine), files, clock, random, {.directory = path / "data" / "log"});
        QVERIFY(store);
        auto transaction = (*store)->begin();
        transaction.put({.kind = log::OperationKind::Put,
                         .key = std::string{barrier::kStoreFormatKey},
                         .value = barrier::StoreFormat{barrier::kStoreFormat + 1, "9.9.9"}.encode()});
        QVERIFY((*store)->commitAndWait(std::move(transaction)));
        (*store)->stop();
    }
    std::ofstream{path / "server.hcl"} << "disable_mlock = true\nstorage \"leveldb\" {\n  path = \"" << (path / "data").string()
                                       << "\"\n}\nlistener \"tcp\" {\n  address = \"127.0.0.1:0\"\n  tls_disable = true\n}\n";
    auto config = server::loadConfig({path / "server.hcl"});
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    const auto started = server::Server::start({.config = std::move(*config), .devRootToken = {}, .identity = {}});
    QVERIFY(!started);
    QVERIFY(started.error().code == ErrorCode::Unsupported);
    for (const char* part : {"the storage ", "format 3", "Holdfast 9.9.9", "Holdfast " HOLDFAST_VERSION}) {
        QVERIFY2(started.error().detail.find(part) != std::string::npos, started.error().detail.c_str());
    }
}

QTEST_GUILESS_MAIN(TestStoreConversion)
#include "tst_store_conversion.moc"
