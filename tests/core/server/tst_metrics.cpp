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
    void writesSummaries();
    void writesJson();
    void explainsEachMetric_data();
    void explainsEachMetric();

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
    QCOMPARE(prometheusText(some()), std::string{"# HELP vault_a_count No description.\n"
                                                 "# TYPE vault_a_count counter\n"
                                                 "vault_a_count 12\n"
                                                 "# HELP vault_b_size No description.\n"
                                                 "# TYPE vault_b_size gauge\n"
                                                 "vault_b_size{name=\"one\"} 2\n"
                                                 "vault_b_size{name=\"a \\\"quoted\\\" \\\\ one\",more=\"x\"} 0.5\n"});
    QCOMPARE(prometheusText({}), std::string{});
}

void TestMetrics::writesSummaries()
{
    const std::vector<Measure> some{{"vault.wal.persistWALs", 12.5, Kind::Summary, {}, 4},
                                    {"vault.route.read.kv_", 2, Kind::Summary, {{"x", "y"}}, 1}};
    QCOMPARE(prometheusText(some), std::string{"# HELP vault_route_read_kv_ Milliseconds that the backend of a mount took for this operation.\n"
                                               "# TYPE vault_route_read_kv_ summary\n"
                                               "vault_route_read_kv__sum{x=\"y\"} 2\n"
                                               "vault_route_read_kv__count{x=\"y\"} 1\n"
                                               "# HELP vault_wal_persistWALs Milliseconds to write and sync a group of transactions.\n"
                                               "# TYPE vault_wal_persistWALs summary\n"
                                               "vault_wal_persistWALs_sum 12.5\n"
                                               "vault_wal_persistWALs_count 4\n"});
    const auto json = metricsJson(some, WallTime{});
    QCOMPARE(boost::json::serialize(json.at("Samples").at(0)),
             std::string{R"({"Name":"vault.wal.persistWALs","Labels":{},"Count":4,"Sum":1.25E1,"Mean":3.125E0})"});
}

void TestMetrics::explainsEachMetric_data()
{
    QTest::addColumn<QByteArray>("name");
    const request::Meters meters;
    FakeClock clock;
    SeededRandom random{1};
    const audit::Broker audit{random, clock};
    for (const auto& measure : requestMeasures(meters, audit)) QTest::newRow(measure.name.c_str()) << QByteArray::fromStdString(measure.name);
    for (const auto& measure : processMeasures()) QTest::newRow(measure.name.c_str()) << QByteArray::fromStdString(measure.name);
}

/// A metric without a help line makes scrapers warn. The black-box test asks a running server for all of its metrics.
void TestMetrics::explainsEachMetric()
{
    QFETCH(QByteArray, name);
    QVERIFY(helpOf(name.replace('.', '_').toStdString()) != "No description.");
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
