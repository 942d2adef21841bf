#include "core/replication/link.h"

#include "core/base/bytes.h"

namespace core::replication {

std::string_view toString(Type type)
{
    return type == Type::Performance ? "performance" : "dr";
}

const merkle::TreeFilter& treesOf(Type type)
{
    static const merkle::TreeFilter shared = merkle::isShared;
    static const merkle::TreeFilter replicated = merkle::isReplicated;
    return type == Type::Performance ? shared : replicated;
}

bool carries(Type type, std::string_view key)
{
    return key.starts_with("s/") || (type == Type::Dr && key.starts_with("l/"));
}

std::string Position::encode() const
{
    std::string text{"\x01", 1};
    for (const std::uint64_t number : {index.value(), consistentFrom.value(), lastRelevantIndex.value(), epoch.value()}) {
        appendLittleEndian(text, number);
    }
    return text + logId;
}

Result<Position> Position::decode(std::string_view text)
{
    if (text.size() < 33 || text[0] != '\x01') return Error{ErrorCode::Corrupt, "replication position"};
    Position position;
    position.index = LogIndex{readLittleEndian<std::uint64_t>(text.substr(1))};
    position.consistentFrom = LogIndex{readLittleEndian<std::uint64_t>(text.substr(9))};
    position.lastRelevantIndex = LogIndex{readLittleEndian<std::uint64_t>(text.substr(17))};
    position.epoch = Epoch{readLittleEndian<std::uint64_t>(text.substr(25))};
    position.logId = text.substr(33);
    return position;
}

std::string Position::key(Type type)
{
    return "i/core/replication/" + std::string{toString(type)} + "/position";
}

} // namespace core::replication
