#include "core/server/node/unsealed_cluster.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/core/request/request_stack.h"

#include <QFile>
#include <QTemporaryDir>

using namespace testing_stack;
using namespace std::chrono_literals;
using policy::Operation;

/// What only the composition of a cluster's classes can get wrong: which class learns of what, in which order classes start and end, and what a role changes.
class TestUnsealedCluster : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyCommitReachesWhatIsKept_data();
    void everyCommitReachesWhatIsKept();
    void aRoleDecidesWhatIsWritten();
    void aFailedStartCanBeTriedAgain();
    void anEndedClusterHearsNothing();
    void factsComeFromEachPart();
};

namespace {

/// The node answers for itself; here nobody asks it.
class FakeNode final : public sys::Node {
public:
    sys::SealStatus sealStatus() const override
    {
        sys::SealStatus status;
        status.isInitialized = true;
        status.isSealed = false;
        status.threshold = status.shareCount = 1;
        return status;
    }
    sys::Health health() const override { return {}; }
    sys::Leader leader() const override { return {}; }
    Result<sys::InitResult> initialize(const sys::InitOptions&) override { return Error{ErrorCode::Unsupported, "not in this test"}; }
    Result<> provideUnsealShare(SecretBytes, bool) override { return Error{ErrorCode::Unsupported, "not in this test"}; }
    void resetUnseal() override {}
};

/// The composition of one cluster, without a network, on a disk that can fail.
class ClusterStack {
public:
    ClusterStack()
    {
        options.isIsolated = true;
        options.config.storage.type = "inmem";
        auto transaction = store->begin();
        shares = valueOf(seal.initialize(transaction, {1, 1}, clock.now()));
        makeCluster();
        rootToken = valueOf(cluster->writeFirst({transaction, barrier, {}}, "lab"));
        (void)valueOf(store->commitAndWait(std::move(transaction)));
    }
    ~ClusterStack()
    {
        if (cluster) cluster->stop();
        cluster.reset();
        store->stop();
    }
    void makeCluster()
    {
        cluster = std::make_unique<server::UnsealedCluster>(
            server::UnsealedCluster::Services{.store = *store,
                                              .barrier = barrier,
                                              .seal = seal,
                                              .clock = clock,
                                              .random = random,
                                              .workers = executor,
                                              .bodies = executor,
                                              .passwords = passwords,
                                              .node = node,
                                              .options = options,
                                              .requestSeal = [] {},
                                              .contentsReplaced = [] {},
                                              .nodeAnswer = [](const mount::Request&) { return mount::Response{}; },
                                              .inFlight = [] { return boost::json::object{}; }});
    }

    mount::Response send(Operation operation, const std::string& path, boost::json::object data = {}, const std::string& token = {})
    {
        mount::Request request;
        request.operation = operation;
        request.path = path;
        request.data = std::move(data);
        request.clientToken = token.empty() ? rootToken : token;
        request.remoteAddress = "127.0.0.1";
        std::optional<mount::Response> response;
        cluster->pipeline().handle(std::move(request), executor, [&](mount::Response answer) { response = std::move(answer); });
        if (!executor.runUntil([&] { return response.has_value(); })) qFatal("no answer");
        return std::move(*response);
    }
    /// As a client sees it: 200 or 204 if the backend has set none.
    int status(Operation operation, const std::string& path, const std::string& token = {})
    {
        const auto response = send(operation, path, {}, token);
        if (response.status != 0) return response.status;
        return response.hasContent() ? 200 : 204;
    }
    void done(const mount::Response& response)
    {
        if (response.isError) qFatal("%d %s", response.status, response.errors.empty() ? "" : response.errors.front().c_str());
    }
    /// Commits what `step` writes, as a class of the server does it, or as a link does it: encoded.
    void commit(bool isOfLink, const std::function<void(const barrier::Scope&)>& step)
    {
        auto transaction = store->begin();
        step({transaction, barrier, {}});
        if (isOfLink) {
            log::EncodedOperations operations;
            for (const auto& [key, operation] : transaction.writes()) operations.append(log::OperationView::of(operation));
            transaction.reset(store->appliedIndex());
            transaction.append(std::move(operations));
        }
        (void)valueOf(store->commitAndWait(std::move(transaction)));
    }

    FakeClock clock;
    OsRandom random;
    testing_log::Power power;
    testing_log::FaultyFileSystem files{power};
    std::unique_ptr<log::Store> store =
        valueOf(log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {.directory = "/log"}));
    barrier::Barrier barrier{random};
    barrier::Seal seal{barrier, store->reader(), random};
    WaitingExecutor executor;
    FakePasswords passwords{executor};
    FakeNode node;
    server::NodeOptions options;
    std::vector<SecretBytes> shares;
    std::string rootToken;
    std::unique_ptr<server::UnsealedCluster> cluster;
};

void eraseMountAt(const barrier::Scope& scope, mount::TableKind kind, const std::string& path)
{
    for (const auto& entry : valueOf(mount::loadMounts(scope, kind))) {
        if (entry.path == path) check(mount::eraseMount(scope, kind, entry));
    }
}

qsizetype linesOf(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll().count('\n') : 0;
}

} // namespace

void TestUnsealedCluster::everyCommitReachesWhatIsKept_data()
{
    QTest::addColumn<bool>("isOfLink");
    QTest::newRow("written by a class of the server") << false;
    QTest::newRow("a batch of a link") << true;
}

/// The class: something is kept in memory beside its row, and a write on some way does not reach it, so what was replaced is still served. It could
/// occur at each copy of rows, on each way into the store. What holds: the composition subscribes every copy to the store's changed keys.
void TestUnsealedCluster::everyCommitReachesWhatIsKept()
{
    QFETCH(bool, isOfLink);
    const QTemporaryDir folder;
    const auto auditFile = folder.filePath(QStringLiteral("audit"));
    ClusterStack stack;
    check(stack.cluster->start());
    stack.done(stack.send(Operation::Update, "sys/mounts/secret", {{"type", "kv"}}));
    stack.done(stack.send(Operation::Update, "secret/a", {{"value", "1"}}));
    stack.done(stack.send(Operation::Update, "sys/policies/acl/reader", {{"policy", R"(path "secret/a" { capabilities = ["read"] })"}}));
    const auto create = [&] {
        const auto response = stack.send(Operation::Update, "auth/token/create", {{"policies", {"reader"}}});
        if (!response.auth) qFatal("no token");
        return response.auth->clientToken;
    };
    const auto reader = create();
    const auto ended = create();
    for (const auto& token : {reader, ended}) QCOMPARE(stack.status(Operation::Read, "secret/a", token), 200); // all is in memory now

    // a token
    token::TokenStore tokens{stack.random};
    stack.commit(isOfLink, [&](const barrier::Scope& scope) { check(tokens.revoke(scope, valueOf(tokens.saltedId(scope, ended)))); });
    QCOMPARE(stack.status(Operation::Read, "secret/a", ended), 403);
    // a policy
    stack.commit(isOfLink, [&](const barrier::Scope& scope) {
        check(policy::PolicyStore{}.put(scope, "reader", R"(path "secret/b" { capabilities = ["read"] })"));
    });
    QCOMPARE(stack.status(Operation::Read, "secret/a", reader), 403);
    // an audit device
    stack.done(stack.send(Operation::Update, "sys/audit/file",
                          {{"type", "file"}, {"options", boost::json::object{{"file_path", auditFile.toStdString()}}}}));
    const auto before = linesOf(auditFile);
    QCOMPARE(stack.status(Operation::Read, "secret/a"), 200);
    const auto written = linesOf(auditFile);
    QVERIFY(written > before);
    stack.commit(isOfLink, [&](const barrier::Scope& scope) { eraseMountAt(scope, mount::TableKind::Audit, "file/"); });
    QCOMPARE(stack.status(Operation::Read, "secret/a"), 200);
    QCOMPARE(linesOf(auditFile), written);
    // the keyring
    const auto term = valueOf(stack.barrier.keyStatus()).term;
    stack.commit(isOfLink, [&](const barrier::Scope& scope) { check(stack.barrier.rotate(scope.transaction(), stack.clock.now())); });
    QCOMPARE(valueOf(stack.barrier.keyStatus()).term, term + 1);
    // the rules for web pages
    QVERIFY(!stack.cluster->corsRules());
    stack.commit(isOfLink, [&](const barrier::Scope& scope) {
        check(scope.local("sys/config/").put("cors", R"({"allowed_origins":["http://a"],"allowed_headers":[]})"));
    });
    QVERIFY(stack.cluster->corsRules() && stack.cluster->corsRules()->allows("http://a"));
    // a mount
    stack.commit(isOfLink, [&](const barrier::Scope& scope) { eraseMountAt(scope, mount::TableKind::Secrets, "secret/"); });
    QCOMPARE(stack.status(Operation::Read, "secret/a"), 404);
}

void TestUnsealedCluster::aRoleDecidesWhatIsWritten()
{
    ClusterStack stack;
    check(stack.cluster->start());
    sys::Health health;
    stack.done(stack.send(Operation::Update, "sys/mounts/secret", {{"type", "kv"}}));
    stack.done(stack.send(Operation::Update, "sys/replication/performance/primary/enable"));
    stack.cluster->waitUntilSettled();
    stack.cluster->describe(health);
    QCOMPARE(health.performanceMode, std::string{"primary"});
    stack.done(stack.send(Operation::Update, "secret/a", {{"value", "1"}}));

    stack.done(stack.send(Operation::Update, "sys/replication/performance/primary/demote"));
    stack.cluster->waitUntilSettled();
    stack.cluster->describe(health);
    QCOMPARE(health.performanceMode, std::string{"secondary"});
    QVERIFY(!health.isDrSecondary);
    QVERIFY(stack.send(Operation::Update, "secret/a", {{"value", "2"}}).isError); // it would go to a primary, and there is none
    QCOMPARE(stack.status(Operation::Read, "secret/a"), 200);
    QCOMPARE(stack.send(Operation::Update, "cubbyhole/a", {{"value", "local"}}).isError, false);

    stack.done(stack.send(Operation::Update, "sys/replication/performance/secondary/promote", {{"force", true}}));
    stack.cluster->waitUntilSettled();
    stack.done(stack.send(Operation::Update, "secret/a", {{"value", "3"}}));
}

/// The class: a start that fails half-way leaves threads, subscriptions or rows behind that hurt the next start. It could occur at each step of the start
/// that writes. What holds: stop() ends what was begun, and a start on the same store begins again.
void TestUnsealedCluster::aFailedStartCanBeTriedAgain()
{
    int failures = 0;
    bool isWhole = false;
    for (std::uint64_t step = 1; !isWhole; ++step) { // each step of the disk fails once, until none is left
        ClusterStack stack;
        // A store of an older program: the start makes the cluster's keys.
        stack.commit(false, [](const barrier::Scope& scope) { check(scope.ignored({}).erase(trust::kMemberKeyKey.substr(2))); });
        const auto begin = stack.power.steps();
        stack.power.failAfter(step);
        const auto started = stack.cluster->start();
        isWhole = stack.power.steps() < begin + step;
        stack.power.restore();
        check(stack.store->recover());
        if (!started) {
            ++failures;
            stack.cluster->stop();
            stack.makeCluster();
            check(stack.cluster->start());
        }
        QCOMPARE(stack.status(Operation::Read, "auth/token/lookup-self"), 200);
        QVERIFY(step < 100);
    }
    QVERIFY(failures > 0);
}

/// The class: a subscriber of the store is called after the cluster was torn down. It could occur at each subscription of a class that ends before the
/// store: caches, replication, the cluster itself. What holds: after stop() and the destructor a commit reaches nobody.
void TestUnsealedCluster::anEndedClusterHearsNothing()
{
    ClusterStack stack;
    check(stack.cluster->start());
    stack.done(stack.send(Operation::Update, "sys/config/cors", {{"allowed_origins", {"http://a"}}}));
    stack.cluster->stop();
    stack.cluster.reset();
    stack.commit(false, [&](const barrier::Scope& scope) {
        check(stack.barrier.rotate(scope.transaction(), stack.clock.now()));
        check(scope.local("sys/config/").erase("cors"));
    });
    QCOMPARE(valueOf(stack.barrier.keyStatus()).term, 1u); // nobody has loaded the new one
    stack.makeCluster();
    check(stack.cluster->start());
    QVERIFY(!stack.cluster->corsRules());
    QCOMPARE(stack.status(Operation::Read, "auth/token/lookup-self"), 200);
}

void TestUnsealedCluster::factsComeFromEachPart()
{
    ClusterStack stack;
    check(stack.cluster->start());
    QCOMPARE(stack.cluster->identity().name, std::string{"lab"});
    std::set<std::string> names;
    for (const auto& measure : stack.cluster->measures()) names.insert(measure.name);
    QVERIFY(std::ranges::any_of(names, [](const auto& name) { return name.find("replication") != std::string::npos; }));
    sys::Health health;
    stack.cluster->describe(health);
    QCOMPARE(health.clusterName, std::string{"lab"});
    QCOMPARE(health.drMode, std::string{"disabled"});
    QVERIFY(health.auditFailure.empty());
    QVERIFY(valueOf(stack.cluster->makeToken(sys::RootGeneration::Kind::RootToken)) != stack.rootToken);
    QVERIFY(!stack.cluster->isRekeyRequired());
}

QTEST_GUILESS_MAIN(TestUnsealedCluster)
#include "tst_unsealed_cluster.moc"
