#include "core/http/body_budget.h"
#include "core/http/body_pace.h"
#include "core/http/reply_headers.h"

#include <QtTest>

#include <deque>

using namespace core;
using http::BodyBudget;
using namespace std::chrono_literals;

// The class: strangers use up memory that all clients share. It could occur with half-sent bodies (many small ones, one large one, slow ones), with
// complete bodies that are being answered, and with the parsed values of a body. What holds: one budget counts all of them. Strangers have a share,
// one address has a part of that, and a slow body is dropped.
class TestBodyBudget : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void oneAddressHoldsItsPart();
    void anIpv6NetworkIsOneAddress();
    void smallBodiesAreAlwaysTaken();
    void theOldestHalfSentBodyGivesWay();
    void whoHoldsTooMuchGivesWayFirst();
    void wholeBodiesDoNotGiveWay();
    void strangersLeaveRoomForOthers();
    void nobodyExceedsTheWhole();
    void slowBodiesAreCut();
    void headersComeByStatus();
    void impossibleHeadersAreRefused_data();
    void impossibleHeadersAreRefused();
};

namespace {

constexpr std::uint64_t kSmall = 64;
const BodyBudget::Options kOptions{.bytesMax = 4000, .strangerBytesMax = 1600, .addressBytesMax = 400, .smallBytesMax = kSmall};

struct Given {
    std::unique_ptr<BodyBudget::Body> body;
    bool isGivenUp = false;
};

/// Bodies with fixed addresses.
class Bodies {
public:
    explicit Bodies(BodyBudget& budget) : m_budget{budget} {}
    Given& add(const std::string& address)
    {
        Given& given = m_all.emplace_back();
        given.body = std::make_unique<BodyBudget::Body>(m_budget, address, [&given] { given.isGivenUp = true; });
        return given;
    }

private:
    BodyBudget& m_budget;
    std::deque<Given> m_all;
};

} // namespace

void TestBodyBudget::oneAddressHoldsItsPart()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    QVERIFY(bodies.add("10.0.0.1").body->take(300));
    auto& second = bodies.add("10.0.0.1");
    QVERIFY(second.body->take(100));
    QVERIFY(!second.body->take(1));
    QVERIFY(bodies.add("10.0.0.2").body->take(400));
    QCOMPARE(budget.bytes(), std::uint64_t{800});
    second.body.reset();
    QCOMPARE(budget.bytes(), std::uint64_t{700});
    QVERIFY(bodies.add("10.0.0.1").body->take(100));
    QCOMPARE(budget.takeReleasedBytes(), std::uint64_t{100});
    QCOMPARE(budget.takeReleasedBytes(), std::uint64_t{0});
}

void TestBodyBudget::anIpv6NetworkIsOneAddress()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    QVERIFY(bodies.add("2001:db8::1").body->take(400));
    QVERIFY(!bodies.add("2001:db8::ffff:2").body->take(400));
    QVERIFY(bodies.add("2001:db8:0:1::1").body->take(400));
}

void TestBodyBudget::smallBodiesAreAlwaysTaken()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    for (int at = 0; at < 1000; ++at) QVERIFY(bodies.add("10.0.0.1").body->take(kSmall));
    QVERIFY(budget.bytes() <= 1600);
    QVERIFY(bodies.add("10.0.0.2").body->take(kSmall));
    QVERIFY(!bodies.add("10.0.0.1").body->take(kSmall + 1));
}

void TestBodyBudget::theOldestHalfSentBodyGivesWay()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    std::vector<Given*> given;
    for (int at = 0; at < 4; ++at) {
        given.push_back(&bodies.add("10.0.0." + std::to_string(at)));
        QVERIFY(given.back()->body->take(400));
    }
    QVERIFY(bodies.add("10.0.0.9").body->take(300));
    QVERIFY(given[0]->isGivenUp && !given[1]->isGivenUp);
    QVERIFY(!given[0]->body->take(1)); // a dropped body stays dropped
    QCOMPARE(budget.bytes(), std::uint64_t{1500});
}

void TestBodyBudget::whoHoldsTooMuchGivesWayFirst()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    auto& oldest = bodies.add("10.0.0.1");
    QVERIFY(oldest.body->take(kSmall));
    std::vector<Given*> flood;
    for (int at = 0; at < 24; ++at) {
        flood.push_back(&bodies.add("10.0.0.2"));
        QVERIFY(flood.back()->body->take(kSmall)); // 1,536 of them: more than the address's part
    }
    QVERIFY(bodies.add("10.0.0.3").body->take(kSmall));
    QVERIFY(!oldest.isGivenUp);
    QVERIFY(flood.front()->isGivenUp && !flood.back()->isGivenUp);
}

void TestBodyBudget::wholeBodiesDoNotGiveWay()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    std::vector<Given*> given;
    for (int at = 0; at < 4; ++at) {
        given.push_back(&bodies.add("10.0.0." + std::to_string(at)));
        QVERIFY(given.back()->body->take(400));
        given.back()->body->complete();
    }
    QVERIFY(!bodies.add("10.0.0.9").body->take(300));
    QVERIFY(bodies.add("10.0.0.9").body->take(kSmall));
    for (const auto* each : given) QVERIFY(!each->isGivenUp);
}

void TestBodyBudget::strangersLeaveRoomForOthers()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    for (int at = 0; at < 10; ++at) bodies.add("10.0.0." + std::to_string(at)).body->take(400);
    auto& known = bodies.add("10.0.0.1");
    QVERIFY(known.body->take(kSmall));
    known.body->becomeKnown();
    QVERIFY(known.body->take(2000));
    QVERIFY(!known.isGivenUp);
    // Strangers' bodies are dropped for it, and never the other way round.
    QVERIFY(known.body->take(1500));
    for (int at = 0; at < 10; ++at) bodies.add("10.1.0." + std::to_string(at)).body->take(400);
    QVERIFY(!known.isGivenUp);
}

void TestBodyBudget::nobodyExceedsTheWhole()
{
    BodyBudget budget{kOptions};
    Bodies bodies{budget};
    auto& known = bodies.add("10.0.0.1");
    known.body->becomeKnown();
    QVERIFY(known.body->take(4000));
    QVERIFY(!known.body->take(kSmall + 1));
    known.body.reset();
    QCOMPARE(budget.bytes(), std::uint64_t{0});
}

void TestBodyBudget::slowBodiesAreCut()
{
    const SteadyTime begin{1h};
    http::BodyPace pace{begin, 60s};
    QCOMPARE(pace.deadline(), begin + 10s);
    QVERIFY(pace.isFastEnough(begin + 9s, 0)); // not yet due
    QVERIFY(pace.isFastEnough(begin + 10s, 10'240));
    QCOMPARE(pace.deadline(), begin + 20s);
    QVERIFY(!pace.isFastEnough(begin + 20s, 20'479)); // many bytes at first do not make up for few later

    http::BodyPace quick{begin, 60s};
    for (int window = 1; window < 6; ++window) QVERIFY(quick.isFastEnough(begin + window * 10s, static_cast<std::uint64_t>(window) * 1'000'000));
    QVERIFY(!quick.isFastEnough(begin + 60s, 100'000'000)); // and the whole time is limited too
    QCOMPARE((http::BodyPace{begin, 3s}.deadline()), begin + 3s);
}

void TestBodyBudget::headersComeByStatus()
{
    http::ReplyHeaders headers;
    const std::string own = "Cache-Control: no-store\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n";
    QCOMPARE(headers.linesFor(200), own);
    QVERIFY(headers.add("default", "X-All", {"a"}));
    QVERIFY(headers.add("2xx", "X-Good", {"t", "u"}));
    QVERIFY(headers.add("404", "X-All", {"none"}));
    QVERIFY(headers.add("5xx", "strict-transport-security", {"max-age=1"}));
    QCOMPARE(headers.linesFor(200), own + "X-All: a\r\nX-Good: t; u\r\n");
    QCOMPARE(headers.linesFor(404), own + "X-All: none\r\n");
    QCOMPARE(headers.linesFor(500), std::string{"Cache-Control: no-store\r\nStrict-Transport-Security: max-age=1\r\nX-All: a\r\n"});
}

void TestBodyBudget::impossibleHeadersAreRefused_data()
{
    QTest::addColumn<QString>("statuses");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::newRow("status") << "6xx"
                            << "X-A"
                            << "a";
    QTest::newRow("word") << "all"
                          << "X-A"
                          << "a";
    QTest::newRow("empty name") << "default"
                                << ""
                                << "a";
    QTest::newRow("blank in the name") << "default"
                                       << "X A"
                                       << "a";
    QTest::newRow("line break in the name") << "default"
                                            << "X-A\r\nX-B"
                                            << "a";
    QTest::newRow("line break in the value") << "default"
                                             << "X-A"
                                             << "a\r\nX-B: b";
    QTest::newRow("framing") << "default"
                             << "content-length"
                             << "1";
    QTest::newRow("ours") << "default"
                          << "x-vault-token"
                          << "a";
}

void TestBodyBudget::impossibleHeadersAreRefused()
{
    QFETCH(QString, statuses);
    QFETCH(QString, name);
    QFETCH(QString, value);
    http::ReplyHeaders headers;
    QVERIFY(!headers.add(statuses.toStdString(), name.toStdString(), {value.toStdString()}));
}

QTEST_APPLESS_MAIN(TestBodyBudget)
#include "tst_body_budget.moc"
