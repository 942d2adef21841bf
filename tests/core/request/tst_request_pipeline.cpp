#include "core/mount/mount_storage.h"
#include "tests/core/request/notebook.h"

#include <boost/json.hpp>

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>
#include <utility>

using namespace testing_stack;
using namespace std::chrono_literals;
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
    void uploadsAreTakenFromWhoMayDoThemOnly();
    void changesNothingWhenRefusedLate();
    void runsAgainAfterAConflict();
    void givesUpAfterTooManyConflicts();
    void slowHandlersRunOnTheWorkers();
    void passwordChecksHaveTheirOwnQueue();
    void waitingForAPasswordCheckIsNoRunningRequest();
    void wrongLoginsLockTheUser();
    void largeBodiesLeaveTheIoThread();
    void largeEntriesAreRefused();
    void lastUseEndsTheToken();
    void policyChangesTakeEffectAtOnce();
    void aRotatedKeyIsInUseAtOnce();
    void mountsComeAndGo();
    void theIndexIsComparedBeforeTheMountIsFound();
    void nothingIsWrittenIntoAMountThatGoes();
    void loginMakesAToken();
    void onlyOpenVerbsNeedNoToken();
    void loginNeverMakesRoot();
    void loginFollowsTheMountsTokenType();
    void theLastUseIsOneRequestsAlone_data();
    void theLastUseIsOneRequestsAlone();
    void auditsBeforeAndAfter();
    void withholdsWhatIsNotAudited();
};

void TestRequestPipeline::answersFromTheCommittedState()
{
    Fixture f;
    QVERIFY(!f.stack.read("notes/a").hasContent());
    QVERIFY(!f.write("a", "1").isError);
    QCOMPARE(f.value("a"), QStringLiteral("1"));
    const auto help = f.stack.send(Operation::Help, "notes/a");
    QVERIFY(help.isRaw && help.rawBody.find("a notebook") != std::string::npos);
}

void TestRequestPipeline::refusesAsTheApiDoes_data()
{
    QTest::addColumn<QString>("token");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isWrite");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("error");
    QTest::newRow("unknown token") << "hvs.no"
                                   << "notes/a" << false << 403 << "permission denied";
    QTest::newRow("malformed batch token") << "hvb.%%%"
                                           << "notes/a" << false << 403 << "permission denied";
    QTest::newRow("policy refuses") << "reader"
                                    << "notes/a" << true << 403 << "1 error occurred:\n\t* permission denied\n\n";
    QTest::newRow("policy refuses elsewhere") << "reader"
                                              << "other/a" << false << 403 << "1 error occurred:\n\t* permission denied\n\n";
    QTest::newRow("no such mount") << "root"
                                   << "other/a" << false << 404 << "no handler for route \"other/a\". route entry not found.";
    QTest::newRow("backend refuses") << "root"
                                     << "notes/fails" << false << 400 << "no good";
    QTest::newRow("backend fails") << "root"
                                   << "notes/breaks" << false << 500 << "1 error occurred:\n\t* disk on fire\n\n";
}

void TestRequestPipeline::refusesAsTheApiDoes()
{
    QFETCH(QString, token);
    QFETCH(QString, path);
    QFETCH(bool, isWrite);
    Fixture f;
    auto id = token.toStdString();
    if (token == "reader") id = f.token("reader");
    if (token == "root") id = f.stack.rootToken;
    const auto response = f.stack.send(isWrite ? Operation::Update : Operation::Read, path.toStdString(), {}, id);
    QVERIFY(response.isError);
    QTEST(response.status, "status");
    QTEST(firstError(response), "error");

    const auto none = f.stack.send(Operation::Read, "notes/a", {}, {}, [](auto& request) { request.clientToken.clear(); });
    QCOMPARE(none.status, 403);
    QCOMPARE(firstError(none), QStringLiteral("permission denied"));
}

void TestRequestPipeline::tellsCreateFromUpdate()
{
    Fixture f;
    const auto creator = f.token("creator");
    QVERIFY(!f.write("a", "1", creator).isError);
    QCOMPARE(f.write("a", "2", creator).status, 403); // the path exists now, so this is an update
    QCOMPARE(f.value("a"), QStringLiteral("1"));
}

void TestRequestPipeline::needsSudoWhereItIsAskedFor()
{
    Fixture f;
    f.stack.policy("strong", R"(path "notes/vault/*" { capabilities = ["read","create","update","sudo"] })");
    QCOMPARE(f.write("vault/a", "1", f.token("writer")).status, 403);
    // Help says nothing about stored data. Any valid token can ask for it, also on paths that need sudo or another policy.
    QCOMPARE(f.stack.send(Operation::Help, "notes/vault/a", {}, f.token("writer")).status, 200);
    QCOMPARE(f.stack.send(Operation::Help, "notes/vault/a", {}, f.token("nothing")).status, 200);
    QCOMPARE(f.stack.send(Operation::Help, "notes/vault/a", {}, "hvs.unknown").status, 403);
    QVERIFY(!f.write("vault/a", "1", f.token("strong")).isError);
    QVERIFY(!f.write("vault/a", "2").isError); // root
}

// The class: a body is stored before it is known whether its sender is allowed to send it. It could occur for every path that takes an unbounded body
// (uploads), and for every check of a request: token, bound addresses, uses, policy, and the path's own sudo. What holds: all checks are made from
// the head of the request; handle() makes them again.
void TestRequestPipeline::uploadsAreTakenFromWhoMayDoThemOnly()
{
    Fixture f;
    f.stack.policy("saver", R"(path "notes/a" { capabilities = ["read"] })");
    f.stack.policy("restorer", R"(path "notes/*" { capabilities = ["update"] })");
    f.stack.policy("strong", R"(path "notes/*" { capabilities = ["update","sudo"] })");
    auto& pipeline = f.stack.pipeline;
    const auto may = [&](std::string_view token, std::string_view path, std::string_view address = "127.0.0.1") {
        return pipeline.mayUpload({.clientToken = token, .path = path, .remoteAddress = address});
    };
    QVERIFY(!may("", "notes/a"));
    QVERIFY(!may("hvs.unknown", "notes/a"));
    QVERIFY(!may(f.token("reader"), "notes/a")); // a valid token, but no policy allows it
    QVERIFY(!may(f.token("saver"), "notes/a"));
    QVERIFY(may(f.token("restorer"), "notes/a"));
    QVERIFY(!may(f.token("restorer"), "nowhere/a"));
    QVERIFY(!may(f.token("restorer"), "notes/vault/a")); // needs sudo
    QVERIFY(may(f.token("strong"), "notes/vault/a"));
    QVERIFY(may(f.stack.rootToken, "notes/vault/a"));

    const auto bound = f.stack.makeToken([](auto& draft) {
        draft.policies = {"restorer"};
        draft.boundCidrs = {"10.0.0.0/8"};
    });
    QVERIFY(!may(bound.id, "notes/a"));
    QVERIFY(may(bound.id, "notes/a", "10.1.2.3"));
    QVERIFY(!pipeline.isKnown(bound.id, "127.0.0.1"));
    QVERIFY(pipeline.isKnown(bound.id, "10.1.2.3"));

    const auto once = f.stack.makeToken([](auto& draft) {
        draft.policies = {"restorer"};
        draft.usesLeft = 1;
    });
    QVERIFY(may(once.id, "notes/a"));
    f.stack.read("notes/a", once.id);
    QVERIFY(!may(once.id, "notes/a"));
}

void TestRequestPipeline::boundTokensWorkFromTheirNetworksOnly()
{
    Fixture f;
    const auto bound = f.stack.makeToken([](auto& draft) {
        draft.policies = {"reader"};
        draft.boundCidrs = {"10.0.0.0/8"};
    });
    QCOMPARE(f.stack.read("notes/a", bound.id).status, 403);
    const auto near = f.stack.send(Operation::Read, "notes/a", {}, bound.id, [](auto& request) { request.remoteAddress = "10.1.2.3"; });
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
    QCOMPARE(f.notebook->rowsKept.load(), 4); // each run has the row that its own exists() has read
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
    request.clientToken = f.stack.rootToken;
    const int before = f.notebook->callCount;
    f.stack.pipeline.handle(std::move(request), f.stack.executor, [&](Response response) { isDone = !response.isError; });
    QCOMPARE(f.notebook->callCount.load(), before); // not while this thread runs
    QVERIFY(f.stack.executor.runUntil([&] { return isDone; }));
    QCOMPARE(f.value("slow"), QStringLiteral("1"));
}

/// The class and its places: see tst_password_pool. Here: a request that is not admitted gets its answer at once, and nothing was done for it.
void TestRequestPipeline::passwordChecksHaveTheirOwnQueue()
{
    Fixture f;
    f.doorman->hashes = true;
    f.doorman->auth.policies = {"reader"};
    QVERIFY(f.stack.update("auth/door/login/ann", {}).auth.has_value());
    QCOMPARE(f.stack.passwords.postedCount, std::size_t{1});
    const int before = f.doorman->callCount;
    f.stack.passwords.admission = BoundedExecutor::Admission::SenderFull;
    const auto tooMany = f.stack.update("auth/door/login/ann", {});
    QCOMPARE(tooMany.status, 429);
    f.stack.passwords.admission = BoundedExecutor::Admission::Full;
    const auto full = f.stack.update("auth/door/login/ann", {});
    QCOMPARE(full.status, 503);
    for (const auto& refused : {tooMany, full}) {
        QVERIFY(std::ranges::any_of(refused.headers, [](const auto& header) { return header.first == "Retry-After"; }));
    }
    QCOMPARE(f.doorman->callCount.load(), before);
    QVERIFY(!f.write("a", "1").isError); // other requests are not affected
}

namespace {

/// Counts a request as running, except while it waits.
class CountingCaller final : public request::Caller {
public:
    CountingCaller(int& runningCount, bool& isDone) : m_runningCount{runningCount}, m_isDone{isDone} {}
    void answer(Response&&, LogIndex) override { m_isDone = true; }
    void pause() override { --m_runningCount; }
    void resume() override { ++m_runningCount; }

private:
    int& m_runningCount;
    bool& m_isDone;
};

} // namespace

void TestRequestPipeline::waitingForAPasswordCheckIsNoRunningRequest()
{
    Fixture f;
    f.doorman->hashes = true;
    int runningCount = 1;
    bool isDone = false;
    mount::Request request;
    request.operation = Operation::Update;
    request.path = "auth/door/login/ann";
    f.stack.pipeline.handle(std::move(request), f.stack.executor, std::make_unique<CountingCaller>(runningCount, isDone));
    QCOMPARE(runningCount, 0); // a change of role does not wait for it
    QVERIFY(f.stack.executor.runUntil([&] { return isDone; }));
    QCOMPARE(runningCount, 1);

    // A request that waits when the server stops or seals is refused. It must not run on the data that is opened next.
    isDone = false;
    const int before = f.doorman->callCount;
    Response answered;
    mount::Request late;
    late.operation = Operation::Update;
    late.path = "auth/door/login/ann";
    f.stack.pipeline.handle(std::move(late), f.stack.executor, [&](Response response) {
        answered = std::move(response);
        isDone = true;
    });
    f.stack.pipeline.stop();
    QVERIFY(f.stack.executor.runUntil([&] { return isDone; }));
    QCOMPARE(answered.status, 503);
    QCOMPARE(f.doorman->callCount.load(), before);
}

/// The class and its places: see tst_user_lockout. Here: the pipeline checks before each login and counts after it, also for several logins at the
/// same time. A lock is a row that survives a restart.
void TestRequestPipeline::wrongLoginsLockTheUser()
{
    Fixture f;
    f.doorman->auth.policies = {"reader"};
    const auto login = [&](const char* user, bool isRight) { return f.stack.update(std::string{"auth/people/login/"} + user, {{"right", isRight}}); };
    for (int failure = 0; failure < 5; ++failure) QCOMPARE(login("ann", false).status, 400);
    const int before = f.doorman->callCount;
    const auto refused = login("ann", true);
    QCOMPARE(refused.status, 403);
    QCOMPARE(firstError(refused), QStringLiteral("permission denied"));
    QCOMPARE(f.doorman->callCount.load(), before); // the credential was not checked
    QVERIFY(login("bob", true).auth.has_value());
    QCOMPARE(f.stack.keyCount("l/core/login/lockedUsers/"), std::size_t{1});
    f.stack.lockout.clear(); // as after a restart
    QCOMPARE(login("ann", true).status, 403);
    f.stack.clock.advance(15min);
    QVERIFY(login("ann", true).auth.has_value());
    QCOMPARE(f.stack.keyCount("l/core/login/lockedUsers/"), std::size_t{0});
}

void TestRequestPipeline::largeBodiesLeaveTheIoThread()
{
    Fixture f;
    for (const bool isLarge : {false, true}) {
        bool isDone = false;
        mount::Request request;
        request.operation = Operation::Update;
        request.path = "notes/a";
        request.data = {{"value", "1"}};
        request.bodyBytes = isLarge ? 100'000 : 100;
        request.clientToken = f.stack.rootToken;
        const int before = f.notebook->callCount;
        f.stack.pipeline.handle(std::move(request), f.stack.executor, [&](Response response) { isDone = !response.isError; });
        QCOMPARE(f.notebook->callCount.load(), before + (isLarge ? 0 : 1));
        QVERIFY(f.stack.executor.runUntil([&] { return isDone; }));
    }
}

/// The class: one request stores more than the operator allows. It could occur at every write. What holds: the pipeline checks each entry of a
/// transaction before the commit, for every backend. Entries that a link or a restore brings are not checked.
void TestRequestPipeline::largeEntriesAreRefused()
{
    Fixture f;
    QVERIFY(!f.write("fits", std::string(1'000'000, 'x')).isError);
    const auto refused = f.write("large", std::string(1'100'000, 'x'));
    QCOMPARE(refused.status, 413);
    QVERIFY(firstError(refused).contains("put failed due to value being too large"));
    QVERIFY(!f.stack.read("notes/large").hasContent());
    // A larger value that was stored under another limit can still be read.
    f.stack.write([&](const auto& scope) {
        const auto entries = valueOf(f.stack.mounts.entries(scope, mount::TableKind::Secrets));
        for (const auto& entry : entries) {
            if (entry.path == "notes/") check(scope.shared("logical/" + entry.uuid + "/").put("old", std::string(2'000'000, 'x')));
        }
    });
    QCOMPARE(f.value("old").size(), 2'000'000);
}

void TestRequestPipeline::lastUseEndsTheToken()
{
    Fixture f;
    const auto token = f.token("writer", 3);
    QVERIFY(!f.write("a", "1", token).isError);
    QCOMPARE(f.stack.read("other/x", token).status, 403); // a refused request costs a use too
    QVERIFY(!f.write("a", "2", token).isError);
    QCOMPARE(f.stack.read("notes/a", token).status, 403);
    QCOMPARE(f.value("a"), QStringLiteral("12"));
    QCOMPARE(f.stack.keyCount("l/sys/token/id/"), 1u); // only root's token is left
    // The same when the last request is refused.
    const auto other = f.token("reader", 1);
    QCOMPARE(f.write("a", "3", other).status, 403);
    QCOMPARE(f.stack.keyCount("l/sys/token/id/"), 1u);
}

void TestRequestPipeline::policyChangesTakeEffectAtOnce()
{
    Fixture f;
    const auto token = f.token("late");
    QCOMPARE(f.stack.read("notes/a", token).status, 403);
    f.stack.policy("late", R"(path "notes/*" { capabilities = ["read"] })");
    QVERIFY(!f.stack.read("notes/a", token).isError);
    f.stack.write([&](const auto& scope) { check(f.stack.policies.erase(scope, "late")); });
    QCOMPARE(f.stack.read("notes/a", token).status, 403);
}

void TestRequestPipeline::aRotatedKeyIsInUseAtOnce()
{
    Fixture f;
    auto& stack = f.stack;
    const auto termNow = [&] { return valueOf(stack.barrier.keyStatus()).term; };
    stack.write([&](const auto& scope) {
        const auto keyring = valueOf(stack.barrier.keyring());
        scope.transaction().put(valueOf(stack.barrier.putStoredOperation(std::string{barrier::kKeyringKey}, keyring.sealed(stack.random))));
    });
    const auto termBefore = termNow();
    stack.write([&](const auto& scope) { check(stack.barrier.rotate(scope.transaction(), stack.clock.now())); });
    QCOMPARE(termNow(), termBefore + 1);
}

void TestRequestPipeline::mountsComeAndGo()
{
    Fixture f;
    f.stack.mount(mount::TableKind::Secrets, "more", "notebook");
    QVERIFY(!f.stack.update("more/a", {{"value", "1"}}).isError);
    f.stack.write([&](const auto& scope) { (void)valueOf(f.stack.mounts.disable(scope, mount::TableKind::Secrets, "more")); });
    QCOMPARE(f.stack.read("more/a").status, 404);
    f.stack.mount(mount::TableKind::Secrets, "more", "notebook");
    QVERIFY(!f.stack.read("more/a").hasContent()); // a new mount, without the data of the old one
}

// Class: a check that what a client has seen is present comes after a part of that state was already read. Looked at: all that admit() reads before
// the policies. Now the index is compared first. The mount arrives here while the index is compared, as a replicated record would.
void TestRequestPipeline::theIndexIsComparedBeforeTheMountIsFound()
{
    Fixture f;
    f.stack.roles.isPerformance = true;
    f.stack.roles.place = {Epoch{2}, LogIndex{50}};
    const request::StateSigner signer{valueOf(f.stack.barrier.keyring())};
    const auto index = signer.write({"the primary", 1, request::sharedNumber(Epoch{2}, LogIndex{50})});
    bool isMounted = false;
    f.stack.roles.onPlaceAsked = [&] {
        if (!std::exchange(isMounted, true)) f.stack.mount(mount::TableKind::Secrets, "later", "notebook");
    };
    const int before = f.notebook->callCount;
    (void)f.stack.send(policy::Operation::Read, "later/a", {}, f.stack.rootToken,
                       [&](mount::Request& request) { request.stateHeaders.push_back(index); });
    QVERIFY(isMounted);
    QCOMPARE(f.notebook->callCount - before, 1);
}

/// Such data would never be removed, and nobody could reach it.
void TestRequestPipeline::nothingIsWrittenIntoAMountThatGoes()
{
    Fixture f;
    f.stack.mount(mount::TableKind::Secrets, "more", "notebook");
    const auto uuid = f.stack.inspect([](const barrier::Scope& scope) {
        for (const auto& entry : valueOf(mount::loadMounts(scope, mount::TableKind::Secrets))) {
            if (entry.path == "more/") return entry.uuid;
        }
        return std::string{};
    });
    QVERIFY(!uuid.empty());
    QCOMPARE(f.stack.update("more/closing", {{"value", "1"}}).status, 404); // unmounted while it runs
    QVERIFY(f.stack.store->forest().state([&](std::string_view tree) { return tree == "s/logical/" + uuid; }).trees.empty());
}

void TestRequestPipeline::loginMakesAToken()
{
    Fixture f;
    f.doorman->auth.policies = {"Reader"};
    f.doorman->auth.displayName = "bob";
    f.doorman->auth.metadata = {{"username", "bob"}};
    f.doorman->auth.ttl = 1h;
    const auto response = f.stack.send(Operation::Update, "auth/door/login/bob", {}, {}, [](auto& r) { r.clientToken.clear(); });
    QVERIFY2(!response.isError, qPrintable(firstError(response)));
    QVERIFY(response.auth->clientToken.starts_with("hvs."));
    QCOMPARE(response.auth->policies, (std::vector<std::string>{"default", "reader"}));
    QCOMPARE(response.auth->ttl.count(), 3600);
    const auto entry =
        f.stack.inspect([&](const auto& scope) { return valueOf(f.stack.tokens.check(scope, response.auth->clientToken, f.stack.clock.now())); });
    QCOMPARE(QString::fromStdString(entry->displayName), QStringLiteral("door-bob"));
    QCOMPARE(QString::fromStdString(entry->path), QStringLiteral("auth/door/login/bob"));
    QVERIFY(!f.stack.read("notes/a", response.auth->clientToken).isError);
    // Other paths of the method need a token.
    QCOMPARE(f.stack.send(Operation::Update, "auth/door/users", {}, "no").status, 403);
}

/// The class and its places: see tst_route_table. Here: the pipeline also checks the verb, for its own requests and for forwarded ones.
void TestRequestPipeline::onlyOpenVerbsNeedNoToken()
{
    Fixture f;
    const auto withoutToken = [](auto& request) { request.clientToken.clear(); };
    QVERIFY(!f.stack.send(Operation::Update, "auth/door/login/ann", {}, {}, withoutToken).isError);
    QCOMPARE(f.doorman->callCount.load(), 1);
    QCOMPARE(f.stack.send(Operation::Delete, "auth/door/login/ann", {}, {}, withoutToken).status, 403);
    QCOMPARE(f.doorman->callCount.load(), 1);
}

void TestRequestPipeline::loginNeverMakesRoot()
{
    Fixture f;
    f.doorman->auth.policies = {"ROOT"};
    const auto count = f.stack.keyCount("l/sys/token/id/");
    const auto response = f.stack.update("auth/door/login/bob", {});
    QCOMPARE(response.status, 400);
    QCOMPARE(firstError(response), QStringLiteral("auth methods cannot create root tokens"));
    QCOMPARE(f.stack.keyCount("l/sys/token/id/"), count);
}

void TestRequestPipeline::loginFollowsTheMountsTokenType()
{
    Fixture f;
    f.doorman->auth.policies = {"reader"};
    f.stack.write([&](const auto& scope) {
        mount::Tuning tuning;
        tuning.tokenType = "batch";
        (void)valueOf(f.stack.mounts.tune(scope, mount::TableKind::Auth, "door", tuning));
    });
    const auto response = f.stack.update("auth/door/login/bob", {});
    QVERIFY(response.auth->clientToken.starts_with("hvb."));
    QVERIFY(!f.stack.read("notes/a", response.auth->clientToken).isError);
}

void TestRequestPipeline::theLastUseIsOneRequestsAlone_data()
{
    QTest::addColumn<QByteArray>("policy");
    QTest::addColumn<int>("wanted");
    QTest::newRow("allowed") << QByteArray{"writer"} << 1;
    QTest::newRow("not allowed") << QByteArray{"reader"} << 0;
}

/// Requests that come too late are refused, also if the refusal itself conflicts.
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
            f.stack.pipeline.handle(std::move(request), f.stack.executor, [&](Response answer) { answers.push_back(std::move(answer)); });
        }
        QVERIFY(f.stack.executor.runUntil([&] { return answers.size() == kRequests; }));
        const auto done = std::count_if(answers.begin(), answers.end(), [](const Response& answer) { return !answer.isError; });
        QCOMPARE(int(done), wanted);
        QVERIFY(f.notebook->callCount.load() == 0 || wanted == 1);
        QVERIFY(!f.stack.isValid(token));
    }
}

void TestRequestPipeline::auditsBeforeAndAfter()
{
    QTemporaryDir directory;
    const auto file = directory.filePath("audit.log").toStdString();
    Fixture f;
    f.stack.write([&](const auto& scope) {
        mount::MountEntry entry;
        entry.path = "file";
        entry.type = "file";
        entry.options = {{"file_path", file}};
        QVERIFY(!valueOf(f.stack.audit.enable(scope, entry)).isError);
    });
    QVERIFY(!f.write("a", "hush").isError);
    QCOMPARE(f.value("a"), QStringLiteral("hush"));
    (void)f.stack.read("notes/a", "hvs.unknown");

    std::ifstream in{file};
    std::vector<json::object> entries;
    for (std::string line; std::getline(in, line);) {
        QVERIFY(line.find("hush") == std::string::npos && line.find(f.stack.rootToken) == std::string::npos);
        entries.push_back(json::parse(line).as_object());
    }
    QCOMPARE(entries.size(), 7u); // the test entry, and three pairs
    const auto hash = [&](std::string_view text) { return *f.stack.audit.hash("file", text); };
    const auto& request = entries[1];
    QCOMPARE(request.at("type").as_string().c_str(), "request");
    QCOMPARE(request.at("request").at("operation").as_string().c_str(), "create");
    QCOMPARE(request.at("request").at("path").as_string().c_str(), "notes/a");
    QCOMPARE(request.at("request").at("data").at("value").as_string().c_str(), hash("hush").c_str());
    QCOMPARE(request.at("request").at("client_token").as_string().c_str(), hash(f.stack.rootToken).c_str());
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
    f.stack.write([&](const auto& scope) {
        mount::MountEntry entry;
        entry.path = "file";
        entry.type = "file";
        entry.options = {{"file_path", folder + "/audit.log"}};
        QVERIFY(!valueOf(f.stack.audit.enable(scope, entry)).isError);
    });
    std::filesystem::remove_all(folder);
    std::ofstream{folder} << "a file that blocks the folder"; // the device would make a missing folder again
    f.stack.audit.reopen();
    f.notebook->callCount = 0;
    const auto refused = f.stack.read("notes/a");
    QCOMPARE(refused.status, 500);
    QCOMPARE(firstError(refused), QStringLiteral("internal error"));
    QVERIFY(!refused.data);
    QCOMPARE(f.write("a", "2").status, 500);
    QCOMPARE(f.notebook->callCount.load(), 0); // nothing was executed
    std::filesystem::remove(folder);
    QCOMPARE(f.value("a"), QStringLiteral("1")); // the device recovers by itself
}

QTEST_GUILESS_MAIN(TestRequestPipeline)
#include "tst_request_pipeline.moc"
