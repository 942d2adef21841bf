#include "tests/core/request/notebook.h"

#ifndef Q_MOC_RUN
#include "core/replication/scope/forward_bounds.h"
#endif

using namespace testing_stack;

namespace {

/// Forwards a request to this cluster, as a secondary does for a token with these policies, or without a token.
Response forwarded(Fixture& f, const std::string& path, const std::vector<std::string>& policies,
                   const std::function<void(mount::Request&)>& change = {}, LogIndex* written = nullptr)
{
    mount::Request request;
    request.operation = Operation::Update;
    request.path = path;
    request.data = {{"value", "1"}};
    request.replicationCluster = "the-secondary";
    if (!policies.empty()) {
        auto token = std::make_shared<token::TokenEntry>();
        token->policies = policies;
        request.token = std::move(token);
    }
    if (change) change(request);
    std::optional<Response> response;
    f.stack.pipeline.handleForwarded(std::move(request), f.stack.executor, [&](Response answer, LogIndex at) {
        response = std::move(answer);
        if (written) *written = at;
    });
    if (!f.stack.executor.runUntil([&] { return response.has_value(); })) qFatal("no answer");
    return std::move(*response);
}

} // namespace

class TestRequestRoles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void drSecondaryAnswersOnlyWhatItMay();
    void performanceSecondaryForwardsWrites();
    void performanceSecondaryRegistersForwardedLogins();
    void saysWhenThePrimaryIsAway();
    void runsForwardedRequests();
    void asksThePoliciesOfForwardedRequestsAgain();
    void boundsWhatASecondaryForwards();
    void keepsSecondariesOutOfWhatIsItsOwn();
    void keepsSecondariesOutOfFilteredMounts();
    void refusesWritesWhileTheRoleChanges();
    void replicatedChangesReachTheBackends();
};

void TestRequestRoles::drSecondaryAnswersOnlyWhatItMay()
{
    Fixture f;
    f.stack.roles.isDr = true;
    for (const auto* path : {"notes/a", "auth/door/login/x", "sys/mounts", "nowhere"}) {
        const auto response = f.stack.read(path);
        QCOMPARE(response.status, 400);
        QCOMPARE(firstError(response), QStringLiteral("path disabled in replication DR secondary mode"));
    }
    const auto open = f.stack.send(Operation::Read, "notes/status", {}, {}, [](auto& r) { r.clientToken.clear(); });
    QVERIFY(!open.isError);
    // The right to read a path does not include the right to write it. No token is checked here.
    const auto write = f.stack.update("notes/status", {{"value", "1"}});
    QCOMPARE(firstError(write), QStringLiteral("path disabled in replication DR secondary mode"));
    QCOMPARE(f.notebook->callCount.load(), 1);
}

void TestRequestRoles::performanceSecondaryForwardsWrites()
{
    Fixture f;
    const auto writer = f.token("writer");
    f.stack.roles.isPerformance = true;
    f.stack.forwarder.answer = replication::Forwarder::Answer{};
    f.notebook->callCount = 0;
    QVERIFY(!f.write("a", "1", writer).isError);
    QCOMPARE(f.notebook->callCount.load(), 1);
    QCOMPARE(f.stack.forwarder.requests.size(), 1u);
    QCOMPARE(QString::fromStdString(f.stack.forwarder.requests[0].path), QStringLiteral("notes/a"));
    QVERIFY(f.stack.forwarder.requests[0].operation == Operation::Create);
    QVERIFY(f.value("a").isNull());                             // nothing was written here
    QCOMPARE(f.write("a", "1", f.token("reader")).status, 403); // refused here and not forwarded
    QCOMPARE(f.stack.forwarder.requests.size(), 1u);

    f.stack.forwarder.answer = replication::Forwarder::Answer{.response = {}, .isApplied = false};
    f.stack.forwarder.answer->response.status = 204;
    const auto late = f.write("a", "1", writer);
    QCOMPARE(late.status, 200);
    QCOMPARE(late.warnings.size(), 1u);
    QVERIFY(late.warnings[0].starts_with("Timeout hit while waiting for local replicated cluster"));
}

void TestRequestRoles::performanceSecondaryRegistersForwardedLogins()
{
    Fixture f;
    f.stack.roles.isPerformance = true;
    replication::Forwarder::Answer answer;
    answer.response.auth = mount::Auth{};
    answer.response.auth->policies = {"reader"};
    f.stack.forwarder.answer = answer;
    const auto response = f.stack.update("notes/a", {{"value", "1"}});
    QVERIFY2(response.auth.has_value(), qPrintable(firstError(response)));
    QVERIFY(f.stack.isValid(response.auth->clientToken));
}

void TestRequestRoles::saysWhenThePrimaryIsAway()
{
    Fixture f;
    f.stack.roles.isPerformance = true;
    const auto response = f.write("a", "1");
    QCOMPARE(response.status, 503);
    QCOMPARE(firstError(response), QStringLiteral("primary cluster is not reachable"));
    QVERIFY(!f.stack.read("notes/a").isError); // reads still work
}

void TestRequestRoles::runsForwardedRequests()
{
    Fixture f;
    LogIndex index;
    const auto written = forwarded(f, "notes/a", {"writer"}, {}, &index);
    QVERIFY2(!written.isError, qPrintable(firstError(written)));
    QVERIFY(index.value() > 0 && index <= f.stack.store->appliedIndex());
    QCOMPARE(f.value("a"), QStringLiteral("1"));

    // If a login has to write, its answer carries `auth` without a token. The secondary makes the token.
    f.doorman->auth.policies = {"reader"};
    const auto login = forwarded(f, "auth/door/login/x", {});
    QVERIFY(login.auth && login.auth->clientToken.empty());
}

void TestRequestRoles::asksThePoliciesOfForwardedRequestsAgain()
{
    Fixture f;
    f.stack.policy("wrapper", R"(path "notes/*" { capabilities = ["create","update"] min_wrapping_ttl = "10s" })");
    QCOMPARE(forwarded(f, "notes/a", {"reader"}).status, 403);
    QCOMPARE(forwarded(f, "notes/a", {"nobody-has-written-it"}).status, 403);
    QCOMPARE(forwarded(f, "notes/a", {}).status, 403);               // without a token
    QCOMPARE(forwarded(f, "notes/vault/a", {"writer"}).status, 403); // without sudo
    QCOMPARE(forwarded(f, "notes/a", {"wrapper"}).status, 403);
    QVERIFY(f.value("a").isNull());
    QVERIFY(!forwarded(f, "notes/a", {"wrapper"}, [](auto& request) { request.wrapTtl = std::chrono::seconds{10}; }).isError);
    QVERIFY(!forwarded(f, "notes/b", {"creator"}).isError);
    QCOMPARE(forwarded(f, "notes/b", {"creator"}).status, 403); // the path exists now
    f.stack.policy("creator", R"(path "notes/*" { capabilities = ["read"] })");
    QCOMPARE(forwarded(f, "notes/c", {"creator"}).status, 403); // no matter what the secondary knows
}

void TestRequestRoles::boundsWhatASecondaryForwards()
{
    Fixture f;
    f.stack.policy("edge", R"(path "notes/edge-*" { capabilities = ["create","update"] }
                              path "notes/vault/*" { capabilities = ["create","update"] })");
    const auto bound = [&](const std::string& id, const std::vector<std::string>& policies) {
        f.stack.write([&](const barrier::Scope& scope) { check(replication::ForwardBounds{scope}.put(id, policies)); });
    };
    bound("another", {"nothing"});
    QVERIFY(!forwarded(f, "notes/a", {"root"}).isError);
    bound("the-secondary", {"edge"});
    QCOMPARE(forwarded(f, "notes/a", {"root"}).status, 403);
    QVERIFY(!forwarded(f, "notes/edge-1", {"root"}).isError);
    QVERIFY(!forwarded(f, "notes/edge-2", {"writer"}).isError);
    QCOMPARE(forwarded(f, "notes/edge-2", {"reader"}).status, 403); // both must allow it
    QCOMPARE(forwarded(f, "notes/vault/a", {"root"}).status, 403);  // sudo is not in the bound
    bound("the-secondary", {"there-is-no-such-policy"});
    QCOMPARE(forwarded(f, "notes/edge-1", {"root"}).status, 403);
    f.stack.write([](const barrier::Scope& scope) { check(replication::ForwardBounds{scope}.erase("the-secondary")); });
    QVERIFY(!forwarded(f, "notes/a", {"root"}).isError);
}

void TestRequestRoles::keepsSecondariesOutOfWhatIsItsOwn()
{
    Fixture f;
    f.stack.mount(mount::TableKind::Secrets, "own", "notebook", true);
    for (const auto* path : {"auth/token/create", "auth/token/lookup-self", "cubbyhole/a", "own/a", "notes/own/a"}) {
        QCOMPARE(forwarded(f, path, {"root"}).status, 403);
    }
    QVERIFY(!f.write("own/a", "1").isError); // but a client of this cluster can
    QVERIFY(!f.stack.update("own/a", {{"value", "1"}}).isError);
}

void TestRequestRoles::keepsSecondariesOutOfFilteredMounts()
{
    Fixture f;
    const auto uuid = f.stack.router.find("notes/a")->entry.uuid;
    const auto writeTo = [&](const std::string& mount) { return forwarded(f, "sys/of/" + mount, {"root"}); };
    QVERIFY(!f.write("a", "1").isError);
    f.stack.scopeOfSecondaries = {replication::Type::Performance, {.isAllowing = false, .chosen = {uuid}, .known = {uuid, "another"}}};
    const auto missing = forwarded(f, "notes/a", {"root"}, [](auto& request) { request.operation = Operation::Read; });
    QCOMPARE(missing.status, 404);
    QVERIFY(!missing.data);
    QCOMPARE(writeTo(uuid).status, 403);
    QVERIFY(!writeTo("another").isError);
    QVERIFY(!writeTo("new-now").isError);
    f.stack.scopeOfSecondaries = {replication::Type::Performance, {.isAllowing = true}}; // a filter that could not be loaded
    QCOMPARE(writeTo("another").status, 403);
    QCOMPARE(forwarded(f, "notes/a", {"root"}).status, 404);
}

void TestRequestRoles::refusesWritesWhileTheRoleChanges()
{
    Fixture f;
    QVERIFY(!f.write("a", "1").isError);
    f.stack.roles.refusal = "replaced by another primary";
    const auto response = f.write("a", "2");
    QCOMPARE(response.status, 503);
    QCOMPARE(firstError(response), QStringLiteral("replaced by another primary"));
    QCOMPARE(f.value("a"), QStringLiteral("1"));
}

void TestRequestRoles::replicatedChangesReachTheBackends()
{
    Fixture f;
    const auto route = f.stack.router.find("notes/a");
    f.notebook->invalidated.clear();
    auto transaction = f.stack.store->begin(); // as the link's: the operations come encoded
    log::EncodedOperations operations;
    operations.append({log::OperationKind::Delete, "s/logical/" + route->entry.uuid + "/a/b", {}, {}, {}});
    transaction.append(std::move(operations));
    QVERIFY(f.stack.store->commitAndWait(std::move(transaction)).has_value());
    QCOMPARE(f.notebook->invalidated, std::vector<std::string>{"a/b"});
}

QTEST_GUILESS_MAIN(TestRequestRoles)
#include "tst_request_roles.moc"
