#include "core/mount/path_set.h"
#include "tests/core/request/request_stack.h"

#include <future>
#include <thread>

using namespace testing_stack;
using mount::MountEntry;
using mount::Response;
using mount::TableKind;

class TestMountTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void beginsWithTheDefaults();
    void answersSysWithoutAnyRow();
    void routesByTheLongestPrefix_data();
    void routesByTheLongestPrefix();
    void refusesMounts_data();
    void refusesMounts();
    void aliasesBecomeKv();
    void refusesOthers();
    void tunes();
    void remounts();
    void unmountingFreesThePathAtOnce();
    void keepsABackendWhileItsMountStays();
    void theLaterOfTwoReloadsWins();
    void knowsSpecialPaths_data();
    void knowsSpecialPaths();
};

namespace {

/// Reads a store, and calls a function once, before the first scan below a folder.
class HookedReader final : public storage::Reader {
public:
    HookedReader(const storage::Reader& reader, std::string folder, std::function<void()> hook)
        : m_reader{reader}
        , m_folder{std::move(folder)}
        , m_hook{std::move(hook)}
    {}
    Result<std::optional<std::string>> get(std::string_view key) const override { return m_reader.get(key); }
    Result<> scan(std::string_view from, std::string_view to, const storage::Visitor& visit) const override
    {
        if (from.starts_with(m_folder) && m_hook) std::exchange(m_hook, {})();
        return m_reader.scan(from, to, visit);
    }

private:
    const storage::Reader& m_reader;
    const std::string m_folder;
    mutable std::function<void()> m_hook;
};

class Silent final : public mount::Backend {
public:
    Result<Response> handle(const mount::Request&, mount::Context&) override { return Response{}; }
};

struct Fixture {
    RequestStack stack{[](mount::BackendRegistry& registry, RequestStack&) {
        const auto make = [](const MountEntry&) { return std::make_shared<Silent>(); };
        registry.add(TableKind::Secrets, "system", {.make = make, .isMountable = false});
        registry.add(TableKind::Secrets, "cubbyhole", {.make = make, .isMountable = false});
        registry.add(TableKind::Secrets, "kv", {.make = make, .isMountable = true, .hasVersions = true});
        registry.add(TableKind::Secrets, "plain", {.make = make});
        registry.add(TableKind::Auth, "token", {.make = make, .isMountable = false});
        registry.add(TableKind::Auth, "userpass", {.make = make});
    }};

    Response enable(const MountEntry& entry, TableKind kind = TableKind::Secrets)
    {
        Response response;
        stack.write([&](const auto& scope) { response = valueOf(stack.mounts.enable(scope, kind, entry)); });
        return response;
    }
    Response disable(const std::string& path, TableKind kind = TableKind::Secrets)
    {
        Response response;
        stack.write([&](const auto& scope) { response = valueOf(stack.mounts.disable(scope, kind, path)); });
        return response;
    }
    Response tune(const std::string& path, const mount::Tuning& tuning, TableKind kind = TableKind::Secrets)
    {
        Response response;
        stack.write([&](const auto& scope) { response = valueOf(stack.mounts.tune(scope, kind, path, tuning)); });
        return response;
    }
    Response remount(const std::string& from, const std::string& to)
    {
        Response response;
        stack.write([&](const auto& scope) { response = valueOf(stack.mounts.remount(scope, from, to)); });
        return response;
    }
    std::string pointOf(const std::string& path) const
    {
        const auto route = stack.router.find(path);
        return route ? route->entry.path : std::string{};
    }
};

MountEntry entryOf(const std::string& path, const std::string& type)
{
    MountEntry entry;
    entry.path = path;
    entry.type = type;
    return entry;
}

QString errorOf(const Response& response)
{
    return response.errors.empty() ? QString{} : QString::fromStdString(response.errors.front());
}

} // namespace

void TestMountTable::beginsWithTheDefaults()
{
    Fixture f;
    QCOMPARE(f.stack.router.routes().size(), 3u);
    QVERIFY(f.stack.router.find("cubbyhole/x")->entry.isLocal);
    QVERIFY(!f.stack.router.find("identity/x")); // this build has none
    QCOMPARE(QString::fromStdString(f.stack.router.find("auth/token/create")->entry.tokenType), QStringLiteral("default-service"));
    // Again, it adds nothing.
    f.stack.write([&](const auto& scope) { check(f.stack.mounts.ensureDefaults(scope)); });
    QCOMPARE(f.stack.router.routes().size(), 3u);
}

void TestMountTable::answersSysWithoutAnyRow()
{
    Fixture f;
    f.stack.write([&](const auto& scope) { // as on a secondary that has just been wiped
        for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
            for (const auto& entry : valueOf(mount::loadMounts(scope, kind))) check(mount::eraseMount(scope, kind, entry));
        }
    });
    for (const auto* path : {"sys/", "cubbyhole/", "auth/token/"}) QCOMPARE(QString::fromStdString(f.pointOf(path)), QString{path});
    QCOMPARE(f.stack.keyCount("s/core/mounts/") + f.stack.keyCount("l/core/mounts/"), 0u);
    f.stack.write([&](const auto& scope) { check(f.stack.mounts.ensureDefaults(scope)); });
    QCOMPARE(f.stack.router.routes().size(), 3u);
    QVERIFY(!f.stack.router.find("sys/")->entry.uuid.starts_with("builtin"));
}

void TestMountTable::routesByTheLongestPrefix_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("mount");
    QTest::newRow("below") << "a/b"
                           << "a/";
    QTest::newRow("the mount itself") << "a"
                                      << "a/";
    QTest::newRow("with its slash") << "a/"
                                    << "a/";
    QTest::newRow("a longer name") << "ab/c"
                                   << "";
    QTest::newRow("deeper") << "c/d/e/f"
                            << "c/d/";
    QTest::newRow("not deep enough") << "c/x"
                                     << "";
    QTest::newRow("nothing") << ""
                             << "";
    QTest::newRow("auth") << "auth/userpass/login/bob"
                          << "auth/userpass/";
    QTest::newRow("auth alone") << "auth/"
                                << "";
}

void TestMountTable::routesByTheLongestPrefix()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("a", "plain")).isError);
    QVERIFY(!f.enable(entryOf("/c/d/", "plain")).isError);
    QVERIFY(!f.enable(entryOf("userpass", "userpass"), TableKind::Auth).isError);
    QFETCH(QString, path);
    QTEST(QString::fromStdString(f.pointOf(path.toStdString())), "mount");
}

void TestMountTable::refusesMounts_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("type");
    QTest::addColumn<bool>("hasVersion");
    QTest::addColumn<QString>("error");
    QTest::newRow("taken") << "kv"
                           << "kv" << false << "path is already in use at kv/";
    QTest::newRow("below one") << "kv/x"
                               << "kv" << false << "path is already in use at kv/";
    QTest::newRow("above one") << "deep"
                               << "kv" << false << "path is already in use at deep/er/";
    QTest::newRow("no type") << "x"
                             << "" << false << "backend type must be specified as a string";
    QTest::newRow("unknown") << "x"
                             << "nope" << false << "plugin not found in the catalog: nope";
    QTest::newRow("sys") << "sys"
                         << "kv" << false << "cannot mount \"sys/\"";
    QTest::newRow("below auth") << "auth/x"
                                << "kv" << false << "cannot mount \"auth/x/\"";
    QTest::newRow("cubbyhole") << "x"
                               << "cubbyhole" << false << "mount type of \"cubbyhole\" is not mountable";
    QTest::newRow("version") << "x"
                             << "plain" << true << "secrets engine \"plain\" does not allow setting a version";
}

void TestMountTable::refusesMounts()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("kv", "kv")).isError);
    QVERIFY(!f.enable(entryOf("deep/er", "kv")).isError);
    QFETCH(QString, path);
    QFETCH(QString, type);
    QFETCH(bool, hasVersion);
    auto entry = entryOf(path.toStdString(), type.toStdString());
    if (hasVersion) entry.options["version"] = "1";
    const auto response = f.enable(entry);
    QCOMPARE(response.status, 400);
    QTEST(errorOf(response), "error");
}

void TestMountTable::aliasesBecomeKv()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("two", "kv-v2")).isError);
    QVERIFY(!f.enable(entryOf("one", "generic")).isError);
    const auto two = f.stack.router.find("two/x")->entry;
    QCOMPARE(QString::fromStdString(two.type), QStringLiteral("kv"));
    QCOMPARE(QString::fromStdString(two.options.at("version")), QStringLiteral("2"));
    QCOMPARE(QString::fromStdString(f.stack.router.find("one/x")->entry.options.at("version")), QStringLiteral("1"));
    QVERIFY(two.accessor.starts_with("kv_") && two.accessor.size() == 11);
}

void TestMountTable::refusesOthers()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("kv", "kv-v2")).isError);
    QCOMPARE(errorOf(f.disable("sys")), QStringLiteral("cannot unmount \"sys/\""));
    QVERIFY(!f.disable("nowhere").isError);
    QVERIFY(f.disable("token", TableKind::Auth).isError);
    QCOMPARE(errorOf(f.enable(entryOf("t2", "token"), TableKind::Auth)), QStringLiteral("token credential backend cannot be instantiated"));
    QCOMPARE(errorOf(f.remount("sys", "x")), QStringLiteral("cannot remount \"sys/\""));
    QCOMPARE(errorOf(f.remount("gone", "x")), QStringLiteral("no matching mount at \"gone/\""));
    QCOMPARE(errorOf(f.remount("kv", "cubbyhole")), QStringLiteral("cannot remount to destination cubbyhole/"));
    QCOMPARE(errorOf(f.remount("kv", "auth/x")), QStringLiteral("cannot remount to destination auth/x/"));
    QCOMPARE(errorOf(f.remount("kv", "kv")), QStringLiteral("path already in use at \"kv/\""));
    QCOMPARE(errorOf(f.remount("kv", "kv/deeper")), QStringLiteral("path already in use at \"kv/\""));
    // The class: a name comes in a body. In the path of a request the listener would have refused it. A mount with that name could not be reached.
    // Remount is the only request that names a mount in its body.
    QCOMPARE(errorOf(f.remount("kv", "a//b")),
             QStringLiteral("the path of a mount must not have an empty segment, because no request could reach it"));
    QCOMPARE(errorOf(f.remount("auth/people", "people")), QStringLiteral("cannot remount auth mount to non-auth mount \"people/\""));
    QCOMPARE(errorOf(f.tune("x", {})), QStringLiteral("tune of path \"x/\" failed: no mount entry found"));
    mount::Tuning tuning;
    tuning.defaultLeaseTtl = std::chrono::hours{2};
    tuning.maxLeaseTtl = std::chrono::hours{1};
    QCOMPARE(errorOf(f.tune("sys", tuning)), QStringLiteral("cannot tune \"sys/\""));
    QCOMPARE(errorOf(f.tune("kv", tuning)), QStringLiteral("backend max lease TTL of 3600 would be less than backend default lease TTL of 7200"));
    mount::Tuning words;
    words.description = "mine";
    for (const auto* path : {"sys", "cubbyhole", "identity"}) { // for all changes of them
        QCOMPARE(errorOf(f.tune(path, words)), QStringLiteral("cannot tune \"%1/\"").arg(QLatin1String(path)));
    }
    mount::Tuning odd;
    odd.listingVisibility = "loud";
    QCOMPARE(errorOf(f.tune("kv", odd)), QStringLiteral("invalid listing_visibility loud"));
    mount::Tuning down;
    down.options = std::map<std::string, std::string>{{"version", "1"}};
    QCOMPARE(errorOf(f.tune("kv", down)), QStringLiteral("cannot downgrade mount from version 2"));
}

void TestMountTable::tunes()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("kv", "kv")).isError);
    mount::Tuning tuning;
    tuning.maxLeaseTtl = std::chrono::hours{1};
    tuning.description = "mine";
    QVERIFY(!f.tune("kv", tuning).isError);
    const auto route = f.stack.router.find("kv/x");
    QCOMPARE(route->maxLeaseTtl.count(), 3600);
    QCOMPARE(route->defaultLeaseTtl.count(), 3600); // the system's, capped
    QCOMPARE(QString::fromStdString(route->entry.description), QStringLiteral("mine"));
    mount::Tuning back;
    back.maxLeaseTtl = std::chrono::seconds{0};
    QVERIFY(!f.tune("kv", back).isError);
    QCOMPARE(f.stack.router.find("kv/x")->maxLeaseTtl.count(), 2764800);
}

void TestMountTable::remounts()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("a", "kv")).isError);
    QVERIFY(!f.enable(entryOf("b", "kv")).isError);
    const auto uuid = f.stack.router.find("a/x")->entry.uuid;
    QCOMPARE(errorOf(f.remount("a", "b")), QStringLiteral("path already in use at \"b/\""));
    QVERIFY(!f.remount("a", "c/d").isError);
    QVERIFY(f.pointOf("a/x").empty());
    QCOMPARE(QString::fromStdString(f.stack.router.find("c/d/x")->entry.uuid), QString::fromStdString(uuid));
    QVERIFY(!f.enable(entryOf("userpass", "userpass"), TableKind::Auth).isError);
    QVERIFY(!f.remount("auth/userpass", "auth/people").isError);
    QVERIFY(!f.pointOf("auth/people/login").empty());
}

void TestMountTable::unmountingFreesThePathAtOnce()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("kv", "kv")).isError);
    const auto uuid = f.stack.router.find("kv/")->entry.uuid;
    QVERIFY(!f.disable("kv").isError);
    QVERIFY(f.pointOf("kv/x").empty());
    check(f.stack.pipeline.reload()); // as after a restart
    QVERIFY(f.pointOf("kv/x").empty());
    QCOMPARE(f.stack.keyCount("s/core/mounts/" + uuid), 1u); // the row waits until the data is removed
    QVERIFY(!f.enable(entryOf("kv", "kv")).isError);
    QVERIFY(f.stack.router.find("kv/")->entry.uuid != uuid);
}

void TestMountTable::keepsABackendWhileItsMountStays()
{
    Fixture f;
    QVERIFY(!f.enable(entryOf("a", "kv")).isError);
    const auto backend = f.stack.router.find("a/")->backend;
    QVERIFY(!f.enable(entryOf("b", "kv")).isError);
    QCOMPARE(f.stack.router.find("a/")->backend.get(), backend.get());
    mount::Tuning version;
    version.options = std::map<std::string, std::string>{{"version", "2"}};
    QVERIFY(!f.tune("a", version).isError);
    QVERIFY(f.stack.router.find("a/")->backend != backend); // another version, another backend
}

/// The class: two threads read stored rows and adopt them, and the one that read first adopts last. A mount that was answered is then missing. It could
/// occur at every copy of rows that is read again after a change: mounts, audit devices, rules for web pages. What holds: reading and adopting is one
/// step under one lock, so a reload that ends has at least what was stored when it began.
void TestMountTable::theLaterOfTwoReloadsWins()
{
    Fixture f;
    std::thread other;
    std::promise<void> reloaded;
    auto isReloaded = reloaded.get_future();
    // The first reload has read the rows of secrets engines. Now a request adds one, and its own reload comes.
    const HookedReader reader{f.stack.store->reader(), "s/core/auth/", [&] {
                                  const auto before = f.stack.store->appliedIndex();
                                  other = std::thread{[&] {
                                      f.enable(entryOf("late", "kv"));
                                      reloaded.set_value();
                                  }};
                                  while (f.stack.store->appliedIndex() == before) std::this_thread::yield();
                                  // Only a second reload that does not wait for the first one ends here.
                                  isReloaded.wait_for(std::chrono::milliseconds{100});
                              }};
    log::Transaction transaction{reader, f.stack.store->appliedIndex()};
    check(f.stack.mounts.reload({transaction, f.stack.barrier, {.shared = false, .local = false}}));
    other.join();
    QVERIFY(f.stack.router.find("late/x"));
}

void TestMountTable::knowsSpecialPaths_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isIn");
    QTest::newRow("exact") << "seal" << true;
    QTest::newRow("longer than exact") << "sealed" << false;
    QTest::newRow("prefix") << "login/bob" << true;
    QTest::newRow("the prefix alone") << "login/" << true;
    QTest::newRow("shorter than the prefix") << "login" << false;
    QTest::newRow("any segment") << "users/bob/password" << true;
    QTest::newRow("no segment") << "users//password" << false;
    QTest::newRow("two segments") << "users/a/b/password" << false;
    QTest::newRow("segment and rest") << "role/x/id/y/z" << true;
    QTest::newRow("empty") << "" << false;
}

void TestMountTable::knowsSpecialPaths()
{
    const mount::PathSet set{{"seal", "login/*", "users/+/password", "role/+/id/*"}};
    QFETCH(QString, path);
    QTEST(set.contains(path.toStdString()), "isIn");
}

QTEST_GUILESS_MAIN(TestMountTable)
#include "tst_mount_table.moc"
