#include "core/server/node/node.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/core/request/request_stack.h"

using namespace testing_stack;
using namespace std::chrono_literals;

// The class: a node is left in between: half initialised, half open, or answering with modules that are gone. It could occur at each failure of the disk
// while it initialises or opens, and at each request that comes while it seals. What holds: a step is done as a whole or not at all, and a request gets
// one answer.
class TestNode : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void opensWithItsShares();
    void aSealedNodeAnswersOnlyForItself();
    void aFailedDiskLeavesNothingHalf();
    void expiryFollowsTheClock();
    void sealingEndsEverything();
    void aStoppedNodeOpensNoMore();
};

namespace {

/// A node without a network, on a disk that can fail.
class NodeStack {
public:
    NodeStack()
    {
        server::NodeOptions options;
        options.isIsolated = true;
        options.config.clusterName = "lab";
        options.config.storage.type = "inmem";
        options.uploadDirectory = "/nonexistent";
        node = std::make_unique<server::ServerNode>(*store, clock, random, server::ServerNode::Threads{executor, executor, passwords},
                                                    std::move(options));
    }
    ~NodeStack()
    {
        node->stop();
        store->stop();
    }

    mount::Response send(policy::Operation operation, const std::string& path, boost::json::object data = {}, const std::string& token = {})
    {
        mount::Request request;
        request.operation = operation;
        request.path = path;
        request.data = std::move(data);
        request.clientToken = token;
        request.remoteAddress = "127.0.0.1";
        std::optional<mount::Response> response;
        node->handle(std::move(request), executor, [&](mount::Response answer) {
            if (response) qFatal("answered twice");
            response = std::move(answer);
        });
        if (!executor.runUntil([&] { return response.has_value(); })) qFatal("no answer");
        return std::move(*response);
    }
    sys::InitResult initialize() { return valueOf(node->initialize({.shareCount = 3, .threshold = 2})); }
    void unseal(const sys::InitResult& made)
    {
        for (std::size_t at = 0; at < 2; ++at) check(node->provideUnsealShare(made.shares[at].clone(), false));
    }

    FakeClock clock;
    OsRandom random;
    testing_log::Power power;
    testing_log::FaultyFileSystem files{power};
    std::unique_ptr<log::Store> store =
        valueOf(log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {.directory = "/log"}));
    WaitingExecutor executor;
    FakePasswords passwords{executor};
    std::unique_ptr<server::ServerNode> node;
};

} // namespace

void TestNode::opensWithItsShares()
{
    NodeStack stack;
    QVERIFY(!stack.node->sealStatus().isInitialized);
    const auto made = stack.initialize();
    QCOMPARE(made.shares.size(), std::size_t{3});
    QVERIFY(stack.node->sealStatus().isInitialized && stack.node->sealStatus().isSealed);
    check(stack.node->provideUnsealShare(made.shares[0].clone(), false));
    QVERIFY(stack.node->sealStatus().isSealed);
    QCOMPARE(static_cast<int>(stack.node->sealStatus().progress), 1);
    check(stack.node->provideUnsealShare(made.shares[2].clone(), false));
    QVERIFY(!stack.node->sealStatus().isSealed);
    QCOMPARE(stack.node->sealStatus().clusterName, std::string{"lab"});
    QVERIFY(!stack.send(policy::Operation::Read, "auth/token/lookup-self", {}, made.rootToken).isError);
    QVERIFY(!stack.node->initialize({.shareCount = 1, .threshold = 1})); // once only
}

void TestNode::aSealedNodeAnswersOnlyForItself()
{
    NodeStack stack;
    const auto made = stack.initialize();
    QCOMPARE(stack.send(policy::Operation::Read, "auth/token/lookup-self", {}, made.rootToken).status, 503);
    QCOMPARE(stack.send(policy::Operation::Read, "sys/metrics").status, 503);
    QCOMPARE(stack.send(policy::Operation::Read, "sys/seal-status").status, 200);
    QVERIFY(!stack.node->mayUpload({.clientToken = made.rootToken, .path = "sys/storage/raft/snapshot", .remoteAddress = {}}));
    QVERIFY(!stack.node->isKnown(made.rootToken, {}));
    QVERIFY(!stack.node->makeToken(sys::RootGeneration::Kind::RootToken));
    stack.unseal(made);
    QVERIFY(stack.node->mayUpload({.clientToken = made.rootToken, .path = "sys/storage/raft/snapshot", .remoteAddress = {}}));
    QVERIFY(stack.node->isKnown(made.rootToken, {}));
}

void TestNode::aFailedDiskLeavesNothingHalf()
{
    int failures = 0;
    bool isWhole = false;
    for (std::uint64_t step = 1; !isWhole; ++step) { // each step of the disk fails once, until none is left
        NodeStack stack;
        stack.power.failAfter(step);
        auto made = stack.node->initialize({.shareCount = 3, .threshold = 2});
        isWhole = made.has_value();
        stack.power.restore();
        if (!made) {
            ++failures;
            check(stack.store->recover());
            QVERIFY(!stack.node->sealStatus().isInitialized);
            made = stack.initialize(); // it can be done again
        }
        stack.unseal(*made);
        QVERIFY(stack.node->isKnown(made->rootToken, {}));
        QVERIFY(step < 100);
    }
    QVERIFY(failures > 0);
}

void TestNode::expiryFollowsTheClock()
{
    NodeStack stack;
    const auto made = stack.initialize();
    stack.unseal(made);
    const auto created = stack.send(policy::Operation::Update, "auth/token/create", {{"ttl", "10s"}, {"policies", {"default"}}}, made.rootToken);
    QVERIFY(created.auth.has_value());
    const std::string token = created.auth->clientToken;
    stack.clock.advance(10s - 1ns);
    stack.node->tick();
    QVERIFY(stack.node->isKnown(token, {}));
    stack.clock.advance(1ns);
    QVERIFY(!stack.node->isKnown(token, {}));
    stack.node->tick();
    QCOMPARE(stack.send(policy::Operation::Read, "auth/token/lookup-self", {}, token).status, 403);
    QVERIFY(stack.node->isKnown(made.rootToken, {}));
}

void TestNode::sealingEndsEverything()
{
    NodeStack stack;
    const auto made = stack.initialize();
    stack.unseal(made);
    stack.node->seal();
    QVERIFY(stack.node->sealStatus().isSealed);
    QCOMPARE(stack.send(policy::Operation::Read, "auth/token/lookup-self", {}, made.rootToken).status, 503);
    stack.node->tick(); // nothing opens it by itself
    QVERIFY(stack.node->sealStatus().isSealed);
    check(stack.node->provideUnsealShare(made.shares[0].clone(), false));
    stack.node->resetUnseal();
    check(stack.node->provideUnsealShare(made.shares[1].clone(), false));
    QVERIFY(stack.node->sealStatus().isSealed); // the first share was forgotten
    check(stack.node->provideUnsealShare(made.shares[2].clone(), false));
    QVERIFY(stack.node->isKnown(made.rootToken, {}));
}

void TestNode::aStoppedNodeOpensNoMore()
{
    NodeStack stack;
    const auto made = stack.initialize();
    stack.unseal(made);
    stack.node->stop();
    QVERIFY(stack.node->sealStatus().isSealed);
    QVERIFY(stack.node->provideUnsealShare(made.shares[0].clone(), false).error().code == ErrorCode::Unavailable);
    QVERIFY(!stack.node->initialize({.shareCount = 1, .threshold = 1}));
    stack.node->stop(); // again does no harm
}

QTEST_GUILESS_MAIN(TestNode)
#include "tst_node.moc"
