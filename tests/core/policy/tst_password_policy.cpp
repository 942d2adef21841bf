#include "core/policy/password_policy.h"

#include <QtTest>

#include <map>

using namespace core;
using policy::PasswordPolicy;

/// The rules of passwords that the server makes for other systems.
class TestPasswordPolicy : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsHclAndJson();
    void refuses_data();
    void refuses();
    void keepsEveryRule();
    void everyCharacterIsEquallyLikely();
    void countsCharactersAndNotBytes();
    void impossibleRulesEndInTime();
    void standardPasswords();
    void hugeNumbersDoNotOverflow();

private:
    static PasswordPolicy parsed(std::string_view document)
    {
        auto policy = PasswordPolicy::parse(document);
        if (!policy) qFatal("%s", policy.error().detail.c_str());
        return *policy;
    }
    std::string password(const PasswordPolicy& policy)
    {
        auto made = policy.generate(m_random, m_clock);
        if (!made) qFatal("%s", made.error().detail.c_str());
        return std::string{made->view()};
    }

    SeededRandom m_random{11};
    FakeClock m_clock;
};

void TestPasswordPolicy::readsHclAndJson()
{
    QCOMPARE(password(parsed("length = 4\nrule \"charset\" { charset = \"a\" min-chars = 1 }\n")), std::string{"aaaa"});
    QCOMPARE(password(parsed(R"({"length":5,"rule":[{"charset":{"charset":"b","min-chars":1}}]})")), std::string{"bbbbb"});
    QCOMPARE(password(parsed("length = 4\nrule \"charset\" { charset = \"a\" min-chars = -1 }\nother = true")), std::string{"aaaa"});
}

void TestPasswordPolicy::refuses_data()
{
    QTest::addColumn<QByteArray>("document");
    QTest::addColumn<QByteArray>("text");
    const auto one = [](const char* text) { return QByteArray{"1 error occurred:\n\t* "} + text + "\n\n"; };
    QTest::newRow("no characters") << QByteArray{"length = 10"} << one("no charset specified");
    QTest::newRow("no length") << QByteArray{"rule \"charset\" { charset = \"a\" }"} << one("length must be > 0");
    QTest::newRow("nothing") << QByteArray{""} << QByteArray{"2 errors occurred:\n\t* length must be > 0\n\t* no charset specified\n\n"};
    QTest::newRow("too many demanded") << QByteArray{"length = 4\nrule \"charset\" { charset = \"a\" min-chars = 5 }"}
                                       << one("specified rules require at least 5 characters but 4 is specified");
    QTest::newRow("not printable") << QByteArray{"length = 4\nrule \"charset\" { charset = \"a\\n\" }"} << one("non-printable character in charset");
    QTest::newRow("other rule") << QByteArray{"length = 4\nrule \"other\" { charset = \"a\" }"}
                                << QByteArray{"unable to parse rules: unable to parse rule other: unrecognized rule type other"};
    QTest::newRow("not HCL") << QByteArray{"length = ten"} << QByteArray{"unable to decode: At 1:10: "};
    QTest::newRow("length as text") << QByteArray{"length = \"ten\""} << QByteArray{"unable to decode: At 1:10: length must be a whole number"};
    QTest::newRow("characters as number") << QByteArray{"length = 4\nrule \"charset\" { charset = 5 }"}
                                          << QByteArray{"unable to parse rules: unable to parse rule charset: At 2:28: charset must be a text"};
}

void TestPasswordPolicy::refuses()
{
    QFETCH(QByteArray, document);
    QFETCH(QByteArray, text);
    const auto policy = PasswordPolicy::parse(document.toStdString());
    QVERIFY(!policy);
    QCOMPARE(QByteArray::fromStdString(policy.error().detail).left(text.size()), text);
}

void TestPasswordPolicy::keepsEveryRule()
{
    const auto policy =
        parsed("length = 8\nrule \"charset\" { charset = \"abc\" min-chars = 3 }\nrule \"charset\" { charset = \"XY\" min-chars = 2 }\n"
               "rule \"charset\" { charset = \"0123456789\" }");
    for (int at = 0; at < 200; ++at) {
        const auto made = password(policy);
        QCOMPARE(made.size(), std::size_t{8});
        const auto count = [&](std::string_view characters) {
            return std::ranges::count_if(made, [&](char c) { return characters.find(c) != std::string_view::npos; });
        };
        QVERIFY(count("abc") >= 3 && count("XY") >= 2);
        QCOMPARE(count("abcXY0123456789"), 8);
    }
}

// Class: bias by a remainder. The same could occur in each place where a random number is reduced to a range (Random::base62). 256 is no multiple of 100, so
// with plain remainders the first 56 characters would come half again as often as the others.
void TestPasswordPolicy::everyCharacterIsEquallyLikely()
{
    std::string characters;
    for (char c = '0'; c <= '~'; ++c) {
        if (c != '"' && c != '\\' && c != '$') characters += c;
    }
    const auto policy = parsed("length = 100\nrule \"charset\" { charset = \"" + characters + "\" }");
    std::map<char, int> counts;
    constexpr int kRounds = 2'000;
    for (int at = 0; at < kRounds; ++at) {
        for (const char c : password(policy)) ++counts[c];
    }
    QCOMPARE(counts.size(), characters.size());
    const double expected = 100.0 * kRounds / static_cast<double>(characters.size());
    for (const auto& [c, count] : counts) QVERIFY2(std::abs(count - expected) < expected * 0.12, qPrintable(QString::number(count)));
}

void TestPasswordPolicy::countsCharactersAndNotBytes()
{
    const auto made = password(parsed("length = 6\nrule \"charset\" { charset = \"äß€😀\" min-chars = 1 }"));
    QCOMPARE(QString::fromStdString(made).toUcs4().size(), 6);
    std::string tooMany;
    for (int at = 0; at < 300; ++at) tooMany += QString{QChar{0x4E00 + at}}.toStdString();
    const auto refused = parsed("length = 6\nrule \"charset\" { charset = \"" + tooMany + "\" }").generate(m_random, m_clock);
    QVERIFY(!refused);
    QCOMPARE(refused.error().detail, std::string{"charset is too long: limited to 255 characters"});
}

// Class: work whose length the input decides. A policy that no candidate keeps would otherwise hold its thread without end; a clock that stops
// must not either.
void TestPasswordPolicy::impossibleRulesEndInTime()
{
    std::string document = "length = 30\n";
    for (char c = 'a'; c <= 'z'; ++c) document += "rule \"charset\" { charset = \"" + std::string{c} + "\" min-chars = 1 }\n";
    const auto policy = parsed(document);
    const SystemClock clock;
    const auto began = clock.steadyNow();
    const auto made = policy.generate(m_random, clock);
    QVERIFY(!made);
    QVERIFY(made.error().code == ErrorCode::Timeout);
    QVERIFY(clock.steadyNow() - began < std::chrono::seconds{20});
    QVERIFY(policy.generate(m_random, m_clock).error().code == ErrorCode::Timeout);
}

void TestPasswordPolicy::standardPasswords()
{
    static const QRegularExpression kForm{"^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*-)[0-9A-Za-z-]{20}$"};
    QSet<QByteArray> all;
    for (int at = 0; at < 100; ++at) {
        const auto made = QByteArray::fromStdString(password(PasswordPolicy::standard()));
        QVERIFY2(kForm.match(made).hasMatch(), made.constData());
        all << made;
    }
    QCOMPARE(all.size(), 100);
}

void TestPasswordPolicy::hugeNumbersDoNotOverflow()
{
    const std::string rule = "rule \"charset\" { charset = \"a\" min-chars = 9223372036854775807 }\n";
    const auto policy = PasswordPolicy::parse("length = 9223372036854775807\n" + rule + rule);
    QVERIFY(policy); // the route refuses the length
    QCOMPARE(policy->length(), std::numeric_limits<std::int64_t>::max());
    QVERIFY(!PasswordPolicy::parse("length = 5\n" + rule + rule));
}

QTEST_GUILESS_MAIN(TestPasswordPolicy)
#include "tst_password_policy.moc"
