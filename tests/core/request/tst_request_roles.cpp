#include "tests/core/request/notebook.h"

using namespace testing_house;

class TestRequestRoles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void drSecondaryAnswersOnlyWhatItMay();
    void performanceSecondaryForwardsWrites();
    void performanceSecondaryRegistersForwardedLogins();
    void saysWhenThePrimaryIsAway();
    void runsForwardedRequestsWithoutAToken();
    void keepsSecondariesOutOfWhatIsItsOwn();
    void refusesWritesWhileTheRoleChanges();
    void replicatedChangesReachTheBackends();
};

void TestRequestRoles::drSecondaryAnswersOnlyWhatItMay()
{
    Fixture f;
    f.house.roles.isDr = true;
    for (const auto* path : {"notes/a", "auth/door/login/x", "sys/mounts", "nowhere"}) {
        const auto response = f.house.read(path);
        QCOMPARE(response.status, 400);
        QCOMPARE(firstError(response), QStringLiteral("path disabled in replication DR secondary mode"));
    }
    const auto open = f.house.send(Operation::Read, "notes/status", {}, {}, [](auto& r) { r.clientToken.clear(); });
    QVERIFY(!open.isError);
}

void TestRequestRoles::performanceSecondaryForwardsWrites()
{
    Fixture f;
    const auto writer = f.token("writer");
    f.house.roles.isPerformance = true;
    f.house.forwarder.answer = replication::Forwarder::Answer{};
    f.notebook->callCount = 0;
    QVERIFY(!f.write("a", "1", writer).isError);
    QCOMPARE(f.notebook->callCount.load(), 1);
    QCOMPARE(f.house.forwarder.requests.size(), 1u);
    QCOMPARE(QString::fromStdString(f.house.forwarder.requests[0].path), QStringLiteral("notes/a"));
    QVERIFY(f.house.forwarder.requests[0].operation == Operation::Create);
    QVERIFY(f.value("a").isNull()); // nothing was written here
    QCOMPARE(f.write("a", "1", f.token("reader")).status, 403); // refused here, not sent
    QCOMPARE(f.house.forwarder.requests.size(), 1u);

    f.house.forwarder.answer = replication::Forwarder::Answer{.response = {}, .isApplied = false};
    f.house.forwarder.answer->response.status = 204;
    const auto late = f.write("a", "1", writer);
    QCOMPARE(late.status, 200);
    QCOMPARE(late.warnings.size(), 1u);
    QVERIFY(late.warnings[0].starts_with("Timeout hit while waiting for local replicated cluster"));
}

void TestRequestRoles::performanceSecondaryRegistersForwardedLogins()
{
    Fixture f;
    f.house.roles.isPerformance = true;
    replication::Forwarder::Answer answer;
    answer.response.auth = mount::Auth{};
    answer.response.auth->policies = {"reader"};
    f.house.forwarder.answer = answer;
    const auto response = f.house.update("notes/a", {{"value", "1"}});
    QVERIFY2(response.auth.has_value(), qPrintable(firstError(response)));
    QVERIFY(f.house.isValid(response.auth->clientToken));
}

void TestRequestRoles::saysWhenThePrimaryIsAway()
{
    Fixture f;
    f.house.roles.isPerformance = true;
    const auto response = f.write("a", "1");
    QCOMPARE(response.status, 503);
    QCOMPARE(firstError(response), QStringLiteral("primary cluster is not reachable"));
    QVERIFY(!f.house.read("notes/a").isError); // reads go on
}

void TestRequestRoles::runsForwardedRequestsWithoutAToken()
{
    Fixture f;
    mount::Request request;
    request.operation = Operation::Update;
    request.path = "notes/a";
    request.data = {{"value", "1"}};
    request.replicationCluster = "the-secondary";
    std::optional<Response> response;
    LogIndex index;
    f.house.pipeline.handleForwarded(request, f.house.executor, [&](Response answer, LogIndex at) {
        response = std::move(answer);
        index = at;
    });
    QVERIFY(f.house.executor.runUntil([&] { return response.has_value(); }));
    QVERIFY(!response->isError);
    QVERIFY(index.value() > 0 && index <= f.house.store->appliedIndex());
    QCOMPARE(f.value("a"), QStringLiteral("1"));

    // A login that has to write gives its auth back without a token: that is made where the client is.
    f.doorman->auth.policies = {"reader"};
    response.reset();
    request.path = "auth/door/login/x";
    f.house.pipeline.handleForwarded(request, f.house.executor, [&](Response answer, LogIndex) { response = std::move(answer); });
    QVERIFY(f.house.executor.runUntil([&] { return response.has_value(); }));
    QVERIFY(response->auth && response->auth->clientToken.empty());
}

void TestRequestRoles::keepsSecondariesOutOfWhatIsItsOwn()
{
    Fixture f;
    for (const auto* path : {"auth/token/create", "auth/token/lookup-self", "cubbyhole/a", "sys/seal", "sys/replication/dr/primary/enable"}) {
        mount::Request request;
        request.operation = Operation::Update;
        request.path = path;
        request.replicationCluster = "the-secondary";
        std::optional<Response> response;
        f.house.pipeline.handleForwarded(request, f.house.executor, [&](Response answer, LogIndex) { response = std::move(answer); });
        QVERIFY(f.house.executor.runUntil([&] { return response.has_value(); }));
        QVERIFY(response->isError && (response->status == 403 || response->status == 404));
    }
}

void TestRequestRoles::refusesWritesWhileTheRoleChanges()
{
    Fixture f;
    QVERIFY(!f.write("a", "1").isError);
    f.house.roles.refusal = "replaced by another primary";
    const auto response = f.write("a", "2");
    QCOMPARE(response.status, 503);
    QCOMPARE(firstError(response), QStringLiteral("replaced by another primary"));
    QCOMPARE(f.value("a"), QStringLiteral("1"));
}

void TestRequestRoles::replicatedChangesReachTheBackends()
{
    Fixture f;
    const auto route = f.house.router.find("notes/a");
    f.notebook->invalidated.clear();
    f.house.pipeline.changed({"s/logical/" + route->entry.uuid + "/a/b"});
    QCOMPARE(f.notebook->invalidated, std::vector<std::string>{"a/b"});
}

QTEST_GUILESS_MAIN(TestRequestRoles)
#include "tst_request_roles.moc"
