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
    void garbageEndsTheLinkAndChangesNoData_data();
    void garbageEndsTheLinkAndChangesNoData();
};

namespace {

constexpr int kLinkTypeLast = static_cast<int>(FrameType::Scope); // the types of links have the numbers from 1 to this one
constexpr std::array kOtherTypes = {FrameType::Members, FrameType::PeerRequest, FrameType::PeerAnswer, FrameType::LinkProof,
                                    FrameType::Keys,    FrameType::TokenKeys,   FrameType::Trust};
constexpr std::size_t kReachBytes = 8; // at the beginning of a Records frame: the index that the frame reaches

template<class Random>
FrameType anyLinkType(Random& random)
{
    return static_cast<FrameType>(1 + random() % kLinkTypeLast);
}

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
            sent.push_back({anyLinkType(random), randomText(random, 3000)});
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
        const bool isOther = std::ranges::find(kOtherTypes, static_cast<FrameType>(type)) != kOtherTypes.end();
        const bool isKnown = isOther || (type >= 1 && type <= kLinkTypeLast);
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
    QCOMPARE(read->operations.count(), std::size_t{7}); // 3 records without the local key, 2 with it
    QVERIFY(read->lastRelevant == LogIndex{5});
    QVERIFY(!readRecords(std::move(writer).finish(LogIndex{4}))); // a record after the index that the frame reaches

    std::mt19937_64 random{3};
    for (int round = 0; round < 5000; ++round) {
        // The index at the beginning has no checksum: a larger one is valid too.
        std::string bad = good;
        const std::size_t at = kReachBytes + random() % (bad.size() - kReachBytes);
        bad[at] = static_cast<char>(bad[at] ^ (1 + random() % 255));
        QVERIFY(!readRecords(bad));
        const auto cut = readRecords(good.substr(0, kReachBytes + random() % (good.size() - kReachBytes)));
        QVERIFY(!cut || cut->operations.count() < read->operations.count());
    }
}

void TestReplicationFrames::positionsAreReadBack()
{
    const Position position{.logId = "log-1",
                            .index = LogIndex{7},
                            .consistentFrom = LogIndex{9},
                            .lastRelevantIndex = LogIndex{5},
                            .epoch = Epoch{3},
                            .appliedAt = fromUnixMs(1'700'000'000'123),
                            .scope = 11};
    const auto decoded = Position::decode(position.encode());
    QVERIFY(decoded);
    QCOMPARE(decoded->logId, position.logId);
    QVERIFY(decoded->index == position.index);
    QVERIFY(decoded->consistentFrom == position.consistentFrom);
    QVERIFY(decoded->lastRelevantIndex == position.lastRelevantIndex);
    QVERIFY(decoded->epoch == position.epoch);
    QVERIFY(decoded->appliedAt == position.appliedAt);
    QCOMPARE(decoded->scope, position.scope);
    QVERIFY(!decoded->isConsistent());
    QVERIFY(!Position::decode("short"));
}

void TestReplicationFrames::garbageEndsTheLinkAndChangesNoData_data()
{
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 50; ++seed) QTest::addRow("%llu", seed) << seed;
}

/// The class: a frame that is genuine in part, or comes at the wrong time or to the wrong end, changes data or stops a link for good.
/// It could occur in every handler of a frame. What holds: the link ends at most, and the next connection copies everything.
void TestReplicationFrames::garbageEndsTheLinkAndChangesNoData()
{
    QFETCH(quint64, seed);
    std::mt19937_64 random{seed};
    LinkWorld world{seed % 2 ? Type::Dr : Type::Performance, seed};
    for (int i = 0; i < 50; ++i) world.writeSomething();
    QVERIFY(world.settle());
    const auto before = world.secondary.values();
    FrameDecoder pulled; // pull() returns whole frames, sometimes several
    int realCount = 0;
    int damagedCount = 0;
    for (int i = 0; i < 400; ++i) {
        // To either side: a real frame of one side, one with another byte or another type, or noise.
        pulled.feed(random() % 2 ? world.primaryLink->pull() : world.secondaryLink->pull());
        auto next = pulled.next();
        QVERIFY(next);
        const bool isNoise = !*next;
        Frame frame = isNoise ? Frame{anyLinkType(random), randomText(random, 300)} : std::move(**next);
        const bool hasOtherByte = random() % 2 && !frame.payload.empty();
        const bool hasOtherType = random() % 2;
        if (hasOtherByte) frame.payload[random() % frame.payload.size()] ^= static_cast<char>(1 + random() % 255);
        if (hasOtherType) frame.type = anyLinkType(random);
        if (!isNoise) ++(hasOtherByte || hasOtherType ? damagedCount : realCount);
        if (random() % 2) world.primaryLink->received(frame);
        else world.secondaryLink->received(frame);
        if (world.secondaryLink->takeApply()) world.secondaryLink->applied(Error{ErrorCode::Io, "not in this test"});
        world.clock.advance(std::chrono::milliseconds{300});
        world.primaryLink->tick();
        world.secondaryLink->tick();
        if (world.primaryLink->failure() || world.secondaryLink->failure()) world.connect();
    }
    QVERIFY(realCount > 20 && damagedCount > 20);
    QVERIFY(world.secondary.values() == before);
    world.cut();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
}

QTEST_APPLESS_MAIN(TestReplicationFrames)
#include "tst_replication_frames.moc"
