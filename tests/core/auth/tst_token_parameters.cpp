#include "core/auth/token_parameters.h"
#include "core/auth/userpass/bcrypt.h"

#include <QTest>

#include <boost/json/parse.hpp>

using namespace core;
using namespace core::auth;

class TestTokenParameters : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refuses_data();
    void refuses();
    void survivesEncoding();
    void showsOldNamesOnlyWhenUsed();
    void bcryptDistinguishesPasswords();
    void bcryptRefusesWhatItWouldCut();
    void knowsHashesFromElsewhere();
};

namespace {

boost::json::object objectOf(const QByteArray& text)
{
    return boost::json::parse(text.toStdString()).as_object();
}

} // namespace

void TestTokenParameters::refuses_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("ttl above max") << QByteArray{R"({"token_ttl":"2h","token_max_ttl":"1h"})"}
                                   << QByteArray{"'token_ttl' cannot be greater than 'token_max_ttl'"};
    QTest::newRow("negative ttl")
        << QByteArray{R"({"token_ttl":-1})"}
        << QByteArray{"Field validation failed: error converting input for field \"token_ttl\": cannot provide negative value '-1'"};
    QTest::newRow("negative ttl by its old name")
        << QByteArray{R"({"ttl":"-1h"})"}
        << QByteArray{"Field validation failed: error converting input for field \"ttl\": cannot provide negative value '-3600'"};
    QTest::newRow("negative uses") << QByteArray{R"({"token_num_uses":-1})"} << QByteArray{"'token_num_uses' cannot be negative"};
    QTest::newRow("type") << QByteArray{R"({"token_type":"x"})"} << QByteArray{"invalid 'token_type' value \"x\""};
    QTest::newRow("periodic batch") << QByteArray{R"({"token_type":"batch","token_period":"1h"})"}
                                    << QByteArray{"'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens"};
    QTest::newRow("limited batch") << QByteArray{R"({"token_type":"batch","token_num_uses":3})"}
                                   << QByteArray{
                                          "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count"};
    QTest::newRow("cidr") << QByteArray{R"({"token_bound_cidrs":"office"})"}
                          << QByteArray{R"(error parsing address "office": Unable to convert "office" to an IPv4 or IPv6 address, or a UNIX Socket)"};
}

void TestTokenParameters::refuses()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, text);
    TokenParameters parameters;
    const auto refusal = parameters.apply(objectOf(json));
    QVERIFY(refusal.has_value());
    QCOMPARE(refusal->status, 400);
    QCOMPARE(QByteArray::fromStdString(refusal->errors.front()), text);
}

void TestTokenParameters::survivesEncoding()
{
    TokenParameters parameters;
    QVERIFY(!parameters.apply(objectOf(R"({"token_ttl":"1h","token_max_ttl":7200,"token_policies":"B,a,b","token_bound_cidrs":["10.0.0.1"],
        "token_explicit_max_ttl":"3h","token_num_uses":"4","token_type":"service","token_no_default_policy":"true","period":60})")));
    const auto decoded = TokenParameters::decode(parameters.encode());
    QVERIFY(decoded.has_value());
    QVERIFY(decoded->encode() == parameters.encode());
    QCOMPARE(decoded->policies, (std::vector<std::string>{"B", "a", "b"})); // as given; tokens get them in order
    QCOMPARE(decoded->boundCidrs, (std::vector<std::string>{"10.0.0.1"}));
    QCOMPARE(decoded->period.count(), 60);
    QCOMPARE(decoded->oldNames.count("period"), 1u);
}

void TestTokenParameters::showsOldNamesOnlyWhenUsed()
{
    TokenParameters parameters;
    QVERIFY(!parameters.apply(objectOf(R"({"policies":"dev","token_ttl":60})")));
    boost::json::object data;
    parameters.describe(data);
    QVERIFY(data.contains("policies"));
    QVERIFY(!data.contains("ttl"));
    QCOMPARE(data.at("token_bound_cidrs").as_array().size(), 0u);
    QVERIFY(!parameters.apply(objectOf(R"({"token_policies":"ops"})")));
    data.clear();
    parameters.describe(data);
    QVERIFY(!data.contains("policies"));
    // With both, the new name's value counts and is shown under both.
    QVERIFY(!parameters.apply(objectOf(R"({"policies":"old","token_policies":"new"})")));
    parameters.describe(data);
    QCOMPARE(data.at("policies").as_array(), (boost::json::array{"new"}));
}

void TestTokenParameters::bcryptDistinguishesPasswords()
{
    SeededRandom random{1};
    const auto hash = hashPassword("correct horse", random);
    QVERIFY(hash.has_value());
    QVERIFY(isBcryptHash(*hash));
    QVERIFY(hash->starts_with("$2b$10$"));
    QVERIFY(isPasswordOf("correct horse", *hash));
    QVERIFY(!isPasswordOf("correct hors", *hash));
    QVERIFY(!isPasswordOf("correct horse", {}));
    QVERIFY(!isPasswordOf("decoy", {}));
    const auto second = hashPassword("correct horse", random);
    QVERIFY(*second != *hash);
}

void TestTokenParameters::bcryptRefusesWhatItWouldCut()
{
    SeededRandom random{1};
    QVERIFY(!hashPassword(std::string(73, 'a'), random));
    QVERIFY(!hashPassword(std::string_view{"a\0b", 3}, random));
    const auto hash = hashPassword(std::string(72, 'a'), random);
    QVERIFY(hash.has_value());
    QVERIFY(!isPasswordOf(std::string(73, 'a'), *hash));
}

void TestTokenParameters::knowsHashesFromElsewhere()
{
    // From the test vectors of crypt_blowfish.
    QVERIFY(isPasswordOf("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
    QVERIFY(!isBcryptHash("$6$rounds=5000$abc"));
}

QTEST_APPLESS_MAIN(TestTokenParameters)
#include "tst_token_parameters.moc"
