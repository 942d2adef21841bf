#include "core/server/process/metrics.h"

#include <QtTest>

#include <boost/json/serialize.hpp>

using namespace core;
using namespace core::server;
using Kind = Measure::Kind;

class TestMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void writesPrometheusText();
    void writesJson();

private:
    static std::vector<Measure> some()
    {
        return {{"vault.b.size", 2, Kind::Gauge, {{"name", "one"}}},
                {"vault.a_count", 12, Kind::Counter, {}},
                {"vault.b.size", 0.5, Kind::Gauge, {{"name", "a \"quoted\" \\ one"}, {"more", "x"}}}};
    }
};

void TestMetrics::writesPrometheusText()
{
    // Measures with one name must be together below one TYPE line, because a scraper refuses anything else.
    QCOMPARE(prometheusText(some()), std::string{"# TYPE vault_a_count counter\n"
                                                 "vault_a_count 12\n"
                                                 "# TYPE vault_b_size gauge\n"
                                                 "vault_b_size{name=\"one\"} 2\n"
                                                 "vault_b_size{name=\"a \\\"quoted\\\" \\\\ one\",more=\"x\"} 0.5\n"});
    QCOMPARE(prometheusText({}), std::string{});
}

void TestMetrics::writesJson()
{
    const auto json = metricsJson(some(), WallTime{});
    QCOMPARE(boost::json::serialize(json.at("Counters")), std::string{R"([{"Name":"vault.a_count","Labels":{},"Count":12,"Sum":12}])"});
    QCOMPARE(json.at("Gauges").as_array().size(), std::size_t{2});
    QCOMPARE(json.at("Gauges").at(1).at("Labels").at("more").as_string(), boost::json::string{"x"});
    QCOMPARE(json.at("Gauges").at(1).at("Value").as_double(), 0.5);
    QCOMPARE(json.at("Timestamp").as_string(), boost::json::string{"1970-01-01T00:00:00Z"});
    for (const auto* name : {"Points", "Samples"}) QVERIFY(json.at(name).as_array().empty());
}

QTEST_APPLESS_MAIN(TestMetrics)
#include "tst_metrics.moc"
