#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/sys/routes/guard.h"
#endif

using namespace core;
using namespace core::sys;
using mount::Response;

/// The class: a handler runs although the check before it has refused the call, or could not decide. It could occur at each route that a DR secondary
/// answers with a DR operation token, because each had its own lines for the check. What holds: one function runs the check and the handler.
class TestGuard : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void runsTheHandlerOnlyIfAllowed_data();
    void runsTheHandlerOnlyIfAllowed();
};

void TestGuard::runsTheHandlerOnlyIfAllowed_data()
{
    QTest::addColumn<QString>("decision");
    QTest::newRow("allowed") << QStringLiteral("allowed");
    QTest::newRow("refused") << QStringLiteral("refused");
    QTest::newRow("undecided") << QStringLiteral("undecided");
}

void TestGuard::runsTheHandlerOnlyIfAllowed()
{
    QFETCH(QString, decision);
    const Guard guard = [&](Call& call) -> Result<std::optional<Response>> {
        if (decision == u"undecided") return Error{ErrorCode::Io, "the disk"};
        if (decision == u"refused") return std::optional{Response::error(403, "not at " + call.request.path)};
        return std::optional<Response>{};
    };
    int runs = 0;
    const auto handler = guarded(guard, [&](Call&) {
        ++runs;
        return Response::ofData({{"done", true}});
    });
    testing_backend::Fixture fixture;
    const auto request = fixture.requestOf({.path = "x"});
    const auto answer = fixture.inTransaction([&](mount::Context& context) {
        Call call{.request = request, .context = context, .fields = mount::Fields{request.data}, .captured = {}};
        return handler(call);
    });
    QCOMPARE(runs, decision == u"allowed" ? 1 : 0);
    QCOMPARE(answer.has_value(), decision != u"undecided");
    if (!answer) {
        QVERIFY(answer.error().code == ErrorCode::Io);
        return;
    }
    QCOMPARE(answer->isError, decision == u"refused");
    if (decision == u"refused") QCOMPARE(answer->status, 403);
}

QTEST_GUILESS_MAIN(TestGuard)
#include "tst_guard.moc"
