#include "core/token/ttl.h"

#include <QTest>

using namespace std::chrono_literals;
using core::token::computeTtl;
using core::token::TtlRequest;

Q_DECLARE_METATYPE(TtlRequest)

class TestTtl : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void followsTheArithmetic_data();
    void followsTheArithmetic();
    void refusesWhatIsPastItsMaximum();
};

namespace {

const core::WallTime kStart{1'700'000'000s};

TtlRequest requestWith(const std::function<void(TtlRequest&)>& change)
{
    TtlRequest request;
    request.start = kStart;
    request.now = kStart;
    change(request);
    return request;
}

} // namespace

void TestTtl::followsTheArithmetic_data()
{
    QTest::addColumn<TtlRequest>("request");
    QTest::addColumn<qint64>("seconds");
    QTest::addColumn<QString>("warning");
    const auto row = [](const char* name, const TtlRequest& request, std::chrono::seconds ttl, const char* warning) {
        QTest::newRow(name) << request << qint64{ttl.count()} << QString::fromLatin1(warning);
    };
    row("the mount's default", requestWith([](auto&) {}), 768h, "");
    row("the role's", requestWith([](auto& r) { r.roleTtl = 1h; }), 1h, "");
    row("an increment wins", requestWith([](auto& r) {
            r.roleTtl = 1h;
            r.increment = 2h;
        }),
        2h, "");
    row("capped by the role's maximum", requestWith([](auto& r) {
            r.increment = 1h;
            r.roleMax = 30min;
        }),
        30min, "TTL of \"1h\" exceeded the effective max_ttl of \"30m\"; TTL value is capped accordingly");
    row("capped by the mount's maximum", requestWith([](auto& r) {
            r.increment = 100h;
            r.mountMax = 90min;
        }),
        90min, "TTL of \"100h\" exceeded the effective max_ttl of \"1h30m\"; TTL value is capped accordingly");
    row("capped by the explicit maximum", requestWith([](auto& r) {
            r.roleTtl = 2h;
            r.explicitMax = 1h;
        }),
        1h, "TTL of \"2h\" exceeded the effective max_ttl of \"1h\"; TTL value is capped accordingly");
    // A client that asked for no time must get the warning too: it got less than the mount promises.
    row("a default is capped", requestWith([](auto& r) { r.explicitMax = 1h; }), 1h,
        "TTL of \"768h\" exceeded the effective max_ttl of \"1h\"; TTL value is capped accordingly");
    row("period", requestWith([](auto& r) {
            r.period = 1h;
            r.increment = 5h;
        }),
        1h, "");
    row("period beyond the maximum", requestWith([](auto& r) { r.period = 1000h; }), 768h,
        "period of \"1000h\" exceeded the effective max_ttl of \"768h\"; period value is capped accordingly");
    row("periodic tokens have no ceiling", requestWith([](auto& r) {
            r.period = 1h;
            r.now = kStart + 10000h;
        }),
        1h, "");
    row("but the explicit one", requestWith([](auto& r) {
            r.period = 1h;
            r.explicitMax = 10h;
            r.now = kStart + 590min;
        }),
        10min, "TTL of \"1h\" exceeded the effective max_ttl of \"10m\"; TTL value is capped accordingly");
    row("counts from now", requestWith([](auto& r) {
            r.increment = 1h;
            r.now = kStart + 10h;
        }),
        1h, "");
    row("up to the ceiling", requestWith([](auto& r) {
            r.increment = 5h;
            r.now = kStart + 766h;
        }),
        2h, "TTL of \"5h\" exceeded the effective max_ttl of \"2h\"; TTL value is capped accordingly");
}

void TestTtl::followsTheArithmetic()
{
    QFETCH(TtlRequest, request);
    QFETCH(qint64, seconds);
    QFETCH(QString, warning);
    const auto ttl = computeTtl(request);
    QVERIFY(ttl.has_value());
    QCOMPARE(qint64{ttl->ttl.count()}, seconds);
    QCOMPARE(ttl->warnings.size(), warning.isEmpty() ? 0u : 1u);
    if (!warning.isEmpty()) QCOMPARE(QString::fromStdString(ttl->warnings.front()), warning);
}

void TestTtl::refusesWhatIsPastItsMaximum()
{
    const auto ttl = computeTtl(requestWith([](auto& r) { r.now = kStart + 768h; }));
    QVERIFY(!ttl.has_value());
    QCOMPARE(QString::fromStdString(ttl.error().detail), QStringLiteral("past the max TTL, cannot renew"));
}

QTEST_APPLESS_MAIN(TestTtl)
#include "tst_ttl.moc"
