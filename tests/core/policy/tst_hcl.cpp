#include "core/policy/hcl.h"

#include <QtTest>

#include <limits>
#include <random>

using namespace core;
using namespace core::policy;

namespace {

// A tree as one line: strings quoted, numbers as written, objects in document order.
QString dump(const hcl::Value& value)
{
    if (const auto* text = value.string()) {
        return '"' + QString::fromStdString(*text).replace('\n', "\\n").replace('"', "\\\"") + '"';
    }
    if (const auto* number = value.number()) return QString::fromStdString(number->text);
    if (const auto* boolean = value.boolean()) return *boolean ? "true" : "false";
    QStringList parts;
    if (const auto* list = value.list()) {
        for (const auto& element : *list) parts << dump(element);
        return '[' + parts.join(',') + ']';
    }
    if (const auto* object = value.object()) {
        for (const auto& entry : *object) parts << QString::fromStdString(entry.key) + ':' + dump(entry.value);
        return '{' + parts.join(',') + '}';
    }
    return "null";
}

} // namespace

class TestHcl : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void documentsBecomeTrees_data();
    void documentsBecomeTrees();
    void mistakesAreFoundWhereTheyAre_data();
    void mistakesAreFoundWhereTheyAre();
    void numbersKeepTheirValue_data();
    void numbersKeepTheirValue();
    void entriesKnowWhereTheyBegin();
    void blocksAreFoundInEveryForm_data();
    void blocksAreFoundInEveryForm();
    void whatIsNoBlockIsRefused();
    void sizeAndDepthAreBounded();
    void anyBytesGiveATreeOrAnError();
};

void TestHcl::documentsBecomeTrees_data()
{
    QTest::addColumn<QByteArray>("document");
    QTest::addColumn<QString>("tree");
    QTest::newRow("empty") << QByteArray{""} << "{}";
    QTest::newRow("blank") << QByteArray{" \r\n\t# only a comment"} << "{}";
    QTest::newRow("byte order mark") << QByteArray{"\xef\xbb\xbf"
                                                   "a = 1"}
                                     << "{a:1}";
    QTest::newRow("assignments") << QByteArray{"a = \"x\"\nb = true c = 7"} << R"({a:"x",b:true,c:7})";
    QTest::newRow("quoted key") << QByteArray{R"("a b" = false)"} << "{a b:false}";
    QTest::newRow("comments") << QByteArray{"# one\na = 1 // two\n/* three\n four */ b = 2"} << "{a:1,b:2}";
    QTest::newRow("list") << QByteArray{"a = [1, \"x\", [true], {b = 2},]"} << R"({a:[1,"x",[true],{b:2}]})";
    QTest::newRow("commas") << QByteArray{"a = { b = 1, c = 2 }"} << "{a:{b:1,c:2}}";
    QTest::newRow("block") << QByteArray{"a { b = 1 }"} << "{a:{b:1}}";
    QTest::newRow("labels") << QByteArray{R"(a "b" c { d = 1 })"} << "{a:{b:{c:{d:1}}}}";
    QTest::newRow("repeated") << QByteArray{"a {} a { b = 1 }"} << "{a:{},a:{b:1}}";
    QTest::newRow("identifiers") << QByteArray{"a-b.c_d1 = 1 \xc3\xa4 = 2"} << QString{u8"{a-b.c_d1:1,ä:2}"};
    QTest::newRow("escapes") << QByteArray{R"(a = "\"\\\n\u00e4\x41\101")"} << QString{u8R"({a:"\"\\näAA"})"};
    QTest::newRow("interpolation") << QByteArray{R"(a = "x${ f("y", {}) }z")"} << R"({a:"x${ f(\"y\", {}) }z"})";
    QTest::newRow("template") << QByteArray{R"(a = "{{identity.entity.id}}")"} << R"({a:"{{identity.entity.id}}"})";
    QTest::newRow("heredoc") << QByteArray{"a = <<EOF\n  x\n y\nEOF\nb = 1"} << R"({a:"  x\n y\n",b:1})";
    QTest::newRow("empty heredoc") << QByteArray{"a = <<E\nE\n"} << R"({a:""})";
    QTest::newRow("indented heredoc") << QByteArray{"a = <<-EOF\n    x\n      y\n    EOF\n"} << R"({a:"x\n  y\n"})";
    QTest::newRow("less indented heredoc") << QByteArray{"a = <<-EOF\n  x\n    EOF\n"} << R"({a:"  x\n"})";
    QTest::newRow("heredoc in a list") << QByteArray{"a = [<<E\nx\nE\n, 1]"} << R"({a:["x\n",1]})";
    QTest::newRow("json") << QByteArray{R"({"a": [1, "x", {"b": null}], "c": {}, "d": []})"} << R"({a:[1,"x",{b:null}],c:{},d:[]})";
    QTest::newRow("json escapes") << QByteArray{R"( {"a": "\u00e4\ud83d\ude00\/"} )"} << QString{u8R"({a:"ä😀/"})"};
    QTest::newRow("json keeps ${") << QByteArray{R"({"a": "${"})"} << R"({a:"${"})";
}

void TestHcl::documentsBecomeTrees()
{
    QFETCH(QByteArray, document);
    QFETCH(QString, tree);
    const auto parsed = hcl::parse(document.toStdString());
    QVERIFY2(parsed, parsed ? "" : parsed.error().detail.c_str());
    QCOMPARE(dump(*parsed), tree);
}

void TestHcl::mistakesAreFoundWhereTheyAre_data()
{
    QTest::addColumn<QByteArray>("document");
    QTest::addColumn<QString>("detail");
    QTest::newRow("open string") << QByteArray{"a = 1\nb = \"x\n"} << "At 2:5: literal not terminated";
    QTest::newRow("open comment") << QByteArray{"a = 1 /* x"} << "At 1:7: comment not terminated";
    QTest::newRow("open block") << QByteArray{"a {\n b = 1"} << "At 1:3: object expected closing RBRACE got: EOF";
    QTest::newRow("open list") << QByteArray{"a = [1"} << "At 1:7: error parsing list, expected comma or list end, got: EOF";
    QTest::newRow("no value") << QByteArray{"a = \n"} << "At 2:1: expected: STRING | NUMBER | BOOL | LBRACE | LBRACK got: EOF";
    QTest::newRow("no key") << QByteArray{"= 1"} << "At 1:1: expected: IDENT | STRING got: ASSIGN";
    QTest::newRow("key alone") << QByteArray{"a"} << "At 1:2: expected: IDENT | STRING | ASSIGN | LBRACE got: EOF";
    QTest::newRow("labels and =") << QByteArray{"a \"b\" = {}"} << "At 1:7: nested object expected: LBRACE got: ASSIGN";
    QTest::newRow("stray brace") << QByteArray{"a = 1 }"} << "At 1:7: expected: IDENT | STRING got: RBRACE";
    QTest::newRow("word as value") << QByteArray{"a = yes"} << "At 1:5: expected: STRING | NUMBER | BOOL | LBRACE | LBRACK got: IDENT";
    QTest::newRow("list without comma") << QByteArray{"a = [1 2]"} << "At 1:8: error parsing list, expected comma or list end, got: NUMBER";
    QTest::newRow("bad escape") << QByteArray{R"(a = "\q")"} << "At 1:6: illegal char escape";
    QTest::newRow("byte escape") << QByteArray{R"(a = "\xff")"} << "At 1:6: illegal char escape";
    QTest::newRow("surrogate") << QByteArray{R"(a = "\ud800")"} << "At 1:6: illegal char escape";
    QTest::newRow("octal") << QByteArray{"a = 089"} << "At 1:5: illegal octal number";
    QTest::newRow("number and word") << QByteArray{"a = 10s"} << "At 1:5: illegal number";
    QTest::newRow("character") << QByteArray{"a = 1\n$"} << "At 2:1: illegal character";
    QTest::newRow("columns are characters") << QByteArray{"\xc3\xa4 = $"} << "At 1:5: illegal character";
    QTest::newRow("not UTF-8") << QByteArray{"a = \"\xff\""} << "At 1:6: illegal UTF-8 encoding";
    QTest::newRow("overlong UTF-8") << QByteArray{"a = \"\xc0\x80\""} << "At 1:6: illegal UTF-8 encoding";
    QTest::newRow("zero byte") << QByteArray{"a = \"\0\"", 7} << "At 1:6: unexpected null character (0x00)";
    QTest::newRow("open interpolation") << QByteArray{"a = \"${ x"} << "At 1:6: expected terminating brace";
    QTest::newRow("open heredoc") << QByteArray{"a = <<EOF\nx\n"} << "At 1:5: heredoc not terminated";
    QTest::newRow("heredoc without anchor") << QByteArray{"a = <<\n"} << "At 1:5: zero-length heredoc anchor";
    QTest::newRow("json rest") << QByteArray{"{} x"} << "At 1:4: illegal character";
    QTest::newRow("json second") << QByteArray{"{} {}"} << "At 1:4: expected: EOF got: LBRACE";
    QTest::newRow("json trailing comma") << QByteArray{R"({"a": 1,})"} << "At 1:9: expected: STRING got: RBRACE";
    QTest::newRow("json leading zero") << QByteArray{R"({"a": 01})"} << "At 1:7: illegal octal number";
    QTest::newRow("json control character") << QByteArray{"{\"a\": \"\t\"}"} << "At 1:8: illegal control character in a string";
    QTest::newRow("json comment") << QByteArray{"{ # x\n}"} << "At 1:3: illegal character";
}

void TestHcl::mistakesAreFoundWhereTheyAre()
{
    QFETCH(QByteArray, document);
    QFETCH(QString, detail);
    const auto parsed = hcl::parse(document.toStdString());
    QVERIFY(!parsed);
    QVERIFY(parsed.error().code == ErrorCode::InvalidArgument);
    QCOMPARE(QString::fromStdString(parsed.error().detail), detail);
}

void TestHcl::numbersKeepTheirValue_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isInteger");
    QTest::addColumn<qint64>("integer");
    QTest::addColumn<double>("real");
    QTest::newRow("zero") << QByteArray{"0"} << true << qint64{0} << 0.0;
    QTest::newRow("negative") << QByteArray{"-12"} << true << qint64{-12} << -12.0;
    QTest::newRow("hexadecimal") << QByteArray{"0x1F"} << true << qint64{31} << 31.0;
    QTest::newRow("negative hexadecimal") << QByteArray{"-0x10"} << true << qint64{-16} << -16.0;
    QTest::newRow("octal") << QByteArray{"010"} << true << qint64{8} << 8.0;
    QTest::newRow("least") << QByteArray{"-9223372036854775808"} << true << std::numeric_limits<qint64>::min() << -9223372036854775808.0;
    QTest::newRow("beyond") << QByteArray{"9223372036854775808"} << false << qint64{0} << 9223372036854775808.0;
    QTest::newRow("fraction") << QByteArray{"0.25"} << false << qint64{0} << 0.25;
    QTest::newRow("exponent") << QByteArray{"1.5e3"} << false << qint64{0} << 1500.0;
}

void TestHcl::numbersKeepTheirValue()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isInteger);
    QFETCH(qint64, integer);
    QFETCH(double, real);
    const auto parsed = hcl::parse("a = " + text.toStdString());
    QVERIFY(parsed);
    const auto* number = hcl::find(*parsed->object(), "a")->value.number();
    QVERIFY(number);
    QCOMPARE(number->integer.has_value(), isInteger);
    if (isInteger) QCOMPARE(qint64{*number->integer}, integer);
    QCOMPARE(number->real, real);
}

void TestHcl::entriesKnowWhereTheyBegin()
{
    const auto parsed = hcl::parse("a = 1\n  block \"x\" {\n    b = 2\n  }\na = 3\n");
    QVERIFY(parsed);
    const auto* last = hcl::find(*parsed->object(), "a");
    QCOMPARE(last->position.line, 5u); // the last one counts
    const auto blocks = hcl::labelledBlocks(*parsed->object(), "block");
    QVERIFY(blocks);
    const auto* inner = hcl::find(*blocks->front().body, "b");
    QVERIFY((inner->position == hcl::Position{3, 5}));
    QVERIFY((inner->value.position == hcl::Position{3, 9}));
    QVERIFY(!hcl::find(*parsed->object(), "c"));
}

void TestHcl::blocksAreFoundInEveryForm_data()
{
    QTest::addColumn<QByteArray>("document");
    QTest::newRow("hcl") << QByteArray{R"(path "a" { n = 1 } path "b" { n = 2 })"};
    QTest::newRow("hcl object") << QByteArray{R"(path = { "a" = { n = 1 } "b" = { n = 2 } })"};
    QTest::newRow("json object") << QByteArray{R"({"path": {"a": {"n": 1}, "b": {"n": 2}}})"};
    QTest::newRow("json list") << QByteArray{R"({"path": [{"a": {"n": 1}}, {"b": {"n": 2}}]})"};
    QTest::newRow("json inner list") << QByteArray{R"({"path": {"a": [{"n": 1}], "b": [{"n": 2}]}})"};
}

void TestHcl::blocksAreFoundInEveryForm()
{
    QFETCH(QByteArray, document);
    const auto parsed = hcl::parse(document.toStdString());
    QVERIFY(parsed);
    const auto blocks = hcl::labelledBlocks(*parsed->object(), "path");
    QVERIFY(blocks);
    QCOMPARE(blocks->size(), std::size_t{2});
    QCOMPARE(std::string{(*blocks)[0].label}, std::string{"a"});
    QCOMPARE(std::string{(*blocks)[1].label}, std::string{"b"});
    QCOMPARE(*hcl::find(*(*blocks)[1].body, "n")->value.number()->integer, std::int64_t{2});
}

void TestHcl::whatIsNoBlockIsRefused()
{
    const auto parsed = hcl::parse("a = 1\nb { c = 2 }\nd { e = 3 }\nf = [1]");
    QVERIFY(parsed);
    const auto& root = *parsed->object();
    QCOMPARE(hcl::labelledBlocks(root, "a").error().detail, std::string{"At 1:1: 'a' must be a block"});
    QCOMPARE(hcl::labelledBlocks(root, "b").error().detail, std::string{"At 2:5: 'c' must be a block"});
    QCOMPARE(hcl::blocks(root, "d")->size(), std::size_t{1});
    QVERIFY(!hcl::blocks(root, "f"));
    QVERIFY(hcl::blocks(root, "g")->empty());
}

void TestHcl::sizeAndDepthAreBounded()
{
    const auto nested = [](int depth, const char* open, const char* close) {
        std::string text = "a = ";
        for (int at = 0; at < depth; ++at) text += open;
        text += "1";
        for (int at = 0; at < depth; ++at) text += close;
        return text;
    };
    QVERIFY(hcl::parse(nested(hcl::kDepthMax, "[", "]")));
    QVERIFY(!hcl::parse(nested(hcl::kDepthMax + 1, "[", "]")));
    QVERIFY(!hcl::parse(nested(100'000, "{a=", "}")));
    QVERIFY(!hcl::parse(nested(100'000, "[", "")));
    QVERIFY(!hcl::parse("{\"a\":" + std::string(100'000, '[')));

    std::string labels;
    for (int at = 0; at < 100'000; ++at) labels += "a ";
    QVERIFY(!hcl::parse(labels + "{}"));

    const std::string large = "a = \"" + std::string(hcl::kDocumentBytesMax, 'x') + "\"";
    QVERIFY(hcl::parse(large).error().code == ErrorCode::TooLarge);
    QVERIFY(hcl::parse(std::string(hcl::kDocumentBytesMax, ' ')));
}

// Below the class, since moc does not read raw strings over several lines.
static constexpr auto kSample = R"(
# A policy and a configuration in one, to be cut and mixed.
path "secret/data/{{identity.entity.id}}/*" {
  capabilities = ["create", "read", "sudo"]  // words
  allowed_parameters = { "ttl" = ["1h", "2*"] "*" = [] }
  min_wrapping_ttl = "1s" /* at least */
}
listener "tcp" { address = "127.0.0.1:8200" tls_disable = true  max = 0x1f  ratio = -1.5e3 }
text = <<-EOF
    one
      two
    EOF
)";

void TestHcl::anyBytesGiveATreeOrAnError()
{
    const unsigned seed = std::random_device{}();
    std::mt19937 random{seed};
    const auto below = [&](std::size_t bound) { return random() % bound; };
    static constexpr std::string_view kPieces[] = {"{", "}", "[", "]",  "\"",  "\\", "${", "<<E\n", "<<-", "/*",
                                                   "#", "=", ",", "0x", "-1e", "\n", ":",  "\xc3",  "\xff"};
    int trees = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = kSample;
        if (below(4) == 0) text = R"({"path": {"a/*": {"capabilities": ["read", "list"], "n": -1.5e3, "x": null}}})";
        for (auto change = below(6); change > 0; --change) {
            const auto at = below(text.size());
            switch (below(4)) {
            case 0: text[at] = static_cast<char>(below(256)); break;
            case 1: text.erase(at, 1 + below(8)); break;
            case 2: text.insert(at, kPieces[below(std::size(kPieces))]); break;
            default: text.insert(at, text.substr(below(text.size()), below(40))); break;
            }
            if (text.empty()) break;
        }
        const auto parsed = hcl::parse(text);
        if (parsed) {
            ++trees;
            QVERIFY(parsed->object());
        } else {
            QVERIFY2(parsed.error().detail.starts_with("At "), qPrintable(QString{"seed %1"}.arg(seed)));
        }
    }
    QVERIFY2(trees > 1'000 && trees < 20'000, qPrintable(QString{"seed %1: %2 trees"}.arg(seed).arg(trees)));
}

QTEST_APPLESS_MAIN(TestHcl)
#include "tst_hcl.moc"
