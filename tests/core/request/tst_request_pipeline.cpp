#include "core/mount/codec.h"
#include "tests/core/request/house.h"

#include <boost/json.hpp>

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>

using namespace testing_house;
using namespace std::chrono_literals;
using mount::Response;
using policy::Operation;
namespace json = boost::json;

class TestRequestPipeline : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void answersFromTheCommittedState();
    void refusesAsTheApiDoes_data();
    void refusesAsTheApiDoes();
    void tellsCreateFromUpdate();
    void needsSudoWhereItIsAskedFor();
    void boundTokensWorkFromTheirNetworksOnly();
    void changesNothingWhenRefusedLate();
    void runsAgainAfterAConflict();
    void givesUpAfterTooManyConflicts();
    void slowHandlersRunOnTheWorkers();
    void lastUseEndsTheToken();
    void policyChangesTakeEffectAtOnce();
    void aRotatedKeyIsInUseAtOnce();
    void mountsComeAndGo();
    void loginMakesAToken();
    void loginNeverMakesRoot();
    void loginFollowsTheMountsTokenType();
    void drSecondaryAnswersOnlyWhatItMay();
    void performanceSecondaryForwardsWrites();
    void performanceSecondaryRegistersForwardedLogins();
    void saysWhenThePrimaryIsAway();
    void runsForwardedRequestsWithoutAToken();
    void theLastUseIsOneRequestsAlone_data();
    void theLastUseIsOneRequestsAlone();
    void keepsSecondariesOutOfWhatIsItsOwn();
    void refusesWritesWhileTheRoleChanges();
    void wrapsAndUnwrapsOnce();
    void wrapsAsJwt();
    void burnsATokenGivenTwice();
    void auditsBeforeAndAfter();
    void withholdsWhatIsNotAudited();
    void replicatedChangesReachTheBackends();
};


namespace {

/// Stores `value` at the path, shared; `conflicts` times another writer is quicker.
class Notebook final : public mount::Backend {
public:
    House* house = nullptr;
    std::atomic<int> conflictCount{0};
    std::atomic<int> callCount{0};
    std::vector<std::string> invalidated;

    Result<Response> handle(const mount::Request& request, mount::Context& context) override
    {
        ++callCount;
        const auto& path = request.relativePath;
        if (path == "fails") return Response::badRequest("no good");
        if (path == "breaks") return Error{ErrorCode::Io, "disk on fire"};
        switch (request.operation) {
        case Operation::Read: {
            auto value = context.storage.get(path);
            if (!value) return value.error();
            return *value ? Response::ofData({{"value", **value}}) : Response{};
        }
        case Operation::Create:
        case Operation::Update: {
            auto before = context.storage.get(path);
            if (!before) return before.error();
            if (conflictCount > 0) {
                --conflictCount;
                auto transaction = house->store->begin();
                barrier::Scope scope{transaction, house->barrier, {}};
                check(scope.shared(context.storage.prefix()).put(path, "the other's"));
                (void)valueOf(house->store->commitAndWait(std::move(transaction)));
            }
            const auto* value = request.data.if_contains("value");
            const std::string text = value && value->is_string() ? std::string{value->as_string()} : "";
            if (auto put = context.storage.put(path, before->value_or("") + text); !put) return put.error();
            if (path == "fails-late") return Response::badRequest("no good after all");
            return Response{};
        }
        default: return Error{ErrorCode::Unsupported, "only reads and writes"};
        }
    }
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) override
    {
        auto isThere = context.storage.exists(request.relativePath);
        if (!isThere) return isThere.error();
        return std::optional<bool>{*isThere};
    }
    std::vector<std::string> sudoPaths() const override { return {"vault/*"}; }
    std::vector<std::string> drSecondaryPaths() const override { return {"status"}; }
    bool isSlow(const mount::Request& request) const override { return request.relativePath.starts_with("slow"); }
    void invalidate(std::string_view path) override { invalidated.emplace_back(path); }
    std::string help(std::string_view) const override { return "a notebook"; }
};

/// login/NAME logs in; what it asks for is the test's.
class Doorman final : public mount::Backend {
public:
    mount::Auth auth;
    Result<Response> handle(const mount::Request&, mount::Context&) override
    {
        Response response;
        response.auth = auth;
        return response;
    }
    std::vector<std::string> unauthenticatedPaths() const override { return {"login/*"}; }
};

/// The two verbs of sys/wrapping/ that these tests need, on the real services.
class SmallSys final : public mount::Backend {
public:
    House* house = nullptr;
    Result<Response> handle(const mount::Request& request, mount::Context& context) override
    {
        if (request.relativePath == "wrapping/wrap") return Response::ofData(request.data);
        const auto* given = request.data.if_contains("token");
        const std::string token = given ? std::string{given->as_string()} : request.clientToken;
        if (request.relativePath == "wrapping/unwrap") {
            auto wrapped = house->wrapping.unwrap(*context.system, token, context.clock.now());
            if (!wrapped) return wrapped.error();
            if (!*wrapped) return Response::badRequest(std::string{token::kInvalidWrappingToken});
            return mount::decodeResponse((*wrapped)->content);
        }
        return mount::Response::error(404, "");
    }
    std::vector<std::string> drSecondaryPaths() const override { return {"replication/dr/status"}; }
};

struct Fixture {
    std::shared_ptr<Notebook> notebook = std::make_shared<Notebook>();
    std::shared_ptr<Doorman> doorman = std::make_shared<Doorman>();
    std::shared_ptr<SmallSys> sys = std::make_shared<SmallSys>();
    House house{[this](mount::BackendRegistry& registry, House& in) {
        using mount::TableKind;
        const auto always = [](auto backend) { return [backend](const mount::MountEntry&) { return backend; }; };
        notebook->house = &in;
        sys->house = &in;
        registry.add(TableKind::Secrets, "notebook", {.make = always(notebook)});
        registry.add(TableKind::Secrets, "system", {.make = always(sys), .isMountable = false});
        registry.add(TableKind::Auth, "doorman", {.make = always(doorman)});
    }};

    Fixture()
    {
        house.mount(mount::TableKind::Secrets, "notes", "notebook");
        house.mount(mount::TableKind::Auth, "door", "doorman");
        house.policy("reader", R"(path "notes/*" { capabilities = ["read"] })");
        house.policy("writer", R"(path "notes/*" { capabilities = ["read","update","create"] })");
        house.policy("creator", R"(path "notes/*" { capabilities = ["read","create"] })");
    }
    std::string token(const char* policy, std::int64_t uses = 0)
    {
        return house
            .makeToken([&](auto& draft) {
                draft.policies = {policy};
                draft.usesLeft = uses;
            })
            .id;
    }
    Response write(const std::string& path, const std::string& value, const std::string& as = {})
    {
        return house.update("notes/" + path, {{"value", value}}, as);
    }
    QString value(const std::string& path)
    {
        const auto response = house.read("notes/" + path);
        return response.data ? QString::fromUtf8(response.data->at("value").as_string().c_str()) : QString{};
    }
};

QString firstError(const Response& response)
{
    return response.errors.empty() ? QString{} : QString::fromStdString(response.errors.front());
}

} // namespace

void TestRequestPipeline::answersFromTheCommittedState()
{
    Fixture f;
    QVERIFY(!f.house.read("notes/a").hasContent());
    QVERIFY(!f.write("a", "1").isError);
    QCOMPARE(f.value("a"), QStringLiteral("1"));
    const auto help = f.house.send(Operation::Help, "notes/a");
    QVERIFY(help.isRaw && help.rawBody.find("a notebook") != std::string::npos);
}

void TestRequestPipeline::refusesAsTheApiDoes_data()
{
    QTest::addColumn<QString>("token");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isWrite");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("error");
    QTest::newRow("unknown token") << "hvs.no" << "notes/a" << false << 403 << "permission denied";
    QTest::newRow("malformed batch token") << "hvb.%%%" << "notes/a" << false << 403 << "permission denied";
    QTest::newRow("policy refuses") << "reader" << "notes/a" << true << 403 << "1 error occurred:\n\t* permission denied\n\n";
    QTest::newRow("policy refuses elsewhere") << "reader" << "other/a" << false << 403 << "1 error occurred:\n\t* permission denied\n\n";
    QTest::newRow("no such mount") << "root" << "other/a" << false << 404
                                   << "no handler for route \"other/a\". route entry not found.";
    QTest::newRow("backend refuses") << "root" << "notes/fails" << false << 400 << "no good";
    QTest::newRow("backend fails") << "root" << "notes/breaks" << false << 500 << "1 error occurred:\n\t* disk on fire\n\n";
}

void TestRequestPipeline::refusesAsTheApiDoes()
{
    QFETCH(QString, token);
    QFETCH(QString, path);
    QFETCH(bool, isWrite);
    Fixture f;
    auto id = token.toStdString();
    if (token == "reader") id = f.token("reader");
    if (token == "root") id = f.house.rootToken;
    const auto response = f.house.send(isWrite ? Operation::Update : Operation::Read, path.toStdString(), {}, id);
    QVERIFY(response.isError);
    QTEST(response.status, "status");
    QTEST(firstError(response), "error");

    const auto none = f.house.send(Operation::Read, "notes/a", {}, {}, [](auto& request) { request.clientToken.clear(); });
    QCOMPARE(none.status, 403);
    QCOMPARE(firstError(none), QStringLiteral("permission denied"));
}

void TestRequestPipeline::tellsCreateFromUpdate()
{
    Fixture f;
    const auto creator = f.token("creator");
    QVERIFY(!f.write("a", "1", creator).isError);
    QCOMPARE(f.write("a", "2", creator).status, 403); // now it would be an update
    QCOMPARE(f.value("a"), QStringLiteral("1"));
}

void TestRequestPipeline::needsSudoWhereItIsAskedFor()
{
    Fixture f;
    f.house.policy("strong", R"(path "notes/vault/*" { capabilities = ["read","create","update","sudo"] })");
    QCOMPARE(f.write("vault/a", "1", f.token("writer")).status, 403);
    QVERIFY(!f.write("vault/a", "1", f.token("strong")).isError);
    QVERIFY(!f.write("vault/a", "2").isError); // root
}

void TestRequestPipeline::boundTokensWorkFromTheirNetworksOnly()
{
    Fixture f;
    const auto bound = f.house.makeToken([](auto& draft) {
        draft.policies = {"reader"};
        draft.boundCidrs = {"10.0.0.0/8"};
    });
    QCOMPARE(f.house.read("notes/a", bound.id).status, 403);
    const auto near = f.house.send(Operation::Read, "notes/a", {}, bound.id, [](auto& request) { request.remoteAddress = "10.1.2.3"; });
    QVERIFY(!near.isError);
}

void TestRequestPipeline::changesNothingWhenRefusedLate()
{
    Fixture f;
    const auto response = f.write("fails-late", "1");
    QCOMPARE(response.status, 400);
    QVERIFY(f.value("fails-late").isNull());
}

void TestRequestPipeline::runsAgainAfterAConflict()
{
    Fixture f;
    f.notebook->conflictCount = 3;
    QVERIFY(!f.write("a", "+mine").isError);
    QCOMPARE(f.notebook->callCount.load(), 4);
    QCOMPARE(f.value("a"), QStringLiteral("the other's+mine"));
}

void TestRequestPipeline::givesUpAfterTooManyConflicts()
{
    Fixture f;
    f.notebook->conflictCount = 1000;
    const auto response = f.write("a", "+mine");
    QCOMPARE(response.status, 500);
    QCOMPARE(f.notebook->callCount.load(), 16);
    QCOMPARE(f.value("a"), QStringLiteral("the other's"));
}

void TestRequestPipeline::slowHandlersRunOnTheWorkers()
{
    Fixture f;
    bool isDone = false;
    mount::Request request;
    request.operation = Operation::Update;
    request.path = "notes/slow";
    request.data = {{"value", "1"}};
    request.clientToken = f.house.rootToken;
    const int before = f.notebook->callCount;
    f.house.pipeline.handle(std::move(request), f.house.executor, [&](Response response) { isDone = !response.isError; });
    QCOMPARE(f.notebook->callCount.load(), before); // not on this thread's time
    QVERIFY(f.house.executor.runUntil([&] { return isDone; }));
    QCOMPARE(f.value("slow"), QStringLiteral("1"));
}

void TestRequestPipeline::lastUseEndsTheToken()
{
    Fixture f;
    const auto token = f.token("writer", 3);
    QVERIFY(!f.write("a", "1", token).isError);
    QCOMPARE(f.house.read("other/x", token).status, 403); // a refused request costs a use too
    QVERIFY(!f.write("a", "2", token).isError);
    QCOMPARE(f.house.read("notes/a", token).status, 403);
    QCOMPARE(f.value("a"), QStringLiteral("12"));
    QCOMPARE(f.house.keyCount("l/sys/token/id/"), 1u); // root's alone
    // And when the last one is refused:
    const auto other = f.token("reader", 1);
    QCOMPARE(f.write("a", "3", other).status, 403);
    QCOMPARE(f.house.keyCount("l/sys/token/id/"), 1u);
}

void TestRequestPipeline::policyChangesTakeEffectAtOnce()
{
    Fixture f;
    const auto token = f.token("late");
    QCOMPARE(f.house.read("notes/a", token).status, 403);
    f.house.policy("late", R"(path "notes/*" { capabilities = ["read"] })");
    QVERIFY(!f.house.read("notes/a", token).isError);
    f.house.write([&](const auto& scope) { check(f.house.policies.erase(scope, "late")); });
    QCOMPARE(f.house.read("notes/a", token).status, 403);
}

void TestRequestPipeline::aRotatedKeyIsInUseAtOnce()
{
    Fixture f;
    auto& house = f.house;
    const auto termNow = [&] { return valueOf(house.barrier.keyStatus()).term; };
    house.write([&](const auto& scope) {
        const auto keyring = valueOf(house.barrier.keyring());
        scope.transaction().put(valueOf(house.barrier.putStoredOperation(std::string{barrier::kKeyringKey}, keyring.sealed(house.random))));
    });
    const auto termBefore = termNow();
    house.write([&](const auto& scope) { check(house.barrier.rotate(scope.transaction(), house.clock.now())); });
    QCOMPARE(termNow(), termBefore + 1);
}

void TestRequestPipeline::mountsComeAndGo()
{
    Fixture f;
    f.house.mount(mount::TableKind::Secrets, "more", "notebook");
    QVERIFY(!f.house.update("more/a", {{"value", "1"}}).isError);
    f.house.write([&](const auto& scope) { (void)valueOf(f.house.mounts.disable(scope, mount::TableKind::Secrets, "more")); });
    QCOMPARE(f.house.read("more/a").status, 404);
    f.house.mount(mount::TableKind::Secrets, "more", "notebook");
    QVERIFY(!f.house.read("more/a").hasContent()); // a new mount, without the old one's data
}

void TestRequestPipeline::loginMakesAToken()
{
    Fixture f;
    f.doorman->auth.policies = {"Reader"};
    f.doorman->auth.displayName = "bob";
    f.doorman->auth.metadata = {{"username", "bob"}};
    f.doorman->auth.ttl = 1h;
    const auto response = f.house.send(Operation::Update, "auth/door/login/bob", {}, {}, [](auto& r) { r.clientToken.clear(); });
    QVERIFY2(!response.isError, qPrintable(firstError(response)));
    QVERIFY(response.auth->clientToken.starts_with("hvs."));
    QCOMPARE(response.auth->policies, (std::vector<std::string>{"default", "reader"}));
    QCOMPARE(response.auth->ttl.count(), 3600);
    const auto entry = f.house.inspect(
        [&](const auto& scope) { return valueOf(f.house.tokens.check(scope, response.auth->clientToken, f.house.clock.now())); });
    QCOMPARE(QString::fromStdString(entry->displayName), QStringLiteral("door-bob"));
    QCOMPARE(QString::fromStdString(entry->path), QStringLiteral("auth/door/login/bob"));
    QVERIFY(!f.house.read("notes/a", response.auth->clientToken).isError);
    // Elsewhere on the method a token is needed.
    QCOMPARE(f.house.send(Operation::Update, "auth/door/users", {}, "no").status, 403);
}

void TestRequestPipeline::loginNeverMakesRoot()
{
    Fixture f;
    f.doorman->auth.policies = {"ROOT"};
    const auto count = f.house.keyCount("l/sys/token/id/");
    const auto response = f.house.update("auth/door/login/bob", {});
    QCOMPARE(response.status, 400);
    QCOMPARE(firstError(response), QStringLiteral("auth methods cannot create root tokens"));
    QCOMPARE(f.house.keyCount("l/sys/token/id/"), count);
}

void TestRequestPipeline::loginFollowsTheMountsTokenType()
{
    Fixture f;
    f.doorman->auth.policies = {"reader"};
    f.house.write([&](const auto& scope) {
        mount::Tuning tuning;
        tuning.tokenType = "batch";
        (void)valueOf(f.house.mounts.tune(scope, mount::TableKind::Auth, "door", tuning));
    });
    const auto response = f.house.update("auth/door/login/bob", {});
    QVERIFY(response.auth->clientToken.starts_with("hvb."));
    QVERIFY(!f.house.read("notes/a", response.auth->clientToken).isError);
}

void TestRequestPipeline::drSecondaryAnswersOnlyWhatItMay()
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

void TestRequestPipeline::performanceSecondaryForwardsWrites()
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

void TestRequestPipeline::performanceSecondaryRegistersForwardedLogins()
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

void TestRequestPipeline::saysWhenThePrimaryIsAway()
{
    Fixture f;
    f.house.roles.isPerformance = true;
    const auto response = f.write("a", "1");
    QCOMPARE(response.status, 503);
    QCOMPARE(firstError(response), QStringLiteral("primary cluster is not reachable"));
    QVERIFY(!f.house.read("notes/a").isError); // reads go on
}

void TestRequestPipeline::runsForwardedRequestsWithoutAToken()
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

void TestRequestPipeline::theLastUseIsOneRequestsAlone_data()
{
    QTest::addColumn<QByteArray>("policy");
    QTest::addColumn<int>("wanted");
    QTest::newRow("allowed") << QByteArray{"writer"} << 1;
    QTest::newRow("not allowed") << QByteArray{"reader"} << 0;
}

/// Those that come too late are refused, also when the refusal itself meets a conflict.
void TestRequestPipeline::theLastUseIsOneRequestsAlone()
{
    QFETCH(QByteArray, policy);
    QFETCH(int, wanted);
    constexpr std::size_t kRequests = 24;
    for (int round = 0; round < 20; ++round) {
        Fixture f;
        const auto token = f.token(policy.constData(), 1);
        f.notebook->callCount = 0;
        std::vector<Response> answers;
        for (std::size_t at = 0; at < kRequests; ++at) {
            mount::Request request;
            request.operation = Operation::Update;
            request.path = "notes/a";
            request.data = {{"value", "1"}};
            request.clientToken = token;
            request.remoteAddress = "127.0.0.1";
            f.house.pipeline.handle(std::move(request), f.house.executor, [&](Response answer) { answers.push_back(std::move(answer)); });
        }
        QVERIFY(f.house.executor.runUntil([&] { return answers.size() == kRequests; }));
        const auto done = std::count_if(answers.begin(), answers.end(), [](const Response& answer) { return !answer.isError; });
        QCOMPARE(int(done), wanted);
        QVERIFY(f.notebook->callCount.load() == 0 || wanted == 1);
        QVERIFY(!f.house.isValid(token));
    }
}

void TestRequestPipeline::keepsSecondariesOutOfWhatIsItsOwn()
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

void TestRequestPipeline::refusesWritesWhileTheRoleChanges()
{
    Fixture f;
    QVERIFY(!f.write("a", "1").isError);
    f.house.roles.refusal = "replaced by another primary";
    const auto response = f.write("a", "2");
    QCOMPARE(response.status, 503);
    QCOMPARE(firstError(response), QStringLiteral("replaced by another primary"));
    QCOMPARE(f.value("a"), QStringLiteral("1"));
}

void TestRequestPipeline::wrapsAndUnwrapsOnce()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrap = [](mount::Request& request) { request.wrapTtl = 60s; };
    const auto wrapped = f.house.send(Operation::Read, "notes/a", {}, {}, wrap);
    QVERIFY(wrapped.wrap && !wrapped.data);
    QCOMPARE(wrapped.wrap->ttl.count(), 60);
    QCOMPARE(QString::fromStdString(wrapped.wrap->creationPath), QStringLiteral("notes/a"));
    // Neither errors nor empty answers are wrapped.
    QVERIFY(!f.house.send(Operation::Read, "notes/none", {}, {}, wrap).wrap);
    QVERIFY(!f.house.send(Operation::Read, "notes/fails", {}, {}, wrap).wrap);

    // As the token of the request, and only once.
    const auto opened = f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QVERIFY2(!opened.isError, qPrintable(firstError(opened)));
    QCOMPARE(opened.data->at("value").as_string().c_str(), "secret");
    const auto again = f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QCOMPARE(again.status, 400);
    QCOMPARE(firstError(again), QStringLiteral("wrapping token is not valid or does not exist"));

    // In the body, by another token; expired.
    const auto second = f.house.send(Operation::Read, "notes/a", {}, {}, wrap);
    QVERIFY(!f.house.update("sys/wrapping/unwrap", {{"token", second.wrap->token}}).isError);
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", second.wrap->token}}).status, 400);
    const auto third = f.house.send(Operation::Read, "notes/a", {}, {}, wrap);
    f.house.clock.advance(60s);
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", third.wrap->token}}).status, 400);
    QCOMPARE(f.house.keyCount("l/sys/wrapping/"), 1u); // until the next tick
}

void TestRequestPipeline::wrapsAsJwt()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrapped = f.house.send(Operation::Read, "notes/a", {}, {}, [](mount::Request& request) {
        request.wrapTtl = 30min;
        request.isWrapFormatJwt = true;
    });
    QVERIFY(wrapped.wrap);
    QVERIFY(crypto::looksLikeJwt(wrapped.wrap->token));
    const auto claims = json::parse(valueOf(crypto::unverifiedClaims(wrapped.wrap->token))).as_object();
    QCOMPARE(claims.at("addr").as_string().c_str(), "https://a:8200");
    QCOMPARE(claims.at("type").as_string().c_str(), "wrapping");
    QCOMPARE(claims.at("accessor").as_string().c_str(), "");
    QCOMPARE(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 1800);
    QCOMPARE(claims.at("iat").as_int64() - claims.at("nbf").as_int64(), 5);
    QVERIFY(claims.at("jti").as_string().starts_with("hvs."));

    const auto foreign = crypto::Es512Key::generate().sign(json::serialize(claims));
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {}, foreign).status, 400);
    const auto opened = f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QVERIFY2(!opened.isError, qPrintable(firstError(opened)));
    QCOMPARE(opened.data->at("value").as_string().c_str(), "secret");
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token).status, 400);
}

void TestRequestPipeline::burnsATokenGivenTwice()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrapped = f.house.send(Operation::Read, "notes/a", {}, {}, [](auto& request) { request.wrapTtl = 60s; });
    const auto token = wrapped.wrap->token;
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", token}}, token).status, 400);
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", token}}).status, 400);
    QCOMPARE(f.house.keyCount("l/sys/wrapping/"), 0u);
}

void TestRequestPipeline::auditsBeforeAndAfter()
{
    QTemporaryDir directory;
    const auto file = directory.filePath("audit.log").toStdString();
    Fixture f;
    f.house.write([&](const auto& scope) {
        mount::MountEntry entry;
        entry.path = "file";
        entry.type = "file";
        entry.options = {{"file_path", file}};
        QVERIFY(!valueOf(f.house.audit.enable(scope, entry)).isError);
    });
    QVERIFY(!f.write("a", "hush").isError);
    QCOMPARE(f.value("a"), QStringLiteral("hush"));
    (void)f.house.read("notes/a", "hvs.unknown");

    std::ifstream in{file};
    std::vector<json::object> entries;
    for (std::string line; std::getline(in, line);) {
        QVERIFY(line.find("hush") == std::string::npos && line.find(f.house.rootToken) == std::string::npos);
        entries.push_back(json::parse(line).as_object());
    }
    QCOMPARE(entries.size(), 7u); // the test entry, and three pairs
    const auto hash = [&](std::string_view text) { return *f.house.audit.hash("file", text); };
    const auto& request = entries[1];
    QCOMPARE(request.at("type").as_string().c_str(), "request");
    QCOMPARE(request.at("request").at("operation").as_string().c_str(), "create");
    QCOMPARE(request.at("request").at("path").as_string().c_str(), "notes/a");
    QCOMPARE(request.at("request").at("data").at("value").as_string().c_str(), hash("hush").c_str());
    QCOMPARE(request.at("request").at("client_token").as_string().c_str(), hash(f.house.rootToken).c_str());
    QCOMPARE(request.at("request").at("mount_type").as_string().c_str(), "notebook");
    QCOMPARE(request.at("auth").at("policy_results").at("allowed").as_bool(), true);
    QVERIFY(!request.contains("response"));
    const auto& response = entries[4];
    QCOMPARE(response.at("type").as_string().c_str(), "response");
    QCOMPARE(response.at("response").at("data").at("value").as_string().c_str(), hash("hush").c_str());
    QCOMPARE(response.at("request").at("id"), entries[3].at("request").at("id"));
    QCOMPARE(entries[5].at("error").as_string().c_str(), "permission denied");
    QCOMPARE(entries[6].at("error").as_string().c_str(), "permission denied");
}

void TestRequestPipeline::withholdsWhatIsNotAudited()
{
    QTemporaryDir directory;
    const auto folder = directory.filePath("log").toStdString();
    std::filesystem::create_directory(folder);
    Fixture f;
    QVERIFY(!f.write("a", "1").isError);
    f.house.write([&](const auto& scope) {
        mount::MountEntry entry;
        entry.path = "file";
        entry.type = "file";
        entry.options = {{"file_path", folder + "/audit.log"}};
        QVERIFY(!valueOf(f.house.audit.enable(scope, entry)).isError);
    });
    std::filesystem::remove_all(folder);
    f.house.audit.reopen(); // fails: the folder is gone
    f.notebook->callCount = 0;
    const auto refused = f.house.read("notes/a");
    QCOMPARE(refused.status, 500);
    QCOMPARE(firstError(refused), QStringLiteral("internal error"));
    QVERIFY(!refused.data);
    QCOMPARE(f.write("a", "2").status, 500);
    QCOMPARE(f.notebook->callCount.load(), 0); // nothing ran
    std::filesystem::create_directory(folder);
    QCOMPARE(f.value("a"), QStringLiteral("1")); // it tries again by itself
}

void TestRequestPipeline::replicatedChangesReachTheBackends()
{
    Fixture f;
    const auto route = f.house.router.find("notes/a");
    f.notebook->invalidated.clear();
    f.house.pipeline.changed({"s/logical/" + route->entry.uuid + "/a/b"});
    QCOMPARE(f.notebook->invalidated, std::vector<std::string>{"a/b"});
}

QTEST_GUILESS_MAIN(TestRequestPipeline)
#include "tst_request_pipeline.moc"
