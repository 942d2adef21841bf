#include "core/base/random.h"
#include "core/log/checkpoint.h"
#include "core/log/crc32c.h"
#include "core/log/memory_file_system.h"
#include "core/log/segment.h"
#include "tests/core/log/store_fixture.h"

#include <QTemporaryDir>

using namespace core;
using namespace core::log;
using namespace testing_log;

/// The formats of the log: records, segment heads, checkpoints.
class TestRecord : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void checksumsAreCastagnoli();
    void recordsReverse();
    void recordHasItsDocumentedBytes();
    void mutatedRecordsAreRefused_data();
    void mutatedRecordsAreRefused();
    void mutatedOperationsStayInBounds();
    void checkpointsReverse();
    void mutatedCheckpointsAreRefused();
    void segmentsHaveNames();
    void staleRecordsAreNone();
    void filesAreReplacedWholly_data();
    void filesAreReplacedWholly();
};

namespace {

Record sample()
{
    return {LogIndex{300},
            Epoch{4},
            {operationOf("s/logical/u/a", "value"), operationOf("i/b", std::string(1000, 'x')), operationOf("l/c", std::nullopt)}};
}

} // namespace

void TestRecord::checksumsAreCastagnoli()
{
    QCOMPARE(crc32c("123456789"), 0xe3069283u);           // the check value of the standard
    QCOMPARE(crc32c(std::string(32, '\0')), 0x8a9136aau); // RFC 3720 B.4
    SeededRandom random{1};
    for (std::size_t size = 0; size < 200; ++size) {
        const auto bytes = random.bytes(size);
        QCOMPARE(crc32c(bytes), crc32cPortable(bytes));
        QCOMPARE(crc32c(bytes.substr(size / 3), crc32c(bytes.substr(0, size / 3))), crc32c(bytes));
    }
}

void TestRecord::recordsReverse()
{
    const auto record = sample();
    const auto bytes = encodeRecord(record);
    const auto stream = bytes + "what follows";
    const auto view = RecordView::parse(stream);
    QVERIFY(view.has_value());
    QCOMPARE(view->bytes().size(), bytes.size());
    COMPARE_PLAIN(view->groupFirst(), LogIndex{300});
    QVERIFY(!view->replacesContents());
    const auto again = view->toRecord();
    COMPARE_PLAIN(again.index, record.index);
    COMPARE_PLAIN(again.epoch, record.epoch);
    QCOMPARE(again.operations.size(), record.operations.size());
    for (std::size_t at = 0; at < record.operations.size(); ++at) {
        const auto& left = again.operations[at];
        const auto& right = record.operations[at];
        QVERIFY(left.kind == right.kind && left.key == right.key && left.value == right.value && left.keyHash == right.keyHash &&
                left.leafDigest == right.leafDigest);
    }
    QCOMPARE(encodeRecord(again), bytes);
}

void TestRecord::recordHasItsDocumentedBytes()
{
    Operation operation;
    operation.key = "i/k";
    operation.value = "v";
    operation.keyHash.fill(0x11);
    operation.leafDigest.fill(0x22);
    const auto bytes = encodeRecord({LogIndex{2}, Epoch{3}, {operation}});
    const auto hex = QByteArray::fromStdString(bytes).toHex();
    const QByteArray expected = QByteArray{"58000000"} + hex.mid(8, 8) + "00000000" + "00000000" + "0200000000000000" + "0300000000000000" +
                                "01000000" + "00000000" + "01000000" + "03000000" + "01000000" + QByteArray{"11"}.repeated(16) +
                                QByteArray{"22"}.repeated(16) + "692f6b" + "76";
    QCOMPARE(hex, expected);
}

void TestRecord::mutatedRecordsAreRefused_data()
{
    QTest::addColumn<quint64>("seed");
    for (const quint64 seed : {1u, 2u, 3u, 4u}) QTest::addRow("seed %llu", seed) << seed;
}

void TestRecord::mutatedRecordsAreRefused()
{
    QFETCH(quint64, seed);
    SeededRandom random{seed};
    const auto good = encodeRecord(sample());
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = good;
        for (auto changes = 1 + random.number() % 3; changes > 0; --changes) {
            auto& byte = bytes[random.number() % bytes.size()];
            byte = static_cast<char>(byte ^ static_cast<char>(1 + random.number() % 255));
        }
        if (random.number() % 4 == 0) bytes.resize(random.number() % (bytes.size() + 1));
        // Exactly as large as the record, so that a sanitizer notices a read behind its end.
        const std::unique_ptr<char[]> exact{new char[bytes.size()]};
        std::copy(bytes.begin(), bytes.end(), exact.get());
        const auto view = RecordView::parse({exact.get(), bytes.size()});
        if (bytes != good) QVERIFY(!view);
    }
}

void TestRecord::mutatedOperationsStayInBounds()
{
    // The checksum is corrected, so that the code behind it gets to see nonsense.
    SeededRandom random{9};
    const auto good = encodeRecord(sample());
    int accepted = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::unique_ptr<char[]> exact{new char[good.size()]};
        std::copy(good.begin(), good.end(), exact.get());
        for (auto changes = 1 + random.number() % 3; changes > 0; --changes) {
            const auto at = 8 + random.number() % (good.size() - 8);
            exact[at] = static_cast<char>(random.number());
        }
        const std::string_view bytes{exact.get(), good.size()};
        const auto crc = crc32c(bytes.substr(8));
        std::memcpy(exact.get() + 4, &crc, sizeof crc);
        const auto view = RecordView::parse(bytes);
        if (!view) continue;
        ++accepted;
        std::size_t total = kRecordHeaderBytes;
        view->forEach([&](const OperationView& operation) { total += kOperationHeaderBytes + operation.key.size() + operation.value.size(); });
        QCOMPARE(total, bytes.size());
    }
    QVERIFY(accepted > 0);
}

void TestRecord::checkpointsReverse()
{
    Checkpoint checkpoint;
    checkpoint.logId = std::string(32, 'a');
    checkpoint.durable = LogIndex{5};
    checkpoint.rowsUpTo = LogIndex{9};
    checkpoint.epoch = Epoch{2};
    checkpoint.lastShared = LogIndex{7};
    checkpoint.lastReplicated = LogIndex{8};
    merkle::Forest::TreeState tree;
    tree.tree = "s/logical/u";
    tree.digest.fill(3);
    tree.leafCount = 12;
    checkpoint.trees.push_back(tree);
    checkpoint.slotIndexes["link"] = LogIndex{4};
    const auto bytes = encodeCheckpoint(checkpoint);
    const auto again = decodeCheckpoint(bytes);
    QVERIFY(again.has_value());
    QCOMPARE(encodeCheckpoint(*again), bytes);
    COMPARE_PLAIN(again->rowsUpTo, LogIndex{9});
    COMPARE_PLAIN(again->slotIndexes.at("link"), LogIndex{4});
    QCOMPARE(again->trees.at(0).leafCount, std::uint64_t{12});
}

void TestRecord::mutatedCheckpointsAreRefused()
{
    Checkpoint checkpoint;
    checkpoint.logId = std::string(32, 'a');
    checkpoint.slotIndexes["link"] = LogIndex{4};
    checkpoint.trees.resize(2);
    const auto good = encodeCheckpoint(checkpoint);
    SeededRandom random{5};
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = good;
        const auto at = random.number() % bytes.size();
        bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1 + random.number() % 255));
        if (round % 2) { // with a correct checksum
            const auto crc = crc32c(std::string_view{bytes}.substr(0, bytes.size() - 4));
            std::memcpy(bytes.data() + bytes.size() - 4, &crc, sizeof crc);
        } else {
            QVERIFY(!decodeCheckpoint(bytes));
        }
        static_cast<void>(decodeCheckpoint(bytes).has_value());
        static_cast<void>(decodeCheckpoint(std::string_view{bytes}.substr(0, at)).has_value());
    }
}

void TestRecord::segmentsHaveNames()
{
    QCOMPARE(segmentName(255), std::string{"00000000000000ff.log"});
    QVERIFY(segmentSequence("00000000000000ff.log") == std::optional<std::uint64_t>{255});
    for (const char* other : {"checkpoint", "ff.log", "00000000000000fg.log", "prepared.tmp", "-0000000000000ff.log"})
        QVERIFY(!segmentSequence(other));
    const SegmentHead head{7, std::string(32, 'b')};
    auto bytes = encodeSegmentHead(head);
    QCOMPARE(decodeSegmentHead(bytes)->sequence, std::uint64_t{7});
    bytes[9] ^= 1;
    QVERIFY(!decodeSegmentHead(bytes));
    const auto start = encodeSegmentStart({LogIndex{3}, 1234}, segmentTag(head));
    COMPARE_PLAIN(decodeSegmentStart(start, segmentTag(head))->firstIndex, LogIndex{3});
    QVERIFY(!decodeSegmentStart(start, segmentTag(head) + 1));
}

void TestRecord::staleRecordsAreNone()
{
    // One file is used twice. A record that the first use left behind the second one's records has the right index, but must not count.
    MemoryFileSystem files;
    Segment segment;
    segment.file = valueOf(files.create("log/x"), "create");
    const auto tagBefore = segmentTag({1, std::string(32, 'a')});
    segment.tag = segmentTag({2, std::string(32, 'a')});
    QVERIFY(tagBefore != segment.tag);
    std::string bytes;
    for (std::uint64_t index = 1; index <= 3; ++index) {
        auto record = encodeRecord({LogIndex{index}, Epoch{1}, {operationOf("s/a", "value")}});
        RecordHeader header;
        header.index = LogIndex{index};
        header.epoch = Epoch{1};
        header.operationCount = 1;
        header.segmentTag = index == 1 ? segment.tag : tagBefore;
        finishRecord(record, header);
        bytes += record;
    }
    QVERIFY(segment.file->write(kSegmentHeadBytes, bytes).has_value());
    SegmentReader reader{*segment.file, segment.tag, kSegmentHeadBytes};
    const auto first = reader.next();
    QVERIFY(first && *first);
    COMPARE_PLAIN((*first)->index(), LogIndex{1});
    const auto second = reader.next();
    QVERIFY(second && !*second);
    const auto later = findLaterGroup(segment, reader.offset(), LogIndex{2});
    QVERIFY(later && !*later);
}

void TestRecord::filesAreReplacedWholly_data()
{
    QTest::addColumn<bool>("isOnDisk");
    QTest::newRow("memory") << false;
    QTest::newRow("disk") << true;
}

void TestRecord::filesAreReplacedWholly()
{
    QFETCH(bool, isOnDisk);
    QTemporaryDir folder;
    MemoryFileSystem memory;
    PosixFileSystem posix;
    FileSystem& files = isOnDisk ? static_cast<FileSystem&>(posix) : memory;
    const auto directory = std::filesystem::path{folder.path().toStdString()} / "a" / "b";
    QVERIFY(files.createDirectory(directory).has_value());
    const auto path = directory / "file";
    COMPARE_PLAIN(readAll(files, path).error().code, ErrorCode::NotFound);
    QVERIFY(replaceFile(files, path, "first").has_value());
    QVERIFY(replaceFile(files, path, "2").has_value());
    QCOMPARE(*readAll(files, path), std::string{"2"});
    QCOMPARE(files.list(directory)->size(), std::size_t{1});
    auto file = valueOf(files.open(path), "open");
    QVERIFY(file->write(4, "xy").has_value());
    QVERIFY(file->sync().has_value());
    QCOMPARE(*readAll(files, path), (std::string{"2\0\0\0xy", 6}));
    char byte = 0;
    QCOMPARE(*file->read(100, {&byte, 1}), std::size_t{0});
    QVERIFY(files.rename(path, directory / "other").has_value());
    QVERIFY(files.remove(directory / "other").has_value());
    QVERIFY(files.list(directory)->empty());
    COMPARE_PLAIN(files.remove(path).error().code, ErrorCode::NotFound);
}

QTEST_APPLESS_MAIN(TestRecord)
#include "tst_record.moc"
