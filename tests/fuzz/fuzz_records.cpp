#include "core/base/assert.h"
#include "core/log/checkpoint.h"
#include "core/log/crc32c.h"
#include "core/log/segment.h"
#include "core/replication/wire/batch.h"

#include <cstdint>
#include <cstring>

// Bytes as a record: once unchanged, and once with a correct length and checksum. An accepted record gives the same bytes when it is encoded again.
// Also the other files of the log's folder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    const std::string given{reinterpret_cast<const char*>(data), size};
    std::string righted = given;
    if (righted.size() >= log::kRecordHeaderBytes) {
        const auto length = static_cast<std::uint32_t>(righted.size());
        std::memcpy(righted.data(), &length, sizeof length);
        const auto sum = log::crc32c(std::string_view{righted}.substr(8));
        std::memcpy(righted.data() + 4, &sum, sizeof sum);
    }
    for (const auto& bytes : {given, righted}) {
        const auto record = log::RecordView::parse(bytes);
        if (record) {
            CORE_ASSERT(record->bytes().size() <= bytes.size());
            const auto whole = record->toRecord();
            CORE_ASSERT(whole.operations.size() == record->operationCount());
            const auto again = log::encodeRecord(whole);
            CORE_ASSERT(log::RecordView::parse(again).has_value());
            CORE_ASSERT(again.size() == record->bytes().size());
        }
        const auto frame = replication::readRecords(std::string(8, '\x7f') + bytes);
        CORE_ASSERT(!frame || record || bytes.empty());
        static_cast<void>(replication::Position::decode(bytes).has_value());
        static_cast<void>(log::decodeCheckpoint(bytes).has_value());
        static_cast<void>(log::decodeSegmentHead(bytes).has_value());
        static_cast<void>(log::decodeSegmentStart(bytes, 7).has_value());
    }
    return 0;
}
