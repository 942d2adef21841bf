#include "tests/core/replication/link_world.h"

#include <QtTest>

using namespace testing;

/// A peer with the right certificate sends what no peer may send. Each time the result is a clear refusal, or a clean new connection.
class TestReplicationBadPeers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void eachErrorInAHelloIsRefused_data();
    void eachErrorInAHelloIsRefused();
    void aPlaceThatTheLogHasNotReachedIsReconciled();
    void repeatedFramesEndTheLink();
    void recordsArriveAfterACutAtAnyByte();
    void aStreamFromElsewhereIsRefused();
    void pagesAreAnsweredOnceAndInTheOfferedForm_data();
    void pagesAreAnsweredOnceAndInTheOfferedForm();
    void treesOfAnyNameLengthAreRefused();
    void invalidAddressesAreNotPassedOn_data();
    void invalidAddressesAreNotPassedOn();

private:
    /// The primary's answer to one frame.
    static std::optional<Frame> answerTo(LinkWorld& world, const Frame& frame)
    {
        world.primaryLink->received(frame);
        FrameDecoder decoder;
        decoder.feed(world.primaryLink->pull());
        auto answer = decoder.next();
        return answer && *answer ? *answer : std::nullopt;
    }
    static wire::Hello hello()
    {
        wire::Hello message;
        message.set_version(kProtocolVersion);
        message.set_set_id("set");
        message.set_epoch(1);
        message.set_secondary_id("b");
        message.set_window_bytes(kWindowBytes);
        return message;
    }
    static Frame frameOf(FrameType type, const google::protobuf::MessageLite& message) { return {type, message.SerializeAsString()}; }
};

void TestReplicationBadPeers::eachErrorInAHelloIsRefused_data()
{
    QTest::addColumn<QString>("wrong");
    QTest::addColumn<int>("code");
    QTest::newRow("version") << "version" << static_cast<int>(wire::Refusal::VERSION);
    QTest::newRow("set") << "set" << static_cast<int>(wire::Refusal::SET);
    QTest::newRow("identity") << "identity" << static_cast<int>(wire::Refusal::IDENTITY);
    QTest::newRow("cut") << "cut" << static_cast<int>(wire::Refusal::PROTOCOL);
    QTest::newRow("twice") << "twice" << static_cast<int>(wire::Refusal::PROTOCOL);
    QTest::newRow("records of a secondary") << "records" << static_cast<int>(wire::Refusal::PROTOCOL);
    QTest::newRow("credit without end") << "credit" << static_cast<int>(wire::Refusal::PROTOCOL);
}

void TestReplicationBadPeers::eachErrorInAHelloIsRefused()
{
    QFETCH(QString, wrong);
    QFETCH(int, code);
    LinkWorld world{Type::Dr, 1};
    world.writeSomething();
    const auto index = world.primary.appliedIndex();
    world.connect();
    auto message = hello();
    if (wrong == "version") message.set_version(99);
    if (wrong == "set") message.set_set_id("another");
    if (wrong == "identity") message.set_secondary_id("c");
    Frame frame = frameOf(FrameType::Hello, message);
    if (wrong == "cut") frame.payload.resize(frame.payload.size() - 1);
    auto answer = answerTo(world, frame);
    if (wrong == "twice" || wrong == "records" || wrong == "credit") {
        QVERIFY(answer && answer->type == FrameType::Welcome);
        while (!world.primaryLink->pull().empty()) {}
        wire::Credit credit;
        credit.set_bytes(~std::uint64_t{0});
        answer = answerTo(world, wrong == "twice"     ? frame
                                 : wrong == "records" ? Frame{FrameType::Records, std::string(8, '\0')}
                                                      : frameOf(FrameType::Credit, credit));
    }
    QVERIFY(answer && answer->type == FrameType::Refusal);
    wire::Refusal refusal;
    QVERIFY(parseFrame(*answer, refusal));
    QCOMPARE(static_cast<int>(refusal.code()), code);
    QVERIFY(!refusal.detail().empty());
    QVERIFY(world.primaryLink->failure().has_value());
    QVERIFY(world.primary.appliedIndex() == index);
}

void TestReplicationBadPeers::aPlaceThatTheLogHasNotReachedIsReconciled()
{
    LinkWorld world{Type::Dr, 2};
    for (int i = 0; i < 20; ++i) world.writeSomething();
    for (const std::uint64_t index : {world.primary.appliedIndex().value() + 1, ~std::uint64_t{0}}) {
        world.connect();
        auto message = hello();
        message.set_log_id("log-a");
        message.set_index(index);
        const auto answer = answerTo(world, frameOf(FrameType::Hello, message));
        QVERIFY(answer && answer->type == FrameType::Welcome);
        wire::Welcome welcome;
        QVERIFY(parseFrame(*answer, welcome));
        QVERIFY(!welcome.streams());
        QVERIFY(!world.primaryLink->failure());
    }
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
}

void TestReplicationBadPeers::repeatedFramesEndTheLink()
{
    LinkWorld world{Type::Dr, 3};
    world.writeSomething();
    QVERIFY(world.settle());
    world.primary.write({world.primary.put("s/core/a", "older")});
    FrameDecoder decoder;
    std::optional<Frame> records;
    for (std::string bytes = world.primaryLink->pull(); !bytes.empty(); bytes = world.primaryLink->pull()) {
        decoder.feed(bytes);
        for (auto frame = decoder.next(); frame && *frame; frame = decoder.next()) {
            if ((*frame)->type == FrameType::Records) records = **frame;
            world.secondaryLink->received(**frame);
        }
    }
    QVERIFY(records.has_value());
    world.beginApply();
    world.finishApply();
    world.primary.write({world.primary.put("s/core/a", "newer")});
    QVERIFY(world.settle());
    // If it were applied again, it would restore the older value.
    world.secondaryLink->received(*records);
    QVERIFY(world.secondaryLink->failure().has_value());
    QCOMPARE(world.secondaryLink->failure()->detail, std::string{"records that have come before"});
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0});
}

void TestReplicationBadPeers::recordsArriveAfterACutAtAnyByte()
{
    LinkWorld world{Type::Dr, 4};
    world.writeSomething();
    QVERIFY(world.settle());
    for (std::size_t cutAt = 1; cutAt <= 400; cutAt += 7) {
        world.writeSomething();
        world.writeSomething();
        world.deliverToSecondary(cutAt);
        world.beginApply();
        world.cut();
        world.finishApply();
        world.connect();
    }
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0});
}

void TestReplicationBadPeers::aStreamFromElsewhereIsRefused()
{
    LinkWorld world{Type::Dr, 5};
    world.writeSomething();
    QVERIFY(world.settle());
    const auto before = world.secondary.values();
    for (const auto& [logId, index] : {std::pair{std::string{"log-x"}, world.primary.appliedIndex().value()},
                                       std::pair{std::string{"log-a"}, world.primary.appliedIndex().value() + 7}}) {
        world.connect();
        wire::Welcome welcome;
        welcome.set_epoch(1);
        welcome.set_log_id(logId);
        welcome.set_streams(true);
        welcome.set_index(index);
        world.secondaryLink->received(frameOf(FrameType::Welcome, welcome));
        QVERIFY(world.secondaryLink->failure().has_value());
        QVERIFY(!world.secondaryLink->takeApply());
    }
    QVERIFY(world.secondary.values() == before);
    QVERIFY(world.settle());
}

void TestReplicationBadPeers::pagesAreAnsweredOnceAndInTheOfferedForm_data()
{
    QTest::addColumn<QString>("wrong");
    QTest::newRow("the same page again") << "again";
    QTest::newRow("a page of another count") << "count";
    QTest::newRow("a tree that was not offered") << "tree";
}

void TestReplicationBadPeers::pagesAreAnsweredOnceAndInTheOfferedForm()
{
    QFETCH(QString, wrong);
    LinkWorld world{Type::Dr, 1};
    world.primary.write({world.primary.put("s/core/one", "value"), world.primary.put("l/core/one", "value")});
    world.connect();
    auto message = hello();
    auto& tree = *message.add_trees(); // it differs, so its pages are offered
    tree.set_tree("s");
    tree.set_digest("something else");
    tree.set_leaf_count(1);
    auto answer = answerTo(world, frameOf(FrameType::Hello, message));
    QVERIFY(answer && answer->type == FrameType::Welcome);
    wire::PageLeaves leaves;
    leaves.set_tree("s");
    leaves.set_page_count(1);
    leaves.set_hash_bytes(4);
    leaves.set_digest_bytes(4);
    leaves.add_pages(0);
    leaves.add_leaf_counts(0);
    if (wrong == "count") leaves.set_page_count(256);
    if (wrong == "tree") leaves.set_tree("l");
    if (wrong == "again") {
        world.primaryLink->received(frameOf(FrameType::PageLeaves, leaves));
        QVERIFY(!world.primaryLink->failure());
    }
    world.primaryLink->received(frameOf(FrameType::PageLeaves, leaves));
    QVERIFY(world.primaryLink->failure());
}

void TestReplicationBadPeers::treesOfAnyNameLengthAreRefused()
{
    LinkWorld world{Type::Dr, 1};
    world.writeSomething();
    world.connect();
    auto message = hello();
    message.add_trees()->set_tree(std::string(frameBytesMax(FrameType::Hello) - 200, 'x')); // the Welcome would name it
    const auto answer = answerTo(world, frameOf(FrameType::Hello, message));
    QVERIFY(answer && answer->type == FrameType::Refusal);
}

void TestReplicationBadPeers::invalidAddressesAreNotPassedOn_data()
{
    QTest::addColumn<QByteArray>("address");
    QTest::addColumn<bool>("isTaken");
    QTest::newRow("an address") << QByteArray{"https://[2001:db8::1]:8201"} << true;
    QTest::newRow("longer than any") << QByteArray(100'000, 'x') << false; // a heartbeat to others could not hold it
    QTest::newRow("lines") << QByteArray{"https://a:8201\r\nhttps://b:8201"} << false;
}

void TestReplicationBadPeers::invalidAddressesAreNotPassedOn()
{
    QFETCH(QByteArray, address);
    QFETCH(bool, isTaken);
    const std::string text = address.toStdString();
    LinkWorld world{Type::Dr, 1};
    world.writeSomething();
    world.connect();
    auto message = hello();
    message.mutable_self()->set_cluster_address(text);
    message.mutable_self()->set_api_address(text);
    message.set_peer_fingerprint(text);
    const auto answer = answerTo(world, frameOf(FrameType::Hello, message));
    QVERIFY(answer && answer->type == FrameType::Welcome);
    const std::string expected = isTaken ? text : std::string{};
    const auto isAsExpected = [&] {
        const PeerInfo& peer = world.primaryLink->peer();
        return peer.endpoint.clusterAddress == expected && peer.endpoint.apiAddress == expected && peer.peerFingerprint == expected;
    };
    QVERIFY(isAsExpected());
    wire::Heartbeat beat;
    beat.set_epoch(1);
    *beat.mutable_self() = message.self();
    beat.set_peer_fingerprint(text);
    world.primaryLink->received(frameOf(FrameType::Heartbeat, beat));
    QVERIFY(!world.primaryLink->failure());
    QVERIFY(isAsExpected());
}

QTEST_APPLESS_MAIN(TestReplicationBadPeers)
#include "tst_replication_bad_peers.moc"
