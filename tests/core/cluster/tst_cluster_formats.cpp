#include "core/cluster/links/forward_codec.h"
#include "core/token/token_entry.h"

#include <QtTest>

using namespace core;

class TestClusterFormats : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void forwardedRequestsKeepTheirParts();
    void forwardedBodiesAreCheckedInTheirStoredForm();
};

void TestClusterFormats::forwardedRequestsKeepTheirParts()
{
    mount::Request request;
    request.id = "id";
    request.operation = policy::Operation::Create;
    request.path = "secret/data/x";
    request.data = {{"data", boost::json::object{{"a", 1.0}}}};
    request.body = R"({"data":{"a":1.00}})";
    request.clientToken = "hvs.secret";
    request.headers = {{"x-vault-token", "hvs.secret"}, {"x-other", "kept"}};
    auto token = std::make_shared<token::TokenEntry>();
    token->displayName = "userpass-bob";
    token->policies = {"default", "writer"};
    request.token = token;
    request.wrapTtl = std::chrono::seconds{30};
    const auto wire = cluster::toWire(request);
    QVERIFY(wire.SerializeAsString().find("hvs.secret") == std::string::npos);
    const auto back = cluster::fromWire(wire);
    QVERIFY(back);
    QCOMPARE(back->path, request.path);
    QCOMPARE(back->body, request.body);
    QVERIFY(back->data == request.data && back->operation == request.operation);
    QCOMPARE(back->headers.size(), std::size_t{1});
    QVERIFY(back->wrapTtl == request.wrapTtl);
    QVERIFY(back->token->policies == token->policies && back->token->displayName == token->displayName);

    // Everything that this node accepted from its client arrives: deep nesting, and bytes that are no text.
    boost::json::object deep{{"a", 1}};
    for (int level = 0; level < 498; ++level) deep = boost::json::object{{"a", std::move(deep)}};
    request.data = std::move(deep);
    request.body.clear(); // a form, for example
    request.headers.push_back({"user-agent", "\xff\xfe"});
    replication::wire::ForwardRequest received;
    QVERIFY(received.ParseFromString(cluster::toWire(request).SerializeAsString()));
    const auto whole = cluster::fromWire(received);
    QVERIFY(whole && whole->data == request.data && whole->headers.back().value == "\xff\xfe");

    mount::Response response = mount::Response::ofData({{"x", true}});
    response.auth.emplace();
    response.auth->policies = {"p"};
    response.auth->metadata = {{"username", "bob"}};
    response.auth->ttl = std::chrono::seconds{60};
    response.warnings = {"w"};
    response.dataText = {{"data", "{\"n\":1.0}"}};
    response.wrapTtl = std::chrono::seconds{5};
    const auto answer = cluster::fromWire(cluster::toWire(response));
    QVERIFY(answer);
    QVERIFY(answer->data == response.data && answer->dataText == response.dataText && answer->warnings == response.warnings);
    QVERIFY(answer->auth->metadata == response.auth->metadata && answer->auth->ttl == response.auth->ttl);
    QVERIFY(answer->wrapTtl == response.wrapTtl);
    replication::wire::ForwardAnswer bad;
    bad.set_auth("{\"policies\":1}");
    QVERIFY(!cluster::fromWire(bad));
}

// The class: a policy judges another text than the one that is stored. It could occur where a request has its fields twice: from another
// cluster (fields and body), and in a body with repeated keys. What holds now: the receiver reads the fields from the body that it stores,
// and checks both against its own limits.
void TestClusterFormats::forwardedBodiesAreCheckedInTheirStoredForm()
{
    mount::Request request;
    request.path = "kv/a";
    request.operation = policy::Operation::Update;
    request.data = {{"level", "low"}};
    request.body = R"({"level":"high"})";
    const auto read = cluster::fromWire(cluster::toWire(request));
    QVERIFY(read);
    QCOMPARE(read->body, request.body);
    QVERIFY(read->data.at("level") == "high");

    request.body = R"({"level":"high","level":"low"})";
    const auto repeated = cluster::fromWire(cluster::toWire(request));
    QVERIFY(!repeated && repeated.error().code == ErrorCode::InvalidArgument);

    request.body = R"({"list":[1,2,3]})";
    const auto long_ = cluster::fromWire(cluster::toWire(request), {.arrayElementCountMax = 2});
    QVERIFY(!long_ && long_.error().detail.find("max_json_array_element_count = 2") != std::string::npos);
    request.body.clear();
    request.data = {{"list", {1, 2, 3}}};
    QVERIFY(!cluster::fromWire(cluster::toWire(request), {.arrayElementCountMax = 2}));
}

QTEST_APPLESS_MAIN(TestClusterFormats)
#include "tst_cluster_formats.moc"
