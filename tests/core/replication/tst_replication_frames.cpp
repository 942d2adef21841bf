#include <QtTest>

#include "core/replication/wire/batch.h"
#include "core/replication/wire/peer.pb.h"
#include "tests/core/replication/link_world.h"

using namespace testing;

class TestReplicationFrames : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anyCuttingOfTheStreamGivesTheSameFrames();
    void refusesUnknownTypesAndExcessiveLengths();
    void acceptsNoMoreThanExpected();
    void announcedLengthsAllocateNothing();
    void damagedRecordsAreRefused();
    void positionsAreReadBack();
    void garbageOnlyEndsTheLink_data();
    void garbageOnlyEndsTheLink();
};

namespace {

constexpr int kTypeCount = 21;

std::string randomText(std::mt19937_64& random, std::size_t sizeMax)
{
    std::string text(random() % (sizeMax + 1), '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

} // namespace

void TestReplicationFrames::anyCuttingOfTheStreamGivesTheSameFrames()
{
    std::mt19937_64 random{7};
    for (int round = 0; round < 200; ++round) {
        std::vector<Frame> sent;
        std::string stream;
        for (int i = 0; i < 30; ++i) {
            sent.push_back({static_cast<FrameType>(1 + random() % kTypeCount), randomText(random, 3000)});
            stream += encodeFrame(sent.back().type, sent.back().payload);
        }
        FrameDecoder decoder;
        std::size_t received = 0;
        while (!stream.empty()) {
            const std::string piece = stream.substr(0, 1 + random() % 5000);
            stream.erase(0, piece.size());
            decoder.feed(piece);
            for (auto frame = decoder.next(); frame && *frame; frame = decoder.next()) {
                QVERIFY(received < sent.size());
                QVERIFY((*frame)->type == sent[received].type);
                QVERIFY((*frame)->payload == sent[received].payload);
                ++received;
            }
        }
        QCOMPARE(received, sent.size());
        QCOMPARE(decoder.bufferedBytes(), std::size_t{0});
    }
}

void TestReplicationFrames::refusesUnknownTypesAndExcessiveLengths()
{
    for (int type = 0; type < 256; ++type) {
        const bool isKnown = (type >= 1 && type <= kTypeCount) || (type >= 32 && type <= 34) // links; members and peers
                             || type == 36 || (type >= 40 && type <= 42);                    // proof of a member key; keys and trust log of the set
        QCOMPARE(frameBytesMax(static_cast<FrameType>(type)) > 0, isKnown);
        FrameDecoder decoder;
        decoder.feed(std::string("\x01\x00\x00\x00", 4) + static_cast<char>(type) + "x");
        QCOMPARE(decoder.next().has_value(), isKnown);
        FrameDecoder excessive;
        excessive.feed(std::string("\xff\xff\xff\xff", 4) + static_cast<char>(type));
        QVERIFY(!excessive.next());
    }
}

void TestReplicationFrames::acceptsNoMoreThanExpected()
{
    const FrameLimit limit = [](FrameType type) { return type == FrameType::Hello ? frameBytesMax(type) : std::size_t{10}; };
    FrameDecoder decoder;
    decoder.feed(encodeFrame(FrameType::Records, std::string(10, 'x')));
    QVERIFY(*decoder.next(limit));
    decoder.feed(encodeFrame(FrameType::Hello, std::string(11, 'x')));
    QVERIFY(*decoder.next(limit));
    decoder.feed(encodeFrame(FrameType::Records, std::string(11, 'x')).substr(0, kFrameHeaderBytes)); // before the payload has arrived
    const auto refused = decoder.next(limit);
    QVERIFY(!refused && refused.error().code == ErrorCode::TooLarge);

    wire::PeerRequest question;
    question.mutable_describe();
    QVERIFY(answerBytesMax(question) < frameBytesMax(FrameType::PeerAnswer));
    question.mutable_log_tail()->set_entry_max(10'000);
    QVERIFY(answerBytesMax(question) < frameBytesMax(FrameType::PeerAnswer));
    question.mutable_log_tail()->set_record_bytes(1);
    QCOMPARE(answerBytesMax(question), frameBytesMax(FrameType::PeerAnswer));
}

void TestReplicationFrames::announcedLengthsAllocateNothing()
{
    FrameDecoder decoder;
    decoder.feed(std::string("\x00\x00\x00\x04", 4) + static_cast<char>(FrameType::Records)); // announces 64 MB
    const auto frame = decoder.next();
    QVERIFY(frame && !*frame);
    QCOMPARE(decoder.bufferedBytes(), kFrameHeaderBytes);
}

void TestReplicationFrames::damagedRecordsAreRefused()
{
    TestStore store{"log"};
    RecordsWriter writer;
    for (int i = 1; i <= 5; ++i) {
        const auto index = store.write({store.put("s/key" + std::to_string(i), "value"), store.put("l/own", "local")});
        const LinkFilter scope{i % 2 ? Type::Performance : Type::Dr};
        QVERIFY(writer.add(scope, (*store.read(index, 1)).front().view(), true) == RecordsWriter::Added::Record);
    }
    const std::string good = RecordsWriter{writer}.finish(LogIndex{5});
    const auto read = readRecords(good);
    QVERIFY(read);
    QCOMPARE(read->operations.count(), std::size_t{7});
    QVERIFY(read->lastRelevant == LogIndex{5});
    QVERIFY(!readRecords(std::move(writer).finish(LogIndex{4}))); // a record after the index that the frame reaches

    std::mt19937_64 random{3};
    for (int round = 0; round < 5000; ++round) {
        std::string bad = good;
        const std::size_t at = 8 + random() % (bad.size() - 8);
        bad[at] = static_cast<char>(bad[at] ^ (1 + random() % 255));
        QVERIFY(!readRecords(bad));
        const auto cut = readRecords(good.substr(0, 8 + random() % (good.size() - 8)));
        QVERIFY(!cut || cut->operations.count() < read->operations.count());
    }
}

void TestReplicationFrames::positionsAreReadBack()
{
    const Position position{"log-1", LogIndex{7}, LogIndex{9}, LogIndex{5}, Epoch{3}};
    const auto decoded = Position::decode(position.encode());
    QVERIFY(decoded);
    QCOMPARE(decoded->logId, position.logId);
    QVERIFY(decoded->index == position.index && decoded->consistentFrom == position.consistentFrom);
    QVERIFY(decoded->lastRelevantIndex == position.lastRelevantIndex && decoded->epoch == position.epoch);
    QVERIFY(!decoded->isConsistent());
    QVERIFY(!Position::decode("short"));
}

void TestReplicationFrames::garbageOnlyEndsTheLink_data()
{
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 50; ++seed) QTest::addRow("%llu", seed) << seed;
}

void TestReplicationFrames::garbageOnlyEndsTheLink()
{
    QFETCH(quint64, seed);
    std::mt19937_64 random{seed};
    LinkWorld world{seed % 2 ? Type::Dr : Type::Performance, seed};
    for (int i = 0; i < 50; ++i) world.writeSomething();
    QVERIFY(world.settle());
    const auto before = world.secondary.values();
    for (int i = 0; i < 400; ++i) {
        // Real frames of one side, damaged ones, and pure noise, to either side.
        std::string payload = random() % 2 ? world.primaryLink->pull() : world.secondaryLink->pull();
        if (payload.size() <= kFrameHeaderBytes) payload = randomText(random, 300);
        else payload.erase(0, kFrameHeaderBytes);
        if (!payload.empty()) payload[random() % payload.size()] ^= static_cast<char>(1 + random() % 255);
        const Frame frame{static_cast<FrameType>(1 + random() % kTypeCount), payload};
        if (random() % 2) world.primaryLink->received(frame);
        else world.secondaryLink->received(frame);
        if (world.secondaryLink->takeApply()) world.secondaryLink->applied(Error{ErrorCode::Io, "not in this test"});
        world.clock.advance(std::chrono::milliseconds{300});
        world.primaryLink->tick();
        world.secondaryLink->tick();
        if (world.primaryLink->failure() || world.secondaryLink->failure()) world.connect();
    }
    QVERIFY(world.secondary.values() == before);
    world.cut();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
}

QTEST_APPLESS_MAIN(TestReplicationFrames)
#include "tst_replication_frames.moc"
