#include "core/mount/fields.h"
#include "core/mount/plain_json.h"

#include <QTest>

#include <boost/json/parse.hpp>

using namespace core;
using namespace core::mount;
using namespace std::chrono_literals;

class TestFields : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void convertsWeakly();
    void answersHoldPlainNumbers();
    void readsDurations_data();
    void readsDurations();
    void nullAndAbsentAreNothing();
    void refusesWhatItCannotConvert_data();
    void refusesWhatItCannotConvert();
};

namespace {

boost::json::object objectOf(const char* text)
{
    return boost::json::parse(text).as_object();
}

} // namespace

void TestFields::convertsWeakly()
{
    const auto data = objectOf(R"({"n":"5","b":"true","t":7,"l":"a, b,c","il":["1",2],"m":["k=v","x=y=z"],"o":{"a":"1"}})");
    Fields fields{data};
    QCOMPARE(fields.integer("n"), 5);
    QCOMPARE(fields.boolean("b"), true);
    QCOMPARE(fields.text("t"), std::string{"7"});
    QCOMPARE(fields.list("l"), (std::vector<std::string>{"a", "b", "c"}));
    QCOMPARE(fields.integers("il"), (std::vector<std::int64_t>{1, 2}));
    QCOMPARE(fields.map("m"), (std::map<std::string, std::string>{{"k", "v"}, {"x", "y=z"}}));
    QVERIFY(fields.object("o") != nullptr);
    // The class: numbers as text are written as people write them, in each field that is text: descriptions, metadata, passwords, durations.
    const auto numbers = objectOf(R"({"a":1.5,"b":0.1,"c":1e21,"m":{"x":2.5,"y":null}})");
    Fields texts{numbers};
    QCOMPARE(texts.text("a"), std::string{"1.5"});
    QCOMPARE(texts.text("b"), std::string{"0.1"});
    QCOMPARE(texts.text("c"), std::string{"1e+21"});
    QCOMPARE(texts.map("m"), (std::map<std::string, std::string>{{"x", "2.5"}, {"y", ""}}));
    QVERIFY(!fields.refusal());
}

/// The class: the server's own numbers are written as people write them, in every answer: rates, CPU times, metrics.
void TestFields::answersHoldPlainNumbers()
{
    const auto object = objectOf(
        R"({"a":2596.142,"z":0.0,"whole":4595.0,"small":0.00001,"tiny":1e-7,"huge":1e21,"large":1e20,"neg":-1.5,"n":5,"t":"1.5E0","l":[1.5,{"x":0.25,"q\"":null}]})");
    QCOMPARE(
        QByteArray::fromStdString(serializePlain(object)),
        QByteArray{
            R"({"a":2596.142,"z":0,"whole":4595,"small":0.00001,"tiny":1e-07,"huge":1e+21,"large":100000000000000000000,"neg":-1.5,"n":5,"t":"1.5E0","l":[1.5,{"x":0.25,"q\"":null}]})"});
    const auto plain = objectOf(R"({"a":[1,"x"],"b":{}})");
    QCOMPARE(QByteArray::fromStdString(serializePlain(plain)), QByteArray{R"({"a":[1,"x"],"b":{}})"});
}

void TestFields::readsDurations_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<qint64>("seconds");
    QTest::newRow("number") << QByteArray{"3600"} << qint64{3600};
    QTest::newRow("digits") << QByteArray{"\"3600\""} << qint64{3600};
    QTest::newRow("go text") << QByteArray{"\"1h30m\""} << qint64{5400};
    QTest::newRow("days") << QByteArray{"\"2d\""} << qint64{172800};
    QTest::newRow("empty") << QByteArray{"\"\""} << qint64{0};
    QTest::newRow("negative") << QByteArray{"\"-1s\""} << qint64{-1};
}

void TestFields::readsDurations()
{
    QFETCH(QByteArray, json);
    QFETCH(qint64, seconds);
    const auto data = objectOf(("{\"ttl\":" + json + "}").constData());
    Fields fields{data};
    const auto ttl = fields.duration("ttl");
    QVERIFY(ttl.has_value());
    QCOMPARE(std::chrono::duration_cast<std::chrono::seconds>(*ttl).count(), seconds);
}

void TestFields::nullAndAbsentAreNothing()
{
    const auto data = objectOf(R"({"n":null})");
    Fields fields{data};
    QVERIFY(!fields.integer("n"));
    QVERIFY(!fields.text("absent"));
    QVERIFY(fields.isNamed("n"));
    QVERIFY(!fields.has("n"));
    QVERIFY(!fields.refusal());
}

void TestFields::refusesWhatItCannotConvert_data()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("int") << QByteArray{"int"} << QByteArray{"\"five\""};
    QTest::newRow("fraction") << QByteArray{"int"} << QByteArray{"1.5"};
    QTest::newRow("bool") << QByteArray{"bool"} << QByteArray{"\"maybe\""};
    QTest::newRow("duration") << QByteArray{"duration"} << QByteArray{"\"1.5\""};
    QTest::newRow("duration word") << QByteArray{"duration"} << QByteArray{"\"soon\""};
    QTest::newRow("list of objects") << QByteArray{"list"} << QByteArray{"[{}]"};
    QTest::newRow("map") << QByteArray{"map"} << QByteArray{"[\"no equals\"]"};
    QTest::newRow("text") << QByteArray{"text"} << QByteArray{"[]"};
}

void TestFields::refusesWhatItCannotConvert()
{
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, json);
    const auto data = objectOf(("{\"x\":" + json + "}").constData());
    Fields fields{data};
    if (kind == "int") fields.integer("x");
    if (kind == "bool") fields.boolean("x");
    if (kind == "duration") fields.duration("x");
    if (kind == "list") fields.list("x");
    if (kind == "map") fields.map("x");
    if (kind == "text") fields.text("x");
    QVERIFY(fields.refusal().has_value());
    QCOMPARE(fields.refusal()->status, 400);
    QVERIFY(
        QString::fromStdString(fields.refusal()->errors.front()).startsWith(u"Field validation failed: error converting input for field \"x\": "));
}

QTEST_APPLESS_MAIN(TestFields)
#include "tst_fields.moc"
