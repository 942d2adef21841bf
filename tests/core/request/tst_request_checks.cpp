#include "tests/core/request/notebook.h"

#ifndef Q_MOC_RUN
#include "core/request/request_checks.h"
#endif

#include <QTest>

using namespace testing_stack;
using core::request::Caller;
using core::request::Outcome;
using core::request::RequestChecks;
using core::request::RequestState;

/// The checks of a request alone, without the execution: each one returns what it decides.
class TestRequestChecks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void decidesWithoutAnswering_data();
    void decidesWithoutAnswering();
    void aMissingStorageIsNoRefusal();
    void takesAUseInTheTransactionOfTheCaller();
};

namespace {

class SilentCaller final : public Caller {
public:
    explicit SilentCaller(int& answerCount) : m_answerCount{answerCount} {}
    void answer(Response&&, LogIndex) override { ++m_answerCount; }

private:
    int& m_answerCount;
};

/// One request before its checks.
struct Asked {
    Asked(Fixture& f, mount::Request request)
        : state{f.stack.pipeline, std::move(request), f.stack.executor, std::make_unique<SilentCaller>(answerCount), false}
    {}

    /// All checks in the order of the execution, without a use of the token.
    Outcome runAll()
    {
        if (auto outcome = checks.admit(); !outcome.continues() || !checks.needsPolicies()) return outcome;
        if (auto outcome = checks.loadPolicies(); !outcome.continues()) return outcome;
        state.begin();
        return checks.decide();
    }

    int answerCount = 0;
    RequestState state;
    RequestChecks checks{state};
};

mount::Request requestFor(Operation operation, std::string path, std::string token)
{
    mount::Request request;
    request.operation = operation;
    request.path = std::move(path);
    request.clientToken = std::move(token);
    request.remoteAddress = "127.0.0.1";
    return request;
}

} // namespace

void TestRequestChecks::decidesWithoutAnswering_data()
{
    QTest::addColumn<QString>("policy");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isWrite");
    QTest::addColumn<bool>("isDrSecondary");
    QTest::addColumn<QString>("index");
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("status");
    const auto row = [](const char* name, const char* policy, const char* path, bool isWrite, bool isDr, const char* index, Outcome::Kind kind,
                        int status) {
        QTest::newRow(name) << QString{policy} << QString{path} << isWrite << isDr << QString{index} << static_cast<int>(kind) << status;
    };
    row("allowed", "reader", "notes/a", false, false, "", Outcome::Kind::Continues, 0);
    row("no token", "", "notes/a", false, false, "", Outcome::Kind::Answered, 403);
    row("refused by the policies", "reader", "notes/a", true, false, "", Outcome::Kind::Answered, 403);
    row("no mount: the execution answers", "root", "other/a", false, false, "", Outcome::Kind::Continues, 0);
    row("needs no token", "", "auth/door/login/ann", true, false, "", Outcome::Kind::Continues, 0);
    row("an index that nobody made", "reader", "notes/a", false, false, "no index", Outcome::Kind::Unheard, 412);
    row("DR secondary", "reader", "notes/a", false, true, "", Outcome::Kind::Unheard, 400);
    row("DR secondary, a path that it answers", "", "notes/status", false, true, "", Outcome::Kind::Continues, 0);
}

void TestRequestChecks::decidesWithoutAnswering()
{
    QFETCH(QString, policy);
    QFETCH(QString, path);
    QFETCH(bool, isWrite);
    QFETCH(bool, isDrSecondary);
    QFETCH(QString, index);
    QFETCH(int, kind);
    QFETCH(int, status);
    Fixture f;
    std::string token;
    if (policy == QStringLiteral("root")) token = f.stack.rootToken;
    else if (!policy.isEmpty()) token = f.token(policy.toUtf8().constData());
    auto request = requestFor(isWrite ? Operation::Update : Operation::Read, path.toStdString(), token);
    if (!index.isEmpty()) request.stateHeaders = {index.toStdString()};
    const auto before = f.stack.store->appliedIndex();
    f.stack.roles.isDr = isDrSecondary;

    Asked asked{f, std::move(request)};
    auto outcome = asked.runAll();
    QCOMPARE(static_cast<int>(outcome.kind()), kind);
    if (status != 0) QCOMPARE(std::move(outcome).takeResponse().status, status);
    QCOMPARE(asked.answerCount, 0);
    QCOMPARE(f.stack.executor.runUntil([] { return true; }), true);
    QVERIFY(f.stack.store->appliedIndex() == before);
    QCOMPARE(f.notebook->callCount.load(), 0);
}

/// An error of the storage must not look like a decision. Every check that reads can meet one.
void TestRequestChecks::aMissingStorageIsNoRefusal()
{
    Fixture f;
    Asked asked{f, requestFor(Operation::Read, "notes/a", f.token("reader"))};
    f.stack.tokens.forgetAll();
    f.stack.barrier.seal();
    auto outcome = asked.runAll();
    QVERIFY(outcome.kind() == Outcome::Kind::Failed);
    QVERIFY(outcome.error());
    QVERIFY(outcome.error()->code == ErrorCode::Sealed);
    QCOMPARE(std::move(outcome).takeResponse().status, 503);
}

void TestRequestChecks::takesAUseInTheTransactionOfTheCaller()
{
    Fixture f;
    Asked asked{f, requestFor(Operation::Read, "notes/a", f.token("reader", 1))};
    QVERIFY(asked.checks.admit().continues());
    QVERIFY(asked.checks.needsUse());
    auto transaction = f.stack.store->begin();
    QVERIFY(asked.checks.takeUse(transaction).continues());
    QVERIFY(transaction.hasWrites());
    QVERIFY(asked.state.isLastUse);
    QVERIFY(!asked.checks.needsUse());
    QVERIFY(f.stack.isValid(asked.state.request.clientToken)); // nothing is committed
}

QTEST_GUILESS_MAIN(TestRequestChecks)
#include "tst_request_checks.moc"
